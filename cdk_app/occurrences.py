"""When a schedule runs, and how far apart its runs are.

Source: the cron reference of the EventBridge user guide, and "Daylight savings time" of the EventBridge Scheduler user
guide: a local time that does not exist on a day has no run, one that exists twice has one.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cdk_app import schedule_expression

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
# Two years have every pair of weekdays, month ends and clock changes that a gap can span.
_LOOKED_AT = timedelta(days=2 * 366)
_SATURDAY, _SUNDAY = 5, 6
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Gaps:
    """The shortest and the longest time from one run to the next."""

    shortest: timedelta
    longest: timedelta


@dataclass(frozen=True)
class _Cron:
    """A cron expression's fields: numbers, and the texts of the two that can depend on the calendar."""

    minutes_of_day: tuple[int, ...]
    days_of_month: frozenset[int]
    day_of_month: str
    months: frozenset[int]
    days_of_week: frozenset[int]
    day_of_week: str
    years: frozenset[int]

    @classmethod
    def of(cls, expression: str) -> _Cron:
        texts = schedule_expression.cron_texts(expression)
        minutes, hours, days_of_month, months, days_of_week, years = schedule_expression.cron_values(expression)
        return cls(
            minutes_of_day=tuple(sorted(hour * 60 + minute for hour in hours for minute in minutes)),
            days_of_month=days_of_month,
            day_of_month=texts[2],
            months=months,
            days_of_week=days_of_week,
            day_of_week=texts[4],
            years=years,
        )

    def days(self, first: date) -> Iterator[date]:
        """The days with a run, from `first` on."""
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self._runs_on(day):
                        yield day

    def _runs_on(self, day: date) -> bool:
        return self._matches_month(day) if self.day_of_week == "?" else self._matches_week(day)

    def _matches_month(self, day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        if self.day_of_month == "L":
            return day.day == last
        if self.day_of_month.endswith("W"):
            wanted = last if self.day_of_month == "LW" else int(self.day_of_month[:-1])
            return wanted <= last and day == _nearest_weekday(day.replace(day=wanted), last)
        return day.day in self.days_of_month

    def _matches_week(self, day: date) -> bool:
        # Sunday is 1 for EventBridge, and 6 for Python.
        number = (day.weekday() + 1) % 7 + 1
        text = self.day_of_week
        if text == "L":
            return day.weekday() == _SATURDAY
        if text.endswith("L"):
            return schedule_expression.day_of_week(text[:-1]) == number and (day + 7 * _DAY).month != day.month
        if "#" in text:
            name, _, place = text.partition("#")
            return schedule_expression.day_of_week(name) == number and (day.day - 1) // 7 + 1 == int(place)
        return number in self.days_of_week


def _nearest_weekday(day: date, last: int) -> date:
    """The working day nearest to a day, in the same month."""
    if day.weekday() == _SATURDAY:
        return day - _DAY if day.day > 1 else day + 2 * _DAY
    if day.weekday() == _SUNDAY:
        return day + _DAY if day.day < last else day - 2 * _DAY
    return day


def next_run(expression: str, timezone: str, now: datetime) -> datetime | None:
    """The first run after `now`, None where there is none; of a rate, one interval from now."""
    return next(_moments(expression, ZoneInfo(timezone), now), None)


def gaps(expression: str, timezone: str, now: datetime) -> Gaps | None:
    """How far apart the runs after `now` are; None where at most one is to come."""
    if schedule_expression.kind(expression) == "rate":
        interval = _interval(expression)
        return Gaps(interval, interval)
    moments = _moments(expression, ZoneInfo(timezone), now)
    first = next(moments, None)
    second = next(moments, None)
    if first is None or second is None:
        return None
    shortest = longest = second - first
    for earlier, later in pairwise(_until(first + _LOOKED_AT, second, moments)):
        shortest, longest = min(shortest, later - earlier), max(longest, later - earlier)
    return Gaps(shortest, longest)


def _until(end: datetime, first: datetime, rest: Iterator[datetime]) -> Iterator[datetime]:
    yield first
    for moment in rest:
        if moment > end:
            return
        yield moment


def _interval(expression: str) -> timedelta:
    number, unit = schedule_expression.rate_parts(expression)
    return number * _UNITS[unit]


def _moments(expression: str, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    kind = schedule_expression.kind(expression)
    if kind == "rate":
        yield now + _interval(expression)
        return
    if kind == "at":
        moment = schedule_expression.at_time(expression).replace(tzinfo=zone).astimezone(UTC)
        if moment > now:
            yield moment
        return
    cron = _Cron.of(expression)
    for day in cron.days(now.astimezone(zone).date()):
        yield from (moment for moment in _of_day(day, cron.minutes_of_day, zone) if moment > now)


def _of_day(day: date, minutes: tuple[int, ...], zone: ZoneInfo) -> list[datetime]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    tomorrow = midnight + _DAY
    if midnight.utcoffset() == tomorrow.utcoffset():
        start = midnight.astimezone(UTC)
        return [start + minute * _MINUTE for minute in minutes]
    found = []
    for minute in minutes:
        local = midnight + minute * _MINUTE
        moment = local.astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            found.append(moment)
    return sorted(found)
