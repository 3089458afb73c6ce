"""Dates as events: hires and leaves whose day arrives without an edit. Pure.

Whether the changed feed names somebody whose hire, termination or status date arrives is not documented. So every run
that completes a window looks at the dates of everybody once, and takes up those whose day has come since the last such
look.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from worker.model.employee import day_of
from worker.model.field_catalogue import DATES

_TAKES_EFFECT_WITHIN = timedelta(days=2)
"""A last day ends a day later, and the company may be up to a day behind UTC: until then BambooHR may not say it."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days that count, all included: from which on, for each kind of date; and for hires, up to when an account may
    be made ahead."""

    first: Mapping[str, date]
    last: date
    hired_by: date

    @classmethod
    def since(cls, read: Mapping[str, date], opened: datetime, now: datetime, lookahead_days: int) -> DateRange:
        """From the day up to which each kind was read last (never yet: from when the window opened) until today."""
        today = now.date()
        first = {field: min(read.get(field, opened.date()), today) for field in DATES}
        return cls(first, today, today + timedelta(days=lookahead_days))

    def read(self, shown: Container[str]) -> dict[str, date]:
        """Up to which day each kind is read now. One that was shown of nobody is read again from where it began."""
        return {field: self.last if field in shown else first for field, first in self.first.items()}


def arrived(facts: Mapping[str, str], span: DateRange) -> bool:
    """Whether one of somebody's dates lies in the span."""
    for field, first in span.first.items():
        day = day_of(facts, field)
        last = span.hired_by if field == "hire_date" else span.last
        if day is not None and first - _TAKES_EFFECT_WITHIN <= day <= last:
            return True
    return False


def shown_dates(facts: Mapping[str, str]) -> Iterator[str]:
    """The kinds of which BambooHR shows a date. One that is not set may be one that may not be seen."""
    return (field for field in DATES if facts.get(field))
