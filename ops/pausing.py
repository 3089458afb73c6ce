"""`pause` and `resume`: the item in the state table, the schedules, and the silence alarm with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ops import paused
from ops.context import Context, add_operation
from worker import advice
from worker.commands.base import Parsers
from worker.errors import ExitCode

_NOT_WRITABLE = frozenset({"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"})


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    add_operation(
        parsers,
        "pause",
        pause,
        summary="stop scheduled runs until resume; mute the silence alarm",
        teaches="Records the pause in the state table, and disables the schedules (of the sync and, if there is one, "
        "of the reconcile) and\nthe actions of the silence alarm. A task that is running continues; `sync` still "
        "works, and warns. The pause survives a\ndeploy: if the deploy enables a schedule again, its runs end "
        "immediately with the outcome paused.",
    )
    add_operation(
        parsers,
        "resume",
        resume,
        summary="enable the scheduled runs and the silence alarm again",
        teaches="Enables the actions of the silence alarm and the schedules, and ends the pause. The next run reads"
        " the changes since\nthe pause began.",
    )


def pause(context: Context) -> int:
    """Note the pause, disable the schedules, then the alarm."""
    # In this order: an alarm without runs is better than runs without an alarm.
    paused.begin(context.aws, context.deployment, datetime.fromtimestamp(context.pace.clock(), UTC))
    names = [schedule["Name"] for schedule in _set_schedules(context, "DISABLED")]
    alarm = context.deployment.silence_alarm_name
    if alarm:
        context.client("cloudwatch").disable_alarm_actions(AlarmNames=[alarm])
    context.terminal.print(
        f"Disabled in {context.environment}: {', '.join(names)}.{' The silence alarm is muted.' if alarm else ''}\n"
        f"A deploy does not end the pause. To resume: {advice.command('resume')}"
    )
    return ExitCode.OK


def resume(context: Context) -> int:
    """Enable the alarm, then the schedules; then end the pause."""
    alarm, cloudwatch = context.deployment.silence_alarm_name, context.client("cloudwatch")
    if alarm:
        cloudwatch.enable_alarm_actions(AlarmNames=[alarm])
    times = [
        f"{schedule['Name']} ({schedule['ScheduleExpression']}, {schedule.get('ScheduleExpressionTimezone', 'UTC')})"
        for schedule in _set_schedules(context, "ENABLED")
    ]
    paused.end(context.aws, context.deployment)
    context.terminal.print(
        f"Enabled in {context.environment}: {', '.join(times)}.{' The silence alarm is on.' if alarm else ''}"
    )
    if alarm and _is_in_alarm(cloudwatch, alarm):
        context.terminal.note(
            "The silence alarm is in ALARM. It sends an e-mail only when that changes, after a successful run.\n"
            f"Start one now: {advice.command('sync')}"
        )
    return ExitCode.OK


def _is_in_alarm(cloudwatch: Any, name: str) -> bool:
    alarms = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return any(alarm["StateValue"] == "ALARM" for alarm in alarms)


def _set_schedules(context: Context, state: str) -> list[dict[str, Any]]:
    return [_set_schedule(context, name, state) for name in context.deployment.schedule_names]


def _set_schedule(context: Context, name: str, state: str) -> dict[str, Any]:
    """Change the state alone: an update replaces the whole definition, so it is read first."""
    scheduler = context.client("scheduler")
    found = scheduler.get_schedule(Name=name, GroupName=context.deployment.schedule_group_name)
    definition = {key: value for key, value in found.items() if key not in _NOT_WRITABLE and value is not None}
    if definition.get("State") != state:
        scheduler.update_schedule(**{**definition, "State": state})
    return definition
