"""Build the report of a plan."""

from __future__ import annotations

from collections.abc import Callable

from worker.model import reasons
from worker.model.step import Action, Step
from worker.reports.report import Cell, Report, Row
from worker.runs.summary import Summary
from worker.runs.sync import Preview
from worker.timestamps import iso

_LEFT_OUT = (reasons.LEFT_WITHOUT_ACCOUNT, reasons.START_NOT_SHOWN)


def build(
    preview: Preview,
    summary: Summary,
    *,
    scope: str,
    site: str,
    company: str,
    digest: Callable[[Step], str],
    shows_values: bool,
) -> Report:
    """Build the report of a plan.

    An unchanged employee has no row, unless they were requested by id or have a note. In a report of all employees,
    the same applies to those who left and never had an account.
    """
    rows = [_row(step, digest, shows_values=shows_values) for step in preview.plan.steps if _has_row(step, scope)]
    return Report(
        run_id=summary.run_id,
        made_at=iso(summary.started_at),
        scope=scope,
        since=iso(summary.since) if summary.since else "",
        counts={action.value: count for action, count in preview.plan.counts.items()},
        rows=tuple(rows),
        warnings=tuple(summary.warning_texts),
        shows_values=shows_values,
        reconcile_due=summary.reconcile_due,
        site=site,
        company=company,
    )


def _has_row(step: Step, scope: str) -> bool:
    if scope == "employees":
        return True
    if step.action is Action.UNCHANGED:
        return bool(step.notes)
    return scope != "everybody" or step.reason not in _LEFT_OUT


def _row(step: Step, digest: Callable[[Step], str], *, shows_values: bool) -> Row:
    problem = step.problem or (step.held[0].reason if step.held else None)
    changes = [
        *((change, False) for change in step.changes),
        *((change, True) for part in step.held for change in part.changes),
    ]
    return Row(
        employee_id=step.employee_id,
        action=step.action.value,
        code=step.reason.code,
        reason=step.reason.text,
        advice=step.reason.advice,
        account_id=step.account.id if step.account else None,
        cells=tuple(
            Cell(change.field, change.old, change.new, held) if shows_values else Cell(change.field, held=held)
            for change, held in changes
        ),
        problem=problem.text if problem and problem != step.reason else "",
        notes=tuple(note.text for note in step.notes),
        digest=digest(step),
        held=step.held_classes,
    )
