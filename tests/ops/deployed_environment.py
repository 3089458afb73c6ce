"""A deployed environment in an emulated account, and an operator at its command line."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends

from ops import cli
from ops.context import Pace
from ops.deployment import Aws, output_names

ACCOUNT = "123456789012"
REGION = "eu-west-2"
PROJECT = "acme-sync"
ALERT_EMAIL = "alerts@example.com"
STATE_ID = "default"

ENVIRONMENT = f"""\
ProjectName = "{PROJECT}"
Production = false
Account = "{ACCOUNT}"
Region = "{REGION}"
CreatePublicNetwork = true
ScheduleExpression = "cron(30 3 * * ? *)"
ScheduleTimezone = "Europe/London"
AlertEmail = "{ALERT_EMAIL}"
BambooCompanyDomain = "acme"
MoodleBaseUrl = "https://acme.mylxp.example"
"""

TARGET = {
    "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{PROJECT}",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
    "EcsParameters": {
        "TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{PROJECT}:1",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "ENABLED"}},
    },
    "Input": '{"containerOverrides": [{"name": "worker"}]}',
    "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 3},
    "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
}
SCHEDULE = {
    "Name": "acme-sync-nightly",
    "GroupName": "schedules",
    "Description": "Runs the BambooHR to NovaLXP sync",
    "ScheduleExpression": "cron(30 3 * * ? *)",
    "ScheduleExpressionTimezone": "Europe/London",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "State": "ENABLED",
    "Target": TARGET,
}
RECONCILE = {
    **SCHEDULE,
    "Name": "reconcile",
    "ScheduleExpression": "cron(30 10 ? * SUN *)",
    "Target": {**TARGET, "Input": '{"containerOverrides": [{"name": "worker", "command": ["reconcile", "--yes"]}]}'},
}


@cache
def client(service: str, region: str) -> Any:
    """A client, made once: loading the description of a service takes longer than a test."""
    return boto3.client(service, region_name=region or None)  # type: ignore[call-overload]


@cache
def resource(service: str) -> Any:
    """A resource of boto3, made once."""
    return boto3.resource(service, region_name=REGION)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Result:
    """What the operator sees of a verb."""

    code: int
    out: str
    err: str


def summary(**fields: Any) -> dict[str, Any]:
    """A summary line as the worker prints it, of a successful run unless `fields` say otherwise."""
    from worker.runs.summary import Summary

    line = Summary("20261122T033004Z-0a1b2c3d", "sync", datetime(2026, 11, 22, 3, 30, 4, tzinfo=UTC))
    line.finish()
    return {**line.as_dict(line.started_at), **fields}


@dataclass
class Environment:
    """The environment "acme", and everything its stack would have created."""

    env_file: Path
    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    outputs: dict[str, str] = field(default_factory=dict)
    now: float = field(default_factory=time.time)
    slept: list[float] = field(default_factory=list)
    while_waiting: list[Callable[[], None]] = field(default_factory=list)

    def ops(self, *arguments: str) -> Result:
        """Run a command. The functions in `while_waiting` are called one by one while it waits."""
        code = cli.main(
            ["--env", "acme", "--env-file", str(self.env_file), *arguments],
            pace=Pace(sleep=self._sleep, clock=lambda: self.now),
        )
        captured = self.capture.readouterr()
        return Result(code, captured.out, captured.err)

    @property
    def lxp(self) -> str:
        """What messages write before a command."""
        return f"./lxp --env acme --env-file {self.env_file}"

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.while_waiting:
            self.while_waiting.pop(0)()

    def client(self, service: str) -> Any:
        return client(service, REGION)

    # The stack

    def deploy(self) -> None:
        """Create everything that the outputs name."""
        queue = self.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
        topic = self.client("sns").create_topic(Name="alerts")["TopicArn"]
        self.client("logs").create_log_group(logGroupName=f"/ecs/{PROJECT}")
        self._make_table()
        self._make_schedule_and_alarms()
        secrets = {
            system: self.client("secretsmanager").create_secret(Name=f"{PROJECT}/{system}")["ARN"]
            for system in ("bamboohr", "moodle")
        }
        network = ec2_backends[ACCOUNT][REGION]
        vpc = network.get_default_vpc()
        assert vpc
        self.outputs = {
            "ClusterName": PROJECT,
            "TaskFamily": PROJECT,
            "TaskDefinitionArn": self._make_task_definition(),
            "ContainerName": "worker",
            "SubnetIds": ",".join(subnet.id for subnet in network.get_default_subnets().values()),
            "SecurityGroupId": next(iter(network.groups[vpc.id])),
            "AssignPublicIp": "ENABLED",
            "TableName": "state",
            "StateId": STATE_ID,
            "BambooSecretArn": secrets["bamboohr"],
            "MoodleSecretArn": secrets["moodle"],
            "TopicArn": topic,
            "AlertEmail": ALERT_EMAIL,
            "LogGroupName": f"/ecs/{PROJECT}",
            "ScheduleName": "acme-sync-nightly",
            "ScheduleGroupName": "schedules",
            "DeadLetterQueueUrl": queue,
            "SilenceAlarmName": f"{PROJECT}-silence",
            "SuccessRuleName": f"{PROJECT}-success",
            "FailureRuleName": f"{PROJECT}-failure",
            "DeadLetterAlarmName": f"{PROJECT}-dead-letters",
            "ParkedAlarmName": f"{PROJECT}-parked",
            "ReconcileScheduleName": "reconcile",
        }
        self.make_stack(self.outputs)

    def deploy_again_without(self, output: str) -> None:
        """The stack of an environment that does not need an output."""
        del self.outputs[output]
        self.deploy_again()

    def deploy_again(self) -> None:
        """The stack with the present `outputs`."""
        self.client("cloudformation").delete_stack(StackName=PROJECT)
        self.make_stack(self.outputs)

    def deploy_task(self, environment: dict[str, str]) -> None:
        """Register a revision of the task whose container has these variables."""
        (found,) = self.client("ecs").describe_task_definition(taskDefinition=PROJECT)["taskDefinition"][
            "containerDefinitions"
        ]
        found["environment"] = [{"name": name, "value": value} for name, value in environment.items()]
        made = self.client("ecs").register_task_definition(family=PROJECT, containerDefinitions=[found])
        self.outputs["TaskDefinitionArn"] = made["taskDefinition"]["taskDefinitionArn"]
        self.deploy_again()

    def make_stack(self, outputs: dict[str, str]) -> None:
        """Create a stack with these outputs, and a resource since it must have one."""
        self.client("cloudformation").create_stack(
            StackName=PROJECT,
            TemplateBody=json.dumps(
                {
                    "Resources": {"Something": {"Type": "AWS::SNS::Topic"}},
                    "Outputs": {name: {"Value": value} for name, value in outputs.items()},
                }
            ),
        )

    def _make_table(self) -> None:
        self.client("dynamodb").create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "StateId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "StateId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def _make_schedule_and_alarms(self) -> None:
        self.client("scheduler").create_schedule_group(Name="schedules")
        for schedule in (SCHEDULE, RECONCILE):
            self.client("scheduler").create_schedule(**schedule)
        for end in ("success", "failure"):
            self.client("events").put_rule(Name=f"{PROJECT}-{end}", EventPattern='{"source": ["aws.ecs"]}')
        for name in ("silence", "dead-letters", "parked"):
            self.client("cloudwatch").put_metric_alarm(
                AlarmName=f"{PROJECT}-{name}",
                MetricName=name,
                Namespace="LxpSync",
                Statistic="Sum",
                Period=3600,
                EvaluationPeriods=30,
                Threshold=1,
                ComparisonOperator="LessThanThreshold",
                AlarmActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"],
            )

    def _make_task_definition(self) -> str:
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName=PROJECT)
        made = ecs.register_task_definition(
            family=PROJECT,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "worker", "image": f"images/{PROJECT}:abc", "essential": True, "memory": 512}
            ],
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    # Runs

    @property
    def tasks(self) -> list[Any]:
        """The emulator's own tasks, oldest first; their attributes can be set."""
        return list(ecs_backends[ACCOUNT][REGION].tasks.get(PROJECT, {}).values())

    def start_task(self) -> str:
        """Start a run as the schedule does; returns its id."""
        answer = self.client("ecs").run_task(
            cluster=PROJECT,
            taskDefinition=PROJECT,
            launchType="FARGATE",
            startedBy="schedule",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": self.outputs["SubnetIds"].split(",")[:1],
                    "securityGroups": [self.outputs["SecurityGroupId"]],
                }
            },
        )
        self.tasks[-1].created_at = datetime.fromtimestamp(self.now + len(self.tasks), UTC)
        return str(answer["tasks"][0]["taskArn"]).rsplit("/", 1)[-1]

    def end_task(self, exit_code: int | None, lines: Sequence[dict[str, Any] | str] = (), **facts: Any) -> None:
        """The newest task ends, having logged these lines."""
        task = self.tasks[-1]
        if lines:
            self.log(task.id, lines)
        task.last_status = task.desired_status = "STOPPED"
        task.stop_code = "EssentialContainerExited"
        task.stopped_reason = "Essential container in task exited"
        if not hasattr(task, "created_at"):
            task.created_at = datetime.fromtimestamp(self.now, UTC)
        if exit_code is None:
            del task.containers[0].exitCode
        else:
            task.containers[0].exitCode = exit_code
        for name, value in facts.items():
            setattr(task, name, value)

    def log(self, task_id: str, lines: Sequence[dict[str, Any] | str]) -> None:
        """Write lines to the log stream of a task: text as it is, an event as JSON."""
        logs = self.client("logs")
        stream = f"worker/worker/{task_id}"
        if not logs.describe_log_streams(logGroupName=f"/ecs/{PROJECT}", logStreamNamePrefix=stream)["logStreams"]:
            logs.create_log_stream(logGroupName=f"/ecs/{PROJECT}", logStreamName=stream)
        events = [
            {"timestamp": int(self.now * 1000), "message": line if isinstance(line, str) else json.dumps(line)}
            for line in lines
        ]
        logs.put_log_events(logGroupName=f"/ecs/{PROJECT}", logStreamName=stream, logEvents=events)

    # The table

    @property
    def table(self) -> Any:
        return resource("dynamodb").Table("state")

    def row(self) -> dict[str, Any] | None:
        item: dict[str, Any] | None = self.table.get_item(Key={"StateId": STATE_ID}).get("Item")
        return item

    def pause_item(self) -> dict[str, Any] | None:
        item: dict[str, Any] | None = self.table.get_item(Key={"StateId": f"{STATE_ID}#paused"}).get("Item")
        return item

    def lock(self, *, seconds: int) -> None:
        """Let a run hold the lock."""
        self.table.put_item(Item={"StateId": f"{STATE_ID}#lock", "owner": "run-1", "expires": int(self.now) + seconds})

    # The operator

    def types(self, text: str) -> None:
        """The operator is at a terminal and types this."""
        self.monkeypatch.setattr("sys.stdin", _Keyboard(text))

    def pipes(self, text: str) -> None:
        """There is no terminal; stdin holds this."""
        self.monkeypatch.setattr("sys.stdin", _Keyboard(text, terminal=False))


# `select` finds it readable at once, as a terminal at which something was typed.
_READABLE = os.open(os.devnull, os.O_RDONLY)


class _Keyboard:
    def __init__(self, text: str, *, terminal: bool = True) -> None:
        self._text = text
        self._terminal = terminal

    def fileno(self) -> int:
        return _READABLE

    def isatty(self) -> bool:
        return self._terminal

    def readline(self) -> str:
        return self._text

    def read(self) -> str:
        return self._text


def replace_client(monkeypatch: pytest.MonkeyPatch, service: str, client: Any) -> None:
    """Let the verbs use this client of one service."""
    real = Aws._client
    monkeypatch.setattr(Aws, "_client", lambda self, name: client if name == service else real(self, name))


class Denied:
    """A client whose every call is refused."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*_: Any, **__: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, name)

        return refuse


def every_output() -> Iterator[str]:
    """The outputs that the verbs read."""
    yield from output_names().values()
