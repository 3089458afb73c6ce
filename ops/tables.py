"""Facts and moments in text, the same on a terminal, in a file and in a mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


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
