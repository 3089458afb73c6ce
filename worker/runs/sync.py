"""A run that plans from BambooHR: a sync of changed or selected employees, an approve, or a reconcile.

state -> BambooHR -> look-ups, PLAN -> guards -> journal, writes -> read-back -> memory -> new state
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.errors import TargetError
from worker.model.account import AccountRef
from worker.model.history import EmployeeRecord, FollowUp, History
from worker.model.position import Position
from worker.model.step import Action, Step, StepResult
from worker.planning.approval import held_changes
from worker.planning.baseline import is_reconcile_due
from worker.planning.limits import company_size
from worker.planning.memory import (
    fill_in_account_ids,
    marked_suspended,
    no_longer_suspended,
    park,
    record_after_run,
)
from worker.planning.planner import Plan
from worker.planning.window import advance
from worker.runs.locked_run import LockedRun, check_binding, check_pause, locked_run
from worker.runs.make_plan import guarded_plan
from worker.runs.read_back import read_back
from worker.runs.read_bamboohr import read_bamboohr
from worker.runs.reading_warnings import warn_of_gap
from worker.runs.results import results_without_sending
from worker.runs.run_input import RunInput, RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary


@dataclass(frozen=True)
class Preview:
    """The result of a dry run. `accounts`: in a full pass, those with our authentication, or why they are not there."""

    inputs: RunInput
    plan: Plan
    accounts: list[AccountRef] | TargetError | None = None


def run_sync(request: RunRequest, services: Services, summary: Summary) -> None:
    """Run the request; the summary says how it ended. Raises a SyncError if the run cannot continue."""
    with locked_run(services, summary, request.scheduled_time(services.settings)) as run:
        run.inputs = RunInput(run.history, request)
        position = _position(request, services, summary, may_store=True)
        run.inputs = inputs = read_bamboohr(services, replace(run.inputs, position=position), summary)
        if inputs.has_gap:
            warn_of_gap(inputs, summary)
        plan, _ = guarded_plan(services, inputs, summary)
        held = held_changes(plan, summary.run_id, services.digest_key, int(services.clock().timestamp()))
        if held.changes:
            services.store.keep_held_changes(held)
        results = run.write(
            plan.steps,
            _before_sending,
            inputs.changed_at,
            selected=bool(request.selected_ids),
            quiet=request.is_full_pass,
        )
        run.ended_by = run.ended_by or plan.ended_by
        results = read_back(run, results)
        # Count, store the records, move the state: in this order, so that no employee is lost in between.
        run.remember(_conclude(services, inputs, plan, results, summary))
        _move_state(inputs, run)


def preview(request: RunRequest, services: Services, summary: Summary) -> Preview:
    """Read and plan, but write nothing. No lock is taken: a preview must not make a scheduled run wait."""
    history = services.store.history()
    check_binding(services)
    check_pause(services, summary)
    position = _position(request, services, summary, may_store=False)
    inputs = read_bamboohr(services, RunInput(history, request, position), summary)
    plan, accounts = guarded_plan(services, inputs, summary)
    if plan.ended_by is not None:
        raise plan.ended_by
    results = results_without_sending(
        plan.steps, selected=bool(request.selected_ids), quiet=request.is_full_pass, dry_run=True
    )
    _conclude(services, inputs, plan, results, summary)
    summary.reconcile_due = is_reconcile_due(history, services.settings.plan_digest)
    return Preview(inputs, plan, accounts)


def _position(request: RunRequest, services: Services, summary: Summary, *, may_store: bool) -> Position | None:
    """Return the position of the sync, None for a full pass. `may_store`: store the first position."""
    if request.is_full_pass:
        return None
    now = services.clock()
    position = services.store.position(now)
    if position is None:
        position = Position(now - timedelta(days=services.settings.initial_lookback_days))
        if may_store and request.takes_window:
            services.store.create(position, now)
    summary.since, summary.offset = position.since, position.offset
    summary.next_since, summary.next_offset = position.since, position.offset
    return position


def _before_sending(record: EmployeeRecord | None, step: Step, now: datetime) -> EmployeeRecord | None:
    return marked_suspended(record, step, now) if step.action is Action.SUSPEND else None


def _conclude(
    services: Services, inputs: RunInput, plan: Plan, results: Mapping[int, StepResult], summary: Summary
) -> dict[int, EmployeeRecord]:
    """Count the result of every step; return the records to store, also of employees outside the run."""
    request, now, limit = inputs.request, services.clock(), services.settings.max_attempts
    records = {
        employee.employee_id: record_after_run(
            inputs.history.records.get(employee.employee_id),
            results[employee.employee_id],
            deleted=employee.deleted or employee.was_deleted,
            now=now,
            max_attempts=limit,
            approved=bool(request.approved_changes),
            follow_held=request.is_full_pass,
        )
        for employee in plan.plan_input.employees
    }
    size = company_size(inputs.stats, inputs.history.last_baseline())
    parked = park(records, results, max_attempts=limit, company_size=size)
    summary.count_results(results.values(), parked)
    records |= parked
    remembered = {**inputs.history.records, **records}
    failed_idnumbers = {value for key, value in plan.failed_lookups if key == "idnumber"}
    # Look-ups that ended early do not show who has no account.
    with_account_ids = (
        {} if plan.ended_by else fill_in_account_ids(remembered, plan.accounts.values(), failed_idnumbers)
    )
    records |= with_account_ids | no_longer_suspended(remembered | with_account_ids, results)
    before, after = inputs.history, History({**inputs.history.records, **records})
    flag = FollowUp.WITHOUT_ACCOUNT
    summary.count_without_account(before.with_flag(flag), after.with_flag(flag))
    return records


def _move_state(inputs: RunInput, run: LockedRun) -> None:
    services, summary = run.services, run.summary
    if not inputs.request.takes_window or inputs.position is None or inputs.window is None:
        return
    services.stop.check()
    moved = advance(inputs.position, inputs.window, failed=summary.counts["errors"] > 0)
    # A gap remains until the record of this run says that a full pass is due.
    moved = replace(moved, has_no_gap=not inputs.has_gap)
    services.store.move(moved, run.lock, services.clock())
    summary.next_since, summary.next_offset = moved.since, moved.offset
