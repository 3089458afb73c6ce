"""A run that undoes another run.

journal of that run -> look-ups -> reverse plan -> journal, writes -> what was undone stays undone
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from worker import advice
from worker.errors import UsageError
from worker.model.account import AccountKey
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.step import Step, StepResult
from worker.planning.memory import marked_undone, record_after_undo
from worker.planning.planner import Lookup, Priority
from worker.planning.undo_plan import RecordedWrite, UndoScope, undo_steps, writes_to_undo
from worker.runs.account_lookup import look_up
from worker.runs.locked_run import LockedRun, locked_run
from worker.runs.results import results_without_sending
from worker.runs.services import Services
from worker.runs.summary import Summary


@dataclass(frozen=True)
class UndoRequest:
    """What to undo of the run `run_id`: everything or a part, for all its employees or some."""

    run_id: str
    scope: UndoScope = UndoScope.EVERYTHING
    employees: tuple[int, ...] = ()
    dry_run: bool = False


def run_undo(request: UndoRequest, services: Services, summary: Summary) -> None:
    """Undo the run; the summary says how it ended."""
    with locked_run(services, summary) as run:
        recorded = _recorded_writes(request, services)
        steps = _plan(recorded, services, summary)
        changed_at = {
            employee_id: datetime.fromtimestamp(one.last_change_at, UTC)
            for employee_id, one in recorded.items()
            if one.last_change_at
        }

        def before_sending(record: EmployeeRecord | None, step: Step, now: datetime) -> EmployeeRecord:
            last_change_at = recorded[step.employee_id].last_change_at
            return marked_undone(record, step, request.run_id, now, last_change_at=last_change_at)

        results = run.write(steps, before_sending, changed_at, selected=bool(request.employees))
        summary.count_results(results.values())
        run.remember(_undone_records(request, run, recorded, results))


def preview_undo(request: UndoRequest, services: Services, summary: Summary) -> list[Step]:
    """Return the reverse plan. Nothing is written and no lock is taken."""
    steps = _plan(_recorded_writes(request, services), services, summary)
    results = results_without_sending(steps, selected=bool(request.employees), dry_run=True)
    summary.count_results(results.values())
    summary.counts["without_account"] = len(services.store.history().with_flag(FollowUp.WITHOUT_ACCOUNT))
    return steps


def _recorded_writes(request: UndoRequest, services: Services) -> Mapping[int, RecordedWrite]:
    """Return the writes to undo, by employee id. Raises UsageError if there are none."""
    entries = services.store.journal_of(request.run_id)
    run = services.store.run(request.run_id)
    lacks_read_back = run is None or not run.completed
    recorded = writes_to_undo(entries, request.scope, request.employees, lacks_read_back=lacks_read_back)
    if recorded:
        return {one.employee_id: one for one in recorded}
    if entries:
        explain = advice.command_for(["explain", "--employee", "ID"], request.employees)
        raise UsageError(
            f"the run {request.run_id} wrote nothing that matches",
            advice=f"see what it wrote: {explain}; or leave out --only and --employee",
        )
    runs = services.store.history().runs
    wrote = [other.run_id for other in runs if other.journal_items and other.run_id != request.run_id]
    raise UsageError(
        f"there is no run {request.run_id} that wrote to Moodle in the last 90 days"
        if run is None
        else f"the run {request.run_id} wrote nothing to Moodle; there is nothing to undo",
        advice=f"the last runs that wrote: {', '.join(wrote[-5:])}"
        if wrote
        else "no other run on record wrote to Moodle; a dry run writes nothing",
    )


def _plan(recorded: Mapping[int, RecordedWrite], services: Services, summary: Summary) -> list[Step]:
    summary.counts["processed"] = len(recorded)
    services.moodle.check_visibility()
    wanted: dict[AccountKey, list[str]] = {}
    for write in recorded.values():
        key, value = write.looked_up_by
        wanted.setdefault(key, []).append(value)
    found = [
        look_up(services, Lookup(key, Priority.OTHERS, values), must_answer=True) for key, values in wanted.items()
    ]
    return undo_steps(
        list(recorded.values()),
        [account for one in found for account in one.accounts],
        services.settings.protected,
        services.moodle.field_kinds,
        {key_and_value: reason for one in found for key_and_value, reason in one.failed_lookups.items()},
    )


def _undone_records(
    request: UndoRequest, run: LockedRun, recorded: Mapping[int, RecordedWrite], results: Mapping[int, StepResult]
) -> dict[int, EmployeeRecord]:
    """Return the records to store: later runs leave an undone employee alone, even one undone in part."""
    records: dict[int, EmployeeRecord] = {}
    for employee_id, result in results.items():
        before = run.history.records.get(employee_id)
        last_change_at = recorded[employee_id].last_change_at
        record = record_after_undo(before, result, request.run_id, run.services.clock(), last_change_at=last_change_at)
        stored = run.records_before_sending.get(employee_id)
        if record is None and stored is not None:
            record = stored if result.may_be_written else before or EmployeeRecord(employee_id)
        if record is not None:
            records[employee_id] = record
    return records
