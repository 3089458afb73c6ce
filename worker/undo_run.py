"""Takes a run back, under the same lock, with the same journal and the same writer as every run.

lock -> journal of that run -> look-ups -> reverse plan -> journal, writes -> whoever was undone is left alone ->
summary
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from worker import logs
from worker.applying import Applied, Applier, remember_changes
from worker.errors import LockLost, SyncError, UsageError
from worker.memory import takes_back, undone
from worker.outcomes import planned, tell
from worker.progress import Progress
from worker.reading import Target
from worker.settings import Settings
from worker.state.lock import Lock
from worker.state.store import History, Remembered, RunRecord, Store
from worker.steps import Step
from worker.stopping import Stopping
from worker.summary import Summary
from worker.undo import Only, Written, becomes_suspended, undo_steps, written


@dataclass
class Undo:
    """Takes back what `run_id` wrote: to everybody or to `employees`, all of it or `only` a part."""

    settings: Settings
    run_id: str
    only: Only
    employees: tuple[int, ...]
    dry_run: bool
    store: Store
    target: Target
    stopping: Stopping
    summary: Summary
    clock: Callable[[], datetime]
    progress: Progress
    _seen: dict[int, int] = field(default_factory=dict, init=False)

    def execute(self) -> None:
        """Do it, and say in the summary how it ended."""
        try:
            if self.dry_run:
                self.look()
            else:
                self._work()
        except SyncError as end:
            self.summary.finish(end)
            raise
        self.summary.finish()

    def look(self) -> list[Step]:
        """The reverse plan. Nothing is written and no lock is taken."""
        steps = self._plan(self.store.history())
        outcomes = [planned(step) for step in steps]
        for outcome in outcomes:
            tell(outcome, asked_for=bool(self.employees), dry_run=True)
        self.summary.take(outcomes, ())
        return steps

    def _work(self) -> None:
        lock = self.store.lock(self.summary.run_id)
        lock.acquire()
        lock.keep()
        try:
            self._locked(lock)
        finally:
            lock.release()

    def _locked(self, lock: Lock) -> None:
        history = self.store.history()
        try:
            steps = self._plan(history)
            applied = self._applier(lock).apply(steps, self._intents(history))
            self._conclude(history, applied, lock)
        except LockLost:
            raise
        except SyncError as end:
            self.summary.finish(end)
            self._record()
            raise
        self.summary.finish()
        self._record()

    def _plan(self, history: History) -> list[Step]:
        wrote = self._written(history)
        self._seen = {one.employee_id: one.seen for one in wrote}
        self.summary.counts["processed"] = len(wrote)
        self.target.check_sight()
        by_id = [str(one.account_id) for one in wrote if one.account_id is not None]
        made = [str(one.employee_id) for one in wrote if one.account_id is None]
        accounts = [*self.target.look_up("id", by_id), *self.target.look_up("idnumber", made)]
        return undo_steps(wrote, accounts, self.settings.protected)

    def _written(self, history: History) -> list[Written]:
        entries = self.store.journal_of(self.run_id)
        wrote = written(entries, self.only, self.employees)
        if wrote:
            return wrote
        if entries:
            raise UsageError(
                f"the run {self.run_id} wrote nothing of what is to be taken back",
                advice="see what it wrote: explain --employee ID; or leave out --only and --employee",
            )
        if history.run(self.run_id) is None:
            raise UsageError(
                f"there is no run {self.run_id}, or its journal is older than 90 days",
                advice="the id is the run_id of the run's summary line, and is named in its log",
            )
        raise UsageError(f"the run {self.run_id} wrote nothing to Moodle; there is nothing to take back")

    def _applier(self, lock: Lock) -> Applier:
        return Applier(
            self.summary.run_id,
            self.store,
            self.target,
            lock,
            self.stopping,
            self.settings.http_timeout,
            self.clock,
            self.progress,
            {number: datetime.fromtimestamp(seen, UTC) for number, seen in self._seen.items() if seen},
            asked_for=bool(self.employees),
        )

    def _intents(self, history: History) -> Callable[[Sequence[Step]], Iterable[Remembered]]:
        def intents(batch: Sequence[Step]) -> Iterable[Remembered]:
            now = self.clock()
            return [
                takes_back(
                    history.people.get(step.employee_id),
                    step.employee_id,
                    self.run_id,
                    now,
                    seen=self._seen[step.employee_id],
                    suspended=becomes_suspended(step),
                )
                for step in batch
            ]

        return intents

    def _conclude(self, history: History, applied: Applied, lock: Lock) -> None:
        """Count and remember. Whoever was taken back, even in part, is left alone from now on."""
        self.summary.take(applied.outcomes.values(), ())
        if isinstance(applied.end, LockLost):
            raise applied.end
        lock.renew()
        lock.require(0)
        now = self.clock()
        after: dict[int, Remembered] = {}
        for number, outcome in applied.outcomes.items():
            known = history.people.get(number)
            person = undone(
                known,
                outcome,
                self.run_id,
                now,
                seen=self._seen[number],
                suspended=becomes_suspended(outcome.step),
            )
            if person is None and number in applied.intents:
                person = applied.intents[number] if outcome.wrote else known or Remembered(number)
            if person is not None:
                after[number] = person
        remember_changes(self.store, after, {**history.people, **applied.intents}, now)
        if applied.end is not None:
            raise applied.end

    def _record(self) -> None:
        now = self.clock()
        record = RunRecord(
            run_id=self.summary.run_id,
            ended_at=int(now.timestamp() * 1000),
            command=self.summary.command,
            scope=self.summary.scope,
            good=False,
            outcome=self.summary.outcome,
        )
        try:
            self.store.record(record, self.summary.as_dict(now), now)
        except SyncError as fault:
            logs.warning("state.run_not_recorded", reason=fault.message)
