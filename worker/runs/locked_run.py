"""The frame of every run that writes: what it checks first, the lock, the writes, and the records that it leaves.

with locked_run(...) as run: take the lock, check -> run.write(steps) -> run.remember(records) -> the run's own record
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from worker import advice, logs
from worker.errors import ConfigurationError, DuplicateDelivery, LockLost, Paused, SyncError
from worker.model.history import EmployeeRecord, FollowUp, History
from worker.model.step import WRITES, Status, Step, StepResult
from worker.moodle import refusals
from worker.runs.batch_writer import BatchWriter, RecordBeforeSending, WriteGate
from worker.runs.results import log_outcome, results_without_sending
from worker.runs.run_input import RunInput
from worker.runs.run_record import full_record, minimal_record, note_reconcile_due
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.state.lock import Lock
from worker.state.store import Store


@dataclass
class LockedRun:
    """A run that holds the lock.

    Attributes:
        inputs: What a sync has read so far; None in an undo.
        ended_by: The error that ended the look-ups or the writing early, if any.
        records_before_sending: The record of each employee that was stored before their step was sent.
    """

    services: Services
    summary: Summary
    lock: Lock
    history: History
    inputs: RunInput | None = None
    ended_by: SyncError | None = None
    records_before_sending: Mapping[int, EmployeeRecord] = field(default_factory=dict)

    def write(
        self,
        steps: Sequence[Step],
        record_before_sending: RecordBeforeSending,
        changed_at: Mapping[int, datetime],
        *,
        selected: bool = False,
        quiet: bool = False,
    ) -> dict[int, StepResult]:
        """Send the steps that write, batch by batch; return a result for every step. For flags, see `log_outcome`."""
        services = self.services
        if self.inputs is not None:
            bind_state(services, self.summary)
        to_send = [step for step in steps if step.action in WRITES]
        unsent = (step for step in steps if step.action not in WRITES)
        results = results_without_sending(unsent, selected=selected, quiet=quiet)
        gate = WriteGate(services, self.summary, self.lock, self.history.records, changed_at, record_before_sending)
        isolated = self.history.with_flag(FollowUp.ISOLATED)
        unanswered_ids = {
            employee_id
            for employee_id, record in isolated.items()
            if record.follow_ups[FollowUp.ISOLATED].note == refusals.UNANSWERED
        }
        with services.progress("writing", len(to_send)) as tick:

            def report(result: StepResult) -> None:
                log_outcome(result, selected=selected)
                tick(1)

            writer = BatchWriter(services.moodle, gate, report, services.stop.wait, isolated, unanswered_ids)
            sent = writer.write(to_send)
        self.ended_by, self.records_before_sending = writer.ended_by, gate.records_before_sending
        self._journal_unwritten(sent)
        return {**results, **sent}

    def _journal_unwritten(self, sent: Mapping[int, StepResult]) -> None:
        """Store which employees were certainly not written: they do not count towards the limits."""
        unwritten = {
            employee_id: result
            for employee_id, result in sent.items()
            if result.status is not Status.DONE and not result.may_be_written
        }
        refused = [
            employee_id
            for employee_id, result in unwritten.items()
            if result.isolated or result.status in (Status.REFUSED, Status.NOT_EDITABLE)
        ]
        if unwritten:
            self.services.store.journal.fail(self.summary.run_id, unwritten, refused, self.services.clock())

    def remember(self, records: Mapping[int, EmployeeRecord]) -> None:
        """Store the employees' records if this run still has the lock; then raise the error that ended it early."""
        if isinstance(self.ended_by, LockLost):
            raise self.ended_by
        self.lock.renew()
        self.lock.require(0)
        stored = {**self.history.records, **self.records_before_sending}
        remember_changes(self.services.store, records, stored, self.services.clock())
        if self.ended_by is not None:
            raise self.ended_by

    def store_run_record(self) -> None:
        """Store the run's record for later runs. A failure to do so must not hide how the run ended."""
        services, summary, now = self.services, self.summary, self.services.clock()
        try:
            record = minimal_record(summary, now)
            if self.inputs is not None:
                note_reconcile_due(services, self.inputs, summary)
                record = full_record(services, self.inputs, summary, now)
            services.store.record(record, summary.as_dict(now), now)
        except SyncError as fault:
            logs.warning("state.run_not_recorded", reason=fault.message)


@contextmanager
def locked_run(services: Services, summary: Summary, scheduled_time: str = "") -> Iterator[LockedRun]:
    """Hold the lock, and keep a record of the run however it ends.

    Raises DuplicateDelivery at the second delivery of a `scheduled_time` ("": none).
    """
    lock = services.store.lock(summary.run_id)
    lock.acquire(scheduled_time)
    lock.keep(services.stop.has_time)
    try:
        run = LockedRun(services, summary, lock, services.store.history())
        summary.counts["without_account"] = len(run.history.with_flag(FollowUp.WITHOUT_ACCOUNT))
        check_binding(services)
        try:
            if run.history.delivered(scheduled_time):
                raise DuplicateDelivery("this scheduled run was done before; the scheduler delivered it twice")
            check_pause(services, summary)
            yield run
        except (LockLost, DuplicateDelivery, Paused):
            raise
        except SyncError as end:
            summary.finish(end)
            run.store_run_record()
            raise
        summary.finish()
        run.store_run_record()
    finally:
        lock.release()


def remember_changes(
    store: Store, records: Mapping[int, EmployeeRecord], stored: Mapping[int, EmployeeRecord], now: datetime
) -> None:
    """Store the records that differ from those in the state; delete those that are no longer needed."""
    keep = {employee_id: record for employee_id, record in records.items() if record.worth_keeping(now)}
    store.remember(record for employee_id, record in keep.items() if stored.get(employee_id) != record)
    store.forget(employee_id for employee_id in records if employee_id in stored and employee_id not in keep)


def check_binding(services: Services) -> None:
    """Raise ConfigurationError if the state, as it was last read, belongs to another company or site."""
    bound, present = services.store.binding, services.settings.binding
    if bound is None or bound == present:
        return
    raise ConfigurationError(
        [f"the state {services.settings.state_id!r} belongs to {bound}, but this run is for {present}"],
        advice=(
            "if the company or the site was renamed, or the item was changed by hand:"
            f" {advice.command('state', 'rebind')}; otherwise correct BAMBOO_COMPANY_DOMAIN or MOODLE_BASE_URL, or give"
            " this pair a STATE_ID of its own"
        ),
    )


def bind_state(services: Services, summary: Summary) -> None:
    """Bind a state that names no company and site to those of this run.

    Call it under the lock, once both have answered: a state that was bound to a misspelled address would refuse every
    run with the right one.
    """
    if services.store.binding is not None:
        return
    present = services.settings.binding
    if not services.store.is_new:
        summary.warn(
            "state_adopted",
            f"the state named no company or site: it was written by hand or by an earlier version, and from now on"
            f" belongs to {present}",
        )
    services.store.bind(present)


def check_pause(services: Services, summary: Summary) -> None:
    """Raise Paused in a scheduled run; only warn in a run that an operator started."""
    pause = services.store.pause()
    if pause is None:
        return
    if services.settings.trigger == "schedule":
        raise Paused(f"the scheduled runs are {pause}", advice=f"to resume: {advice.command('resume')}")
    summary.warn("paused", f"the scheduled runs are {pause}; this run continues all the same")
