"""The grammar of EventBridge Scheduler's schedule expressions: `cron(...)`, `rate(...)` and `at(...)`.

Source: the cron reference of the EventBridge user guide (six fields, their values and wildcards) and "Schedule types"
of the EventBridge Scheduler user guide. AWS publishes no formal grammar; where the guides are silent (a range that runs
backwards, `*` inside a list) the answer here is no, because a deploy that fails costs more than an expression that is
written out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_CLOCK_CHANGE_HOURS = frozenset({0, 1, 2})
_A_DAY, _STEP = 24 * 60, 15
_FIELD_COUNT = 6
_LAST_YEAR = 2199


class ScheduleExpressionError(ValueError):
    """The expression is not one that EventBridge Scheduler takes; the message says why."""


@dataclass(frozen=True, kw_only=True)
class _CronField:
    """One of the six fields: its name, its numbers, the names that stand for numbers, and its own wildcards."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    special: str = r"(?!)"
    wildcards: str = ", - * /"

    def values(self, text: str) -> frozenset[int]:
        """The numbers that `text` stands for; none for a wildcard that depends on the calendar."""
        if re.fullmatch(self.special, text):
            return frozenset()
        found: set[int] = set()
        items = text.split(",")
        for item in items:
            if item.split("/")[0] == "*" and len(items) > 1:
                raise self._fault(text, "* means every value, so nothing can be combined with it")
            found |= self._item(text, item)
        return frozenset(found)

    def _item(self, text: str, item: str) -> set[int]:
        span, slash, step_text = item.partition("/")
        step = 1
        if slash:
            if not re.fullmatch(r"[1-9][0-9]{0,3}", step_text):
                raise self._fault(text, f"{step_text!r} is no increment")
            step = int(step_text)
        if span == "*":
            return set(range(self.low, self.high + 1, step))
        first_text, dash, last_text = span.partition("-")
        first = self._number(text, first_text)
        last = self._number(text, last_text) if dash else (self.high if slash else first)
        if first > last:
            raise self._fault(text, f"the range {span} runs backwards")
        return set(range(first, last + 1, step))

    def _number(self, text: str, item: str) -> int:
        number = self.names.get(item)
        if number is None and re.fullmatch(r"[0-9]{1,4}", item):
            number = int(item)
        if number is None or not self.low <= number <= self.high:
            raise self._fault(text, f"{item!r} is none of its values")
        return number

    def _fault(self, text: str, reason: str) -> ScheduleExpressionError:
        names = f" or {next(iter(self.names))}-{list(self.names)[-1]}" if self.names else ""
        return ScheduleExpressionError(
            f"the field {self.name} is {text!r}, and {reason} "
            f"(values {self.low}-{self.high}{names}, wildcards {self.wildcards})"
        )


_FIELDS = (
    _CronField(name="minutes", low=0, high=59),
    _CronField(name="hours", low=0, high=23),
    _CronField(
        name="day-of-month", low=1, high=31, special=r"\?|L|LW|([1-9]|[12][0-9]|3[01])W", wildcards=", - * ? / L W"
    ),
    _CronField(name="month", low=1, high=12, names={name: number for number, name in enumerate(_MONTHS, 1)}),
    _CronField(
        name="day-of-week",
        low=1,
        high=7,
        names={name: number for number, name in enumerate(_DAYS, 1)},
        special=rf"\?|L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])",
        wildcards=", - * ? L #",
    ),
    _CronField(name="year", low=1970, high=_LAST_YEAR),
)


def kind(expression: str) -> str:
    """The kind of an expression: cron, rate or at."""
    return _split(expression)[0]


def cron_texts(expression: str) -> list[str]:
    """The six fields of a cron expression, as they are written."""
    return _split(expression)[1].split()


def cron_values(expression: str) -> list[frozenset[int]]:
    """The numbers that each of the six fields stands for; none where it depends on the calendar."""
    return _cron(_split(expression)[1])


def day_of_week(text: str) -> int:
    """The number of a day of the week, which is written as a number or a name; Sunday is 1."""
    return _DAYS.index(text) + 1 if text in _DAYS else int(text)


def rate_parts(expression: str) -> tuple[int, str]:
    """The number and the unit, in the singular, of a rate."""
    number, unit = _split(expression)[1].split()
    return int(number), unit.removesuffix("s")


def at_time(expression: str) -> datetime:
    """The local time of a one-time schedule."""
    return datetime.fromisoformat(_split(expression)[1])


def check(expression: str) -> None:
    """Raise `ScheduleExpressionError` unless EventBridge Scheduler takes the expression."""
    kind, body = _split(expression)
    if kind == "cron":
        _cron(body)
    elif kind == "rate":
        _rate(body)
    else:
        _at(body)


def skipped_hours(expression: str, timezone: str, year: int) -> tuple[int, ...]:
    """The hours of a cron expression that fall where a spring clock change may leave a day without them.

    EventBridge Scheduler skips a local time that does not exist (its user guide, "Daylight savings time"): that day has
    no run. Nothing is returned for a zone whose clock does not change in `year`, and for rate and at.
    """
    kind, body = _split(expression)
    return tuple(sorted(_cron(body)[1] & changed_hours(timezone, year))) if kind == "cron" else ()


def changed_hours(timezone: str, year: int) -> frozenset[int]:
    """The hours of the day that a clock change of this zone may take away; none where the clock does not change.

    The first three are always among them: most clocks change there, and when is for a parliament to say. Others are
    what the time zone database says of `year`: 03:00 to 04:00 in Helsinki, Athens and Bucharest.
    """
    zone = ZoneInfo(timezone)
    start = datetime.combine(date(year, 1, 1), datetime.min.time(), UTC)
    found: set[int] = set()
    changes = False
    for number in range(366):
        day = start + timedelta(days=number)
        if day.astimezone(zone).utcoffset() == (day + timedelta(days=1)).astimezone(zone).utcoffset():
            continue
        changes = True
        for minute in range(-_A_DAY, 2 * _A_DAY, _STEP):
            local = day.replace(tzinfo=None) + timedelta(minutes=minute)
            if local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
                found.add(local.hour)
    return frozenset(found | _CLOCK_CHANGE_HOURS) if changes else frozenset()


def may_meet(one: str, other: str) -> bool:
    """Whether two expressions may start in the same minute, now and then.

    Two crons do where no field keeps them apart; a day that depends on the calendar may be any. Two rates do: each
    counts from the moment at which its schedule was made, and one deploy makes both. Of other pairs nothing is known.
    """
    (kind, body), (other_kind, other_body) = _split(one), _split(other)
    if kind != other_kind or kind == "at":
        return False
    return kind == "rate" or all(
        not mine or not theirs or mine & theirs for mine, theirs in zip(_cron(body), _cron(other_body), strict=True)
    )


def _split(expression: str) -> tuple[str, str]:
    match = re.fullmatch(r"(cron|rate|at)\((.*)\)", expression)
    if not match:
        raise ScheduleExpressionError("it is not cron(...), rate(...) or at(...)")
    return match[1], match[2]


def _cron(body: str) -> list[frozenset[int]]:
    texts = body.split()
    if len(texts) != _FIELD_COUNT:
        raise ScheduleExpressionError(
            f"cron has six fields (minutes hours day-of-month month day-of-week year), but here are {len(texts)}"
        )
    day_of_month, day_of_week = texts[2], texts[4]
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ScheduleExpressionError("exactly one of day-of-month and day-of-week must be ?")
    return [cron_field.values(text) for cron_field, text in zip(_FIELDS, texts, strict=True)]


def _rate(body: str) -> None:
    match = re.fullmatch(r"([1-9][0-9]{0,5}) (minute|hour|day)(s?)", body)
    if not match or (match[1] == "1") == bool(match[3]):
        raise ScheduleExpressionError(
            "rate is a positive number of up to six digits and minutes, hours or days (in the singular after 1), "
            "as in rate(1 day)"
        )


def _at(body: str) -> None:
    try:
        shaped = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body)
        if shaped and datetime.fromisoformat(body).year <= _LAST_YEAR:
            return
    except ValueError:
        pass
    raise ScheduleExpressionError("at is a local time as in at(2030-01-31T02:30:00)")
