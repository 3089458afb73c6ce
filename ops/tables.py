"""Text in columns, the same on a terminal, in a file and in a mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime


def columns(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table: texts to the left, numbers to the right."""
    body = [list(row) for row in rows]
    shown = [list(heads), *([str(cell) for cell in row] for row in body)]
    widths = [max(len(row[at]) for row in shown) for at in range(len(heads))]
    right = [bool(body) and all(isinstance(row[at], (int, float)) for row in body) for at in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in shown
    )


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values below each other; what is empty is left out."""
    told = [(name, str(value)) for name, value in pairs if value not in (None, "")]
    width = max((len(name) for name, _ in told), default=0)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in told)


def moment(value: datetime | float | None) -> str:
    """A moment in UTC, to the second."""
    if value is None:
        return ""
    when = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
