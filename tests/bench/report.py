"""Tables: on a terminal, in a pipe, and as Markdown for docs/performance-and-cost.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

_WIDTH = 160


@dataclass(frozen=True)
class Table:
    """A table with a title, notes and rows of text.

    `texts`: how many of the first columns are text.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    texts: int = 1


def show(tables: Iterable[Table], *, markdown: bool) -> None:
    """Print the tables."""
    if markdown:
        print("\n\n".join(map(as_markdown, tables)))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    for table in tables:
        console.print(f"\n[bold]{table.title}[/bold]")
        shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
        for at, name in enumerate(table.columns):
            shown.add_column(name, justify="left" if at < table.texts else "right", overflow="fold")
        for row in table.rows:
            shown.add_row(*(f"[bold red]{cell}[/]" if cell == "MISSED" else cell for cell in row))
        console.print(shown)
        for note in table.notes:
            console.print(note, markup=False)


def as_markdown(table: Table) -> str:
    """Return a table and its notes as Markdown."""
    head = f"| {' | '.join(table.columns)} |"
    line = f"{'| --- ' * table.texts}{'| ---: ' * (len(table.columns) - table.texts)}|"
    rows = [f"| {' | '.join(row)} |" for row in table.rows]
    notes = [f"- {note}" for note in table.notes]
    return "\n".join([f"### {table.title}", "", head, line, *rows, *(["", *notes] if notes else [])])


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median, with the lowest and highest of several values."""
    middle = f"{statistics.median(values):,.{digits}f}"
    low, high = (f"{edge:,.{digits}f}" for edge in (min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def median(values: Iterable[float]) -> float:
    """Return the median; nan for no values."""
    values = list(values)
    return statistics.median(values) if values else float("nan")
