"""When a schedule starts runs, how far apart they are, and which of them a clock change or another schedule affects.

Source: the cron reference of the EventBridge user guide, and "Daylight savings time" of the EventBridge Scheduler user
guide: a local time that does not exist on a day has no run, and one that exists twice has one.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise, takewhile
from zoneinfo import ZoneInfo

from cdk_app.schedule_expression import At, Cron, Rate, day_of_week, parse

_QUARTER, _DAY = timedelta(minutes=15), timedelta(days=1)
_QUARTERS = _DAY // _QUARTER
# Two years contain every pair of weekdays, month ends and clock changes that two runs can be apart.
_HORIZON = timedelta(days=2 * 366)
_SATURDAY, _SUNDAY = 5, 6
# Most clock changes take one of these hours away.
_USUAL_CLOCK_CHANGE_HOURS = frozenset({0, 1, 2})


@dataclass(frozen=True)
class Gaps:
    """The shortest and the longest time from one run to the next."""

    shortest: timedelta
    longest: timedelta


def next_run(expression: str, timezone: str, now: datetime) -> datetime | None:
    """Return the first run after `now`, None if there is none; for a rate, one interval from now."""
    return next(_runs(parse(expression), ZoneInfo(timezone), now), None)


def gaps(expression: str, timezone: str, now: datetime) -> Gaps | None:
    """Return how far apart the runs after `now` are; None if there is at most one."""
    schedule = parse(expression)
    if isinstance(schedule, Rate):
        return Gaps(schedule.interval, schedule.interval)
    runs = _runs(schedule, ZoneInfo(timezone), now)
    first, second = next(runs, None), next(runs, None)
    if first is None or second is None:
        return None
    end = first + _HORIZON
    considered = chain([first, second], takewhile(lambda run: run <= end, runs))
    differences = {later - earlier for earlier, later in pairwise(considered)}
    return Gaps(min(differences), max(differences))


def may_coincide(one: str, other: str) -> bool:
    """Return whether two expressions may sometimes start runs in the same minute.

    Two crons may unless a field rules it out; a day that depends on the calendar may be any day. Two rates may: each
    is counted from the moment its schedule was created, and one deploy creates both. Other pairs are not compared.
    """
    first, second = parse(one), parse(other)
    if isinstance(first, Cron) and isinstance(second, Cron):
        fields = zip(first.values, second.values, strict=True)
        return all(not mine or not theirs or mine & theirs for mine, theirs in fields)
    return isinstance(first, Rate) and isinstance(second, Rate)


def skipped_hours(expression: str, timezone: str, year: int) -> tuple[int, ...]:
    """Return the hours of a cron expression in which a clock change may leave a day without its run.

    A local time that does not exist has no run. Empty for a rate, for a single run, and for a zone whose clocks do not
    change in `year`.
    """
    schedule = parse(expression)
    if not isinstance(schedule, Cron):
        return ()
    return tuple(sorted(schedule.values[1] & changed_hours(timezone, year)))


def changed_hours(timezone: str, year: int) -> frozenset[int]:
    """Return the hours of the day that a clock change of this zone may take away; none if its clocks do not change.

    The usual ones are always included, because governments change the rules. Others are those that the time zone
    database has for `year`: 03:00 to 04:00 in Helsinki, Athens and Bucharest.
    """
    zone = ZoneInfo(timezone)
    found: set[int] = set()
    for number in range(366):
        day = datetime(year, 1, 1, tzinfo=UTC) + number * _DAY
        if day.astimezone(zone).utcoffset() == (day + _DAY).astimezone(zone).utcoffset():
            continue
        # The day is one of UTC, so the local change may be on the day before or after.
        quarters = (day.replace(tzinfo=zone) + quarter * _QUARTER for quarter in range(-_QUARTERS, 2 * _QUARTERS))
        found |= _USUAL_CLOCK_CHANGE_HOURS | {time.hour for time in quarters if not _exists(time)}
    return frozenset(found)


def _exists(local: datetime) -> bool:
    """Return whether the clocks of its zone show the local time; a clock change may skip it."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)


def _runs(schedule: Cron | Rate | At, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """Yield the runs after `now` in UTC; of a rate, only the one that is an interval from now."""
    if isinstance(schedule, Rate):
        yield now + schedule.interval
    elif isinstance(schedule, At):
        run = schedule.time.replace(tzinfo=zone).astimezone(UTC)
        if run > now:
            yield run
    else:
        minutes, hours, *_ = schedule.values
        times = sorted(timedelta(hours=hour, minutes=minute) for hour in hours for minute in minutes)
        for day in _days(schedule, now.astimezone(zone).date()):
            yield from (run for run in _runs_of_day(day, times, zone) if run > now)


def _runs_of_day(day: date, times: Sequence[timedelta], zone: ZoneInfo) -> list[datetime]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    if midnight.utcoffset() == (midnight + _DAY).utcoffset():
        start = midnight.astimezone(UTC)
        return [start + time for time in times]
    return sorted(local.astimezone(UTC) for time in times if _exists(local := midnight + time))


def _days(cron: Cron, first: date) -> Iterator[date]:
    """Yield the days with a run, from `first` on."""
    *_, months, _, years = cron.values
    for year in sorted(year for year in years if year >= first.year):
        for month in sorted(months):
            for number in range(1, calendar.monthrange(year, month)[1] + 1):
                day = date(year, month, number)
                if day >= first and _runs_on(cron, day):
                    yield day


def _runs_on(cron: Cron, day: date) -> bool:
    by_month, by_week = cron.texts[2], cron.texts[4]
    if by_week == "?":
        return _matches_month(by_month, cron.values[2], day)
    return _matches_week(by_week, cron.values[4], day)


def _matches_month(text: str, days: Set[int], day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if text == "L":
        return day.day == last
    if text.endswith("W"):
        wanted = last if text == "LW" else int(text[:-1])
        return wanted <= last and day == _nearest_weekday(day.replace(day=wanted), last)
    return day.day in days


def _matches_week(text: str, days: Set[int], day: date) -> bool:
    # Sunday is 1 for EventBridge, and 6 for Python.
    number = (day.weekday() + 1) % 7 + 1
    if text == "L":
        return day.weekday() == _SATURDAY
    if text.endswith("L"):
        return day_of_week(text[:-1]) == number and (day + 7 * _DAY).month != day.month
    if "#" in text:
        name, _, place = text.partition("#")
        return day_of_week(name) == number and (day.day - 1) // 7 + 1 == int(place)
    return number in days


def _nearest_weekday(day: date, last: int) -> date:
    """Return the weekday (Monday to Friday) nearest to a day, in the same month."""
    if day.weekday() == _SATURDAY:
        return day - _DAY if day.day > 1 else day + 2 * _DAY
    if day.weekday() == _SUNDAY:
        return day + _DAY if day.day < last else day - 2 * _DAY
    return day
