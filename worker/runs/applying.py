"""Does a plan: what is about to be written is kept first, then it is written, batch by batch, under the lock.

Before a batch: the lock has time left, the journal says what is going to be written, and the state remembers what must
not be forgotten if this process dies in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.errors import SyncError
from worker.model.history import EmployeeRecord
from worker.model.journal_entry import JournalEntry
from worker.model.result import StepResult
from worker.model.step import WRITES, Step
from worker.progress import Progress
from worker.runs.results import log_outcome, planned
from worker.runs.writer import MoodleWriterApi, Writer
from worker.state.lock import Lock
from worker.state.store import Store
from worker.stopping import StopSignal

Intents = Callable[[Sequence[Step]], Iterable[EmployeeRecord]]
"""What is to be remembered before a batch is sent."""


@dataclass
class WriteResult:
    """What came of everybody, what ended the writing early if anything did, and what was remembered before it."""

    results: dict[int, StepResult] = field(default_factory=dict)
    end: SyncError | None = None
    intents: dict[int, EmployeeRecord] = field(default_factory=dict)


@dataclass
class Applier:
    """Writes for one run.

    `seconds`: what an HTTP request may take, so much has to be left on the lease. `changed`: when BambooHR changed the
    people of its feed; `began`: when the run began, since when it knows of no change of anybody else.
    """

    run_id: str
    store: Store
    site: MoodleWriterApi
    lock: Lock
    stopping: StopSignal
    seconds: float
    clock: Callable[[], datetime]
    progress: Progress
    changed: Mapping[int, datetime]
    began: datetime
    asked_for: bool = False
    quiet: bool = False

    def apply(self, steps: Sequence[Step], intents: Intents) -> WriteResult:
        """Write what is to be written; every step has an outcome afterwards."""
        applied = WriteResult({step.employee_id: planned(step) for step in steps if step.action not in WRITES})
        for result in applied.results.values():
            log_outcome(result, asked_for=self.asked_for, quiet=self.quiet)
        writes = [step for step in steps if step.action in WRITES]
        with self.progress("writing", len(writes)) as tick:

            def before_batch(batch: Sequence[Step]) -> None:
                self.stopping.check()
                self.lock.renew_in_time()
                self._permit()
                now = self.clock()
                self.store.journal(
                    self.run_id,
                    (JournalEntry.of(step, now, self.changed.get(step.employee_id, self.began)) for step in batch),
                )
                intended = {employee.employee_id: employee for employee in intents(batch)}
                applied.intents.update(intended)
                self.store.remember(intended.values())

            def report(result: StepResult) -> None:
                log_outcome(result, asked_for=self.asked_for)
                tick(1)

            writer = Writer(self.site, self._permit, before_batch, report)
            applied.results.update(writer.write(writes))
        applied.end = writer.ended_by
        return applied

    def _permit(self) -> None:
        self.stopping.check()
        self.lock.require(self.seconds)


def remember_changes(
    store: Store, records: Mapping[int, EmployeeRecord], stored: Mapping[int, EmployeeRecord], now: datetime
) -> None:
    """Write what is to be remembered now, where that is not what the state says already; forget what cannot matter."""
    keep = {number: employee for number, employee in records.items() if employee.worth_keeping(now)}
    store.remember(employee for number, employee in keep.items() if stored.get(number) != employee)
    store.forget(number for number in records if number in stored and number not in keep)
