"""Whether the alarm on silence suits the schedule, and what else today's date decides about a schedule.

The alarm counts whole hours without a successful sync. Between two scheduled runs there may be as many as the longest
gap has, and up to two more, for one run takes longer than the other. CloudWatch looks back 168 hours at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from cdk_app import occurrences

_HOUR = timedelta(hours=1)
_MARGIN_HOURS = 2
# CloudWatch: period x evaluation periods may not pass seven days, and the period is one hour.
LONGEST_SILENCE_HOURS = 168
LONGEST_GAP_HOURS = LONGEST_SILENCE_HOURS - _MARGIN_HOURS


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """What an environment's file says about when the task runs and when its silence is reported."""

    nightly: str
    reconcile: str | None
    timezone: str
    silence_hours: int
    max_run_minutes: int


@dataclass(frozen=True)
class Fault:
    """A key whose value is not allowed, and why."""

    key: str
    value: str | int
    reason: str

    def __str__(self) -> str:
        value = f'"{self.value}"' if isinstance(self.value, str) else self.value
        return f"{self.key} = {value} is not allowed; {self.reason}"


def faults(schedules: Schedules, now: datetime) -> list[Fault]:
    """What makes a deploy of these schedules useless or its alarm wrong; empty where nothing does."""
    found = [
        Fault(key, expression, "it has no run after today; give it a time in the future")
        for key, expression in (("ScheduleExpression", schedules.nightly), ("ReconcileSchedule", schedules.reconcile))
        if expression is not None and occurrences.next_run(expression, schedules.timezone, now) is None
    ]
    if not found and (reason := _too_short(schedules, now)):
        found.append(Fault("SilenceHours", schedules.silence_hours, reason))
    return found


def _too_short(schedules: Schedules, now: datetime) -> str | None:
    if schedules.silence_hours == 0:
        return None
    gaps = occurrences.gaps(schedules.nightly, schedules.timezone, now)
    if gaps is None:
        return (
            "ScheduleExpression has one run only, so silence after it is not a fault; SilenceHours = 0 creates no alarm"
        )
    hours = math.ceil(gaps.longest / _HOUR)
    if hours > LONGEST_GAP_HOURS:
        return (
            f"ScheduleExpression leaves up to {hours} hours between two runs, and an alarm looks back "
            f"at most {LONGEST_SILENCE_HOURS}; SilenceHours = 0 creates no alarm"
        )
    if schedules.silence_hours < hours + _MARGIN_HOURS:
        return (
            f"ScheduleExpression leaves up to {hours} hours between two runs, so the alarm would fire without a fault; "
            f"SilenceHours = {hours + _MARGIN_HOURS} works"
        )
    return None


def warnings(schedules: Schedules, now: datetime) -> list[str]:
    """What may be intended, and is worth checking."""
    gaps = occurrences.gaps(schedules.nightly, schedules.timezone, now)
    if gaps is None or gaps.shortest >= timedelta(minutes=schedules.max_run_minutes):
        return []
    minutes = math.floor(gaps.shortest / timedelta(minutes=1))
    return [
        f"ScheduleExpression starts a run {minutes} minutes after another, and a run may take MaxRunMinutes = "
        f"{schedules.max_run_minutes}. A run that finds another in progress ends with exit code 75 and a FAILED e-mail;"
        f" set MaxRunMinutes = {minutes} or less, or a longer interval."
    ]
