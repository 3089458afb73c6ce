"""Checks of the schedules that depend on the present time: whether they have runs, and whether the alarms suit them.

The silence alarm counts whole hours without a successful sync. Between two scheduled runs there are as many as their
longest gap has, and up to two more, because one run takes longer than the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from cdk_app import occurrences
from cdk_app.allowed_values import LONGEST_SILENCE_HOURS
from cdk_app.parameters import Parameters

_MARGIN_HOURS = 2
# The year whose clock changes are considered; a fixed one keeps a synthesis repeatable.
_SAMPLE_YEAR = 2026


def faults(parameters: Parameters, now: datetime) -> list[str]:
    """Return the faults of the schedules at the time `now`: no future run, or hours of silence that do not fit."""
    found = [
        f'{key} = "{expression}" is not allowed; it has no run after today; give it a time in the future'
        for key, expression in _expressions(parameters).items()
        if occurrences.next_run(expression, parameters.schedule_timezone, now) is None
    ]
    if not found and (reason := _silence_too_short(parameters, now)):
        found.append(f"SilenceHours = {parameters.silence_hours} is not allowed; {reason}")
    return found


def warnings(parameters: Parameters, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of a warning for what may be intended, but is worth checking."""
    expressions = _expressions(parameters)
    for key, expression in expressions.items():
        yield from _clock_change(key, expression, parameters.schedule_timezone)
    if parameters.reconcile_schedule and occurrences.may_coincide(*expressions.values()):
        yield (
            "lxp-sync:schedules-meet",
            "ReconcileSchedule and ScheduleExpression may start in the same minute. Of two runs at once only one "
            "does its work; give ReconcileSchedule an hour at which no scheduled sync is running.",
        )
    gaps = occurrences.gaps(parameters.schedule_expression, parameters.schedule_timezone, now)
    if gaps and gaps.shortest < timedelta(minutes=parameters.max_run_minutes):
        minutes = math.floor(gaps.shortest / timedelta(minutes=1))
        yield (
            "lxp-sync:runs-overlap",
            f"ScheduleExpression starts a run {minutes} minutes after another, and a run may take MaxRunMinutes = "
            f"{parameters.max_run_minutes}. A run that finds another in progress ends with exit code 75 and a FAILED "
            f"e-mail; set MaxRunMinutes = {minutes} or less, or a longer interval.",
        )


def _expressions(parameters: Parameters) -> dict[str, str]:
    both = {
        "ScheduleExpression": parameters.schedule_expression,
        "ReconcileSchedule": parameters.reconcile_schedule,
    }
    return {key: expression for key, expression in both.items() if expression is not None}


def _silence_too_short(parameters: Parameters, now: datetime) -> str:
    """Return why the silence alarm would fire without a fault; "" if it would not."""
    if parameters.silence_hours == 0:
        return ""
    gaps = occurrences.gaps(parameters.schedule_expression, parameters.schedule_timezone, now)
    if gaps is None:
        return (
            "ScheduleExpression has one run only, so silence after it is not a fault; SilenceHours = 0 creates no alarm"
        )
    hours = math.ceil(gaps.longest / timedelta(hours=1))
    needed = hours + _MARGIN_HOURS
    if needed > LONGEST_SILENCE_HOURS:
        return (
            f"ScheduleExpression leaves up to {hours} hours between two runs, and an alarm looks back "
            f"at most {LONGEST_SILENCE_HOURS}; SilenceHours = 0 creates no alarm"
        )
    if parameters.silence_hours < needed:
        return (
            f"ScheduleExpression leaves up to {hours} hours between two runs, so the alarm would fire without a fault; "
            f"SilenceHours = {needed} works"
        )
    return ""


def _clock_change(key: str, expression: str, timezone: str) -> Iterator[tuple[str, str]]:
    hours = occurrences.skipped_hours(expression, timezone, _SAMPLE_YEAR)
    if hours:
        unsafe = occurrences.changed_hours(timezone, _SAMPLE_YEAR)
        safe = next(hour for hour in range(3, 24) if hour not in unsafe)
        yield (
            "lxp-sync:clock-change",
            f"{key} runs in hour {', '.join(map(str, hours))} of {timezone}. On the day that the clocks go forward "
            f"a local time that does not exist has no run; choose one in hour {safe}, or accept it.",
        )
