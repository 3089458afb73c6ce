"""A plan as a text table, for a terminal or a file."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Sequence

from worker import advice
from worker.reports.report import Cell, Report, Row

_NARROWEST = 24
_ORDER = ("suspend", "conflict", "hold", "create", "reactivate", "update", "skip", "unchanged")
"""Every action, in the order of the table: what takes access away or needs a decision comes first."""

_SCOPES = {
    "all": "the next run",
    "employees": "selected employees",
    "everybody": "all employees (what a reconcile would do)",
}


def columns(heads: Sequence[str], rows: Iterable[Sequence[object]], width: int = 0) -> str:
    """Align texts left and numbers right. With a `width`, the last two columns are wrapped to fit it."""
    body = [list(row) for row in rows]
    shown = [list(heads), *([str(cell) for cell in row] for row in body)]
    widths = [max(len(row[at]) for row in shown) for at in range(len(heads))]
    if width:
        *others, before, _ = widths
        left = width - sum(others) - 2 * (len(heads) - 1)
        widths[-2] = min(before, max(_NARROWEST, left // 2))
        widths[-1] = max(_NARROWEST, left - widths[-2])
    right = [bool(body) and all(isinstance(row[at], (int, float)) for row in body) for at in range(len(heads))]
    lines = []
    for row in shown:
        parts = [textwrap.wrap(cell, size) if width else [cell] for cell, size in zip(row, widths, strict=True)]
        for cells in itertools.zip_longest(*parts, fillvalue=""):
            aligned = (
                cell.rjust(size) if to_right else cell.ljust(size)
                for cell, size, to_right in zip(cells, widths, right, strict=True)
            )
            lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def table(report: Report, width: int = 0) -> str:
    """Return the report as text: what was read, every row, advice and counts. A `width` of 0 is no limit."""
    parts = [_head(report)]
    rows = sorted(report.rows, key=lambda row: (_ORDER.index(row.action), row.employee_id))
    if rows:
        lines = [(row.shown_action, row.employee_id, ", ".join(map(_field, row.cells)), _why(row)) for row in rows]
        parts.append(columns(("action", "employee", "fields", "why"), lines, width))
    else:
        parts.append("Nothing would be done.")
    parts += [*_advice(rows), _counts(report)]
    return "\n\n".join(parts)


def _head(report: Report) -> str:
    since = f", changes since {report.since}" if report.since else ""
    lines = [f"Plan {report.run_id} of {report.made_at}: {_SCOPES[report.scope]}{since}. Nothing was written."]
    lines += [f"warning: {warning}" for warning in report.warnings]
    if report.reconcile_due:
        lines.append(
            "The mapping has changed since the last run: a reconcile is due; to see it: "
            + advice.command("plan", "--everybody")
        )
    return "\n".join(lines)


def _counts(report: Report) -> str:
    counts = [f"{report.counts[action]} {action}" for action in _ORDER if report.counts.get(action)]
    return ", ".join(counts) or "no employees"


def _field(cell: Cell) -> str:
    held = " (held)" if cell.held else ""
    if cell.new is None:
        return cell.field + held
    values = f"{cell.new!r}" if cell.old is None else f"{cell.old!r} -> {cell.new!r}"
    return f"{cell.field}{held}: {values}"


def _why(row: Row) -> str:
    return "; ".join(part for part in (row.reason, row.problem, *row.notes) if part)


def _advice(rows: Sequence[Row]) -> list[str]:
    """Give each piece of advice once, whatever the number of rows that have it."""
    advice = sorted({(row.action, row.advice) for row in rows if row.advice})
    return ["\n".join(f"{action}: {text}" for action, text in advice)] if advice else []
