"""Reporting every end of the task: the two event patterns, and the message that each sends.

Of the two rules exactly one matches every end. A pair that looks at the exit code alone is silent when the task never
started: an image that cannot be pulled, a network that is not there, a stop before the start leave no exit code. So
whatever is not plainly a success is a failure.

Event fields: "Amazon ECS task state change events", ECS developer guide. Matching: "Amazon EventBridge event patterns"
and AWS's own open-source engine, aws/event-ruler: conditions on several fields of an array must hold for one and the
same element, and a field "does not exist" only if no element has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aws_cdk import Aws, Token
from aws_cdk import aws_events as events

_ENDED_BY_ITSELF = "EssentialContainerExited"


@dataclass(frozen=True, kw_only=True)
class WatchedTask:
    """Which task's ends are meant, and how a reader looks closer.

    `family_arn_prefix` ends in the colon before the revision: a run that began before a deploy is heard, and a family
    whose name merely begins alike is not. `environment` is the environment's name for the operator's commands, None
    where there are none; `console` is the host of the region's web console, None where that is not known.
    """

    project_name: str
    cluster_arn: str
    cluster_name: str
    family_arn_prefix: str
    container_name: str
    log_group_name: str
    environment: str | None
    console: str | None


def success_pattern(task: WatchedTask) -> events.EventPattern:
    """The task ended by itself, and its worker with exit code 0."""
    return _pattern(
        task,
        {
            "stopCode": [_ENDED_BY_ITSELF],
            "containers": {"name": [task.container_name], "exitCode": [0]},
        },
    )


def failure_pattern(task: WatchedTask) -> events.EventPattern:
    """Every other end. One pattern and so one message, however many of its branches hold."""
    return _pattern(
        task,
        {
            "$or": [
                {"containers": {"name": [task.container_name], "exitCode": [{"anything-but": [0]}]}},
                {"containers": {"exitCode": [{"exists": False}]}},
                # The worker never ran and a container beside it did. `containerArn` comes first by the alphabet, and so
                # chooses the one container that the other two are then asked of.
                {
                    "containers": {
                        "containerArn": [{"exists": True}],
                        "exitCode": [{"exists": False}],
                        "name": [task.container_name],
                    }
                },
                {"stopCode": [{"anything-but": [_ENDED_BY_ITSELF]}]},
                {"stopCode": [{"exists": False}]},
            ]
        },
    )


def _pattern(task: WatchedTask, detail: Mapping[str, Any]) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.ecs"],
        detail_type=["ECS Task State Change"],
        detail={
            "clusterArn": [task.cluster_arn],
            "taskDefinitionArn": [{"prefix": task.family_arn_prefix}],
            # An exit code is there before: an event of DEPROVISIONING would be a second message.
            "lastStatus": ["STOPPED"],
            **detail,
        },
    )


def success_message(task: WatchedTask) -> events.RuleTargetInput:
    """Short: it is read every day, or filed by an e-mail rule."""
    return _message(
        f"OK: {task.project_name}, the BambooHR to NovaLXP sync, succeeded.",
        *_facts(task),
    )


def failure_message(task: WatchedTask) -> events.RuleTargetInput:
    """What happened first, then all that the event knows, then where to look."""
    return _message(
        f"FAILED: {task.project_name}, the BambooHR to NovaLXP sync, did not succeed.",
        *_facts(task),
        "No exit code: the container never ran, and the reason above says why. 1: errors, retried in the next run. "
        "2: a command that cannot be carried out. "
        "3: configuration or credentials. 4: changes held for approval. 70: a defect. 75: another run held the lock. "
        "137: killed, possibly out of memory. 143: stopped from outside.",
    )


def _facts(task: WatchedTask) -> tuple[str, ...]:
    field = events.EventField.from_path
    return (
        f"Stopped reason: {field('$.detail.stoppedReason')}",
        f"Stop code: {field('$.detail.stopCode')}",
        # The index is fixed, as an input path must be. The name beside it says whose exit code it is.
        f"Container: {field('$.detail.containers[0].name')}, exit code: {field('$.detail.containers[0].exitCode')}",
        f"Started by: {field('$.detail.startedBy')}",
        f"Task: {field('$.detail.taskArn')}",
        *_log_page(task),
        *(
            [f"The log of the run: ./lxp --env {task.environment} runs logs {field('$.detail.taskArn')}"]
            if task.environment
            else []
        ),
        f"The same without a checkout: aws logs tail {task.log_group_name} --region {Aws.REGION} "
        f"--since {field('$.detail.createdAt')}",
        f"Details, while ECS keeps the task (about an hour): aws ecs describe-tasks --region {Aws.REGION} "
        f"--cluster {task.cluster_name} --tasks {field('$.detail.taskArn')}",
    )


def _log_page(task: WatchedTask) -> list[str]:
    """The log group in the web console; its address holds the name encoded twice, so synthesis must know the name."""
    if not task.console or Token.is_unresolved(task.log_group_name):
        return []
    name = quote(quote(task.log_group_name, safe=""), safe="").replace("%25", "$25")
    return [f"Log: https://{task.console}/cloudwatch/home?region={Aws.REGION}#logsV2:log-groups/log-group/{name}"]


def _message(*lines: str) -> events.RuleTargetInput:
    """One quoted string a line, which is how an input template for a topic is written."""
    return events.RuleTargetInput.from_multiline_text("\n".join(lines))
