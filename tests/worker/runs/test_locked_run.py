"""What a run stores of its employees: only under the lock, and before the error that ended its writing is raised."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.worker.runs.writing import SandboxWriter, suspend, update
from worker.errors import LockLost, Terminated
from worker.model.history import UNFINISHED, EmployeeRecord, FollowUp, History
from worker.planning.memory import marked_suspended
from worker.runs.locked_run import LockedRun

WAITING = EmployeeRecord(7).flagged(FollowUp.WAITING)


def stored(run: LockedRun) -> dict[int, EmployeeRecord]:
    return dict(run.services.store.history().records)


def test_a_run_that_lost_its_lock_while_it_wrote_stores_no_record(run: LockedRun) -> None:
    run.ended_by = LockLost("it is another run's")

    with pytest.raises(LockLost):
        run.remember({7: WAITING})
    assert stored(run) == {}


def test_a_run_whose_lock_is_another_runs_by_now_stores_no_record(run: LockedRun) -> None:
    run.lock.release()
    run.services.store.lock("r2").acquire()

    with pytest.raises(LockLost):
        run.remember({7: WAITING})
    assert stored(run) == {}


def test_the_records_are_stored_before_the_end_of_the_writing_is_raised(run: LockedRun, writer: SandboxWriter) -> None:
    writer.patient.ask()

    results = run.write([suspend(7, writer.add(7))], marked_suspended, {})

    assert not results[7].may_be_written
    with pytest.raises(Terminated):
        run.remember({7: WAITING})
    assert stored(run) == {7: WAITING}


def test_a_record_stored_before_a_write_does_not_stay_if_it_is_not_needed(
    run: LockedRun, writer: SandboxWriter
) -> None:
    run.write([suspend(7, writer.add(7))], marked_suspended, {})
    assert stored(run)[7].suspended_by_us

    run.remember({7: EmployeeRecord(7)})

    assert stored(run) == {}


def test_what_a_run_is_about_to_write_is_stored_first(run: LockedRun, writer: SandboxWriter) -> None:
    changed, run.summary.since = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=UTC)
    steps = [suspend(7, writer.add(7)), suspend(8, writer.add(8))]

    run.history = History({7: WAITING})

    run.write(steps, marked_suspended, {7: changed})

    store, run_id = run.services.store, run.summary.run_id
    (begun,) = store.history().runs
    assert (begun.run_id, begun.selection, begun.outcome) == (run_id, "unfinished", UNFINISHED)
    assert begun.since == "2026-11-19T00:00:00Z"
    assert {number: (one.suspended_by_us, one.has(FollowUp.WAITING)) for number, one in stored(run).items()} == {
        7: (True, True),
        8: (True, False),
    }
    last_changes = {entry.employee_id: entry.last_change_at for entry in store.journal.entries_of(run_id, None)}
    assert last_changes == {7: changed.timestamp(), 8: int(run.summary.started_at.timestamp())}


def test_a_run_is_stored_as_begun_once_whatever_it_writes(
    run: LockedRun, writer: SandboxWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(run.services.store, "begin", lambda record, _: begun.append(record.since))

    results = run.write([suspend(7, writer.add(7)), update(8, writer.add(8), city="Leeds")], lambda *_: None, {})

    assert ([result.may_be_written for result in results.values()], begun) == ([True, True], [""])
