"""One run, step by step: the shell around the plan. Everything that reads or writes is a thin client behind a protocol.

settings, credentials -> state -> changes + directory -> window -> evidence -> look-ups -> PLAN -> guards -> writes
-> memory -> new state -> summary
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from worker import logs
from worker.bamboohr import Answered, Feed
from worker.directory import Directory
from worker.errors import DuplicateDelivery, LockLost, SourceError, SyncError
from worker.fields import EVIDENCE
from worker.guards import Health, hold_suspensions, is_held, trips
from worker.memory import Outcome, Verdict, intends_to_suspend, park, remember
from worker.people import Person
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


class Source(Protocol):
    """What a run needs of BambooHR; see :class:`worker.bamboohr.BambooHR`."""

    def changed(self, since: datetime) -> Feed:
        """Who changed, ordered by id."""

    def directory(self, wanted: Collection[int], needed: Iterable[str]) -> Directory:
        """The company directory, with the facts of those wanted."""

    def evidence(self, people: Sequence[int], fields: Iterable[str]) -> Answered:
        """What is known of single people."""


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
        """Do it. A dry run takes no lock: it writes nothing, and must not make the nightly run wait."""
        if self.job.dry_run:
            self._go(None)
            return
        lock = self.store.lock(self.summary.run_id)
        lock.acquire(self.settings.scheduled_time)
        lock.keep()
        try:
            self._go(lock)
        finally:
            lock.release()

    def _go(self, lock: Lock | None) -> None:
        history = self.store.history()
        if history.delivered(self.settings.scheduled_time):
            raise DuplicateDelivery("this scheduled run was done before; the scheduler delivered it twice")
        directory: Directory | None = None
        good = False
        try:
            position = self._position(lock)
            feed = self.source.changed(position.since - OVERLAP)
            window = select(position, feed.changes, feed.latest, self.summary.started_at, self.settings.batch_size)
            self._tell_window(position, feed, window)
            deleted = self._who(feed, history)
            wanted = self._wanted(window, history)
            fields = self.settings.mapping.fields
            directory = self.source.directory(deleted.keys() | wanted, fields)
            self._warn_of(directory, fields)
            company = _Company(self.source, directory, fields, deleted)
            world = self._look_up(company, wanted, history)
            steps = self._guarded(make_plan(world), directory, history)
            outcomes, end = self._write(steps, history, lock)
            self._conclude(position, window, outcomes, end, world, directory, lock)
            good = self.job.scope == "all" and self.summary.counts["errors"] == 0
        finally:
            if lock is not None:
                self._record(directory, history, good=good)

    # Reading

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

    def _tell_window(self, position: Position, feed: Feed, window: Window) -> None:
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

    def _wanted(self, window: Window, history: History) -> set[int]:
        """Whom this run is about: those who were asked for, or the window and everybody who waits."""
        if self.job.employees:
            return set(self.job.employees)
        waiting = (number for number, known in history.people.items() if known.reason is not Remembering.NOTHING)
        return {*(change.employee_id for change in window.changes), *waiting}

    def _who(self, feed: Feed, history: History) -> dict[int, bool]:
        """Everybody in the feed or remembered, and whether the feed said, perhaps in an earlier run, that she was
        deleted: it says so once."""
        remembered = {number: known.deleted for number, known in history.people.items()}
        return {**remembered, **{change.employee_id: change.deleted for change in feed.changes}}

    def _warn_of(self, directory: Directory, fields: Sequence[str]) -> None:
        if not directory.available:
            self._warn(
                "directory_unavailable", "BambooHR's directory is refused or empty; everybody is read on her own"
            )
        hidden = [name for name in fields if name not in directory.shown]
        if hidden and directory.available:
            logs.info("bamboohr.directory_fields", not_shown=hidden)

    def _look_up(self, company: _Company, wanted: set[int], history: History) -> World:
        """Look the people up in Moodle, in batches."""
        settings = self.settings
        policy = Policy(
            mapping=settings.mapping,
            auth=settings.moodle_auth,
            reactivate_all=settings.reactivate_all,
            reactivate=frozenset(self.job.employees if self.job.reactivate else ()),
            protected=settings.protected,
            hire_lookahead_days=settings.hire_lookahead_days,
        )
        people = company.people(wanted)
        if company.refused:
            self._warn("evidence_refused", "BambooHR shows nobody outside the directory to this key")
        world = World(people, policy, self.clock(), company.directory.bearers, history.people)
        self.target.check_sight()
        world.add(self.target.look_up("idnumber", idnumbers_wanted(world)))
        world.add(self.target.look_up("email", addresses_wanted(world)))
        for _ in range(_RIVAL_ROUNDS):
            more = rivals(world) & company.changed
            if not more:
                break
            known = set(addresses_wanted(world))
            world.people = sorted([*world.people, *company.people(more)], key=lambda person: person.employee_id)
            world.add(self.target.look_up("idnumber", map(str, sorted(more))))
            world.add(self.target.look_up("email", [one for one in addresses_wanted(world) if one not in known]))
        world.add(self.target.look_up("username", usernames_wanted(world)))
        self.summary.counts["processed"] = len(world.people)
        return world

    def _guarded(self, steps: list[Step], directory: Directory, history: History) -> list[Step]:
        why = trips(
            steps,
            Health(directory.rows, directory.coverage()),
            history.last_good(),
            history.suspended_since(self.clock() - timedelta(days=1)),
            self.settings.max_suspensions,
        )
        if not why:
            return steps
        self._warn("suspensions_held", "; ".join(why))
        return hold_suspensions(steps, why)

    # Writing

    def _write(
        self, steps: Sequence[Step], history: History, lock: Lock | None
    ) -> tuple[dict[int, Outcome], SyncError | None]:
        """What came of everybody, and what ended the writing early if anything did."""
        outcomes = {step.employee_id: _planned(step) for step in steps if step.action not in WRITES or lock is None}
        for outcome in outcomes.values():
            _log(outcome, dry_run=self.job.dry_run)
        if lock is None:
            return outcomes, None
        held = lock
        writes = [step for step in steps if step.action in WRITES]
        tick = self.progress(len(writes))

        def permit() -> None:
            self.stopping.check()
            held.require(self.settings.http_timeout)

        def before_batch(batch: Sequence[Step]) -> None:
            permit()
            leavers = [step.employee_id for step in batch if step.action is Action.SUSPEND]
            now = self.clock()
            self.store.remember(intends_to_suspend(history.people.get(number), number, now) for number in leavers)

        def report(outcome: Outcome) -> None:
            _log(outcome)
            tick()

        writer = Writer(self.target, permit, before_batch, report)
        outcomes.update(writer.write(writes))
        return outcomes, writer.ended_by

    def _conclude(
        self,
        position: Position,
        window: Window,
        outcomes: Mapping[int, Outcome],
        end: SyncError | None,
        world: World,
        directory: Directory,
        lock: Lock | None,
    ) -> None:
        """Remember, count, and move the state; in this order, so that nobody is forgotten in between."""
        now = self.clock()
        limit = self.settings.max_attempts
        known = world.remembered
        after = {
            person.employee_id: remember(
                known.get(person.employee_id),
                outcomes[person.employee_id],
                deleted=person.deleted,
                now=now,
                max_attempts=limit,
            )
            for person in world.people
        }
        parked = park(after, outcomes, max_attempts=limit, company=directory.rows)
        after.update(parked)
        self.summary.take(outcomes.values(), parked)
        if lock is None:
            return
        if not isinstance(end, LockLost):
            lock.require(0)
            self._remember(after, known, now)
        if end is not None:
            raise end
        if self.job.scope == "all":
            moved = advance(position, window, failed=self.summary.counts["errors"] > 0)
            self.stopping.check()
            self.store.move(moved, lock, now)
            self.summary.next_since, self.summary.next_offset = moved.since, moved.offset

    def _remember(self, after: Mapping[int, Remembered], known: Mapping[int, Remembered], now: datetime) -> None:
        keep = {number: person for number, person in after.items() if person.worth_keeping(now)}
        self.store.remember(person for number, person in keep.items() if known.get(number) != person)
        self.store.forget(number for number in after if number in known and number not in keep)

    def _record(self, directory: Directory | None, history: History, *, good: bool) -> None:
        """Keep this run for the ones to come. That it cannot be kept must not hide how it ended."""
        last = history.last()
        digest = self.settings.mapping.digest
        changed = last is not None and (last.reconcile_due or last.mapping not in ("", digest))
        self.summary.reconcile_due = changed
        record = RunRecord(
            run_id=self.summary.run_id,
            ended_at=int(self.clock().timestamp()),
            command=self.summary.command,
            scope=self.job.scope,
            good=good,
            scheduled_time=self.settings.scheduled_time,
            rows=directory.rows if directory else 0,
            coverage=directory.coverage() if directory else {},
            mapping=digest,
            reconcile_due=changed,
        )
        now = self.clock()
        try:
            self.store.record(record, self.summary.as_dict(now), now)
        except SyncError as fault:
            logs.warning("state.run_not_recorded", reason=fault.message)

    def _warn(self, code: str, text: str) -> None:
        self.summary.warnings.append(code)
        logs.warning("sync.warning", code=code, reason=text)


class _Company:
    """What BambooHR shows of people: the directory that was read, and evidence for those whom it does not show."""

    def __init__(
        self, source: Source, directory: Directory, fields: Sequence[str], deleted: Mapping[int, bool]
    ) -> None:
        self.directory = directory
        self.changed = frozenset(deleted)
        self.refused = False
        self._source = source
        self._fields = fields
        self._deleted = deleted
        self._thin = not directory.available or any(name not in directory.shown for name in fields)

    def people(self, wanted: Iterable[int]) -> list[Person]:
        """These people, ordered by id."""
        ids = sorted(wanted)
        asked = [number for number in ids if self._thin or _needs_evidence(self.directory.listing(number))]
        answered = self._source.evidence(asked, (*self._fields, *EVIDENCE)) if asked else Answered({})
        if answered.refused and not self.directory.available:
            raise SourceError(
                "BambooHR refuses both the directory and every look at single employees",
                advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
            )
        self.refused = self.refused or answered.refused
        for number, row in answered.rows.items():
            self.directory.bearers.add(row.facts.get("work_email", ""), number)
        return [
            Person.seen(
                number,
                deleted=self._deleted.get(number, False),
                listing=self.directory.listing(number),
                evidence=answered.rows.get(number),
            )
            for number in ids
        ]


def _needs_evidence(listing: Mapping[str, str] | None) -> bool:
    """Whether the directory alone does not tell who she is: not shown, or with a status that says she left."""
    return listing is None or listing.get("status") == "Inactive"


def _planned(step: Step) -> Outcome:
    """The outcome of a step that is not sent: it is done, unless the plan itself says that it is an error."""
    if is_held(step):
        return Outcome(step, Verdict.HELD)
    wrote = step.action in WRITES
    return Outcome(step, Verdict.REFUSED if step.is_error else Verdict.DONE, step.problem, wrote=wrote)


_QUIET = frozenset({Action.UNCHANGED})


def _log(outcome: Outcome, *, dry_run: bool = False) -> None:
    """One line for everybody who was written, held, skipped or failed. Ids, reasons and field names only."""
    step = outcome.step
    if step.action in _QUIET and not step.notes:
        return
    why = outcome.why
    failed = outcome.verdict in (Verdict.REFUSED, Verdict.FAILED, Verdict.HELD)
    tell = logs.error if failed else logs.info
    tell(
        "sync.person",
        employee_id=step.employee_id,
        action=step.action.value,
        result=outcome.verdict.value,
        code=why.code,
        reason=why.text,
        advice=why.advice,
        account_id=step.account.id if step.account else None,
        fields=step.fields,
        notes=[note.text for note in step.notes],
        dry_run=dry_run,
    )
