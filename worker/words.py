"""Numbers with what they count."""

from __future__ import annotations


def counted(number: int, one: str, more: str = "") -> str:
    """Return a number with what it counts, in the singular or the plural: `1 account`, `2 accounts`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
