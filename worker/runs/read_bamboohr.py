"""What a run reads of BambooHR: the changed feed or the whole company, arrived dates, and the directory.

state --since, offset--> feed -> window, arrived dates -> directory
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from worker import logs
from worker.bamboohr.directory import Directory
from worker.bamboohr.listing import all_rows
from worker.errors import SourceError
from worker.model.employee import Evidence
from worker.model.field_catalogue import DATES, EVIDENCE
from worker.model.history import History
from worker.model.position import Position
from worker.planning.dates import DateRange, arrived, shown_dates
from worker.planning.readings import fields_lost
from worker.planning.scope import ScopeTally
from worker.planning.window import select
from worker.runs.reading_warnings import fail_for_hidden_status, warn_of_directory, warn_of_hidden_dates
from worker.runs.request import RunRequest
from worker.runs.run_input import RunInput
from worker.runs.services import Services
from worker.runs.summary import Summary

OVERLAP = timedelta(minutes=10)
"""How far before `since` the feed is asked for: it absorbs differing clocks, and whether `since` is inclusive."""


def read_bamboohr(
    services: Services, request: RunRequest, history: History, position: Position | None, summary: Summary
) -> RunInput:
    """Read the changes since `position`, or the whole company where there is none; then the directory."""
    fields = services.settings.employee_fields
    if position is None:
        rows = _list_company(services, (*fields, *EVIDENCE))
        scope = ScopeTally(services.settings.employee_scope)
        inputs = RunInput(history, request, rows=rows, active=_active(rows), scope_tally=scope)
        directory = _read_directory(services, _Everybody(), inputs.scope_tally)
        inputs = replace(inputs, directory=directory, company=frozenset(rows) | directory.ids)
        if rows and not any(row.facts.get("status") for row in rows.values()):
            fail_for_hidden_status(summary)
    else:
        inputs = _read_window(services, request, history, position, summary)
        if request.moves_state:
            inputs = _read_dates(services, inputs, position, summary)
        wanted = inputs.deletion_flags.keys() | inputs.employees_of_run
        inputs = replace(inputs, directory=_read_directory(services, wanted, inputs.scope_tally))
    warn_of_directory(inputs.directory, fields, summary)
    return _without_unreliable_fields(inputs, summary)


def _read_directory(services: Services, wanted: Container[int], scope: ScopeTally) -> Directory:
    marks: set[str] = set()

    def observe(facts: Mapping[str, str]) -> None:
        marks.update(scope.scope.marks_of(facts))
        scope.shown.update(name for name in scope.scope.fields if facts.get(name))

    directory = services.bamboohr.directory(wanted, services.settings.employee_fields, observe if scope.scope else None)
    scope.add(marks, directory.shown)
    return directory


def _list_company(services: Services, fields: tuple[str, ...]) -> dict[int, Evidence]:
    with services.progress("reading BambooHR", 0) as tick:
        return all_rows(services.bamboohr.list_employees(fields), tick)


def _read_window(
    services: Services, request: RunRequest, history: History, position: Position, summary: Summary
) -> RunInput:
    feed = services.bamboohr.changed_employees(position.since - OVERLAP)
    window = select(position, feed.changes, feed.latest, summary.started_at, services.settings.batch_size)
    summary.latest = feed.latest
    summary.counts["total_changed"] = window.total
    logs.info(
        "sync.window",
        run_id=summary.run_id,
        offset=position.offset,
        total_changed=window.total,
        taken=len(window.changes) if request.moves_state else 0,
        dropped=feed.dropped,
    )
    return RunInput(history, request, position, feed, window, scope_tally=ScopeTally(services.settings.employee_scope))


def _without_unreliable_fields(inputs: RunInput, summary: Summary) -> RunInput:
    """Mark the fields that many employees lost since the baseline: what each employee's own record says counts."""
    lost = fields_lost(inputs.stats, inputs.history.last_baseline())
    unreliable = inputs.directory.shown.intersection(lost)
    if not unreliable:
        return inputs
    summary.warn(
        "fields_emptied",
        f"the directory has lost {', '.join(sorted(unreliable))} for many employees since the last complete run;"
        " employees without a value are read individually",
    )
    return replace(inputs, directory=replace(inputs.directory, unreliable_fields=unreliable))


# Dates


def _read_dates(services: Services, inputs: RunInput, position: Position, summary: Summary) -> RunInput:
    """Find the employees whose dates have arrived. A failure is a warning, and the next run reads further back."""
    assert inputs.window is not None
    if not inputs.window.complete:
        return inputs
    read = inputs.history.dates_read(position.since)
    days = DateRange.since(read, position.since, services.clock(), services.settings.hire_lookahead_days)
    found: set[int] = set()
    shown: set[str] = set()
    scope = ScopeTally(inputs.scope_tally.scope)
    status_shown = False
    rows = active = 0
    try:
        for page in services.bamboohr.list_employees(dict.fromkeys((*DATES, "status", *scope.scope.fields))):
            if page.is_first:
                found, shown, rows, active = set(), set(), 0, 0
            rows += len(page.rows)
            active += _active(page.rows)
            scope.add_rows(row.facts for row in page.rows.values())
            for employee_id, row in page.rows.items():
                status_shown = status_shown or bool(row.facts.get("status"))
                shown.update(shown_dates(row.facts))
                if arrived(row.facts, days):
                    found.add(employee_id)
    except SourceError as fault:
        summary.warn("dates_unread", f"{fault.message}; hire and termination dates that arrive are not noticed")
        return inputs
    warn_of_hidden_dates(read, shown, rows, summary)
    if rows and not status_shown:
        fail_for_hidden_status(summary)
    due = frozenset(found.difference(_done_today(inputs, position, services.clock)))
    summary.counts["arrived_dates"] = len(due)
    inputs.scope_tally.merge(scope)
    return replace(inputs, due_by_date=due, dates_read=days.read(shown), active=active)


def _active(rows: Mapping[int, Evidence]) -> int:
    return sum(row.facts.get("status") == "Active" for row in rows.values())


def _done_today(inputs: RunInput, position: Position, clock: Callable[[], datetime]) -> Collection[int]:
    """Return those of the feed who are in this run, or were today in an earlier part of the same window.

    An employee who was in it on an earlier day may have started or left since.
    """
    assert inputs.window is not None
    if inputs.history.window_opened_before(position.since, clock().date()):
        return {change.employee_id for change in inputs.window.changes}
    return inputs.deletion_flags.keys()


class _Everybody:
    """A set that contains every id."""

    def __contains__(self, _number: object) -> bool:
        return True
