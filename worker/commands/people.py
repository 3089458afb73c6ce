"""`people list|retry|drop`: the employees with a follow-up, and their release."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from worker import advice
from worker.commands.base import Call
from worker.commands.parser import Parsers, add_command, add_flags, employee, employees
from worker.config.settings import read_state_location
from worker.errors import UsageError
from worker.model import reasons
from worker.model.history import EmployeeRecord, FollowUp, FollowUpDetail, History
from worker.reports.follow_up_reasons import reason_of
from worker.reports.output import put, put_lines
from worker.reports.table import columns
from worker.runs.locked_run import remember_changes
from worker.runs.services import open_store
from worker.state.store import locked
from worker.words import counted, employees_named

FORMER_NAME = "parked"

_KINDS = """\
  waiting          BambooHR does not yet say whether they work here, or they have not started; every run asks again
  parked           Moodle refused them in MAX_ATTEMPTS consecutive runs; every run tries again, and it is not an error
  undone           an operator undid what a run had written; left alone until the employee changes in BambooHR again
  held             a guard held a change from a reconcile, which no later run finds by itself; every run plans it again
  isolated         BambooHR or Moodle refused the request for this employee alone; every run tries them last, one by one
  without_account  should have an account but gets none, because an address, a name or a username is missing or cannot
                   be used; tried again when the employee changes in BambooHR, or a full pass finds them"""

_DETAILS = f"""\
Shows which employees are remembered, and why:
{_KINDS}

Shows ids and reasons only. `retry` and `drop` take the run lock briefly, and are refused during a run.
The former name of this command, parked, still works."""

_RETRY = """\
Lets the next run process these employees as if nothing had happened before.
  waiting          looked up in BambooHR, as in every run
  parked           counts as an error again until Moodle accepts them
  undone           released: BambooHR's values are written again
  held             planned again, and checked by the guards again
  isolated         processed together with the others again
  without_account  tried again, and reported again if nothing has changed

example:
  {command:people retry 4711 4712}"""

_DROP = """\
Forgets why these employees were remembered. Runs do not process them again until they change in BambooHR, or a
reconcile finds them. The record of which accounts this product suspended is kept.
  waiting          no longer looked up in every run
  parked           an error again if Moodle refuses them again
  undone           a reconcile writes BambooHR's values again
  held             the change is not made, unless a reconcile finds it again
  isolated         no longer tried last, one by one
  without_account  neither counted nor listed any more

example:
  {command:people drop 4711}"""


class _Row(NamedTuple):
    """One flag of an employee."""

    employee: EmployeeRecord
    flag: FollowUp
    note: str
    action: str

    @property
    def reason(self) -> reasons.Reason:
        """The reason, in words."""
        return reason_of(self.flag, self.note)

    def as_json(self) -> dict[str, object]:
        return {
            "employee_id": self.employee.employee_id,
            "reason": self.flag,
            "note": self.note,
            "action": self.action,
            "attempts": self.employee.attempts,
            "text": self.reason.text,
            "advice": self.reason.advice_for(self.employee.employee_id),
        }


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    group = add_command(
        parsers,
        "people",
        aliases=[FORMER_NAME],
        summary="list employees with an open issue: waiting, parked, without an account ...; release them",
        details=_DETAILS,
    ).add_subparsers(metavar="WHAT", required=True)
    listing = add_command(
        group, "list", report=show, summary="show which employees are remembered, and why", details=_DETAILS
    )
    add_flags(listing, "--json")
    listing.add_argument("--only", metavar="KIND", choices=[*FollowUp], help=f"one of {', '.join(FollowUp)}")
    for name, report, summary, details in (
        ("retry", retry, "let the next run try these employees again", _RETRY),
        ("drop", drop, "forget why these employees were remembered", _DROP),
    ):
        parser = add_command(group, name, report=report, summary=summary, details=details)
        ids = f"the employee ids, as in {{command:people {name} 4711 4712}}; to see them: {{command:people list}}"
        parser.add_argument("employee", metavar="ID", nargs="+", type=employee, help=advice.resolve(ids))


# List


def show(call: Call) -> int:
    """List the employees with a follow-up."""
    history = open_store(read_state_location(call.environment)).history()
    only = call.options.only
    rows = [
        _Row(one, flag, *detail)
        for _, one in sorted(history.records.items())
        for flag, detail in one.follow_ups.items()
        if only in (None, flag)
    ]
    if call.options.json:
        put(json.dumps([row.as_json() for row in rows], indent=1))
    elif not rows:
        put_lines(_empty_list(only, history))
    else:
        counts = Counter(row.flag for row in rows)
        numbers = ", ".join(f"{counts[flag]:,} {flag}" for flag in FollowUp if flag in counts)
        put_lines(f"{_table(rows)}\n\n{_legend(rows)}\n\n{numbers}")
    return 0


def _empty_list(only: FollowUp | None, history: History) -> str:
    """Return the text of an empty list, with the last run if it held changes: those of a sync need no follow-up."""
    text = f"No employee is remembered as {only.replace('_', ' ')}." if only else "No employee is remembered."
    last = history.runs[-1] if history.runs else None
    if only not in (None, FollowUp.HELD) or last is None or not last.held_count:
        return text
    held = f"The last run held changes of {counted(last.held_count, 'employee')}; to see them"
    return f"{text}\n{held}: {advice.command('approve', last.run_id, '--dry-run')}"


def _table(rows: Iterable[_Row]) -> str:
    heads = ("employee", "is", "attempts", "action", "reason or run")
    cells = [
        (one.employee.employee_id, str(one.flag), one.employee.attempts or "-", one.action, one.note) for one in rows
    ]
    return columns(heads, cells)


def _legend(rows: Iterable[_Row]) -> str:
    """Return each reason once, in words, however many employees have it."""
    said: dict[str, reasons.Reason] = {}
    whose: dict[str, set[int]] = {}
    for row in rows:
        said[row.reason.code] = row.reason
        whose.setdefault(row.reason.code, set()).add(row.employee.employee_id)
    texts = [(code, reason.in_words(*whose[code])) for code, reason in sorted(said.items())]
    return columns(("reason", "in words, and what to do"), texts)


# Retry and drop


def retry(call: Call) -> int:
    """Make the next run take these employees."""
    changed = _change(call, _released)
    put(f"The next run takes {changed}.")
    return 0


def _released(one: EmployeeRecord) -> EmployeeRecord:
    """Return the record with which the next run takes an employee: one who waits for their first day still does."""
    waiting = one.follow_ups.get(FollowUp.WAITING, FollowUpDetail(reasons.RELEASED.code))
    return replace(one, follow_ups={FollowUp.WAITING: waiting}, attempts=0, undone_at=0, last_change_at=0)


def drop(call: Call) -> int:
    """Remove the follow-ups of these employees."""
    changed = _change(call, lambda one: replace(one.unflagged(), attempts=0, undone_at=0, last_change_at=0))
    put(f"Forgotten: {changed}. A change in BambooHR, or a reconcile, brings them back.")
    return 0


def _change(call: Call, change: Callable[[EmployeeRecord], EmployeeRecord]) -> str:
    store = open_store(read_state_location(call.environment))
    with locked(store, call.summary.run_id):
        records = store.history().records
        asked = employees(call.options)
        unknown = [number for number in asked if number not in records or not records[number].follow_ups]
        if unknown:
            raise UsageError(
                f"nothing is remembered about {', '.join(map(str, unknown))}; nothing was changed",
                advice=f"see: {advice.command('people', 'list')}",
            )
        changed = {number: change(records[number]) for number in asked}
        remember_changes(store, changed, records, datetime.now(UTC))
    return employees_named(asked)
