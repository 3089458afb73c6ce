"""The conditions that must hold, and the data that must be stored, before a batch is sent to Moodle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.model.history import UNFINISHED, EmployeeRecord, RunRecord
from worker.model.journal_entry import JournalEntry
from worker.model.step import Step
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.state.lock import Lock
from worker.timestamps import iso

RecordBeforeWrite = Callable[[EmployeeRecord | None, Step, datetime], EmployeeRecord | None]
"""Returns the record to store before a step is sent, given the present record, the step and the time; or None."""


@dataclass
class WriteGate:
    """Opens for a batch when the lock has time left, the journal has the batch, and its records are stored.

    Nothing is therefore lost if the process dies between the gate and Moodle's answer.

    Attributes:
        records: The employees' records from earlier runs.
        changed_at: When each employee of the feed changed. The others had not changed by the start of the run.
        records_before_writes: The record of each employee that was stored before their step was sent.
    """

    services: Services
    summary: Summary
    lock: Lock
    records: Mapping[int, EmployeeRecord]
    changed_at: Mapping[int, datetime]
    record_before_write: RecordBeforeWrite
    records_before_writes: dict[int, EmployeeRecord] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _has_begun: bool = False

    def check(self) -> None:
        """Raise the error that ends the writing, unless another request may be sent."""
        self.services.stop.check()
        self.lock.require(self.services.settings.http_timeout)

    def open_for(self, batch: Sequence[Step]) -> None:
        """Store the journal and the records of a batch before it is sent. Raises as :meth:`check` does."""
        self.services.stop.check()
        self.lock.renew_in_time()
        self.check()
        store, summary, now = self.services.store, self.summary, self.services.clock()
        with self._mutex:
            if not self._has_begun:
                # Stored first, so that later runs see this one however it ends.
                since = iso(summary.since) if summary.since else ""
                begun = replace(minimal_record(summary, now), scope="unfinished", outcome=UNFINISHED, since=since)
                store.begin(begun, now)
                self._has_begun = True
        began = summary.started_at
        entries = (JournalEntry.of(step, now, self.changed_at.get(step.employee_id, began)) for step in batch)
        store.journal(summary.run_id, entries)
        before = [self.record_before_write(self.records.get(step.employee_id), step, now) for step in batch]
        stored = [record for record in before if record is not None]
        self.records_before_writes.update({record.employee_id: record for record in stored})
        store.remember(stored)


def minimal_record(summary: Summary, now: datetime) -> RunRecord:
    """Return a record of the run that later runs do not compare with anything."""
    return RunRecord(
        run_id=summary.run_id,
        ended_at=int(now.timestamp() * 1000),
        command=summary.command,
        scope=summary.scope,
        outcome=summary.outcome,
    )
