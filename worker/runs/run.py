"""What every run is, whatever it does: the lock around it, what it leaves in the state, and how it says that it ended.

lock -> state -> what this run does -> memory -> record -> summary
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker import logs
from worker.config.settings import Settings
from worker.errors import DuplicateDelivery, LockLost, SyncError
from worker.model.history import EmployeeRecord, History, RunRecord
from worker.model.step import Step
from worker.progress import Progress, no_bar
from worker.runs.applying import Applier, Intents, WriteResult, remember_changes
from worker.runs.reading import MoodleApi
from worker.runs.summary import Summary
from worker.state.lock import Lock
from worker.state.store import Store
from worker.stopping import StopSignal


@dataclass(kw_only=True)
class Run(ABC):
    """One run. Fills `summary` while it goes; raises a SyncError where it cannot go on."""

    settings: Settings
    store: Store
    target: MoodleApi
    stopping: StopSignal
    summary: Summary
    clock: Callable[[], datetime]
    progress: Progress = field(default=no_bar)

    @abstractmethod
    def look(self) -> object:
        """Everything but writing, without the lock. Gives what was seen."""

    @abstractmethod
    def _do(self, history: History, lock: Lock) -> None:
        """All of it, under the lock."""

    @abstractmethod
    def _record(self, history: History, now: datetime) -> RunRecord:
        """What later runs are to know of this one."""

    @property
    @abstractmethod
    def _dry_run(self) -> bool:
        """Whether this is a dry run."""

    @property
    @abstractmethod
    def _asked_for(self) -> bool:
        """Whether somebody named the people, and wants to hear of each."""

    @property
    def _scheduled_time(self) -> str:
        """The night that this run stands for; "" where it stands for none."""
        return ""

    def execute(self) -> None:
        """Do it, and say in the summary how it ended."""
        try:
            if self._dry_run:
                self.look()
            else:
                self._work()
        except SyncError as end:
            self.summary.finish(end)
            raise
        self.summary.finish()

    def _work(self) -> None:
        lock = self.store.lock(self.summary.run_id)
        lock.acquire(self._scheduled_time)
        lock.keep()
        try:
            self._locked(lock)
        finally:
            lock.release()

    def _locked(self, lock: Lock) -> None:
        history = self.store.history()
        try:
            self._do(history, lock)
        except (LockLost, DuplicateDelivery):
            raise
        except SyncError as end:
            self.summary.finish(end)
            self._keep_record(history)
            raise
        self.summary.finish()
        self._keep_record(history)

    def _keep_record(self, history: History) -> None:
        """Keep this run for the ones to come. That it cannot be kept must not hide how it ended."""
        now = self.clock()
        record = self._record(history, now)
        try:
            self.store.record(record, self.summary.as_dict(now), now)
        except SyncError as fault:
            logs.warning("state.run_not_recorded", reason=fault.message)

    def _write(
        self, steps: Sequence[Step], intents: Intents, changed: Mapping[int, datetime], lock: Lock, *, quiet: bool
    ) -> WriteResult:
        """Write the plan. `changed`: when BambooHR changed these people; `quiet`: say nothing of who is not written."""
        applier = Applier(
            self.summary.run_id,
            self.store,
            self.target,
            lock,
            self.stopping,
            self.settings.http_timeout,
            self.clock,
            self.progress,
            changed,
            self.summary.started_at,
            asked_for=self._asked_for,
            quiet=quiet,
        )
        return applier.apply(steps, intents)

    def _remember(
        self, records: Mapping[int, EmployeeRecord], applied: WriteResult, history: History, lock: Lock
    ) -> None:
        """Remember what came of everybody, under a lock that is still ours; then raise what ended the writing early."""
        if isinstance(applied.end, LockLost):
            raise applied.end
        lock.renew()
        lock.require(0)
        remember_changes(self.store, records, {**history.records, **applied.intents}, self.clock())
        if applied.end is not None:
            raise applied.end
