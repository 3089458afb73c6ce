"""Stop the schedules, and let them go on: `pause` and `resume`.

The silence alarm follows, or it would call every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ops.errors import OpsExit
from ops.verbs import Context, add_verb

if TYPE_CHECKING:
    from ops.verbs import Parsers

_NOT_WRITABLE = frozenset({"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"})


def add(verbs: Parsers) -> None:
    """`pause` and `resume`."""
    add_verb(
        verbs,
        "pause",
        pause,
        summary="no more nights until resume; the silence alarm keeps quiet too",
        teaches="Disables the schedules (of the nights and, where there is one, of the reconcile) and the actions of "
        "the silence alarm. A run that is at work goes on; `run` still works. A deploy that changes a schedule or "
        "the task enables the schedules again: say resume after it, or pause again.",
    )
    add_verb(
        verbs,
        "resume",
        resume,
        summary="let the nights and the silence alarm go on",
        teaches="Enables the schedules and the actions of the silence alarm. What changed meanwhile is read in the "
        "next run.",
    )


def pause(context: Context) -> int:
    """Disable them."""
    found = _set_schedules(context, "DISABLED")
    # The schedules first: nights without an alarm would be worse than an alarm without nights.
    context.client("cloudwatch").disable_alarm_actions(AlarmNames=[context.deployment.silence_alarm_name])
    context.terminal.say(
        f"{_subject(context, found)} paused, and the silence alarm mails nobody.\n"
        f"Go on with: make resume {context.in_env}"
    )
    return OpsExit.DONE


def resume(context: Context) -> int:
    """Enable them."""
    alarm_name = context.deployment.silence_alarm_name
    cloudwatch = context.client("cloudwatch")
    cloudwatch.enable_alarm_actions(AlarmNames=[alarm_name])
    found = _set_schedules(context, "ENABLED")
    times = "; ".join(
        f"{schedule['ScheduleExpression']}, {schedule.get('ScheduleExpressionTimezone', 'UTC')}" for schedule in found
    )
    context.terminal.say(f"{_subject(context, found)} on: {times}. The silence alarm is on.")
    alarms = cloudwatch.describe_alarms(AlarmNames=[alarm_name])["MetricAlarms"]
    if any(alarm["StateValue"] == "ALARM" for alarm in alarms):
        context.terminal.remark(
            "The silence alarm is in ALARM already, and mails only when that changes: until a clean night it is mute.\n"
            f"Run one now: make run {context.in_env}"
        )
    return OpsExit.DONE


def _subject(context: Context, found: Sequence[object]) -> str:
    return f"The schedule of {context.env} is" if len(found) == 1 else f"Both schedules of {context.env} are"


def _set_schedules(context: Context, state: str) -> list[dict[str, Any]]:
    return [_set_schedule(context, name, state) for name in context.deployment.schedule_names]


def _set_schedule(context: Context, name: str, state: str) -> dict[str, Any]:
    """An update replaces the whole definition, so it is read back first and only its state is changed."""
    scheduler = context.client("scheduler")
    found = scheduler.get_schedule(Name=name, GroupName=context.deployment.schedule_group_name)
    definition = {key: value for key, value in found.items() if key not in _NOT_WRITABLE and value is not None}
    if definition.get("State") != state:
        scheduler.update_schedule(**{**definition, "State": state})
    return definition
