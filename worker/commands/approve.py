"""`approve RUN`: apply the changes that a run held."""

from __future__ import annotations

from collections.abc import Sequence

from worker import advice, logs
from worker.commands.base import Call, approvable, check_terminal, may_write, proposal_of
from worker.commands.parser import Parsers, add_command, add_employees, add_flags, add_only, as_run_id, employees
from worker.errors import NothingDone, UsageError
from worker.model.held_change import HeldChange, HeldChanges
from worker.model.history import FollowUp
from worker.model.reasons import UNCONFIRMED
from worker.model.step import GuardClass
from worker.planning.digests import key_fingerprint
from worker.runs.run_input import RunRequest, SelectedEmployees
from worker.runs.services import Services
from worker.runs.sync import run_sync
from worker.words import counted, employees_named

_DETAILS = """\
Immediately applies the changes that the guards held in the run RUN and that are still due and unchanged: the same
employee, the same account, the same new values. BambooHR and Moodle are read again, and nothing else is written. On a
terminal, the command lists the changes by class and reason, and asks for confirmation; a script passes --yes.

With --employee, or with --only unconfirmed, it also confirms that an account belongs to the employee if the run could
not tell (the reason code is "unconfirmed"), and makes the changes that are due in that account.

A list is valid for 7 days, and only while the Moodle token is the one that the run used; the next run makes a new list.
The command can be repeated. Approved changes do not count towards the limits, and since and offset stay where they are:
the next run finds that these changes have been made, and continues.

First check what is held, for whom, and whether it is still due:
  {command:approve RUN --dry-run --show-values}

examples:
  {command:approve 20260131T033000Z-1a2b3c4d}
  {command:approve 20260131T033000Z-1a2b3c4d --only identity}
  {command:approve 20260131T033000Z-1a2b3c4d --employee 4711 --yes}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(parsers, "approve", run=approve, summary="apply the changes that a run held", details=_DETAILS)
    parser.add_argument(
        "about_run",
        metavar="RUN",
        type=as_run_id,
        help="the run_id of the run that held the changes (its summary names it)",
    )
    add_only(parser, [*GuardClass, UNCONFIRMED], "only the changes of this class, or unconfirmed matches")
    add_employees(parser)
    add_flags(parser, "--dry-run", "--show-values", "--yes", "--verbose")


def approve(call: Call) -> None:
    """Apply the changes that a run held."""
    options = call.options
    call.begin("employees", options.about_run)
    check_terminal(options)
    services = call.services()
    held = _held_by(options.about_run, services)
    changes = _selected(held, options.only, employees(options))
    classes: dict[int, set[str]] = {}
    for change in changes:
        classes.setdefault(change.employee_id, set()).add(change.guard_class or UNCONFIRMED)
    _warn_of_undone(sorted(classes), services)
    request = RunRequest(
        SelectedEmployees(tuple(sorted(classes))),
        dry_run=options.dry_run,
        approved_changes=changes,
        resends=held.resends,
    )
    if may_write(call, services, proposal_of(request, services), _question, approved=classes):
        run_sync(request, services, call.summary)


def _held_by(run_id: str, services: Services) -> HeldChanges:
    """Return the held changes of a run. Raises UsageError if they cannot be approved."""
    held = services.store.held_changes(run_id)
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
    if held.key_fingerprint != key_fingerprint(run_id, services.digest_key):
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
    without = sorted({*selected} - {change.employee_id for change in changes})
    kind = f" of {only}" if only else ""
    text = f"the run {held.run_id} held nothing{kind} for {employees_named(without)}"
    if not changes and not only and not selected:
        one, all_of_them = (
            advice.command("approve", held.run_id, *options)
            for options in (("--employee", "ID"), ("--only", UNCONFIRMED))
        )
        raise UsageError(
            f"the run {held.run_id} held only matches of an employee and an account that are not confirmed",
            advice=f"if an account is the employee's: {one}; if all of them are: {all_of_them}",
        )
    if not changes:
        given = " and ".join([*(["--only"] if only else []), *(["--employee"] if selected else [])])
        raise UsageError(
            text if without else f"the run {held.run_id} held nothing that matches",
            advice=f"leave out {given}; an unconfirmed match needs --employee ID or --only unconfirmed",
        )
    if without:
        logs.warning("approve.held_nothing", reason=text)
    return changes


def _warn_of_undone(approved: Sequence[int], services: Services) -> None:
    undone = services.store.history().with_flag(FollowUp.UNDONE)
    if left_alone := [number for number in approved if number in undone]:
        logs.warning(
            "approve.undone",
            reason=f"an operator undid what a run had written to {employees_named(left_alone)}: nothing is written for"
            " them until they change again in BambooHR, though the change is approved",
            advice=advice.resolve("to release them first: {command:people retry ID}", left_alone),
        )


def _is_wanted(change: HeldChange, only: str | None, *, named: bool) -> bool:
    """Return whether a change is selected. Approving all changes of a run does not confirm its unconfirmed matches."""
    if change.is_unconfirmed_match:
        return only == UNCONFIRMED or (only is None and named)
    return only in (None, change.guard_class)


def _others(services: Services) -> str:
    valid = [held.run_id for held in approvable(services, services.store.history())]
    if not valid:
        return "no run of the last 7 days held anything"
    return f"runs of the last 7 days that held something: {', '.join(valid[-5:])}"


def _question(due: int) -> str:
    if not due:
        raise NothingDone("none of these changes is still due and can be made without another; nothing was done")
    return f"Apply these changes to {counted(due, 'employee')}?"
