"""A run that plans from BambooHR: a sync of changed or selected employees, an approve, or a reconcile.

state -> BambooHR -> look-ups, PLAN -> guards -> journal, writes -> read-back -> memory -> new state
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import filterfalse

from worker import advice
from worker.errors import TargetError
from worker.model.account import AccountRef
from worker.model.field_catalogue import is_by_api_name
from worker.model.history import ENDED, EmployeeRecord, FollowUp, History, RunRecord
from worker.model.position import Position
from worker.model.step import Action, Step, StepResult
from worker.planning.approval import held_changes
from worker.planning.baseline import is_baseline, is_reconcile_due
from worker.planning.limits import company_size
from worker.planning.memory import (
    fill_in_account_ids,
    no_longer_suspended,
    park,
    record_after_run,
    record_before_suspending,
)
from worker.planning.planner import Plan
from worker.planning.suspensions import marks_to_remember
from worker.planning.window import advance
from worker.runs.batch_writer import minimal_record
from worker.runs.locked_run import LockedRun, check_binding, heed_pause, locked_run
from worker.runs.make_plan import guarded_plan
from worker.runs.read_back import read_back
from worker.runs.read_bamboohr import read_bamboohr
from worker.runs.reading_warnings import warn_of_gap
from worker.runs.results import log_outcome, result_without_sending
from worker.runs.run_input import RunInput, RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.timestamps import iso


@dataclass(frozen=True)
class Preview:
    """The result of a dry run. `accounts`: in a full pass, those with our authentication, or why they are unread."""

    inputs: RunInput
    plan: Plan
    accounts: list[AccountRef] | TargetError | None = None


def run_sync(request: RunRequest, services: Services, summary: Summary) -> None:
    """Run the request; the summary says how it ended. Raises a SyncError if the run cannot continue."""
    with locked_run(services, summary, _scheduled_time(request, services)) as run:
        inputs = RunInput(run.history, request)

        def describe(now: datetime) -> RunRecord:
            """Describe the run by what it had read: `inputs` holds the history alone if it ended before that."""
            _note_reconcile_due(services, inputs, summary)
            return _record(services, inputs, summary, now)

        run.describe = describe
        position = _position(request, services, summary, first_run=True)
        inputs = read_bamboohr(services, request, run.history, position, summary)
        if inputs.has_gap:
            warn_of_gap(inputs, summary)
        plan, _ = guarded_plan(services, inputs, summary)
        _keep_held(services, plan, run)
        written = run.write(
            plan.steps,
            _before_sending,
            inputs.changed_at,
            selected=bool(request.selected),
            quiet=request.all_employees,
        )
        written = replace(written, ended_by=written.ended_by or plan.ended_by)
        written = read_back(services, written, summary)
        # Count, store the records, move the state: in this order, so that no employee is lost in between.
        records = _conclude(services, inputs, plan, written.results, summary)
        run.remember(records, written)
        _move_state(services, inputs, run)


def preview(request: RunRequest, services: Services, summary: Summary) -> Preview:
    """Read and plan, but write nothing. No lock is taken: a preview must not make a scheduled run wait."""
    history = services.store.history()
    check_binding(services)
    heed_pause(services, summary)
    position = _position(request, services, summary, first_run=False)
    inputs = read_bamboohr(services, request, history, position, summary)
    plan, accounts = guarded_plan(services, inputs, summary)
    if plan.ended_by is not None:
        raise plan.ended_by
    results = {step.employee_id: result_without_sending(step) for step in plan.steps}
    for result in results.values():
        log_outcome(result, selected=bool(request.selected), dry_run=True, quiet=request.all_employees)
    _conclude(services, inputs, plan, results, summary)
    summary.reconcile_due = is_reconcile_due(history, services.settings.plan_digest)
    return Preview(inputs, plan, accounts)


def _scheduled_time(request: RunRequest, services: Services) -> str:
    """Return the scheduled moment of the run: none for selected employees, and another for a reconcile than a sync."""
    moment = "" if request.selected else services.settings.scheduled_time
    return f"{moment} reconcile" if moment and request.all_employees else moment


def _position(request: RunRequest, services: Services, summary: Summary, *, first_run: bool) -> Position | None:
    """Return the position of the sync, None for a full pass. `first_run`: store the first position."""
    if request.all_employees:
        return None
    now = services.clock()
    position = services.store.position(now)
    if position is None:
        position = Position(now - timedelta(days=services.settings.initial_lookback_days))
        if first_run and request.takes_window:
            services.store.create(position, now)
    summary.since, summary.offset = position.since, position.offset
    summary.next_since, summary.next_offset = position.since, position.offset
    return position


def _keep_held(services: Services, plan: Plan, run: LockedRun) -> None:
    """Store the held changes for an approval."""
    held = held_changes(plan, run.summary.run_id, services.digest_key, int(services.clock().timestamp()))
    if held.changes:
        services.store.keep_held_changes(held)


# Conclusion


def _before_sending(record: EmployeeRecord | None, step: Step, now: datetime) -> EmployeeRecord | None:
    return record_before_suspending(record, step, now) if step.action is Action.SUSPEND else None


def _conclude(
    services: Services, inputs: RunInput, plan: Plan, results: Mapping[int, StepResult], summary: Summary
) -> dict[int, EmployeeRecord]:
    """Count the result of every step; return the employees' records to store."""
    request, now, limit = inputs.request, services.clock(), services.settings.max_attempts
    records = {
        employee.employee_id: record_after_run(
            inputs.history.records.get(employee.employee_id),
            results[employee.employee_id],
            deleted=employee.deleted or employee.was_deleted,
            now=now,
            max_attempts=limit,
            approved=bool(request.approved),
            follow_held=request.all_employees,
        )
        for employee in plan.plan_input.employees
    }
    parked = park(records, results, max_attempts=limit, company=inputs.directory.rows)
    summary.count_results(results.values(), parked)
    records |= parked
    records |= _accounts_noted(inputs, plan, records, results)
    after = History({**inputs.history.records, **records})
    flag = FollowUp.WITHOUT_ACCOUNT
    summary.count_without_account(inputs.history.with_flag(flag), after.with_flag(flag))
    return records


def _accounts_noted(
    inputs: RunInput, plan: Plan, records: Mapping[int, EmployeeRecord], results: Mapping[int, StepResult]
) -> dict[int, EmployeeRecord]:
    """Return the records that change with the suspended accounts, including those of employees outside the run."""
    remembered = {**inputs.history.records, **records}
    unanswered = {value for key, value in plan.unanswered if key == "idnumber"}
    # Look-ups that ended early do not show who has no account.
    noted = {} if plan.ended_by else fill_in_account_ids(remembered, plan.accounts.values(), unanswered)
    return {**noted, **no_longer_suspended({**remembered, **noted}, results)}


def _move_state(services: Services, inputs: RunInput, run: LockedRun) -> None:
    summary = run.summary
    if not inputs.request.takes_window or inputs.position is None or inputs.window is None:
        return
    services.stop.check()
    moved = advance(inputs.position, inputs.window, failed=summary.counts["errors"] > 0)
    # A gap remains until the record of this run says that a full pass is due.
    moved = replace(moved, gapless=not inputs.has_gap)
    services.store.move(moved, run.lock, services.clock())
    summary.next_since, summary.next_offset = moved.since, moved.offset


def _is_clean(inputs: RunInput, summary: Summary) -> bool:
    """Return whether the run was not limited to selected employees, and ended without an error."""
    return not inputs.request.selected and summary.counts["errors"] == 0 and summary.outcome in ENDED


def _note_reconcile_due(services: Services, inputs: RunInput, summary: Summary) -> None:
    """Set in the summary whether a full pass is due after this run."""
    request, history, baseline = inputs.request, inputs.history, inputs.history.last_baseline()
    full_pass, before = request.all_employees, baseline.coverage if baseline else {}
    missed = (
        inputs.feed.dropped
        or inputs.has_gap
        or inputs.custom_fields.may_have_missed(baseline, full_pass=full_pass)
        or any(before.get(name) for name in inputs.hidden_fields)
    )
    was_due = is_reconcile_due(history, services.settings.plan_digest)
    summary.reconcile_due = (
        (full_pass and bool(summary.held_by_class))
        or bool(missed and not request.selected)
        or (was_due and not (full_pass and _is_clean(inputs, summary)))
    )
    if request.approved and summary.reconcile_due and not summary.advice:
        summary.advice = f"reconcile_due stays until a full pass has no error: {advice.command('reconcile')}"


def _record(services: Services, inputs: RunInput, summary: Summary, now: datetime) -> RunRecord:
    """Return the record of the run for later runs."""
    request, history = inputs.request, inputs.history
    clean, needed = _is_clean(inputs, summary), filterfalse(is_by_api_name, services.settings.employee_fields)
    last_baseline = history.last_baseline()
    before = last_baseline.coverage if last_baseline else {}
    baseline = (
        inputs.window is not None
        and request.takes_window
        and summary.outcome in ENDED
        and is_baseline(inputs.stats_for_baseline, history, now, window_complete=inputs.window.complete)
    )
    record = minimal_record(summary, now)
    return replace(
        record,
        scope=request.summary_scope,
        successful=clean,
        is_baseline=baseline,
        scheduled_time=_scheduled_time(request, services),
        rows=inputs.directory.rows,
        # A field that is hidden from the key for a while keeps its former coverage, for later comparisons.
        coverage={**{name: before[name] for name in needed if name in before}, **inputs.stats_for_baseline.coverage},
        mapping_digest=services.settings.plan_digest,
        reconcile_due=summary.reconcile_due,
        held_count=len(summary.held),
        company=company_size(inputs.stats, None),
        began=history.began or record.ended_at,
        since=iso(inputs.position.since) if inputs.position else "",
        reached=iso(summary.next_since) if request.takes_window and inputs.position and summary.next_since else "",
        dates_read={kind: day.isoformat() for kind, day in inputs.dates_read.items()} if clean else {},
        scope_matched=marks_to_remember(inputs.scope_tally, history.scope_matched()),
    )
