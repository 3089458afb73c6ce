"""`state show|rewind|reset|rebind`: shows the position of the sync, moves it back, and changes its company and site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.commands.base import Call, confirm
from worker.commands.parser import Parsers, add_command, add_flags, whole_number
from worker.config.settings import read_settings, read_state_location
from worker.errors import UsageError
from worker.model.history import History
from worker.model.position import Position
from worker.reports.output import put, width
from worker.reports.table import name_value_lines
from worker.runs.services import open_store
from worker.state.lock import Lock
from worker.state.store import RECORDING_BEGAN, Store, locked
from worker.timestamps import iso, parse_moment
from worker.words import counted, duration, listed

_MOST_DAYS = 18_250

_SHOW = """\
Prints the position of the sync, whether the scheduled runs are paused, which run holds the lock, which employees are
remembered, and how the last runs ended. Shows ids only."""
_REWIND = """\
Lets the next run read all changes since an earlier time. Accounts that are up to date are left alone, so this is safe;
the run only takes longer. Refused while a run holds the lock.

examples:
  {command:state rewind --days 3}
  {command:state rewind --since 2026-01-31T02:00:00Z --yes}"""
_RESET = """\
Removes the state row: the next run looks back INITIAL_LOOKBACK_DAYS days, as the very first run did. What is remembered
about employees (waiting, parked, undone, suspended by this product) is kept. Refused while a run holds the lock."""
_REBIND = """\
Binds the state to the company and the site of the current configuration, after either was renamed. The employees and
accounts must be the same ones: with the state of another company, runs would suspend and rename the wrong accounts.
Refused while a run holds the lock."""


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    group = add_command(
        parsers, "state", summary="show the position of the sync, or move it back", details=_SHOW
    ).add_subparsers(metavar="WHAT", required=True)
    listing = add_command(group, "show", report=show, summary="show the position of the sync", details=_SHOW)
    add_flags(listing, "--json")
    again = add_command(
        group, "rewind", report=rewind, summary="move the position back, to read changes again", details=_REWIND
    )
    moment = again.add_mutually_exclusive_group(required=True)
    moment.add_argument("--since", metavar="MOMENT", help="a time with its time zone: 2026-01-31T02:00:00Z")
    moment.add_argument("--days", type=whole_number(0, _MOST_DAYS), metavar="N", help="this many days ago")
    forget = add_command(group, "reset", report=reset, summary="forget the position of the sync", details=_RESET)
    rename = add_command(group, "rebind", report=rebind, summary="accept a renamed company or site", details=_REBIND)
    for parser in (again, forget, rename):
        add_flags(parser, "--yes")


def show(call: Call) -> int:
    """Print the position, the lock, the records and the last runs."""
    store = open_store(read_state_location(call.environment))
    history = store.history()
    sections = {
        "state": dict(_state(store)),
        "lock": dict(_lock(store, call)),
        "people": dict(_records(history)),
        "runs": dict(_runs(history)),
    }
    if call.options.json:
        put(json.dumps(sections, indent=1))
        return 0
    for title, lines in sections.items():
        put(f"{title}\n{name_value_lines(lines.items(), width()) or '  none'}")
    return 0


def rewind(call: Call) -> int:
    """Move the position back."""
    options = call.options
    store = open_store(read_state_location(call.environment))
    now = datetime.now(UTC)
    since = now - timedelta(days=options.days) if options.since is None else parse_moment(options.since)
    if since is None:
        raise UsageError("--since is not a time with a time zone", advice="write it as 2026-01-31T02:00:00Z")
    if since < RECORDING_BEGAN:
        raise UsageError(f"{iso(since)} is before BambooHR can have recorded anything", advice="name a later time")
    if since > now:
        raise UsageError(f"{iso(since)} is in the future", advice="name a time in the past")
    row = store.raw_row()
    present = parse_moment(row.get("since")) if row else None
    if present is not None and since > present:
        raise UsageError(
            f"{iso(since)} is later than where the sync stands ({iso(present)}): the changes in between would be lost",
            advice="name an earlier time; the sync moves forward by itself",
        )
    question = f"Let the next run read every change since {iso(since)} (now: {_position(row)})?"
    with _confirmed(call, store, question) as lock:
        store.overwrite(row, Position(since), lock, now)
    put(f"The next run reads every change since {iso(since)}.")
    return 0


def reset(call: Call) -> int:
    """Remove the state row."""
    store = open_store(read_state_location(call.environment))
    row = store.raw_row()
    if row is None:
        put("There is no state row; nothing to reset.")
        return 0
    question = f"Forget where the sync stands ({_position(row)})? The next run begins INITIAL_LOOKBACK_DAYS back."
    with _confirmed(call, store, question):
        store.remove(row)
    put(f"The state row was removed; it was: {_position(row)}.")
    return 0


def rebind(call: Call) -> int:
    """Bind the state to the configured company and site."""
    settings = read_settings(call.environment)
    store = open_store(settings)
    store.history()
    known, present = store.binding, settings.binding
    if known == present:
        put(f"The state already belongs to {present}.")
        return 0
    question = f"The state belongs to {known or 'no company and site yet'}. Let it belong to {present}?"
    with _confirmed(call, store, question):
        store.bind(present)
    put(f"The state now belongs to {present}.")
    return 0


@contextmanager
def _confirmed(call: Call, store: Store, question: str) -> Iterator[Lock]:
    """Raise LockHeld during a run, ask for confirmation, and hold the lock inside the block."""
    store.lock(call.summary.run_id).require_free()
    confirm(question, call.stop, yes=call.options.yes)
    with locked(store, call.summary.run_id) as lock:
        yield lock


def _state(store: Store) -> Iterator[tuple[str, Any]]:
    row = store.raw_row()
    if row is None:
        yield "row", "none: the next run begins INITIAL_LOOKBACK_DAYS back"
    else:
        for name in ("since", "offset", "updatedAt"):
            yield name, _plain(row.get(name))
    window = row.get("window") if row else None
    if isinstance(window, dict):
        yield "window opened", _plain(window.get("latest"))
        yield "last employee done", _plain(window.get("lastId"))
        yield "pinned runs", _plain(window.get("pinnedRuns"))
    if store.binding is not None:
        yield "company", store.binding.company_domain
        yield "site", store.binding.site
    pause = store.pause()
    if pause is not None:
        yield "scheduled runs", pause


def _plain(value: object) -> object:
    """Return a value of the row as it can be printed. What no run writes (a fraction, a set, bytes) shows its type."""
    return value if isinstance(value, str | int | None) else repr(value)


def _lock(store: Store, call: Call) -> Iterator[tuple[str, Any]]:
    holder = store.lock(call.summary.run_id).holder()
    if holder is None:
        yield "held", "no"
    else:
        yield "held", f"for {duration(holder.seconds_left)} more unless it is renewed"
        yield "by run", holder.owner


def _records(history: History) -> Iterator[tuple[str, Any]]:
    employees = history.records
    yield "remembered", len(employees)
    for reason in sorted({flag for one in employees.values() for flag in one.follow_ups}):
        ids = [number for number, one in sorted(employees.items()) if one.has(reason)]
        yield reason, listed(ids)


def _runs(history: History) -> Iterator[tuple[str, Any]]:
    for run in history.runs[-5:]:
        held = f", {counted(run.held_count, 'employee')} held" if run.held_count else ""
        end = "ok" if run.successful else run.outcome or "not ok"
        parts = [run.command, end] if run.is_unfinished else [run.command, run.selection, end]
        yield run.run_id, ", ".join(parts) + held


def _position(row: dict[str, Any] | None) -> str:
    return f"since {_plain(row.get('since'))}, offset {_plain(row.get('offset'))}" if row else "no row"
