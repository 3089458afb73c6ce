"""Formats numbers with what they count, durations, and lists of ids."""

from __future__ import annotations

from collections.abc import Sequence

MOST_SHOWN = 20
"""The most employees, or lines of one kind, that a reader at a terminal is shown without `--verbose`."""


def counted(number: int, one: str, more: str = "") -> str:
    """Return a number with what it counts, in the singular or the plural: `1 account`, `2 accounts`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


_DAY = 86400
_UNITS = (("days", _DAY, 2 * _DAY), ("hours", 3600, 7200), ("minutes", 60, 600))
"""Each unit with its length and the shortest time that is given in it."""


def duration(seconds: float) -> str:
    """Return a time in words, as precise as a reader needs it: `45 s`, `15 minutes`, `26 days`."""
    if seconds > 366 * _DAY:
        return "more than a year"
    for unit, length, shortest in _UNITS:
        if seconds >= shortest:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def employees_named(ids: Sequence[int]) -> str:
    """Return the employees by their ids: `employee 7`, `employees 7, 9`."""
    return f"employee{'s' if len(ids) > 1 else ''} {listed(ids)}"


def listed(items: Sequence[object], most: int | None = MOST_SHOWN, where: str = "") -> str:
    """Return the items with commas: at most `most` (None: all), then how many more there are, and where they are."""
    text = ", ".join(map(str, items[:most]))
    more = 0 if most is None else len(items) - most
    return f"{text} and {more:,} more{where}" if more > 0 else text
