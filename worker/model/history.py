"""The records of employees and of runs that runs keep for later runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from worker.timestamps import parse_moment

NO_ACCOUNT = -1


class FollowUp(StrEnum):
    """Why an employee needs a follow-up. Each is a flag of its own."""

    WAITING = "waiting"
    PARKED = "parked"
    UNDONE = "undone"
    HELD = "held"
    ISOLATED = "isolated"
    WITHOUT_ACCOUNT = "without_account"


PASSIVE = frozenset({FollowUp.WITHOUT_ACCOUNT})
"""Flags that make no run read the employee: a change in BambooHR, or a full pass, brings them back."""


class FollowUpDetail(NamedTuple):
    """Why a flag was set (the code of a reason, the id of a run, or the held classes), and what was planned then."""

    note: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class EmployeeRecord:
    """The record of one employee, without personal values.

    Attributes:
        deleted: The changed feed reported a deletion when it last named the employee (it does so once).
        attempts: Consecutive runs in which Moodle or the plan refused the employee.
        suspended_by_us: Stored before the suspension is sent, like `suspended_at` (seconds since 1970), so that
            neither the employee nor the limit is lost if the process dies in between.
        undone_at: When an operator undid what a run had written to the employee.
        last_change_at: When the employee last changed in BambooHR before the run that was undone; 0 if unknown.
        suspended_account_id: The account that was last suspended; :data:`NO_ACCOUNT` if none has the employee's id any
            more; 0 if none was, and in a record of an earlier version until the account is looked up.
        not_kept: The digest of what was sent, for each field whose value Moodle did not keep. The value is not sent
            again while its digest is the same.
    """

    employee_id: int
    follow_ups: Mapping[FollowUp, FollowUpDetail] = field(default_factory=dict)
    deleted: bool = False
    attempts: int = 0
    suspended_by_us: bool = False
    suspended_at: int = 0
    undone_at: int = 0
    last_change_at: int = 0
    suspended_account_id: int = 0
    not_kept: Mapping[str, str] = field(default_factory=dict)

    def has(self, flag: FollowUp) -> bool:
        """Return whether a flag is set."""
        return flag in self.follow_ups

    def flagged(self, flag: FollowUp, note: str = "", action: str = "") -> EmployeeRecord:
        """Return the record with this flag as well."""
        return replace(self, follow_ups={**self.follow_ups, flag: FollowUpDetail(note, action)})

    def unflagged(self) -> EmployeeRecord:
        """Return the record without any flag."""
        return replace(self, follow_ups={})

    @property
    def lacks_account_id(self) -> bool:
        """Whether an earlier version suspended the account without recording which one."""
        return self.suspended_by_us and self.suspended_account_id == 0

    @property
    def was_to_start(self) -> bool:
        """Whether the employee waits for their first day, whether or not their account was written before it."""
        waiting = self.follow_ups.get(FollowUp.WAITING, FollowUpDetail())
        return waiting.note in ("starts_later", "start_not_shown") or waiting.action not in ("", "hold")

    @property
    def needs_follow_up(self) -> bool:
        """Whether every run takes the employee. After an undo, runs leave them alone until they change in BambooHR."""
        return self.is_open and not self.has(FollowUp.UNDONE)

    @property
    def is_open(self) -> bool:
        """Whether a flag is set that is not passive."""
        return bool(self.follow_ups.keys() - PASSIVE)

    def worth_keeping(self, now: datetime) -> bool:
        """Return whether any part of the record can still matter."""
        recent = self.suspended_at > (now - timedelta(days=1)).timestamp()
        return bool(self.follow_ups or self.attempts or self.suspended_by_us or recent or self.not_kept)


UNFINISHED = "unfinished"
"""The outcome of a run that is in progress, or was killed."""
COMPLETED = frozenset({"ok", "held", "errors"})
"""The outcomes of a run that read, planned and wrote to its end, whatever errors single employees had."""


@dataclass(frozen=True)
class RunRecord:
    """The record of a run, for later runs.

    Attributes:
        ended_at_ms: When the run ended, in milliseconds since 1970; until then, when it began to write.
        selection: "employees" if an operator selected some, otherwise "all", for a sync as for a reconcile;
            "unfinished" until the run has ended.
        is_baseline: A sync that reached its end and read reliably, whatever errors single employees had; later runs
            are compared with its figures.
        successful: A run without a selection and without an error.
        coverage: The share of rows that have a value, by needed field, in hundredths of a per cent.
        plan_digest: A fingerprint of the mapping, the username settings and the scope that the run planned with.
        company_size: The rows of the directory or, without it, the active employees; 0 in records of an earlier
            version, which have `row_count` alone.
        first_run_ended_at_ms: When the first run of this state ended, if known.
        held_count: How many employees have held changes; see `HeldChanges`.
        since: The start of the run's window.
        next_since: The `since` that the run left; empty if it had not read the changes until then, or was not to move
            it.
        dates_read: The day (ISO) up to which arrived dates were read, by date field.
        scope_matched: The keys of the scope that matched an employee in this run or an earlier one: see
            :attr:`worker.model.scope.Scope.value_keys`.
        journal_items: How many items its journal has; the store counts them.
    """

    run_id: str
    ended_at_ms: int
    command: str
    selection: str
    is_baseline: bool = False
    successful: bool = False
    scheduled_time: str = ""
    row_count: int = 0
    coverage: Mapping[str, int] = field(default_factory=dict)
    plan_digest: str = ""
    reconcile_due: bool = False
    outcome: str = ""
    held_count: int = 0
    company_size: int = 0
    first_run_ended_at_ms: int = 0
    since: str = ""
    next_since: str = ""
    dates_read: Mapping[str, str] = field(default_factory=dict)
    scope_matched: Sequence[str] = ()
    journal_items: int = 0

    @property
    def is_unfinished(self) -> bool:
        """Whether the run started to write and has not recorded how it ended."""
        return self.outcome == UNFINISHED

    @property
    def completed(self) -> bool:
        """Whether the run read, planned and wrote to its end, whatever errors single employees had."""
        return self.outcome in COMPLETED

    @property
    def has_no_selection(self) -> bool:
        """Whether the run was a sync or a reconcile without a selection of employees."""
        return self.selection == "all" and self.command in ("sync", "reconcile")


@dataclass(frozen=True)
class History:
    """The records of employees, and those of the runs that later runs need, oldest first."""

    records: Mapping[int, EmployeeRecord] = field(default_factory=dict)
    runs: tuple[RunRecord, ...] = ()

    def last_baseline(self) -> RunRecord | None:
        """Return the last baseline run; None if there is none yet."""
        return next((run for run in reversed(self.runs) if run.is_baseline), None)

    def scope_matched(self) -> Sequence[str]:
        """Return the keys of the scope that matched an employee, from the last run that has any."""
        return next((run.scope_matched for run in reversed(self.runs) if run.scope_matched), ())

    @property
    def first_run_ended_at_ms(self) -> int:
        """When the first run of this state ended, in milliseconds since 1970; 0 if there was none."""
        return min((run.first_run_ended_at_ms or run.ended_at_ms for run in self.runs), default=0)

    def has_gap_before(self, since: datetime) -> bool:
        """Return whether the last run left the position earlier, so that changes in between are not read."""
        left = (parse_moment(run.next_since) for run in reversed(self.runs))
        last = next((moment for moment in left if moment is not None), since)
        return last < since.replace(microsecond=0)

    def last_run_without_selection(self) -> RunRecord | None:
        """Return the last sync or reconcile without a selection of employees; not one that was killed."""
        return next((run for run in reversed(self.runs) if run.has_no_selection), None)

    def window_opened_before(self, since: datetime, day: date) -> bool:
        """Return whether a run whose window begins at `since` ended on an earlier day."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000
        return any(run.ended_at_ms < midnight and parse_moment(run.since) == since for run in self.runs)

    def dates_read(self, since: datetime) -> dict[str, date]:
        """Return the day up to which each date field was read; one that is missing never was.

        A run that reached beyond `since` shows that the state was moved back. No field then counts as read beyond
        `since`: an operator who wants the changes again wants the dates as well.
        """
        moved_back = any((parse_moment(run.next_since) or since) > since for run in self.runs)
        latest = since.date() if moved_back else date.max
        return {field: min(day, latest) for field, (day, _) in _furthest_read(self.runs).items()}

    def with_flag(self, flag: FollowUp) -> dict[int, EmployeeRecord]:
        """Return the employees with a flag."""
        return {employee_id: record for employee_id, record in self.records.items() if record.has(flag)}

    def delivered(self, scheduled_time: str) -> bool:
        """Return whether a run of this scheduled time was successful. One that failed may be tried again."""
        return bool(scheduled_time) and any(run.scheduled_time == scheduled_time for run in self.runs if run.successful)


_RECENT = timedelta(days=10)
"""Longer than the week after which a smaller company is trusted, and than any approval or second delivery takes."""
LEAST_RUNS = 20
"""At least this many runs are kept, however rarely they are scheduled."""


def runs_needed(runs: Iterable[RunRecord], now: datetime, most: int) -> tuple[RunRecord, ...]:
    """Return the runs that later runs need, oldest first.

    These are the runs of the last days, at most `most`, and whatever their age the last baseline, the last run without
    a selection (its mapping), the last that matched the scope, the run that opened the present window, the run that
    reached furthest, and the runs that read each date field furthest.
    """
    ordered = sorted(runs, key=lambda run: (run.ended_at_ms, run.run_id))
    since = (now - _RECENT).timestamp() * 1000
    recent = [run for age, run in enumerate(reversed(ordered)) if run.ended_at_ms >= since or age < LEAST_RUNS][:most]
    kept = {run.run_id for run in (*recent, *_kept_at_any_age(ordered))}
    return tuple(run for run in ordered if run.run_id in kept)


def _kept_at_any_age(runs: Sequence[RunRecord]) -> Iterable[RunRecord]:
    yield from [run for run in runs if run.is_baseline][-1:]
    yield from [run for run in runs if run.has_no_selection][-1:]
    yield from [run for run in runs if run.scope_matched][-1:]
    opened = next((run.since for run in reversed(runs) if run.since), None)
    yield from [run for run in runs if run.since == opened][:1]
    yield from sorted(runs, key=lambda run: parse_moment(run.next_since) or _EPOCH)[-1:]
    yield from (run for _, run in _furthest_read(runs).values())


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _furthest_read(runs: Iterable[RunRecord]) -> dict[str, tuple[date, RunRecord]]:
    """Return, for each date field, the last day up to which it was read, and the last run that read it up to there."""
    read = ((field, day, run) for run in runs for field, day in _dates_read(run))
    return {field: (day, run) for field, day, run in sorted(read, key=lambda found: found[1])}


def _dates_read(run: RunRecord) -> Iterable[tuple[str, date]]:
    """Yield the dates that a run read, without those that an edited state may hold."""
    for name, text in run.dates_read.items():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            continue
        if day.year >= _EPOCH.year:
            yield name, day
