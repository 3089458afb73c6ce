"""The results of steps: how one that is not sent ends, the log line of each, and the counts that it goes into."""

from __future__ import annotations

from collections.abc import Iterable

from worker import logs
from worker.model import reasons
from worker.model.step import WRITES, Action, Status, Step, StepResult


def results_without_sending(
    steps: Iterable[Step], *, selected: bool, quiet: bool = False, dry_run: bool = False
) -> dict[int, StepResult]:
    """Log and return the results of steps that are not sent: an error or held, if the plan says so, otherwise done."""
    results: dict[int, StepResult] = {}
    for step in steps:
        status = Status.REFUSED if step.is_error else Status.HELD if step.is_fully_held else Status.DONE
        may_be_written, isolated = step.action in WRITES, step.reason.code in reasons.REFUSED_ALONE
        results[step.employee_id] = StepResult(step, status, step.problem, may_be_written, isolated)
        log_outcome(results[step.employee_id], selected=selected, quiet=quiet, dry_run=dry_run)
    return results


def log_outcome(result: StepResult, *, selected: bool, dry_run: bool = False, quiet: bool = False) -> None:
    """Log one line: ids, reasons and field names only.

    An employee who was `selected` by id is logged even if nothing differs. `quiet` leaves out former employees without
    an account: a full pass finds those of many years.
    """
    step = result.step
    if step.action is Action.UNCHANGED and not step.notes and not selected:
        return
    if quiet and step.reason in (reasons.LEFT_WITHOUT_ACCOUNT, reasons.START_NOT_SHOWN):
        return
    why = result.reported_reason
    failed = bool(step.held) or result.status in (Status.REFUSED, Status.FAILED)
    log = logs.error if failed else logs.info
    log(
        "sync.person",
        employee_id=step.employee_id,
        action=step.action.value,
        result="planned" if dry_run and result.may_be_written else result.status.value,
        code=why.code,
        reason=why.text,
        advice=why.advice_for(step.employee_id),
        account_id=step.account_id,
        fields=step.fields,
        held=step.held_under or None,
        held_fields=[change.field for part in step.held for change in part.changes] or None,
        notes=[note.text for note in step.notes],
        dry_run=dry_run,
    )


def counts_of(result: StepResult) -> Iterable[str]:
    """Yield the counts that a result goes into, apart from errors, parked and held."""
    step = result.step
    if result.may_be_written and step.action in WRITES and result.status in (Status.DONE, Status.REFUSED):
        yield _WRITTEN[step.action]
    elif result.status is Status.DONE and step.action is Action.UNCHANGED:
        yield "unchanged"
    elif result.status is Status.NOT_EDITABLE:
        yield "skipped_protected"
    elif step.action in (Action.SKIP, Action.HOLD) and not step.held:
        yield step.reason.counter
    if step.is_error:
        yield "conflicts"
    for note in step.notes:
        if note.code in ("suspended_elsewhere", "edited_since", "not_kept"):
            yield note.code


_WRITTEN = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.SUSPEND: "suspended",
    Action.REACTIVATE: "reactivated",
}
