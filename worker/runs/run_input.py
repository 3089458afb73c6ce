"""The input of one run: the request for it, what it has read of its state and of BambooHR, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from worker.bamboohr.client import Feed
from worker.bamboohr.directory import Directory
from worker.config.settings import Settings
from worker.model.employee import Evidence
from worker.model.held_change import HeldChange
from worker.model.history import FollowUp, History
from worker.model.position import Position
from worker.planning.baseline import ApiFieldStats, DirectoryStats, StatusTally, has_most_rows
from worker.planning.suspensions import ScopeTally
from worker.planning.window import WindowPart


@dataclass(frozen=True)
class ChangedEmployees:
    """The next window of the changed feed, arrived dates, and employees with a follow-up. Moves the state."""


@dataclass(frozen=True)
class SelectedEmployees:
    """Only these employees, by id."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class AllEmployees:
    """A full pass over the company, active and inactive."""


@dataclass(frozen=True)
class RunRequest:
    """The request for one run.

    Attributes:
        target: Which employees the run is about. ("Scope" is the setting that limits the sync as a whole.)
        dry_run: Read, plan and report, but write nothing and take no lock.
        reactivates: Reactivate the selected employees' accounts, even if this product did not suspend them.
        includes_undone: Employees whose writes were undone are not left alone, because an operator selected them.
        resends: Values that Moodle did not keep are sent again, because an operator corrected the field there.
        approved_changes: The held changes of a run that an operator approved: this run writes nothing else, no guard
            holds them, and they do not count towards the limits.
    """

    target: ChangedEmployees | SelectedEmployees | AllEmployees = ChangedEmployees()
    dry_run: bool = False
    reactivates: bool = False
    includes_undone: bool = False
    resends: bool = False
    approved_changes: tuple[HeldChange, ...] = ()

    @property
    def selected_ids(self) -> tuple[int, ...]:
        """The employees that were named; empty unless :class:`SelectedEmployees` are the target."""
        return self.target.ids if isinstance(self.target, SelectedEmployees) else ()

    @property
    def is_full_pass(self) -> bool:
        """Whether this is a full pass."""
        return isinstance(self.target, AllEmployees)

    @property
    def takes_window(self) -> bool:
        """Whether the run takes the next part of the window."""
        return isinstance(self.target, ChangedEmployees)

    @property
    def selection(self) -> str:
        """Whom the run is about, as its summary and its record name it."""
        return "employees" if self.selected_ids else "all"

    def scheduled_time(self, settings: Settings) -> str:
        """Return the scheduled moment of the run, if any; a reconcile of the same moment is a different run."""
        moment = "" if self.selected_ids else settings.scheduled_time
        return f"{moment} reconcile" if moment and self.is_full_pass else moment


@dataclass(frozen=True)
class RunInput:
    """The request of one run, and what it has read of its state and of BambooHR.

    Attributes:
        position: The position of the sync; None for a full pass.
        window: The next part of the feed, which this run takes unless employees are selected; None for a full pass.
        rows: For a full pass, the rows of List Employees. Each is released when its employee is built, so that a
            company of 20,000 is not kept twice.
        all_ids: For a full pass, the ids of all employees in List Employees or the directory.
        with_arrived_dates: Employees whose hire, termination or status date has arrived.
        dates_read: For each date field, the day up to which arrived dates were read.
        statuses: The statuses of all employees in List Employees; None if it was not read.
        refusal_codes: The code of the refusal for each employee whom List Employees cannot return.
        api_field_stats: The coverage of the fields that are read by their API names, once they are read.
        never_shown_fields: The mapped fields that are shown for no employee of the run; not those read by API name.
        scope_tally: Which values of the scope match an employee. Reading the run's employees adds to it.
    """

    history: History
    request: RunRequest = field(default_factory=RunRequest)
    position: Position | None = None
    feed: Feed = field(default_factory=lambda: Feed((), None))
    window: WindowPart | None = None
    directory: Directory = field(default_factory=lambda: Directory(available=False))
    rows: dict[int, Evidence] = field(default_factory=dict)
    all_ids: frozenset[int] = frozenset()
    with_arrived_dates: frozenset[int] = frozenset()
    dates_read: Mapping[str, date] = field(default_factory=dict)
    statuses: StatusTally | None = None
    refusal_codes: Mapping[int, str] = field(default_factory=dict)
    api_field_stats: ApiFieldStats = field(default_factory=ApiFieldStats)
    never_shown_fields: set[str] = field(default_factory=set)
    scope_tally: ScopeTally = field(default_factory=ScopeTally)

    @property
    def changed_ids(self) -> frozenset[int]:
        """All employees in the feed."""
        return frozenset(change.employee_id for change in self.feed.changes)

    @property
    def deleted_by_id(self) -> dict[int, bool]:
        """Whether the feed reports each of its employees as deleted, by id."""
        return {change.employee_id: change.deleted for change in self.feed.changes}

    @property
    def changed_at(self) -> dict[int, datetime]:
        """When each employee of the feed changed, by BambooHR's clock."""
        return {change.employee_id: change.at for change in self.feed.changes if change.at}

    @property
    def has_gap(self) -> bool:
        """Whether this run begins later than the last one left off: the row was lost, or written by hand."""
        if not self.request.takes_window or self.position is None or self.position.has_no_gap:
            return False
        return self.history.has_gap_before(self.position.since)

    @property
    def stats(self) -> DirectoryStats:
        """What the guards compare with the baseline."""
        active = 0 if self.directory.available or self.statuses is None else self.statuses.active
        return DirectoryStats(self.directory.row_count, self.directory.coverage(), active)

    @property
    def stats_for_baseline(self) -> DirectoryStats:
        """What later runs are compared with: :attr:`stats` and the coverage of the custom fields.

        A field that the directory shows differently from the employees' own records keeps its share of the baseline.
        """
        baseline, contradicted = self.history.last_baseline(), self.directory.contradicted
        kept = {name: share for name, share in baseline.coverage.items() if name in contradicted} if baseline else {}
        api_coverage = self.api_field_stats.coverage(baseline)
        return replace(self.stats, coverage={**self.stats.coverage, **kept, **api_coverage})

    @property
    def undone(self) -> frozenset[int]:
        """The employees whose writes were undone, and who have not changed in BambooHR since that run."""
        changed = self.changed_at
        return frozenset(
            employee_id
            for employee_id, record in self.history.with_flag(FollowUp.UNDONE).items()
            if employee_id not in changed
            or changed[employee_id].timestamp() <= (record.last_change_at or record.undone_at)
        )

    @property
    def knows_every_address(self) -> bool:
        """Whether all employees' addresses are known: if not, an account may belong to an employee who was not read."""
        if self.request.is_full_pass:
            return True
        whole = self.directory.available and has_most_rows(self.stats, self.history.last_baseline())
        return whole and "work_email" not in self.directory.unreliable_fields

    @property
    def employees_of_run(self) -> set[int]:
        """The employees that this run is about."""
        if self.request.selected_ids:
            return set(self.request.selected_ids)
        if self.window is None:
            return {*self.all_ids}
        with_follow_up = (employee_id for employee_id, record in self.history.records.items() if record.needs_follow_up)
        return {
            *(change.employee_id for change in (*self.window.changes, *self.window.changed_again)),
            *self.with_arrived_dates,
            *self.refusal_codes,
            *with_follow_up,
        }
