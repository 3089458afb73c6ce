"""The record that a run keeps of itself for later runs, and whether it leaves a full pass due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from worker import advice
from worker.model.field_catalogue import is_by_api_name
from worker.model.history import COMPLETED, RunRecord
from worker.planning.baseline import is_baseline, is_reconcile_due
from worker.planning.limits import company_size
from worker.planning.suspensions import keys_to_remember
from worker.runs.run_input import RunInput
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.timestamps import iso


def minimal_record(summary: Summary, now: datetime) -> RunRecord:
    """Return a record of the run that later runs do not compare with anything."""
    return RunRecord(
        run_id=summary.run_id,
        ended_at_ms=int(now.timestamp() * 1000),
        command=summary.command,
        selection=summary.selection,
        outcome=summary.outcome,
    )


def full_record(services: Services, inputs: RunInput, summary: Summary, now: datetime) -> RunRecord:
    """Return the record of a run that plans from BambooHR, by what it had read when it ended."""
    request, history, settings = inputs.request, inputs.history, services.settings
    successful = _is_successful(inputs, summary)
    last_baseline = history.last_baseline()
    before = last_baseline.coverage if last_baseline else {}
    # A field that is hidden from the key for a while keeps its former coverage, for later comparisons.
    kept = {name: before[name] for name in settings.employee_fields if name in before and not is_by_api_name(name)}
    record = minimal_record(summary, now)
    return replace(
        record,
        selection=request.selection,
        successful=successful,
        is_baseline=inputs.window is not None
        and request.takes_window
        and summary.outcome in COMPLETED
        and is_baseline(inputs.stats_for_baseline, history, now, window_complete=inputs.window.complete),
        scheduled_time=request.scheduled_time(settings),
        row_count=inputs.directory.row_count,
        coverage={**kept, **inputs.stats_for_baseline.coverage},
        plan_digest=settings.plan_digest,
        reconcile_due=summary.reconcile_due,
        held_count=len(summary.held),
        company_size=company_size(inputs.stats, None),
        first_run_ended_at_ms=history.first_run_ended_at_ms or record.ended_at_ms,
        since=iso(inputs.position.since) if inputs.position else "",
        next_since=iso(summary.next_since) if request.takes_window and inputs.position and summary.next_since else "",
        dates_read={kind: day.isoformat() for kind, day in inputs.dates_read.items()} if successful else {},
        scope_matched=keys_to_remember(inputs.scope_tally, history.scope_matched()),
    )


def note_reconcile_due(services: Services, inputs: RunInput, summary: Summary) -> None:
    """Set in the summary whether a full pass is due after this run."""
    request, history, baseline = inputs.request, inputs.history, inputs.history.last_baseline()
    full_pass, before = request.is_full_pass, baseline.coverage if baseline else {}
    missed = (
        inputs.feed.dropped
        or inputs.has_gap
        or inputs.api_field_stats.may_have_missed(baseline, full_pass=full_pass)
        or any(before.get(name) for name in inputs.never_shown_fields)
    )
    was_due = is_reconcile_due(history, services.settings.plan_digest)
    summary.reconcile_due = (
        (full_pass and bool(summary.held_by_class))
        or bool(missed and not request.selected_ids)
        or (was_due and not (full_pass and _is_successful(inputs, summary)))
    )
    if request.approved_changes and summary.reconcile_due and not summary.advice:
        summary.advice = f"reconcile_due stays until a full pass has no error: {advice.command('reconcile')}"


def _is_successful(inputs: RunInput, summary: Summary) -> bool:
    """Return whether the run was not limited to selected employees, and ended without an error."""
    return not inputs.request.selected_ids and summary.counts["errors"] == 0 and summary.outcome in COMPLETED
