"""`pause` and `resume`, and whether an environment is paused: the item in its state table, its schedules and its alarm.

The item decides. A deploy that changes a schedule or the silence alarm enables it again, and leaves the item as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.alerts import alarms_by_name
from ops.context import Context
from worker import advice
from worker.commands.parser import Parsers, add_command
from worker.errors import ExitCode
from worker.state.items import KEY
from worker.state.pause import pause_item, pause_key, read_pause

_NOT_WRITABLE = frozenset({"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"})


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    add_command(
        parsers,
        "pause",
        operate=pause,
        summary="stop scheduled runs until resume; mute the silence alarm",
        details="Records the pause in the state table, and disables the schedules (of the sync and, if there is one, "
        "of the reconcile) and\nthe actions of the silence alarm. A task that is running continues; `sync` still "
        "works, and warns. The pause survives a\ndeploy: if the deploy enables a schedule again, its runs end "
        "immediately with the outcome paused.",
    )
    add_command(
        parsers,
        "resume",
        operate=resume,
        summary="enable the scheduled runs and the silence alarm again",
        details="Enables the actions of the silence alarm and the schedules, and ends the pause. The next run reads"
        " the changes since\nthe pause began.",
    )


@dataclass(frozen=True)
class PauseStatus:
    """The pause, and what is enabled: each schedule by name, and the silence alarm (None if there is none)."""

    pause: str | None
    schedules: Mapping[str, bool]
    alarm: bool | None

    def named(self, *, enabled: bool) -> str:
        """What is enabled, or disabled, in words; empty if nothing is."""
        names = [f"the schedule {name}" for name, state in self.schedules.items() if state is enabled]
        return " and ".join([*names, *(["the silence alarm"] if self.alarm is enabled else [])])

    @property
    def contradiction(self) -> tuple[str, str] | None:
        """What does not fit the pause, or its absence, and what to do; None if all of it fits."""
        enabled, disabled = self.named(enabled=True), self.named(enabled=False)
        either = f"{advice.command('pause')}; or resume: {advice.command('resume')}"
        if self.pause and enabled:
            return f"the scheduled runs are {self.pause}, but enabled: {enabled}", f"disable again: {either}"
        if disabled and not self.pause:
            return (
                f"no pause is recorded, but disabled: {disabled}",
                f"record a pause, which survives a deploy: {either}",
            )
        return None


def recorded_pause(context: Context) -> str | None:
    """The pause in words; None if there is none."""
    found = context.client("dynamodb").get_item(
        TableName=context.deployment.table_name, Key=_key(context), ConsistentRead=True
    )
    item = found.get("Item")
    return read_pause({name: value.get("S") for name, value in item.items()} if item else None)


def status(context: Context) -> PauseStatus:
    """The pause, and whether schedules and alarm fit it."""
    found = recorded_pause(context)
    schedules = {name: _schedule(context, name)["State"] == "ENABLED" for name in context.deployment.schedule_names}
    alarm = _silence_alarm(context)
    return PauseStatus(found, schedules, None if alarm is None else bool(alarm["ActionsEnabled"]))


def pause(context: Context) -> int:
    """Record the pause, disable the schedules, then the alarm."""
    deployment, now = context.deployment, datetime.fromtimestamp(context.pace.clock(), UTC)
    # In this order: an alarm without runs is better than runs without an alarm.
    context.client("dynamodb").put_item(
        TableName=deployment.table_name, Item=_stored(pause_item(deployment.state_id, now))
    )
    names = [schedule["Name"] for schedule in _set_schedules(context, "DISABLED")]
    alarm = deployment.silence_alarm_name
    if alarm:
        context.client("cloudwatch").disable_alarm_actions(AlarmNames=[alarm])
    context.terminal.print(
        f"Disabled in {context.environment}: {', '.join(names)}.{' The silence alarm is muted.' if alarm else ''}\n"
        f"A deploy does not end the pause. To resume: {advice.command('resume')}"
    )
    return ExitCode.OK


def resume(context: Context) -> int:
    """Enable the alarm, then the schedules; then end the pause."""
    alarm = context.deployment.silence_alarm_name
    if alarm:
        context.client("cloudwatch").enable_alarm_actions(AlarmNames=[alarm])
    times = [
        f"{schedule['Name']} ({schedule['ScheduleExpression']}, {schedule.get('ScheduleExpressionTimezone', 'UTC')})"
        for schedule in _set_schedules(context, "ENABLED")
    ]
    context.client("dynamodb").delete_item(TableName=context.deployment.table_name, Key=_key(context))
    context.terminal.print(
        f"Enabled in {context.environment}: {', '.join(times)}.{' The silence alarm is on.' if alarm else ''}"
    )
    if (found := _silence_alarm(context)) and found["StateValue"] == "ALARM":
        context.terminal.note(
            "The silence alarm is in ALARM. It sends an e-mail only when that changes, after a successful run.\n"
            f"Start one now: {advice.command('sync')}"
        )
    return ExitCode.OK


def _key(context: Context) -> dict[str, Any]:
    return _stored({KEY: pause_key(context.deployment.state_id)})


def _stored(item: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in item.items()}


def _silence_alarm(context: Context) -> Mapping[str, Any] | None:
    name = context.deployment.silence_alarm_name
    return alarms_by_name(context, [name]).get(name) if name else None


def _schedule(context: Context, name: str) -> dict[str, Any]:
    group = context.deployment.schedule_group_name
    found: dict[str, Any] = context.client("scheduler").get_schedule(Name=name, GroupName=group)
    return found


def _set_schedules(context: Context, state: str) -> list[dict[str, Any]]:
    """Change the state alone: an update replaces the whole definition of a schedule, so each is read first."""
    definitions = []
    for name in context.deployment.schedule_names:
        found = _schedule(context, name)
        definition = {key: value for key, value in found.items() if key not in _NOT_WRITABLE and value is not None}
        if definition.get("State") != state:
            context.client("scheduler").update_schedule(**{**definition, "State": state})
        definitions.append(definition)
    return definitions
