"""A plan as JSON."""

from __future__ import annotations

import json
from typing import Any

from worker.advice import resolve
from worker.reports.report import Report, Row

KIND = "novalxp-sync-plan"
VERSION = 1


def document(report: Report) -> str:
    """Return the report as JSON, with a keyed digest of everything that would be written."""
    data = {
        "kind": KIND,
        "version": VERSION,
        "run_id": report.run_id,
        "made_at": report.made_at,
        "scope": report.scope,
        "since": report.since or None,
        "company": report.company,
        "site": report.site,
        "reconcile_due": report.reconcile_due,
        "warnings": list(report.warnings),
        "counts": dict(report.counts),
        "rows": [_row(row, shows_values=report.shows_values) for row in report.rows],
    }
    return json.dumps(data, indent=1)


def _row(row: Row, *, shows_values: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "employee_id": row.employee_id,
        "action": row.action,
        "code": row.code,
        "reason": row.reason,
        "advice": resolve(row.advice, [row.employee_id]),
        "account_id": row.account_id,
        "fields": [cell.field for cell in row.cells if not cell.held],
        "held": list(row.held),
        "held_fields": [cell.field for cell in row.cells if cell.held],
        "problem": row.problem or row.hold,
        "notes": list(row.notes),
        "digest": row.digest,
    }
    if not shows_values:
        return data
    values = {cell.field: [cell.old, cell.new] for cell in row.cells if cell.new is not None}
    return {**data, "name": row.name, "department": row.department, **({"values": values} if values else {})}
