"""Dates as events: hires and leaves whose day arrives without an edit. Pure.

Whether the changed feed names somebody whose hire, termination or status date arrives is not documented. So every run
that completes a window looks at the dates of everybody once, and takes up those whose day has come since the last such
look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from worker.fields import DATES
from worker.people import day_of

_TAKES_EFFECT_WITHIN = timedelta(days=2)
"""A last day ends a day later, and the company may be up to a day behind UTC: until then BambooHR may not say it."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that count, both included; and for hires, up to when an account may be made ahead."""

    first: date
    last: date
    hired_by: date

    @classmethod
    def since(cls, last_read: date | None, opened: datetime, now: datetime, lookahead_days: int) -> Span:
        """From the last such reading (the first one: from when the window opened) until today."""
        today = now.date()
        begin = min(last_read or opened.date(), today)
        return cls(begin - _TAKES_EFFECT_WITHIN, today, today + timedelta(days=lookahead_days))


def arrived(facts: Mapping[str, str], span: Span, *, suspended: bool = False) -> bool:
    """Whether one of somebody's dates lies in the span; of whoever is suspended already only the day she returns."""
    for field in ("hire_date",) if suspended else DATES:
        day = day_of(facts, field)
        last = span.hired_by if field == "hire_date" else span.last
        if day is not None and span.first <= day <= last:
            return True
    return False


def shows_dates(facts: Mapping[str, str]) -> bool:
    """Whether BambooHR shows any of the dates, set or not."""
    return any(field in facts for field in DATES)
