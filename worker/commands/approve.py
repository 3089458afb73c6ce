"""`approve RUN`: apply the changes that a run held."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from worker.commands.base import (
    Call,
    Parsers,
    add_command,
    add_dry_run,
    add_employees,
    add_yes,
    confirm,
    employees,
    require_terminal,
)
from worker.errors import NothingDone, UsageError
from worker.model.held_change import HeldChange, HeldChanges
from worker.model.history import History
from worker.model.reasons import UNCONFIRMED
from worker.model.step import WRITES, GuardClass
from worker.planning.digests import key_check
from worker.runs.request import RunRequest, SelectedEmployees
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.sync import preview, run_sync
from worker.words import counted

_TEACHES = """\
Immediately applies the changes that the guards held in the run RUN and that are still due unchanged: the same employee,
the same account, the same new values. BambooHR and Moodle are read again, and nothing else is written. On a terminal,
the command lists the employees and changes, and asks for confirmation; a script passes --yes.

With --employee, or with --only unconfirmed, it also confirms that an account belongs to the employee if the run could
not tell (the reason code is "unconfirmed"), and writes what that account needs.

A list is valid for 7 days, and only while the Moodle token is the one that the run used; the next run makes a new list.
The command can be repeated. Approved changes do not count towards the limits, and since and offset stay where they are:
the next run finds these changes done, and continues.

First check which employees are held: the run's log has a line for each, and this shows them as they are now:
  {command:approve RUN --dry-run}

examples:
  {command:approve 20260131T033000Z-1a2b3c4d}
  {command:approve 20260131T033000Z-1a2b3c4d --only identity}
  {command:approve 20260131T033000Z-1a2b3c4d --employee 4711 --yes}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(parsers, "approve", run=approve, summary="apply the changes that a run held", teaches=_TEACHES)
    parser.add_argument(
        "held_run", metavar="RUN", help="the run_id of the run that held the changes (its summary names it)"
    )
    parser.add_argument(
        "--only", choices=[*GuardClass, UNCONFIRMED], help="only the changes of this class, or unconfirmed matches"
    )
    add_employees(parser, "only this employee (repeatable)")
    add_dry_run(parser)
    add_yes(parser)


def approve(call: Call) -> None:
    """Run it."""
    options = call.options
    request = RunRequest("approve", SelectedEmployees(()), dry_run=options.dry_run)
    call.begin(request, options.held_run)
    call.summary.scope = "employees"
    asks = not options.dry_run and not options.yes
    if asks:
        require_terminal(yes=False)
    services = call.services()
    held = _held_by(options.held_run, services)
    changes = _selected(held, options.only, employees(options))
    wanted = tuple(sorted({change.employee_id for change in changes}))
    request = replace(request, covers=SelectedEmployees(wanted), approved=changes, resends=held.resends)
    if asks:
        _ask(call, services, request)
    run_sync(request, services, call.summary)


def _held_by(run_id: str, services: Services) -> HeldChanges:
    """Return what a run held. Raises UsageError where that cannot be approved."""
    held = services.store.held(run_id)
    if held is None:
        known = services.store.run(run_id) is not None
        raise UsageError(
            f"the run {run_id} held nothing that can be approved"
            if known
            else f"there is no run {run_id} on record; dry runs are not recorded",
            advice=_others(services),
        )
    if not held.is_valid(services.clock()):
        raise UsageError(
            f"what the run {run_id} held is older than 7 days: BambooHR may say something else by now",
            advice=f"the next run makes a new list. {_others(services)}",
        )
    if held.key_check != key_check(run_id, services.digest_key):
        raise UsageError(
            f"the Moodle token has been replaced since the run {run_id}, and what it held is tied to the former token",
            advice="start a run: it makes a new list, and names the command that approves it",
        )
    return held


def _selected(held: HeldChanges, only: str | None, selected: Sequence[int]) -> tuple[HeldChange, ...]:
    changes = tuple(
        change
        for change in held.changes
        if _is_wanted(change, only, named=bool(selected)) and (not selected or change.employee_id in selected)
    )
    if not changes:
        raise UsageError(
            f"the run {held.run_id} held nothing that matches",
            advice="leave out --only and --employee; an unconfirmed match needs --employee ID or --only unconfirmed",
        )
    return changes


def _is_wanted(change: HeldChange, only: str | None, *, named: bool) -> bool:
    """A match is confirmed only where the operator says so: not by approving all that a run held."""
    if change.guard is None:
        return only == UNCONFIRMED or (only is None and named)
    return only in (None, change.guard)


def _others(services: Services) -> str:
    history: History = services.store.history()
    valid = [
        run.run_id
        for run in history.runs[-_RUNS_ASKED:]
        if run.held_count and (held := services.store.held(run.run_id)) and held.is_valid(services.clock())
    ]
    if not valid:
        return "no run of the last 7 days held anything"
    return f"runs of the last 7 days that held something: {', '.join(valid[-5:])}"


_RUNS_ASKED = 20


def _ask(call: Call, services: Services, request: RunRequest) -> None:
    """Preview first, which logs who and what, and without the lock, for the answer may take its time."""
    seen = Summary(run_id=uuid.uuid4().hex, command="approve", started_at=call.summary.started_at, dry_run=True)
    plan = preview(replace(request, dry_run=True), services, seen).plan
    due = sum(step.action in WRITES for step in plan.steps)
    if not due:
        raise NothingDone("none of these changes is due any more; nothing was done")
    confirm(f"Apply these changes to {counted(due, 'employee')}?", call.stop, yes=False)
