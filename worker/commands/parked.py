"""`parked list|retry|drop`: the employees whom the state remembers because something about them is open."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from worker import advice
from worker.commands.base import Call, Parsers, add_command, employee
from worker.config.settings import read_state_location
from worker.errors import UsageError
from worker.model.history import EmployeeRecord, FollowUp
from worker.reports.output import put, width
from worker.reports.table import columns
from worker.runs.locked_run import remember_changes
from worker.runs.services import open_store
from worker.state.store import locked

_TEACHES = """\
Which employees are remembered, and why:
  waiting   BambooHR does not say yet whether they work here, or their first day is ahead; asked about in every run
  parked    Moodle refused them in MAX_ATTEMPTS consecutive runs; tried in every run, and no longer an error
  undone    an operator took back what a run had written; left alone until BambooHR changes the employee again

Ids and reasons only. `retry` and `drop` take the run lock for a moment, and are refused while a run is at work."""

_RETRY = """\
The next run takes these employees as if nothing had happened before: one who was parked counts as an error again until
Moodle accepts them, one who was undone is released.

example:
  {command:parked retry 4711 4712}"""

_DROP = """\
Forget why these employees were remembered. They are not asked about again until BambooHR changes them, or a reconcile
finds them. Which accounts were suspended by this product stays known.

example:
  {command:parked drop 4711}"""


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    group = add_command(
        parsers, "parked", summary="employees who are waiting, parked or undone; release them", teaches=_TEACHES
    ).add_subparsers(metavar="WHAT", required=True)
    listing = add_command(
        group, "list", report=show, summary="which employees are remembered, and why", teaches=_TEACHES
    )
    listing.add_argument("--json", action="store_true", help="as JSON")
    for name, report, summary, teaches in (
        ("retry", retry, "let the next run try these employees afresh", _RETRY),
        ("drop", drop, "forget why these employees were remembered", _DROP),
    ):
        parser = add_command(group, name, report=report, summary=summary, teaches=teaches)
        parser.add_argument("employee", metavar="ID", nargs="+", type=employee, help="employee ids")


def show(call: Call) -> int:
    """List them."""
    history = open_store(read_state_location(call.environment)).history()
    open_ones = [employee for _, employee in sorted(history.records.items()) if employee.follow_ups]
    if call.options.json:
        keys = ("employee_id", "reason", "note", "action", "attempts")
        values = [
            (one.employee_id, flag, *detail, one.attempts)
            for one in open_ones
            for flag, detail in one.follow_ups.items()
        ]
        put(json.dumps([dict(zip(keys, each, strict=True)) for each in values], indent=1), None)
    elif not open_ones:
        put("No employee is waiting, parked or undone.", None)
    else:
        rows = [
            (one.employee_id, str(flag), one.attempts, detail.action, detail.note)
            for one in open_ones
            for flag, detail in one.follow_ups.items()
        ]
        put(columns(("employee", "is", "attempts", "action", "reason or run"), rows, width()), None)
    return 0


def retry(call: Call) -> int:
    """Take them into the next run."""
    changed = _change(
        call,
        lambda one: replace(
            one.unflagged().flagged(FollowUp.WAITING, "released"), attempts=0, undone_at=0, last_change_at=0
        ),
    )
    put(f"The next run takes {changed}.", None)
    return 0


def drop(call: Call) -> int:
    """Forget why they were remembered."""
    changed = _change(call, lambda one: replace(one.unflagged(), attempts=0, undone_at=0, last_change_at=0))
    put(f"Forgotten: {changed}. A change in BambooHR, or a reconcile, brings them back.", None)
    return 0


def _change(call: Call, change: Callable[[EmployeeRecord], EmployeeRecord]) -> str:
    store = open_store(read_state_location(call.environment))
    with locked(store, call.summary.run_id):
        employees = store.history().records
        asked = sorted(set(call.options.employee))
        unknown = [number for number in asked if number not in employees or not employees[number].follow_ups]
        if unknown:
            raise UsageError(
                f"neither waiting, parked nor undone: {', '.join(map(str, unknown))}; nothing was changed",
                advice=f"see: {advice.command('parked', 'list')}",
            )
        changed = {number: change(employees[number]) for number in asked}
        remember_changes(store, changed, employees, datetime.now(UTC))
    return f"employee{'s' * (len(asked) > 1)} {', '.join(map(str, asked))}"
