"""What a run reads: the state, BambooHR's feed, dates and directory, and the accounts in Moodle. Nothing is written.

state --since, offset--> feed -> window, arrived dates -> directory -> evidence -> look-ups -> World
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from worker import logs
from worker.bamboohr.client import Feed
from worker.bamboohr.directory import Directory
from worker.config.settings import Settings
from worker.errors import SourceError
from worker.model.account import AccountRef
from worker.model.employee import Evidence, employee_id
from worker.model.field_catalogue import DATES, EVIDENCE
from worker.model.history import FollowUp, History
from worker.model.position import Position
from worker.moodle.client import Key
from worker.planning.correlation import RESERVED_USERNAMES
from worker.planning.dates import DateRange, arrived, shown_dates
from worker.planning.guards import DirectoryStats, fields_lost, sees_whole_company
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import (
    accounts_wanted,
    addresses_wanted,
    competing_employees,
    idnumbers_wanted,
    usernames_wanted,
)
from worker.planning.window import Window, select
from worker.progress import Progress
from worker.runs.employee_reader import BambooHRApi, EmployeeReader
from worker.runs.request import RunRequest
from worker.runs.summary import Summary
from worker.runs.writer import MoodleWriterApi

OVERLAP = timedelta(minutes=10)
"""How far the feed is asked for before `since`: absorbs differing clocks, and whether `since` is inclusive."""

_RIVAL_ROUNDS = 5


class MoodleApi(MoodleWriterApi, Protocol):
    """What a run needs of Moodle; see :class:`worker.moodle.client.client.Moodle`."""

    def check_visibility(self) -> None:
        """Raise unless the token sees people with every key that planning needs."""

    def everybody(self, auth: str) -> list[AccountRef] | None:
        """Every account with this authentication; None where the token may not search."""


@dataclass
class RunInput:
    """What one run has read.

    `position` and `window` are None where the run is about everybody. `deleted`: everybody in the feed, and whether it
    says that she was deleted. `everybody`: who is in List Employees or the directory, where that was read whole, and
    `rows` what it says of them, until they are people of the world (20,000 of them are not kept twice). `dated`: whose
    dates have arrived; `dates_read`: the days up to which they were looked at. `population`: every account of our
    authentication, where that was read (None: the token may not search).
    """

    history: History
    position: Position | None = None
    feed: Feed = field(default_factory=lambda: Feed((), None))
    deleted: Mapping[int, bool] = field(default_factory=dict)
    window: Window | None = None
    directory: Directory = field(default_factory=lambda: Directory(available=False))
    everybody: frozenset[int] = frozenset()
    rows: dict[int, Evidence] = field(default_factory=dict)
    dated: frozenset[int] = frozenset()
    dates_read: Mapping[str, date] = field(default_factory=dict)
    population: list[AccountRef] | None = None

    @property
    def health(self) -> DirectoryStats:
        """What the guards compare with the last good run."""
        return DirectoryStats(self.directory.rows, self.directory.coverage())

    @property
    def confirmed(self) -> DirectoryStats:
        """The same, with what people's own records contradict as it was: a column that is hidden is not empty."""
        last_good, contradicted = self.history.last_good(), self.directory.contradicted
        kept = {name: share for name, share in last_good.coverage.items() if name in contradicted} if last_good else {}
        return replace(self.health, coverage={**self.health.coverage, **kept})

    @property
    def changed(self) -> dict[int, datetime]:
        """When BambooHR changed the people of its feed, by its own clock."""
        return {change.employee_id: change.at for change in self.feed.changes if change.at}

    @property
    def undone(self) -> frozenset[int]:
        """Those of whom a run was taken back, and whom BambooHR has not changed since that run."""
        changed, held = self.changed, self.history.those(FollowUp.UNDONE)
        return frozenset(
            number
            for number, known in held.items()
            if number not in changed or changed[number].timestamp() <= (known.seen or known.undone_at)
        )


@dataclass
class Reader:
    """Reads for one run, and warns in its summary."""

    settings: Settings
    job: RunRequest
    source: BambooHRApi
    target: MoodleApi
    summary: Summary
    clock: Callable[[], datetime]
    progress: Progress

    def read(self, history: History, position: Position | None) -> RunInput:
        """BambooHR: who changed (or everybody, where there is no position), and the directory."""
        run_input = RunInput(history, position)
        fields = self.settings.mapping.fields
        if position is None:
            run_input.rows = self._everybody((*fields, *EVIDENCE))
        else:
            self._window(run_input, position)
            if self.job.moves_the_state:
                self._dates(run_input, position)
        wanted = _Everybody() if position is None else run_input.deleted.keys() | self._wanted(run_input)
        run_input.directory = self.source.directory(wanted, fields)
        if position is None:
            run_input.everybody = frozenset(run_input.rows) | run_input.directory.ids
        hidden = [name for name in fields if name not in run_input.directory.shown]
        if not run_input.directory.available:
            self.summary.warn(
                "directory_unavailable", "BambooHR's directory is refused or empty; everybody is read on her own"
            )
        elif hidden:
            logs.info("bamboohr.directory_fields", not_shown=hidden)
        self._doubt(run_input)
        return run_input

    def _doubt(self, run_input: RunInput) -> None:
        """Fields that were filled at the last good run and are not now: what each person's own record says counts."""
        lost = fields_lost(run_input.health, run_input.history.last_good())
        run_input.directory.unreliable_fields = run_input.directory.shown.intersection(lost)
        if run_input.directory.unreliable_fields:
            self.summary.warn(
                "fields_emptied",
                f"the directory has lost {', '.join(sorted(run_input.directory.unreliable_fields))} of many people since the last "
                "good run; whoever has none is read on her own",
            )

    def _window(self, run_input: RunInput, position: Position) -> None:
        run_input.feed = self.source.changed(position.since - OVERLAP)
        changes, latest = run_input.feed.changes, run_input.feed.latest
        run_input.deleted = {change.employee_id: change.deleted for change in changes}
        run_input.window = select(position, changes, latest, self.summary.started_at, self.settings.batch_size)
        self.summary.latest = latest
        self.summary.counts["total_changed"] = run_input.window.total
        logs.info(
            "sync.window",
            run_id=self.summary.run_id,
            offset=position.offset,
            total_changed=run_input.window.total,
            taken=len(run_input.window.changes) if self.job.moves_the_state else 0,
            dropped=run_input.feed.dropped,
        )

    def _everybody(self, fields: tuple[str, ...]) -> dict[int, Evidence]:
        rows: dict[int, Evidence] = {}
        with self.progress("reading BambooHR", 0) as tick:
            for page in self.source.everybody(fields):
                if page.is_first:
                    rows.clear()
                rows.update(page.rows)
                tick(len(page.rows))
        return rows

    def _dates(self, run_input: RunInput, position: Position) -> None:
        """Whose dates have arrived. If they cannot be read, that is a warning, and the next run reads further back."""
        assert run_input.window is not None
        if not run_input.window.complete:
            return
        now = self.clock()
        read = run_input.history.dates_read(position.since)
        span = DateRange.since(read, position.since, now, self.settings.hire_lookahead_days)
        found: set[int] = set()
        shown: set[str] = set()
        rows = 0
        try:
            for page in self.source.everybody(DATES):
                if page.is_first:
                    found, shown, rows = set(), set(), 0
                rows += len(page.rows)
                for number, row in page.rows.items():
                    shown.update(shown_dates(row.facts))
                    if arrived(row.facts, span):
                        found.add(number)
        except SourceError as fault:
            self.summary.warn(
                "dates_unread", f"{fault.message}; hires and leaves that arrive without an edit are not seen"
            )
            return
        self._tell_hidden_dates(read, shown, rows)
        run_input.dated = frozenset(found.difference(self._done_today(run_input, position)))
        run_input.dates_read = span.read(shown)
        self.summary.counts["arrived_dates"] = len(run_input.dated)

    def _done_today(self, run_input: RunInput, position: Position) -> Collection[int]:
        """Those of the feed who have their turn in this run, or had it today in an earlier part of the same window.

        Whoever had it on an earlier day may have started or left since.
        """
        assert run_input.window is not None
        if run_input.history.began(position.since, self.clock().date()):
            return {change.employee_id for change in run_input.window.changes}
        return run_input.deleted.keys()

    def _tell_hidden_dates(self, read: Mapping[str, date], shown: Container[str], rows: int) -> None:
        """A kind of date that is shown of nobody, though it was at the last reading; or none of any kind."""
        hidden = [field for field in DATES if field not in shown]
        lost = [field for field in hidden if field in read and read[field] == max(read.values())]
        if rows and (lost or len(hidden) == len(DATES)):
            self.summary.warn(
                "dates_not_shown",
                f"BambooHR shows {', '.join(lost or hidden)} of nobody; whoever starts or leaves by such a date is "
                "taken up when it is shown again",
            )

    def _wanted(self, run_input: RunInput) -> set[int]:
        """Whom this run is about: those asked for, or everybody, or the window, arrived dates and whoever waits."""
        if self.job.employees:
            return set(self.job.employees)
        if run_input.window is None:
            return {*run_input.everybody}
        waiting = (number for number, known in run_input.history.records.items() if known.needs_follow_up)
        return {*(change.employee_id for change in run_input.window.changes), *run_input.dated, *waiting}

    # Moodle

    def plan_input(self, run_input: RunInput) -> PlanInput:
        """Look the people up in Moodle, in batches: everything that planning needs."""
        settings, known = self.settings, run_input.history.records
        was_deleted = frozenset(number for number, employee in known.items() if employee.deleted)
        company = EmployeeReader(
            self.source, run_input.directory, settings.mapping.fields, run_input.deleted, was_deleted, run_input.rows
        )
        employees = company.employees(self._wanted(run_input))
        if company.refused:
            self.summary.warn("evidence_refused", "BambooHR shows nobody outside the directory to this key")
        plan_input = PlanInput(
            employees,
            self._plan_settings(run_input),
            self.clock(),
            run_input.directory.email_index,
            known,
            sees_whole_company=self._knows_every_address(run_input),
        )
        self.target.check_visibility()
        self._look_up(plan_input, "idnumber", idnumbers_wanted(plan_input))
        self._look_up(plan_input, "id", accounts_wanted(plan_input))
        self._look_up(plan_input, "email", addresses_wanted(plan_input))
        for _ in range(_RIVAL_ROUNDS):
            more = competing_employees(plan_input) & (run_input.deleted.keys() | known.keys())
            if not more:
                break
            asked = set(addresses_wanted(plan_input))
            plan_input.employees = sorted(
                [*plan_input.employees, *company.employees(more)], key=lambda employee: employee.employee_id
            )
            plan_input.add(self.target.look_up("idnumber", map(str, sorted(more))))
            plan_input.add(
                self.target.look_up("email", [one for one in addresses_wanted(plan_input) if one not in asked])
            )
        plan_input.add(self.target.look_up("username", usernames_wanted(plan_input)))
        return plan_input

    def _knows_every_address(self, run_input: RunInput) -> bool:
        """Whether nobody's address is unknown: else an account may be somebody's of whom nothing was read."""
        if run_input.position is None:
            return True
        directory = run_input.directory
        whole = directory.available and sees_whole_company(run_input.health, run_input.history.last_good())
        return whole and "work_email" not in directory.unreliable_fields

    def _look_up(self, plan_input: PlanInput, key: Key, values: list[str]) -> None:
        """One look-up of many, told on a terminal while it goes on."""
        with self.progress(f"looking up by {key}", len(values)) as tick:
            size = _BATCHES_A_TICK * self.target.batch_size
            for at in range(0, len(values), size):
                part = values[at : at + size]
                plan_input.add(self.target.look_up(key, part))
                tick(len(part))

    def _plan_settings(self, run_input: RunInput) -> PlanSettings:
        settings = self.settings
        return PlanSettings(
            mapping=settings.mapping,
            auth=settings.moodle_auth,
            reactivate_all=settings.reactivate_all,
            reactivate=frozenset(self.job.employees if self.job.reactivate else ()),
            protected=settings.protected,
            undone=frozenset() if self.job.releases else run_input.undone,
            hire_lookahead_days=settings.hire_lookahead_days,
        )

    def unexplained(self, run_input: RunInput, explained: frozenset[int]) -> list[int] | None:
        """Active accounts of our authentication that no employee explains; None where the token may not search."""
        run_input.population = self.target.everybody(self.settings.moodle_auth)
        if run_input.population is None:
            return None
        protected = RESERVED_USERNAMES | self.settings.protected
        return [
            account.id
            for account in run_input.population
            if not account.suspended
            and account.id not in explained
            and employee_id(account.idnumber) not in run_input.everybody
            and account.username.casefold() not in protected
        ]


_BATCHES_A_TICK = 20


class _Everybody:
    """A set of ids that everybody is in."""

    def __contains__(self, _number: object) -> bool:
        return True
