"""Reads BambooHR for a run: the changed feed or the whole company, arrived dates, and the directory.

state --since, offset--> feed -> window, arrived dates -> directory
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from worker import logs
from worker.bamboohr.client import Page
from worker.bamboohr.directory import Directory
from worker.errors import ListRefused, SourceError
from worker.model.employee import Evidence
from worker.model.field_catalogue import DATES, LIFECYCLE_FIELDS, is_by_api_name
from worker.model.position import Position
from worker.planning.baseline import StatusTally, fields_lost
from worker.planning.dates import DateRange, arrived, shown_dates
from worker.planning.suspensions import ScopeTally
from worker.planning.window import select
from worker.runs.evidence import list_company
from worker.runs.reading_warnings import LATEST_UNREADABLE, check_statuses, warn_of_hidden_dates
from worker.runs.run_input import RunInput
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.words import counted

_OVERLAP = timedelta(minutes=10)
"""How far before `since` the feed is read, in case clocks differ or `since` is exclusive."""


def read_bamboohr(services: Services, inputs: RunInput, summary: Summary) -> RunInput:
    """Read the changes since the position, or the whole company if there is none; then the directory."""
    inputs, position = replace(inputs, scope_tally=ScopeTally(services.settings.employee_scope)), inputs.position
    if position is None:
        inputs = _read_company(services, inputs)
        directory = _read_directory(services, _AllIds(), inputs.scope_tally, summary)
        inputs = replace(inputs, directory=directory, all_ids=inputs.all_ids | directory.ids)
    else:
        inputs = _read_window(services, inputs, position, summary)
        if inputs.request.takes_window:
            inputs = _read_dates(services, inputs, position, summary)
        wanted = inputs.changed_ids | inputs.employees_of_run
        inputs = replace(inputs, directory=_read_directory(services, wanted, inputs.scope_tally, summary))
    check_statuses(inputs, summary)
    return _with_unreliable_fields_marked(inputs, summary)


def _read_company(services: Services, inputs: RunInput) -> RunInput:
    rows: dict[int, Evidence] = {}
    with services.progress("reading BambooHR", 0) as tick:

        def take(page: Page) -> None:
            if page.is_first:
                rows.clear()
            rows.update(page.rows)
            tick(len(page.rows))

        fields = (*services.settings.employee_fields, *LIFECYCLE_FIELDS)
        refusal_codes = list_company(services, inputs.history, fields, take)
    statuses = StatusTally()
    statuses.add(row.facts for row in rows.values())
    all_ids = frozenset(rows) | refusal_codes.keys()
    return replace(inputs, rows=rows, all_ids=all_ids, refusal_codes=refusal_codes, statuses=statuses)


def _read_directory(services: Services, wanted: Container[int], tally: ScopeTally, summary: Summary) -> Directory:
    """Read the directory. If BambooHR cannot return it, it counts as refused."""
    keys: set[str] = set()

    def observe(facts: Mapping[str, str]) -> None:
        keys.update(tally.scope.matched_keys(facts))
        tally.shown.update(name for name in tally.scope.fields if facts.get(name))

    fields, why = services.settings.employee_fields, "BambooHR's directory is refused or empty"
    try:
        directory = services.bamboohr.directory(wanted, fields, observe if tally.scope else None)
    except SourceError as fault:
        directory, why = Directory(available=False), fault.message
    tally.add(keys, directory.shown)
    hidden = [name for name in fields if name not in directory.shown and not is_by_api_name(name)]
    if not directory.available:
        summary.warn("directory_unavailable", f"{why}; every employee is read individually")
    elif hidden:
        logs.info("bamboohr.directory_fields", not_shown=hidden)
    return directory


def _read_window(services: Services, inputs: RunInput, position: Position, summary: Summary) -> RunInput:
    feed = services.bamboohr.changed_employees(position.since - _OVERLAP)
    window = select(position, feed.changes, feed.latest, summary.started_at, services.settings.batch_size)
    summary.latest = feed.latest
    summary.counts["total_changed"] = window.total
    logs.info(
        "sync.window",
        run_id=summary.run_id,
        offset=position.offset,
        total_changed=window.total,
        taken=len(window.changes) if inputs.request.takes_window else 0,
        selected=len(inputs.request.selected_ids),
        dropped=feed.dropped,
    )
    if feed.latest_is_unreadable:
        summary.warn("latest_unreadable", LATEST_UNREADABLE)
    if feed.dropped:
        summary.warn(
            "changes_dropped",
            f"{counted(feed.dropped, 'entry', 'entries')} of BambooHR's list of changed employees"
            f" {'does' if feed.dropped == 1 else 'do'} not say whom they are about; a reconcile finds what changed",
        )
    return replace(inputs, feed=feed, window=window)


def _with_unreliable_fields_marked(inputs: RunInput, summary: Summary) -> RunInput:
    """Mark the fields that many employees lost since the baseline: those without a value are read individually."""
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


def _read_dates(services: Services, inputs: RunInput, position: Position, summary: Summary) -> RunInput:
    """Find the employees whose dates have arrived. A failure is reported, and the next run reads further back."""
    if inputs.window is None or not inputs.window.complete:
        return inputs
    read = inputs.history.dates_read(position.since)
    days = DateRange.from_last_read(read, position.since, services.clock(), services.settings.hire_lookahead_days)
    listed = _ListedDates(days, ScopeTally(inputs.scope_tally.scope))
    fields = tuple(dict.fromkeys((*DATES, "status", *listed.tally.scope.fields)))
    try:
        refusal_codes = list_company(services, inputs.history, fields, listed.take)
    except SourceError as fault:
        unread = f"{fault.message}; hire and termination dates that arrive are not noticed"
        what_to_do = "the next run that can read them takes them up; if this lasts, ask BambooHR's support"
        if isinstance(fault, ListRefused):
            summary.warn("dates_unread", unread)
        else:
            summary.add_error("dates_unread", unread, what_to_do)
        return inputs
    warn_of_hidden_dates(read, listed.shown, listed.statuses.employees, summary)
    # An employee of the window who was taken on an earlier day may have started or left since.
    opened_earlier = inputs.history.window_opened_before(position.since, services.clock().date())
    taken_today = {change.employee_id for change in (inputs.window if opened_earlier else inputs.feed).changes}
    due = frozenset(listed.found - taken_today)
    summary.counts["arrived_dates"] = len(due)
    inputs.scope_tally.merge(listed.tally)
    return replace(
        inputs,
        with_arrived_dates=due,
        dates_read=days.read_up_to(listed.shown),
        statuses=listed.statuses,
        refusal_codes=refusal_codes,
    )


@dataclass
class _ListedDates:
    """The arrived dates, statuses and scope values on the pages of all employees; no row is kept."""

    days: DateRange
    tally: ScopeTally
    found: set[int] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    statuses: StatusTally = field(default_factory=StatusTally)

    def take(self, page: Page) -> None:
        """Take a page. A first page makes all earlier pages invalid."""
        if page.is_first:
            self.found, self.shown, self.statuses = set(), set(), StatusTally()
            self.tally = ScopeTally(self.tally.scope)
        facts = [row.facts for row in page.rows.values()]
        self.tally.add_rows(facts)
        self.statuses.add(facts)
        self.shown.update(name for one in facts for name in shown_dates(one))
        self.found.update(employee for employee, row in page.rows.items() if arrived(row.facts, self.days))


class _AllIds:
    """A set that contains every id."""

    def __contains__(self, _number: object) -> bool:
        return True
