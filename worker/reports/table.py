"""A plan as a text table, for a terminal or a file."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from worker.reports.groups import Group, kinds
from worker.reports.next_steps import approve_class, next_steps
from worker.reports.report import PRODUCT, Cell, HeldClass, Report, Row, utc
from worker.words import counted, listed

_NARROWEST = 24


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
        parts[-1] = wrap(row[-1], widths[-1]) if width else [row[-1]]
        for cells in itertools.zip_longest(*parts, fillvalue=""):
            aligned = (
                cell.rjust(size) if to_right else cell.ljust(size)
                for cell, size, to_right in zip(cells, widths, right, strict=True)
            )
            lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def table(report: Report, width: int = 0, most: int | None = None) -> str:
    """Return the report as text: what was read, what is held, the rows by reason, and the next commands to type.

    Args:
        width: The width of a line; 0 is no limit.
        most: The most ids in one list; None is no limit.
    """
    return _text([[*_head(report)], *_body(report, width, most), ["Next:", *_next(report)]], width)


def changes(report: Report, width: int = 0, most: int | None = None) -> str:
    """Return only what would be done, for a reader who is about to confirm it."""
    return _text(_body(report, width, most), width)


def _body(report: Report, width: int, most: int | None) -> list[list[str]]:
    groups = [group for kind in kinds(report) for group in kind.groups]
    return [
        [_figures(report)],
        *([*_held(one)] for one in report.held),
        *([*_group(group, width, most)] for group in groups),
    ]


def _text(paragraphs: Iterable[Iterable[str]], width: int) -> str:
    return "\n\n".join("\n".join(_wrapped(line, width) for line in lines) for lines in paragraphs)


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
    yield _Whole(f"    {approve_class(one.guard)}")


def _group(group: Group, width: int, most: int | None) -> Iterator[str]:
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
    text = columns([heads[at] for at in used], [[row[at] for at in used] for row in rows], max(width - 2, 0))
    yield _Whole(textwrap.indent(text, "  "))


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
            yield _Whole(f"    {step.command}")


class _Whole(str):
    """Lines that are not wrapped: a command to copy, or a table that fits."""


def _wrapped(line: str, width: int) -> str:
    if not width or isinstance(line, _Whole):
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    own = line[: len(line) - len(line.lstrip())]
    return "\n".join(wrap(line.lstrip(), max(width, _NARROWEST), first=own, rest=indent))


_COMMAND = re.compile(r"(?:\./lxp|python -m worker)(?: [^\s;,]*[^\s;,.])+")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def name_value_lines(pairs: Iterable[tuple[str, object]], width: int = 0) -> str:
    """Return one line for each name and value; empty values are left out.

    A long value continues below its beginning, unless the width (0: no limit) leaves too little room.
    """
    shown = [(name, str(value)) for name, value in pairs if value not in (None, "")]
    size = max((len(name) for name, _ in shown), default=0)
    is_wide = width - size - 4 < _NARROWEST
    return "\n".join(
        f"  {name:<{size}}  {value}"
        if is_wide
        else "\n".join(wrap(value, width, first=f"  {name:<{size}}  ", rest=" " * (size + 4)))
        for name, value in shown
    )


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Return the text in lines. A command or a word that is longer than a line stays whole.

    Args:
        width: The width of a line, its indent included.
        first: The beginning of the first line.
        rest: The beginning of every other line.
    """
    bound = _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(
        bound, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_NO_BREAK, " ") for line in lines] or [first]
