"""A plan as a text table, for a terminal or a file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from worker.reports.groups import Group, kinds
from worker.reports.next_steps import approve_class, next_steps
from worker.reports.report import PRODUCT, Cell, HeldClass, Report, Row, utc
from worker.words import counted, listed


def columns(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Align texts left and numbers right."""
    body = [list(row) for row in rows]
    shown = [list(heads), *([str(cell) for cell in row] for row in body)]
    sizes = [max(len(row[at]) for row in shown) for at in range(len(heads))]
    signs = [
        ">" if body and all(isinstance(row[at], (int, float)) for row in body) else "<" for at in range(len(heads))
    ]
    cells = ([f"{cell:{sign}{size}}" for cell, sign, size in zip(row, signs, sizes, strict=True)] for row in shown)
    return "\n".join("  ".join(row).rstrip() for row in cells)


def table(report: Report, most: int | None = None) -> str:
    """Return the report as text: what was read, what is held, the rows by reason, and the next commands to type.

    `most` is the most ids in one list; None is no limit.
    """
    return "\n\n".join(["\n".join(_head(report)), changes(report, most), "\n".join(["Next:", *_next(report)])])


def changes(report: Report, most: int | None = None) -> str:
    """Return only what would be done, for a reader who is about to confirm it."""
    groups = ("\n".join(_group(group, most)) for kind in kinds(report) for group in kind.groups)
    return "\n\n".join([_figures(report), *("\n".join(_held(one)) for one in report.held), *groups])


def _head(report: Report) -> Iterator[str]:
    since = f", changes since {utc(report.since) or report.since}" if report.since else ""
    named = ", ".join(part for part in (report.environment, f"{report.company_domain} -> {report.site}") if part)
    yield f"{PRODUCT} plan, {named}, {utc(report.made_at) or report.made_at}"
    yield f"About: {report.about}{since}. Nothing was written."
    yield from (f"warning: {warning}" for warning in report.other_warnings)


def _figures(report: Report) -> str:
    counts = {**report.figures, "unchanged": report.counts.get("unchanged", 0)}
    errors = counts.pop("errors")
    parts = [f"{number:,} {name}" for name, number in counts.items() if number]
    parts += [counted(errors, "error")] if errors else []
    return ", ".join(parts) or "Nothing would be done."


def _held(one: HeldClass) -> Iterator[str]:
    yield f"{one.held}:"
    yield from (f"  {text}" for text in one.why.split("; "))
    yield "  if these changes are right, approve them once a run has held them:"
    yield f"    {approve_class(one.guard)}"


def _group(group: Group, most: int | None) -> Iterator[str]:
    yield f"{group.label.capitalize()}: {counted(len(group.rows), 'employee')}: {group.reason}"
    if group.hold:
        yield f"  held: {group.hold}"
    if group.advice:
        yield f"  what to do: {group.advice}"
    rows = [(row.employee_id, _who(row), _details(row)) for row in group.rows]
    by_details: dict[str, list[str]] = {}
    for number, _, details in rows:
        by_details.setdefault(details, []).append(str(number))
    if not any(who for _, who, _ in rows) and (len(by_details) == 1 or len(by_details) * 2 <= len(rows)):
        yield from _listed(by_details, most)
        return
    heads = ("employee", "name, department", "changes")
    used = [at for at in range(3) if at == 0 or any(row[at] for row in rows)]
    yield textwrap.indent(columns([heads[at] for at in used], [[row[at] for at in used] for row in rows]), "  ")


def _listed(by_details: Mapping[str, Sequence[str]], most: int | None) -> Iterator[str]:
    """Yield the ids of employees below the details that they share, which is shorter than a line for each."""
    for details, numbers in by_details.items():
        if details:
            yield f"  {details}"
        yield f"    {'employee' if len(numbers) == 1 else 'employees'} {listed(numbers, most, '; --verbose lists all')}"


def _who(row: Row) -> str:
    text = ", ".join(part for part in (row.name, row.department) if part)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _details(row: Row) -> str:
    cells = ", ".join(_cell(cell, is_part=not row.would) for cell in row.cells)
    return "; ".join(text for text in (cells, row.reason, row.hold, row.problem, *row.notes, row.advice) if text)


def _cell(cell: Cell, *, is_part: bool) -> str:
    held = f" (held: {cell.held})" if cell.held and is_part else ""
    if cell.states is not None:
        return " -> ".join(cell.states) + held
    if cell.new is None:
        return cell.field + held
    values = f"{cell.new!r}" if cell.old is None else f"{cell.old!r} -> {cell.new!r}"
    return f"{cell.field}{held}: {values}"


def _next(report: Report) -> Iterator[str]:
    for step in next_steps(report):
        yield f"  {step.text}"
        if step.command:
            yield f"    {step.command}"


def name_value_lines(pairs: Iterable[tuple[str, object]]) -> str:
    """Return one line for each name and value; empty values are left out."""
    shown = [(name, value) for name, value in pairs if value not in (None, "")]
    size = max((len(name) for name, _ in shown), default=0)
    return "\n".join(f"  {name:<{size}}  {value}" for name, value in shown)
