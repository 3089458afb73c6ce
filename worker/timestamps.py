"""Timestamps as BambooHR and Moodle write them."""

from __future__ import annotations

from datetime import UTC, datetime

NO_MOMENT = 10**11
"""Seconds since 1970: three thousand years from now; a moment in milliseconds, written by hand, is beyond it."""


def parse_moment(text: object) -> datetime | None:
    """Parse an ISO 8601 timestamp with a zone, cut to whole seconds, in UTC; None for anything else.

    Blanks around it do not count: a row that was written by hand may have a line end.

    BambooHR has answered `+00:00`, `Z` and fractional seconds; only whole seconds are in its documented list for
    `since`, and cutting it off (never rounding up) cannot skip a change.
    """
    if not isinstance(text, str) or len(text := text.strip()) < len("2026-01-01T00:00Z"):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(microsecond=0) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def iso(moment: datetime) -> str:
    """Format a moment in UTC, whole seconds, with `Z`: the form that all of BambooHR's documentation accepts."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
