"""The batch writer: writes a plan to Moodle in batches, each after its gate opens, and reports the result of each step.

Leavers are suspended first, in batches of their own; then come the updates, which free addresses; then creations.
Employees who were isolated in the last run are written one by one: leavers after the other leavers, all others at the
end, as are leavers whose request got no answer, so that the wait delays no others. If the writing ends early
(SIGTERM, a lost lock, a revoked token), the steps that were not sent have failed, and the cause is kept in
:attr:`BatchWriter.ended_by`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import ceil

from worker.errors import SyncError
from worker.model.history import UNFINISHED, EmployeeRecord
from worker.model.journal_entry import JournalEntry
from worker.model.step import Status, Step, StepResult
from worker.moodle import refusals
from worker.moodle.client import MoodleClient, Refused
from worker.planning.claims import sort_by_dependency
from worker.runs.isolation import ALLOWANCE, Isolation, Wait
from worker.runs.run_record import minimal_record
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.write_requests import ResultCollector, WriteKind, WriteRequests
from worker.state.lock import Lock
from worker.timestamps import iso
from worker.transport.http import TransportError
from worker.transport.parallel import in_batches, in_parallel

_BATCHES_LOST = 3

RecordBeforeSending = Callable[[EmployeeRecord | None, Step, datetime], EmployeeRecord | None]
"""Returns the record to store before a step is sent, given the present record, the step and the time; or None."""


@dataclass
class WriteGate:
    """Opens for a batch when the lock has time left, the journal has the batch, and its records are stored.

    Nothing is therefore lost if the process dies between the gate and Moodle's answer.

    Attributes:
        records: The employees' records from earlier runs.
        changed_at: When employees last changed in BambooHR, if that is known. The others had not changed by the start
            of the run.
        records_before_sending: The record of each employee that was stored before their step was sent.
    """

    services: Services
    summary: Summary
    lock: Lock
    records: Mapping[int, EmployeeRecord]
    changed_at: Mapping[int, datetime]
    record_before_sending: RecordBeforeSending
    records_before_sending: dict[int, EmployeeRecord] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _has_begun: bool = False

    def check(self) -> None:
        """Raise the error that ends the writing, unless another request may be sent."""
        self.services.stop.check()
        self.lock.require(self.services.settings.http_timeout_seconds)

    def prepare(self, batch: Sequence[Step]) -> None:
        """Store the journal and the records of a batch before it is sent. Raises as :meth:`check` does."""
        self.services.stop.check()
        self.lock.renew_in_time()
        self.check()
        store, summary, now = self.services.store, self.summary, self.services.clock()
        with self._mutex:
            if not self._has_begun:
                # Stored first, so that later runs see this one however it ends.
                since = iso(summary.since) if summary.since else ""
                begun = replace(minimal_record(summary, now), selection="unfinished", outcome=UNFINISHED, since=since)
                store.begin(begun, now)
                self._has_begun = True
        began = summary.started_at
        entries = (JournalEntry.of(step, now, self.changed_at.get(step.employee_id, began)) for step in batch)
        store.journal.add(summary.run_id, entries)
        before = [self.record_before_sending(self.records.get(step.employee_id), step, now) for step in batch]
        stored = {record.employee_id: record for record in before if record is not None}
        self.records_before_sending.update(stored)
        store.remember(stored.values())


class BatchWriter:
    """Writes one plan.

    Args:
        gate: Checked before every batch and every request; what it raises ends the writing.
        report: Called with every result.
        isolated: Employees who were isolated in the last run.
        unanswered_ids: Those of them whose request got no answer.
    """

    def __init__(
        self,
        moodle: MoodleClient,
        gate: WriteGate,
        report: Callable[[StepResult], None],
        wait: Wait,
        isolated: Collection[int] = (),
        unanswered_ids: Collection[int] = (),
    ) -> None:
        self.ended_by: SyncError | None = None
        self._gate = gate
        self._isolated = isolated
        self._unanswered_ids = unanswered_ids
        self._results = ResultCollector(report)
        self._lost_batches = 0
        self._batch_size = moodle.batch_size
        # One worker more than concurrent requests: it stores the next batch's journal and records in the meantime.
        self._workers = moodle.concurrency + 1 if moodle.concurrency > 1 else 1
        self._isolations: dict[WriteKind, Isolation[Step]] = {
            kind: Isolation(
                WriteRequests(kind, moodle, gate.check, self._results, wait),
                allowance=None if kind is WriteKind.SUSPEND else ALLOWANCE,
            )
            for kind in WriteKind
        }

    def write(self, steps: Sequence[Step]) -> Mapping[int, StepResult]:
        """Write the steps and return their results, by employee id."""
        alone = [step for step in steps if step.employee_id in self._isolated]
        early = [
            step
            for step in alone
            if WriteKind.of(step) is WriteKind.SUSPEND and step.employee_id not in self._unanswered_ids
        ]
        together: dict[WriteKind, list[Step]] = {kind: [] for kind in WriteKind}
        for step in steps:
            if step.employee_id not in self._isolated:
                together[WriteKind.of(step)].append(step)
        updates, dependent = sort_by_dependency(together[WriteKind.UPDATE])
        sequential = ceil(dependent / self._batch_size) * self._batch_size
        self._in_batches(WriteKind.SUSPEND, together[WriteKind.SUSPEND], self._workers)
        self._one_by_one(early)
        self._in_batches(WriteKind.UPDATE, updates[:sequential], 1)
        self._in_batches(WriteKind.UPDATE, updates[sequential:], self._workers)
        self._in_batches(WriteKind.CREATE, together[WriteKind.CREATE], self._workers)
        self._one_by_one([step for step in alone if step not in early])
        self._finish()
        return self._results.by_employee

    def _finish(self) -> None:
        for isolation in self._isolations.values():
            refused = isolation.unreported
            try:
                isolation.finish()
            except SyncError as end:
                self.ended_by = self.ended_by or end
            left = self._results.missing(refused)
            self._results.add(left, Status.FAILED, refusals.not_sent(self.ended_by), may_be_written=True)

    def _in_batches(self, kind: WriteKind, steps: Sequence[Step], workers: int) -> None:
        in_parallel(partial(self._send, kind), in_batches(steps, self._batch_size), workers)

    def _one_by_one(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._send(WriteKind.of(step), [step], was_isolated=True)

    def _send(self, kind: WriteKind, batch: Sequence[Step], *, was_isolated: bool = False) -> None:
        """Send a batch unless the writing has ended; each of its steps has a result afterwards, or after `_finish`."""
        results, batch = self._results, self._unblocked(batch)
        opened = False
        try:
            if batch and self.ended_by is None and kind not in results.stopped:
                self._gate.prepare(batch)
                opened = True
                self._isolations[kind].send(batch, was_isolated=was_isolated)
                self._lost_batches = 0
        except SyncError as end:
            self.ended_by = self.ended_by or end
        except TransportError as fault:
            # After a few batches in a row that do not get through, nothing more is sent.
            self._lost_batches += 1
            if self._lost_batches >= _BATCHES_LOST:
                results.stopped.update(dict.fromkeys(WriteKind, refusals.unanswered(fault.what)))
            results.add(results.missing(batch), Status.FAILED, refusals.unanswered(fault.what))
        except Refused as refusal:
            results.stopped[kind] = refusals.no_access(kind.function, refusal.code)
            results.add(results.missing(batch), Status.FAILED, results.stopped[kind])
        why = results.stopped.get(kind) or refusals.not_sent(self.ended_by)
        kept_back = {step.employee_id for step in self._isolations[kind].unreported}
        left = [step for step in results.missing(batch) if step.employee_id not in kept_back]
        results.add(left, Status.FAILED, why, may_be_written=opened)

    def _unblocked(self, batch: Sequence[Step]) -> list[Step]:
        """Leave out steps that depend on a write which failed or was incomplete."""
        ready: dict[int, Step] = {}
        for step in batch:
            blocking = step.depends_on - self._results.completed - ready.keys()
            if blocking:
                self._results.add([step], Status.FAILED, refusals.waits_for(min(blocking)))
            else:
                ready[step.employee_id] = step
        return list(ready.values())
