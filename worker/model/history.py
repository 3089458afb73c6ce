"""What is remembered from run to run: people, by their ids, and how the runs went."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from worker.timestamps import parse_moment


class FollowUp(StrEnum):
    """The one reason for which somebody is taken into every run."""

    NOTHING = ""
    WAITING = "waiting"
    PARKED = "parked"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class EmployeeRecord:
    """What is remembered about one person. No personal values.

    `deleted`: the feed said so when she was last seen there (the feed says it once). `attempts`: consecutive runs in
    which Moodle refused her. `suspended_by_us` and `suspended_at` (seconds since 1970) are written before the
    suspension is, so that a process that dies in between forgets neither her nor the limit. `approved`: an operator
    decided on that suspension, so it does not count to the limits. `undone_at`: when an operator took back what a run
    had written to her (`reason` is UNDONE then), and `seen` when BambooHR had changed her last before that run (0: not
    known). `account`: the account that this product suspended, where her id is not its idnumber (0: it is).
    """

    employee_id: int
    reason: FollowUp = FollowUp.NOTHING
    note: str = ""
    action: str = ""
    deleted: bool = False
    attempts: int = 0
    suspended_by_us: bool = False
    suspended_at: int = 0
    approved: bool = False
    undone_at: int = 0
    seen: int = 0
    account: int = 0

    @property
    def was_to_start(self) -> bool:
        """Whether she waits for her first day: seen as such, or written ahead of it."""
        was_seen_so = self.note in ("starts_later", "start_not_shown")
        return self.reason is FollowUp.WAITING and (was_seen_so or self.action not in ("", "hold"))

    @property
    def needs_follow_up(self) -> bool:
        """Whether every run is about her. Whoever was undone is left alone until BambooHR changes her."""
        return self.reason not in (FollowUp.NOTHING, FollowUp.UNDONE)

    def worth_keeping(self, now: datetime) -> bool:
        """Whether anything of it can still matter."""
        recent = self.suspended_at > (now - timedelta(days=1)).timestamp()
        return bool(self.reason or self.attempts or self.suspended_by_us or recent)


@dataclass(frozen=True)
class RunRecord:
    """How a run went, as far as later runs need it.

    `clean`: a run over everybody it was for, without an error. `good`: clean, a sync, and it saw the company whole;
    its figures are what the next run is compared with. `ended_at` is in milliseconds since 1970. `held`: whose
    suspensions a guard held. `since` and `reached`: where it began, and where it left the state. `dates_read`: for
    each kind of date the day (ISO) up to which dates that arrived were taken up.
    """

    run_id: str
    ended_at: int
    command: str
    scope: str
    good: bool
    clean: bool = False
    scheduled_time: str = ""
    rows: int = 0
    coverage: Mapping[str, int] = field(default_factory=dict)
    mapping: str = ""
    reconcile_due: bool = False
    outcome: str = ""
    held: Sequence[int] = ()
    since: str = ""
    reached: str = ""
    dates_read: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """Everybody who is remembered, and the runs of the last months, oldest first."""

    records: Mapping[int, EmployeeRecord] = field(default_factory=dict)
    runs: tuple[RunRecord, ...] = ()

    def last_good(self) -> RunRecord | None:
        """The last good run; None if there is none yet."""
        return next((run for run in reversed(self.runs) if run.good), None)

    def last(self) -> RunRecord | None:
        """The last run over everybody, nightly or a reconcile, whatever its end."""
        whole = (run for run in reversed(self.runs) if run.scope == "all" and run.command in ("sync", "reconcile"))
        return next(whole, None)

    def run(self, run_id: str) -> RunRecord | None:
        """A run by its id."""
        return next((run for run in self.runs if run.run_id == run_id), None)

    def began(self, since: datetime, before: date) -> bool:
        """Whether a run that began at `since` ended on a day before that one."""
        midnight = datetime(before.year, before.month, before.day, tzinfo=UTC).timestamp() * 1000
        return any(run.ended_at < midnight and parse_moment(run.since) == since for run in self.runs)

    def dates_read(self, since: datetime) -> dict[str, date]:
        """Up to which day each kind of date was taken up; what is not in it never was.

        A run that reached more than `since` says that the state was moved back: then no more than up to there, for who
        wants the changes again wants the dates as well.
        """
        found: dict[str, date] = {}
        moved_back = False
        for run in self.runs:
            reached = parse_moment(run.reached)
            moved_back = moved_back or (reached is not None and reached > since)
            for kind, text in run.dates_read.items():
                day = _day(text)
                found[kind] = max(day, found.get(kind, day)) if day else found.get(kind, date.min)
        latest = since.date() if moved_back else date.max
        return {kind: min(day, latest) for kind, day in found.items() if day != date.min}

    def those(self, reason: FollowUp) -> dict[int, EmployeeRecord]:
        """Those who are remembered for a reason."""
        return {number: employee for number, employee in self.records.items() if employee.reason is reason}

    def delivered(self, scheduled_time: str) -> bool:
        """Whether a run of this scheduled moment has ended well. One that failed may be tried again."""
        return bool(scheduled_time) and any(run.scheduled_time == scheduled_time for run in self.runs if run.clean)

    def suspended_since(self, moment: datetime, leaving_out: Collection[int] = ()) -> int:
        """How many people this product suspended (or set out to) after a moment, without those who are left out.

        What an operator decided on does not count.
        """
        counted = (employee for number, employee in self.records.items() if number not in leaving_out)
        return sum(employee.suspended_at > moment.timestamp() and not employee.approved for employee in counted)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= _FIRST_YEAR else None


_FIRST_YEAR = 1970
