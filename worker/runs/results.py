"""What came of a step that is not sent, and the one line of the log that everybody gets who was not left as she was."""

from __future__ import annotations

from worker import logs
from worker.model import reasons
from worker.model.result import Status, StepResult
from worker.model.step import WRITES, Action, Step
from worker.planning.guards import is_held


def planned(step: Step) -> StepResult:
    """The outcome of a step that is not sent: it is done, unless the plan itself says that it is an error."""
    if is_held(step):
        return StepResult(step, Status.HELD)
    if step.reason is reasons.PLAN_OUTDATED:
        return StepResult(step, Status.FAILED)
    wrote = step.action in WRITES
    return StepResult(step, Status.REFUSED if step.is_error else Status.DONE, step.problem, wrote=wrote)


def log_outcome(result: StepResult, *, asked_for: bool, dry_run: bool = False, quiet: bool = False) -> None:
    """One line for everybody who was written, held, skipped or failed, and for whoever was asked for by id.

    Ids, reasons and field names only. `quiet`: not for those who left long ago and never had an account, of whom a look
    at everybody finds years.
    """
    step = result.step
    if step.action is Action.UNCHANGED and not step.notes and not asked_for:
        return
    if quiet and step.reason in (reasons.LEFT_WITHOUT_ACCOUNT, reasons.START_NOT_SHOWN):
        return
    why = result.why
    failed = result.status in (Status.REFUSED, Status.FAILED, Status.HELD)
    log = logs.error if failed else logs.info
    log(
        "sync.person",
        employee_id=step.employee_id,
        action=step.action.value,
        result="planned" if dry_run and result.wrote else result.status.value,
        code=why.code,
        reason=why.text,
        advice=why.advice,
        account_id=step.account.id if step.account else None,
        fields=step.fields,
        notes=[note.text for note in step.notes],
        dry_run=dry_run,
    )
