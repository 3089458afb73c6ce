"""One run, step by step: the shell around the plan. Everything that reads or writes is a thin client behind a protocol.

settings, credentials -> state -> changes + directory -> window -> evidence -> look-ups -> PLAN -> guards -> writes
-> memory -> new state -> summary
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from worker import logs, reasons
from worker.bamboohr import Feed
from worker.company import Company, Source
from worker.directory import Directory
from worker.errors import DuplicateDelivery, LockLost, SyncError
from worker.guards import Health, has_shrunk, hold_suspensions, trips
from worker.memory import Outcome, intends_to_suspend, park, remember
from worker.outcomes import planned, tell
from worker.plan import World, addresses_wanted, idnumbers_wanted, make_plan, rivals, usernames_wanted
from worker.settings import Settings
from worker.state.lock import Lock
from worker.state.store import History, Remembered, Remembering, RunRecord, Store
from worker.steps import WRITES, Action, Policy, Step
from worker.stopping import Stopping
from worker.summary import Summary
from worker.window import Position, Window, advance, select
from worker.writer import Site, Writer

OVERLAP = timedelta(minutes=10)
"""How far the feed is asked for before `since`: absorbs differing clocks, and whether `since` is inclusive."""

_RIVAL_ROUNDS = 5


class Target(Site, Protocol):
    """What a run needs of Moodle; see :class:`worker.moodle.Moodle`."""

    def check_sight(self) -> None:
        """Raise unless the token sees people with every key that planning needs."""


@dataclass(frozen=True)
class Job:
    """What was asked for. `employees`: only these, window and offset untouched."""

    employees: tuple[int, ...] = ()
    dry_run: bool = False
    reactivate: bool = False

    @property
    def scope(self) -> str:
        """As the summary says it."""
        return "employees" if self.employees else "all"


@dataclass
class _Reading:
    """What one run has read."""

    history: History
    position: Position
    feed: Feed
    window: Window
    directory: Directory

    @property
    def changed(self) -> dict[int, bool]:
        """Everybody in the feed, and whether it says that she was deleted."""
        return {change.employee_id: change.deleted for change in self.feed.changes}

    @property
    def health(self) -> Health:
        """What the guards compare with the last good run."""
        return Health(self.directory.rows, self.directory.coverage())


@dataclass
class Run:
    """One run of `sync`. Fills `summary` while it goes; raises a SyncError where it cannot go on."""

    settings: Settings
    job: Job
    store: Store
    source: Source
    target: Target
    stopping: Stopping
    summary: Summary
    clock: Callable[[], datetime]
    progress: Callable[[int], Callable[[], None]] = field(default=lambda _: lambda: None)

    def execute(self) -> None:
        """Do it, and say in the summary how it ended."""
        try:
            if self.job.dry_run:
                self._look_only()
            else:
                self._work()
        except SyncError as end:
            self.summary.finish(end)
            raise
        self.summary.finish()

    def _look_only(self) -> None:
        """A dry run takes no lock: it writes nothing, and must not make the nightly run wait."""
        reading = self._read(self.store.history(), None)
        world, steps = self._plan(reading)
        outcomes = {step.employee_id: planned(step) for step in steps}
        for outcome in outcomes.values():
            tell(outcome, asked_for=bool(self.job.employees), dry_run=True)
        self._count(world, outcomes, reading)

    def _work(self) -> None:
        lock = self.store.lock(self.summary.run_id)
        lock.acquire(self._scheduled_time)
        lock.keep()
        try:
            self._locked(lock)
        finally:
            lock.release()

    @property
    def _scheduled_time(self) -> str:
        """The night this run stands for; a look at single people stands for none."""
        return self.settings.scheduled_time if self.job.scope == "all" else ""

    def _locked(self, lock: Lock) -> None:
        history = self.store.history()
        if history.delivered(self._scheduled_time):
            raise DuplicateDelivery("this scheduled run was done before; the scheduler delivered it twice")
        reading: _Reading | None = None
        try:
            reading = self._read(history, lock)
            world, steps = self._plan(reading)
            outcomes, end, intents = self._write(steps, history, lock)
            self._conclude(reading, world, outcomes, end, {**history.people, **intents}, lock)
        except LockLost:
            raise
        except SyncError as end:
            self.summary.finish(end)
            self._record(reading, history)
            raise
        self.summary.finish()
        self._record(reading, history)

    # Reading

    def _read(self, history: History, lock: Lock | None) -> _Reading:
        position = self._position(lock)
        feed = self.source.changed(position.since - OVERLAP)
        window = select(position, feed.changes, feed.latest, self.summary.started_at, self.settings.batch_size)
        self.summary.latest = feed.latest
        self.summary.counts["total_changed"] = window.total
        logs.info(
            "sync.window",
            run_id=self.summary.run_id,
            offset=position.offset,
            total_changed=window.total,
            taken=len(window.changes) if self.job.scope == "all" else 0,
            dropped=feed.dropped,
        )
        reading = _Reading(history, position, feed, window, Directory(available=False))
        fields = self.settings.mapping.fields
        reading.directory = self.source.directory(reading.changed.keys() | self._wanted(reading), fields)
        hidden = [name for name in fields if name not in reading.directory.shown]
        if not reading.directory.available:
            self._warn(
                "directory_unavailable", "BambooHR's directory is refused or empty; everybody is read on her own"
            )
        elif hidden:
            logs.info("bamboohr.directory_fields", not_shown=hidden)
        return reading

    def _position(self, lock: Lock | None) -> Position:
        now = self.clock()
        position = self.store.position(now)
        if position is None:
            position = Position(now - timedelta(days=self.settings.initial_lookback_days))
            if lock is not None and self.job.scope == "all":
                self.store.create(position, now)
        self.summary.since, self.summary.offset = position.since, position.offset
        self.summary.next_since, self.summary.next_offset = position.since, position.offset
        return position

    def _wanted(self, reading: _Reading) -> set[int]:
        """Whom this run is about: those who were asked for, or the window and everybody who waits."""
        if self.job.employees:
            return set(self.job.employees)
        remembered = reading.history.people.items()
        waiting = (number for number, known in remembered if known.reason is not Remembering.NOTHING)
        return {*(change.employee_id for change in reading.window.changes), *waiting}

    # Planning

    def _plan(self, reading: _Reading) -> tuple[World, list[Step]]:
        world = self._look_up(reading)
        self.summary.counts["processed"] = len(world.people)
        steps = [self._unless_unknown(step, world, reading) for step in make_plan(world)]
        why = trips(
            steps,
            reading.health,
            reading.history.last_good(),
            self._suspended_today(reading.history, steps),
            self.settings.max_suspensions,
        )
        if not why:
            return world, steps
        self._warn("suspensions_held", "; ".join(why))
        return world, hold_suspensions(steps, why)

    def _unless_unknown(self, step: Step, world: World, reading: _Reading) -> Step:
        """An id that was asked for by hand and is known to nobody is a typing error; it is said, and not waited for."""
        number = step.employee_id
        known = number in reading.changed or number in world.remembered
        if self.job.scope == "all" or known or step.reason is not reasons.NO_EVIDENCE:
            return step
        if next(person for person in world.people if person.employee_id == number).is_shown:
            return replace(step, waits=False)
        self._warn("unknown_employee", f"BambooHR shows nothing of employee {number}")
        return replace(step, reason=reasons.UNKNOWN_EMPLOYEE, waits=False)

    def _suspended_today(self, history: History, steps: Sequence[Step]) -> int:
        """How many were suspended in the last 24 hours; those who are due again now were not, or count as due."""
        due = {step.employee_id for step in steps if step.action is Action.SUSPEND}
        return history.suspended_since(self.clock() - timedelta(days=1), leaving_out=due)

    def _look_up(self, reading: _Reading) -> World:
        """Look the people up in Moodle, in batches."""
        settings, known = self.settings, reading.history.people
        policy = Policy(
            mapping=settings.mapping,
            auth=settings.moodle_auth,
            reactivate_all=settings.reactivate_all,
            reactivate=frozenset(self.job.employees if self.job.reactivate else ()),
            protected=settings.protected,
            hire_lookahead_days=settings.hire_lookahead_days,
        )
        was_deleted = frozenset(number for number, person in known.items() if person.deleted)
        company = Company(self.source, reading.directory, settings.mapping.fields, reading.changed, was_deleted)
        people = company.people(self._wanted(reading))
        if company.refused:
            self._warn("evidence_refused", "BambooHR shows nobody outside the directory to this key")
        world = World(people, policy, self.clock(), reading.directory.bearers, known)
        self.target.check_sight()
        world.add(self.target.look_up("idnumber", idnumbers_wanted(world)))
        world.add(self.target.look_up("email", addresses_wanted(world)))
        for _ in range(_RIVAL_ROUNDS):
            more = rivals(world) & (reading.changed.keys() | known.keys())
            if not more:
                break
            asked = set(addresses_wanted(world))
            world.people = sorted([*world.people, *company.people(more)], key=lambda person: person.employee_id)
            world.add(self.target.look_up("idnumber", map(str, sorted(more))))
            world.add(self.target.look_up("email", [one for one in addresses_wanted(world) if one not in asked]))
        world.add(self.target.look_up("username", usernames_wanted(world)))
        return world

    # Writing

    def _write(
        self, steps: Sequence[Step], history: History, lock: Lock
    ) -> tuple[dict[int, Outcome], SyncError | None, dict[int, Remembered]]:
        """What came of everybody, what ended the writing early if anything did, and whom we set out to suspend."""
        outcomes = {step.employee_id: planned(step) for step in steps if step.action not in WRITES}
        for outcome in outcomes.values():
            tell(outcome, asked_for=bool(self.job.employees))
        writes = [step for step in steps if step.action in WRITES]
        tick = self.progress(len(writes))
        intents: dict[int, Remembered] = {}

        def permit() -> None:
            self.stopping.check()
            lock.require(self.settings.http_timeout)

        def before_batch(batch: Sequence[Step]) -> None:
            self.stopping.check()
            lock.renew()
            permit()
            now = self.clock()
            leavers = (step.employee_id for step in batch if step.action is Action.SUSPEND)
            intended = {number: intends_to_suspend(history.people.get(number), number, now) for number in leavers}
            intents.update(intended)
            self.store.remember(intended.values())

        def report(outcome: Outcome) -> None:
            tell(outcome, asked_for=bool(self.job.employees))
            tick()

        writer = Writer(self.target, permit, before_batch, report)
        outcomes.update(writer.write(writes))
        return outcomes, writer.ended_by, intents

    def _conclude(
        self,
        reading: _Reading,
        world: World,
        outcomes: Mapping[int, Outcome],
        end: SyncError | None,
        stored: Mapping[int, Remembered],
        lock: Lock,
    ) -> None:
        """Count, remember, and move the state; in this order, so that nobody is forgotten in between.

        `stored`: what the state says of people now, intents to suspend included.
        """
        after = self._count(world, outcomes, reading)
        if isinstance(end, LockLost):
            raise end
        lock.renew()
        lock.require(0)
        self._remember(after, stored)
        if end is not None:
            raise end
        if self.job.scope == "all":
            self.stopping.check()
            moved = advance(reading.position, reading.window, failed=self.summary.counts["errors"] > 0)
            self.store.move(moved, lock, self.clock())
            self.summary.next_since, self.summary.next_offset = moved.since, moved.offset

    def _count(self, world: World, outcomes: Mapping[int, Outcome], reading: _Reading) -> dict[int, Remembered]:
        """Count what came of everybody; what is to be remembered of each."""
        now, limit = self.clock(), self.settings.max_attempts
        after = {
            person.employee_id: remember(
                reading.history.people.get(person.employee_id),
                outcomes[person.employee_id],
                deleted=person.deleted or person.was_deleted,
                now=now,
                max_attempts=limit,
            )
            for person in world.people
        }
        parked = park(after, outcomes, max_attempts=limit, company=reading.directory.rows)
        self.summary.take(outcomes.values(), parked)
        return {**after, **parked}

    def _remember(self, after: Mapping[int, Remembered], stored: Mapping[int, Remembered]) -> None:
        now = self.clock()
        keep = {number: person for number, person in after.items() if person.worth_keeping(now)}
        self.store.remember(person for number, person in keep.items() if stored.get(number) != person)
        self.store.forget(number for number in after if number in stored and number not in keep)

    def _record(self, reading: _Reading | None, history: History) -> None:
        """Keep this run for the ones to come. That it cannot be kept must not hide how it ended."""
        now, last, digest = self.clock(), history.last(), self.settings.mapping.digest
        self.summary.reconcile_due = last is not None and (last.reconcile_due or last.mapping not in ("", digest))
        clean = self.job.scope == "all" and self.summary.counts["errors"] == 0
        record = RunRecord(
            run_id=self.summary.run_id,
            ended_at=int(now.timestamp() * 1000),
            command=self.summary.command,
            scope=self.job.scope,
            clean=clean,
            good=clean and reading is not None and not self._is_doubtful(reading),
            scheduled_time=self._scheduled_time,
            rows=reading.directory.rows if reading else 0,
            coverage=reading.directory.coverage() if reading else {},
            mapping=digest,
            reconcile_due=self.summary.reconcile_due,
        )
        try:
            self.store.record(record, self.summary.as_dict(now), now)
        except SyncError as fault:
            logs.warning("state.run_not_recorded", reason=fault.message)

    def _is_doubtful(self, reading: _Reading) -> bool:
        """Whether a read is too unlike the last good one to be what later runs are compared with."""
        return not reading.directory.available or has_shrunk(reading.health, reading.history.last_good(), self.clock())

    def _warn(self, code: str, text: str) -> None:
        self.summary.warnings.append(code)
        logs.warning("sync.warning", code=code, reason=text)
