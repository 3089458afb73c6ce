"""Rows and reports of a plan, of which a test names only what differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from worker.reports.report import Report, Row


def row_of(
    employee_id: int, action: str = "update", code: str = "differs", reason: str = "they differ", **more: Any
) -> Row:
    return Row(employee_id, action, code, reason, **more)


def report_of(*rows: Row, **more: Any) -> Report:
    fields: dict[str, Any] = {
        "run_id": "run-1",
        "made_at": "2026-04-12T04:15:07+02:00",
        "selection": "all",
        "since": "2026-04-11T02:15:02Z",
        "counts": Counter(row.action for row in rows),
        **more,
    }
    return Report(rows=rows, **fields)
