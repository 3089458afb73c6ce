"""The frame of every writing run: its preconditions, the lock, the writes, the employees' records, and its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from worker import advice, logs
from worker.errors import ConfigurationError, DuplicateDelivery, LockLost, Paused, SyncError
from worker.model.history import EmployeeRecord, FollowUp, History, RunRecord
from worker.model.step import WRITES, Status, Step, StepResult
from worker.moodle import refusals
from worker.runs.batch_writer import BatchWriter, RecordBeforeWrite, WriteGate, minimal_record
from worker.runs.results import log_outcome, result_without_sending
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.state.lock import Lock
from worker.state.store import Store


@dataclass(frozen=True)
class WriteResult:
    """The result of every step, the error that ended the writing early, if any, and the records stored before it."""

    results: Mapping[int, StepResult]
    ended_by: SyncError | None
    records_before_writes: Mapping[int, EmployeeRecord]


@dataclass
class LockedRun:
    """A run that holds the lock."""

    services: Services
    summary: Summary
    lock: Lock
    history: History
    describe: Callable[[datetime], RunRecord] = field(init=False)
    """Returns the run's record for later runs, given the moment at which it ended; called however it ended."""

    def __post_init__(self) -> None:
        self.describe = lambda now: minimal_record(self.summary, now)

    def write(
        self,
        steps: Sequence[Step],
        record_before_write: RecordBeforeWrite,
        changed_at: Mapping[int, datetime],
        *,
        selected: bool = False,
        quiet: bool = False,
    ) -> WriteResult:
        """Send the steps that write, batch by batch; return a result for every step. For flags, see `log_outcome`."""
        services = self.services
        unsent = {step.employee_id: result_without_sending(step) for step in steps if step.action not in WRITES}
        for result in unsent.values():
            log_outcome(result, selected=selected, quiet=quiet)
        gate = WriteGate(services, self.summary, self.lock, self.history.records, changed_at, record_before_write)
        to_send = [step for step in steps if step.action in WRITES]
        with services.progress("writing", len(to_send)) as tick:

            def report(result: StepResult) -> None:
                log_outcome(result, selected=selected)
                tick(1)

            isolated = self.history.with_flag(FollowUp.ISOLATED)
            unanswered = {
                number
                for number, record in isolated.items()
                if record.follow_ups[FollowUp.ISOLATED].note == refusals.NOT_THROUGH
            }
            writer = BatchWriter(services.moodle, gate, report, services.stop.wait, isolated, unanswered)
            sent = writer.write(to_send)
        self._report_unwritten(sent)
        return WriteResult({**unsent, **sent}, writer.ended_by, gate.records_before_writes)

    def _report_unwritten(self, sent: Mapping[int, StepResult]) -> None:
        """Store which employees were certainly not written: they do not count towards the limits."""
        unwritten = {
            number: result.isolated or result.status in (Status.REFUSED, Status.EXEMPT)
            for number, result in sent.items()
            if result.status is not Status.DONE and not result.wrote
        }
        if unwritten:
            refused = [number for number, is_refused in unwritten.items() if is_refused]
            self.services.store.journal.fail(self.summary.run_id, unwritten, refused, self.services.clock())

    def remember(self, records: Mapping[int, EmployeeRecord], written: WriteResult) -> None:
        """Store the employees' records if this run still has the lock; then raise the error that ended the writing."""
        if isinstance(written.ended_by, LockLost):
            raise written.ended_by
        self.lock.renew()
        self.lock.require(0)
        stored = {**self.history.records, **written.records_before_writes}
        remember_changes(self.services.store, records, stored, self.services.clock())
        if written.ended_by is not None:
            raise written.ended_by

    def keep_record(self) -> None:
        """Store the run's record for later runs. A failure to do so must not hide how the run ended."""
        now = self.services.clock()
        try:
            record = self.describe(now)
            self.services.store.record(record, self.summary.as_dict(now), now)
        except SyncError as fault:
            logs.warning("state.run_not_recorded", reason=fault.message)


@contextmanager
def locked_run(services: Services, summary: Summary, scheduled_time: str = "") -> Iterator[LockedRun]:
    """Hold the lock, and keep a record of the run however it ends.

    Args:
        scheduled_time: The scheduled moment of this run, "" for none. A second delivery of the same moment ends with
            DuplicateDelivery.
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
            heed_pause(services, summary)
            adopt_state(services, summary)
            yield run
        except (LockLost, DuplicateDelivery, Paused):
            raise
        except SyncError as end:
            summary.finish(end)
            run.keep_record()
            raise
        summary.finish()
        run.keep_record()
    finally:
        lock.release()


def remember_changes(
    store: Store, records: Mapping[int, EmployeeRecord], stored: Mapping[int, EmployeeRecord], now: datetime
) -> None:
    """Store the records that differ from those in the state; delete those that are no longer needed."""
    keep = {employee_id: record for employee_id, record in records.items() if record.worth_keeping(now)}
    store.remember(record for employee_id, record in keep.items() if stored.get(employee_id) != record)
    store.forget(employee_id for employee_id in records if employee_id in stored and employee_id not in keep)


_SCHEDULE = "schedule"


def check_binding(services: Services) -> None:
    """Raise ConfigurationError if the state, as it was last read, belongs to another company or site."""
    bound, present = services.store.binding, services.settings.binding
    if bound is None or bound == present:
        return
    raise ConfigurationError(
        [f"the state {services.settings.state_id!r} belongs to {bound}, but this run is for {present}"],
        advice=(
            f"if the company or the site was renamed: {advice.command('state', 'rebind')}; otherwise correct"
            " BAMBOO_COMPANY_DOMAIN or MOODLE_BASE_URL, or give this pair a STATE_ID of its own"
        ),
    )


def adopt_state(services: Services, summary: Summary) -> None:
    """Bind a state that names no company and site to those of this run. Call it under the lock."""
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


def heed_pause(services: Services, summary: Summary) -> None:
    """Raise Paused in a scheduled run; only warn in a run that an operator started."""
    pause = services.store.pause()
    if pause is None:
        return
    if services.settings.trigger == _SCHEDULE:
        raise Paused(f"the scheduled runs are {pause}", advice=f"to resume: {advice.command('resume')}")
    summary.warn("paused", f"the scheduled runs are {pause}; this run continues all the same")
