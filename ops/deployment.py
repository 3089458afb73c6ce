"""Finding a deployed environment: its file names the stack, and the outputs of the stack name everything else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from cdk_app import parameters
from cdk_app.parameters import ParameterError
from ops.errors import Unavailable
from worker import advice
from worker.errors import UsageError

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})


class Aws:
    """boto3's clients for one account and region."""

    def __init__(self, region: str | None) -> None:
        # The CDK reads AWS_REGION first; boto3 does not read it.
        self._session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
        self.client = cache(self._client)

    @property
    def region(self) -> str:
        """The region's name; empty if none is set."""
        return self._session.region_name or ""

    def _client(self, service: str) -> Any:
        return self._session.client(service, config=_CONFIG)  # type: ignore[call-overload]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The outputs of the stack, in Python's spelling: ClusterName is `cluster_name`.

    Attributes with a default are not in every stack: `SilenceHours = 0` makes no alarm, and a reconcile may have no
    schedule.
    """

    cluster_name: str
    task_family: str
    task_definition_arn: str
    container_name: str
    subnet_ids: str
    security_group_id: str
    assign_public_ip: str
    table_name: str
    state_id: str
    bamboo_secret_arn: str
    moodle_secret_arn: str
    topic_arn: str
    alert_email: str
    log_group_name: str
    schedule_name: str
    schedule_group_name: str
    dead_letter_queue_url: str
    dead_letter_alarm_name: str
    parked_alarm_name: str
    success_rule_name: str
    failure_rule_name: str
    silence_alarm_name: str = ""
    reconcile_schedule_name: str = ""

    @property
    def schedule_names(self) -> list[str]:
        """The schedules, that of the sync first."""
        return [name for name in (self.schedule_name, self.reconcile_schedule_name) if name]

    def log_stream(self, task_id: str) -> str:
        """The log stream of a task: prefix (the container's name), container, task."""
        return f"{self.container_name}/{self.container_name}/{task_id}"


def output_names(*, required: bool = False) -> dict[str, str]:
    """The output that each attribute comes from; with `required`, only those that every stack has."""
    return {
        one.name: "".join(part.capitalize() for part in one.name.split("_"))
        for one in fields(Deployment)
        if one.default is MISSING or not required
    }


def find(environment: str, file: Path | None) -> tuple[Aws, Deployment]:
    """Find a deployed environment.

    Raises:
        SyncError: the file has faults, or the account or the stack is not the environment's.
    """
    try:
        wanted = parameters.load(environment, file)
    except ParameterError as fault:
        raise UsageError(str(fault), advice="correct the environment's file, or name another one") from None
    aws, stack = Aws(wanted.region), wanted.project_name
    if wanted.account and (ours := aws.client("sts").get_caller_identity()["Account"]) != wanted.account:
        raise Unavailable(
            f"{environment} is in account {wanted.account}, but these credentials are for {ours}",
            advice="select the right credentials with AWS_PROFILE",
        )
    outputs = _outputs(aws, stack)
    deployed = outputs.get("Environment", environment)
    if deployed != environment:
        raise UsageError(
            f"the stack {stack} was deployed as {deployed}, but the command names {environment}",
            advice=f"name the environment {deployed}",
        )
    missing = [name for name in output_names(required=True).values() if name not in outputs]
    if missing:
        raise Unavailable(
            f"the stack {stack} has no output {', '.join(missing)}: its first deploy failed, or it is an older version",
            advice=f"deploy it: {advice.command('deploy')}",
        )
    return aws, Deployment(
        **{attribute: outputs[name] for attribute, name in output_names().items() if name in outputs}
    )


def _outputs(aws: Aws, stack: str) -> Mapping[str, str]:
    try:
        (found,) = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as fault:
        if "does not exist" not in str(fault):
            raise
        raise Unavailable(
            f"there is no stack {stack} in {aws.region or 'this region'}",
            advice=f"deploy it: {advice.command('deploy')}; or name the right account (AWS_PROFILE) and region",
        ) from None
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
