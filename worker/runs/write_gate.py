"""What must be true, and must be stored, before anything is sent to Moodle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.model.history import EmployeeRecord
from worker.model.journal_entry import JournalEntry
from worker.model.step import Step
from worker.state.lock import Lock
from worker.state.store import Store
from worker.stopping import StopSignal

Intent = Callable[[Step], EmployeeRecord | None]
"""What must be remembered about an employee before their step is sent; None for nothing."""


@dataclass
class WriteGate:
    """Opens for a batch when the lock has time left, the journal has the batch, and its intents are remembered.

    A process that dies between the gate and Moodle's answer therefore forgets nothing.

    Attributes:
        request_seconds: What one HTTP request may take: so much has to be left on the lease.
        changed: When BambooHR changed the employees of its feed.
        began: When the run began: since then it knows of no change to any other employee.
        begin: Called before the first write, so that later runs know of this run however it ends.
        stored_intents: What was remembered about each employee before their step was sent.
    """

    run_id: str
    store: Store
    lock: Lock
    stop: StopSignal
    request_seconds: float
    clock: Callable[[], datetime]
    changed: Mapping[int, datetime]
    began: datetime
    intent: Intent
    begin: Callable[[], None]
    stored_intents: dict[int, EmployeeRecord] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _has_begun: bool = False

    def check(self) -> None:
        """Raise what ends the writing, unless one more request may be sent."""
        self.stop.check()
        self.lock.require(self.request_seconds)

    def open_for(self, batch: Sequence[Step]) -> None:
        """Store what a batch is about to do; raise what :meth:`check` raises."""
        self.stop.check()
        self.lock.renew_in_time()
        self.check()
        now = self.clock()
        with self._mutex:
            if not self._has_begun:
                self.begin()
                self._has_begun = True
        self.store.journal(
            self.run_id,
            (JournalEntry.of(step, now, self.changed.get(step.employee_id, self.began)) for step in batch),
        )
        intents = {step.employee_id: record for step in batch if (record := self.intent(step)) is not None}
        self.stored_intents.update(intents)
        self.store.remember(intents.values())
