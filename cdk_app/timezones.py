"""The IANA time zones that EventBridge Scheduler can be given."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

# Entries of a system's database that are no place.
_NO_PLACES = frozenset({"localtime", "Factory"})


@cache
def names() -> frozenset[str]:
    """Every zone; read once, for it takes a walk through the database's files."""
    return frozenset(available_timezones() - _NO_PLACES)


def is_timezone(text: str) -> bool:
    """Whether the text names a zone."""
    return text in names()
