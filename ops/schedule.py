"""Stop the nights, and let them go on: `pause` and `resume`. The silence alarm follows, or it would call every day."""

from __future__ import annotations

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
        teaches="Disables the schedule and the actions of the silence alarm. A run that is at work goes on; `run` "
        "still works. A deploy that changes the schedule or the task enables the schedule again: say resume "
        "after it, or pause again.",
    )
    add_verb(
        verbs,
        "resume",
        resume,
        summary="let the nights and the silence alarm go on",
        teaches="Enables the schedule and the actions of the silence alarm. What changed meanwhile is read in the "
        "next run.",
    )


def pause(context: Context) -> int:
    """Disable both."""
    _set_schedule(context, "DISABLED")
    # The schedule first: nights without an alarm would be worse than an alarm without nights.
    context.client("cloudwatch").disable_alarm_actions(AlarmNames=[context.deployment.silence_alarm_name])
    context.terminal.say(
        f"The schedule of {context.env} is paused, and the silence alarm mails nobody.\n"
        f"Go on with: make resume {context.in_env}"
    )
    return OpsExit.DONE


def resume(context: Context) -> int:
    """Enable both."""
    alarm_name = context.deployment.silence_alarm_name
    cloudwatch = context.client("cloudwatch")
    cloudwatch.enable_alarm_actions(AlarmNames=[alarm_name])
    schedule = _set_schedule(context, "ENABLED")
    context.terminal.say(
        f"The schedule of {context.env} is on: {schedule['ScheduleExpression']}, "
        f"{schedule.get('ScheduleExpressionTimezone', 'UTC')}. The silence alarm is on."
    )
    alarms = cloudwatch.describe_alarms(AlarmNames=[alarm_name])["MetricAlarms"]
    if any(alarm["StateValue"] == "ALARM" for alarm in alarms):
        context.terminal.remark(
            "The silence alarm is in ALARM already, and mails only when that changes: until a clean night it is mute.\n"
            f"Run one now: make run {context.in_env}"
        )
    return OpsExit.DONE


def _set_schedule(context: Context, state: str) -> dict[str, Any]:
    """An update replaces the whole definition, so it is read back first and only its state is changed."""
    scheduler = context.client("scheduler")
    found = scheduler.get_schedule(
        Name=context.deployment.schedule_name, GroupName=context.deployment.schedule_group_name
    )
    definition = {name: value for name, value in found.items() if name not in _NOT_WRITABLE and value is not None}
    if definition.get("State") != state:
        scheduler.update_schedule(**{**definition, "State": state})
    return definition
