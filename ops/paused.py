"""Whether an environment is paused: the item in its state table, its schedules and its silence alarm.

The item decides. A deploy that changes a schedule or the alarm enables it again, and leaves the item as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.deployment import Aws, Deployment
from worker import advice
from worker.state.items import KEY
from worker.state.pause import Pause, pause_item, pause_key, read_pause


@dataclass(frozen=True)
class PauseStatus:
    """The pause, and what is enabled: each schedule by name, and the silence alarm (None if there is none)."""

    pause: Pause | None
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


def read(aws: Aws, deployment: Deployment) -> Pause | None:
    """The pause; None if there is none."""
    found = aws.client("dynamodb").get_item(
        TableName=deployment.table_name, Key=_stored({KEY: pause_key(deployment.state_id)}), ConsistentRead=True
    )
    item = found.get("Item")
    return read_pause({name: value.get("S") for name, value in item.items()} if item else None)


def status(aws: Aws, deployment: Deployment) -> PauseStatus:
    """The pause, and whether schedules and alarm fit it."""
    return PauseStatus(
        pause=read(aws, deployment),
        schedules={name: _is_enabled(aws, deployment, name) for name in deployment.schedule_names},
        alarm=_alarm(aws, deployment) if deployment.silence_alarm_name else None,
    )


def begin(aws: Aws, deployment: Deployment, now: datetime) -> None:
    """Write the item."""
    aws.client("dynamodb").put_item(TableName=deployment.table_name, Item=_stored(pause_item(deployment.state_id, now)))


def end(aws: Aws, deployment: Deployment) -> None:
    """Delete the item."""
    aws.client("dynamodb").delete_item(
        TableName=deployment.table_name, Key=_stored({KEY: pause_key(deployment.state_id)})
    )


def _stored(item: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in item.items()}


def _is_enabled(aws: Aws, deployment: Deployment, schedule: str) -> bool:
    found = aws.client("scheduler").get_schedule(Name=schedule, GroupName=deployment.schedule_group_name)
    return bool(found["State"] == "ENABLED")


def _alarm(aws: Aws, deployment: Deployment) -> bool | None:
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=[deployment.silence_alarm_name])["MetricAlarms"]
    return bool(found[0]["ActionsEnabled"]) if found else None
