"""The grammar of EventBridge Scheduler's schedule expressions: `cron(...)`, `rate(...)` and `at(...)`.

Source: the cron reference of the EventBridge user guide (six fields, their values and wildcards) and "Schedule types"
of the EventBridge Scheduler user guide. AWS publishes no formal grammar; where the guides are silent (a range that runs
backwards, `*` inside a list), an expression is refused here, because a deploy that fails costs more than an expression
that is written out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class ScheduleExpressionError(ValueError):
    """The expression is not one that EventBridge Scheduler accepts; the message says why."""


@dataclass(frozen=True)
class Cron:
    """The fields of a cron expression: minutes, hours, day of month, month, day of week, year.

    Attributes:
        texts: The fields as written.
        values: The numbers that each field stands for; empty if they depend on the calendar, as for `L`.
    """

    texts: tuple[str, ...]
    values: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Rate:
    """A rate expression."""

    interval: timedelta


@dataclass(frozen=True)
class At:
    """The expression of a single run, at a local time."""

    time: datetime


@dataclass(frozen=True, kw_only=True)
class _CronField:
    """One of the six fields.

    Attributes:
        names: The names that stand for numbers.
        special: The pattern of the values that depend on the calendar.
        wildcards: The wildcards, for messages.
    """

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    special: str = r"(?!)"
    wildcards: str = ", - * /"

    def values(self, text: str) -> frozenset[int]:
        """Return the numbers that the text stands for; none if they depend on the calendar."""
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
    _CronField(name="year", low=_FIRST_YEAR, high=_LAST_YEAR),
)


def parse(expression: str) -> Cron | Rate | At:
    """Return what an expression says.

    Raises:
        ScheduleExpressionError: EventBridge Scheduler does not accept the expression.
    """
    match = re.fullmatch(r"(cron|rate|at)\((.*)\)", expression)
    if not match:
        raise ScheduleExpressionError("it is not cron(...), rate(...) or at(...)")
    parsers: Mapping[str, Callable[[str], Cron | Rate | At]] = {"cron": _cron, "rate": _rate, "at": _at}
    return parsers[match[1]](match[2])


def day_of_week(text: str) -> int:
    """Return the number of a day of the week, which is written as a number or a name; Sunday is 1."""
    return _DAYS.index(text) + 1 if text in _DAYS else int(text)


def _cron(body: str) -> Cron:
    texts = tuple(body.split())
    if len(texts) != len(_FIELDS):
        raise ScheduleExpressionError(
            f"cron has six fields (minutes hours day-of-month month day-of-week year), but here are {len(texts)}"
        )
    day_of_month, day_of_week = texts[2], texts[4]
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ScheduleExpressionError("exactly one of day-of-month and day-of-week must be ?")
    return Cron(texts, tuple(cron_field.values(text) for cron_field, text in zip(_FIELDS, texts, strict=True)))


def _rate(body: str) -> Rate:
    match = re.fullmatch(r"([1-9][0-9]{0,5}) (minute|hour|day)(s?)", body)
    if not match or (match[1] == "1") == bool(match[3]):
        raise ScheduleExpressionError(
            "rate is a positive number of up to six digits and minutes, hours or days (in the singular after 1), "
            "as in rate(1 day)"
        )
    return Rate(int(match[1]) * _UNITS[match[2]])


def _at(body: str) -> At:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body):
            time = datetime.fromisoformat(body)
            if _FIRST_YEAR <= time.year <= _LAST_YEAR:
                return At(time)
    except ValueError:
        pass
    raise ScheduleExpressionError("at is a local time as in at(2030-01-31T02:30:00)")
