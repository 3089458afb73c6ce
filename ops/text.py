"""Names with values, and times, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, a line each; an empty value is left out."""
    shown = [(name, str(value)) for name, value in pairs if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in shown)


def moment(value: datetime | float | None) -> str:
    """A time in UTC, to the second."""
    if value is None:
        return ""
    when = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
