"""Dates that take effect without an edit: hires, terminations and status changes. Pure.

BambooHR does not document whether the changed feed lists an employee whose date arrives. So every run that completes a
window reads the dates of all employees, and adds the employees whose date has arrived since the last such read.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from worker.model.employee import day_of
from worker.model.field_catalogue import DATES

_TAKES_EFFECT_WITHIN = timedelta(days=2)
"""BambooHR may apply a last day only when it ends: one day later, or up to two if the company is behind UTC."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days from `first`, by date field, to `last`, included; for hire dates to `last_hire_date` (look-ahead)."""

    first: Mapping[str, date]
    last: date
    last_hire_date: date

    @classmethod
    def from_last_read(cls, read: Mapping[str, date], since: datetime, now: datetime, lookahead_days: int) -> DateRange:
        """Return the range from the day up to which each date field was `read` until today.

        For a field that was never read, it starts at `since`, the start of the window. `lookahead_days`: how many days
        before the hire date an account may be created.
        """
        today = now.date()
        first = {field: min(read.get(field, since.date()), today) for field in DATES}
        return cls(first, today, today + timedelta(days=lookahead_days))

    def read_up_to(self, shown: Container[str]) -> dict[str, date]:
        """Return the day up to which each date field is read. A field not `shown` is read again from the same day."""
        return {field: self.last if field in shown else first for field, first in self.first.items()}


def arrived(facts: Mapping[str, str], date_range: DateRange) -> bool:
    """Return whether one of the employee's dates takes effect in the range, up to two days after it."""
    for field, first in date_range.first.items():
        day = day_of(facts, field)
        last = date_range.last_hire_date if field == "hire_date" else date_range.last
        if day is not None and first - _TAKES_EFFECT_WITHIN <= day <= last:
            return True
    return False


def shown_dates(facts: Mapping[str, str]) -> Iterator[str]:
    """Return the fields with a date that can be read. A field without one may be hidden from the key."""
    return (field for field in DATES if day_of(facts, field))
