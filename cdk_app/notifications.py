"""The notifications by e-mail: the event patterns, and the message that each sends.

Exactly one of the two patterns for the end of the task matches every end. Patterns on the exit code alone would not
match a task that never started: without an image, a network or a start there is no exit code. So every end that is not
a success for certain is a failure.

Event fields: "Amazon ECS task state change events", ECS developer guide; "Amazon ECR events and EventBridge", ECR user
guide. Matching: "Amazon EventBridge event patterns" and AWS's own open-source engine, aws/event-ruler: conditions on
several fields of an array must hold for the same element, and a field "does not exist" only if no element has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_cdk import Aws, Stack, Token
from aws_cdk import aws_events as events
from aws_cdk.region_info import RegionInfo

from cdk_app.sync_task import CONTAINER, SyncTaskConstruct

_ENDED_BY_ITSELF = "EssentialContainerExited"
_SEVERITIES = ("CRITICAL", "HIGH")
_COUNTS = "finding-severity-counts"
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""The host of the AWS web console in the partitions in which it is known."""


# The end of the task


def success_pattern(task: SyncTaskConstruct) -> events.EventPattern:
    """Return the pattern of a task that ended by itself, with exit code 0 of the worker."""
    return _end_pattern(
        task,
        {
            "stopCode": [_ENDED_BY_ITSELF],
            "containers": {"name": [CONTAINER], "exitCode": [0]},
        },
    )


def failure_pattern(task: SyncTaskConstruct) -> events.EventPattern:
    """Return the pattern of every other end. It is one pattern, so one message is sent if several branches match."""
    return _end_pattern(
        task,
        {
            "$or": [
                {"containers": {"name": [CONTAINER], "exitCode": [{"anything-but": [0]}]}},
                {"containers": {"exitCode": [{"exists": False}]}},
                # The worker never ran, and another container did. `containerArn` is first in alphabetical order, so it
                # selects the one container to which the other two conditions apply.
                {
                    "containers": {
                        "containerArn": [{"exists": True}],
                        "exitCode": [{"exists": False}],
                        "name": [CONTAINER],
                    }
                },
                {"stopCode": [{"anything-but": [_ENDED_BY_ITSELF]}]},
                {"stopCode": [{"exists": False}]},
            ]
        },
    )


def _end_pattern(task: SyncTaskConstruct, detail: Mapping[str, Any]) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.ecs"],
        detail_type=["ECS Task State Change"],
        detail={
            "clusterArn": [task.cluster_arn],
            "taskDefinitionArn": [{"prefix": task.family_arn_prefix}],
            # The exit code is known earlier: an event of DEPROVISIONING would send a second message.
            "lastStatus": ["STOPPED"],
            **detail,
        },
    )


def success_message(task: SyncTaskConstruct, environment: str | None) -> events.RuleTargetInput:
    """Return the message about a success. `environment` is the environment's name for `./lxp`, None if it has none."""
    return _message(
        f"OK: {task.project_name}, the BambooHR to NovaLXP sync, succeeded.",
        *_facts(task, environment),
    )


def failure_message(task: SyncTaskConstruct, environment: str | None) -> events.RuleTargetInput:
    """Return the message about a failure. `environment` is the environment's name for `./lxp`, None if it has none."""
    return _message(
        f"FAILED: {task.project_name}, the BambooHR to NovaLXP sync, did not succeed.",
        *_facts(task, environment),
        "No exit code: the container never ran, and the reason above says why. 1: errors, retried in the next run. "
        "2: a command that cannot be carried out. "
        "3: configuration or credentials. 4: changes held for approval. 70: a defect. 75: another run held the lock. "
        "137: killed, possibly out of memory. 143: stopped from outside.",
    )


def _facts(task: SyncTaskConstruct, environment: str | None) -> list[str]:
    field = events.EventField.from_path
    facts = [
        f"Stopped reason: {field('$.detail.stoppedReason')}",
        f"Stop code: {field('$.detail.stopCode')}",
        # An input path needs a fixed index; the name shows which container it is.
        f"Container: {field('$.detail.containers[0].name')}, exit code: {field('$.detail.containers[0].exitCode')}",
        f"Started by: {field('$.detail.startedBy')}",
        f"Task: {field('$.detail.taskArn')}",
    ]
    if page := _log_page(task):
        facts.append(f"Log: {page}")
    if environment:
        facts.append(f"The log of the run: ./lxp --env {environment} runs logs {field('$.detail.taskArn')}")
    return [
        *facts,
        f"The same without a checkout: aws logs tail {task.log_group_name} --region {Aws.REGION} "
        f"--since {field('$.detail.createdAt')}",
        f"Details, while ECS keeps the task (about an hour): aws ecs describe-tasks --region {Aws.REGION} "
        f"--cluster {task.cluster_name} --tasks {field('$.detail.taskArn')}",
    ]


def _log_page(task: SyncTaskConstruct) -> str | None:
    """Return the address of the log group in the web console; None if it is not known at synthesis.

    The address contains the name of the log group, encoded twice.
    """
    region = Stack.of(task).region
    if Token.is_unresolved(region):
        region, console = Aws.REGION, _CONSOLES["aws"]
    else:
        console = _CONSOLES.get(RegionInfo.get(region).partition or "aws", "")
    if not console or Token.is_unresolved(task.log_group_name):
        return None
    name = quote(quote(task.log_group_name, safe=""), safe="").replace("%25", "$25")
    return f"https://{region}.{console}/cloudwatch/home?region={Aws.REGION}#logsV2:log-groups/log-group/{name}"


# The scan of an image


def findings_pattern(repository_name: str) -> events.EventPattern:
    """Return the pattern of a completed scan of an image of the repository, with a finding of HIGH or CRITICAL.

    A severity without findings has no count.
    """
    return events.EventPattern(
        source=["aws.ecr"],
        detail_type=["ECR Image Scan"],
        detail={
            "repository-name": [repository_name],
            "$or": [{_COUNTS: {severity: [{"numeric": [">", 0]}]}} for severity in _SEVERITIES],
        },
    )


def findings_message(project_name: str, repository_name: str, environment: str | None) -> events.RuleTargetInput:
    """Return the message about the findings: how many there are, where they are listed, what usually removes them."""
    field = events.EventField.from_path
    counts = ", ".join(f"{severity}: {field(f'$.detail.{_COUNTS}.{severity}')}" for severity in _SEVERITIES)
    return _message(
        f"FINDINGS: the scan of an image of {project_name}, the BambooHR to NovaLXP sync, found vulnerabilities.",
        f"{counts} (blank: none)",
        f"Image: {repository_name}@{field('$.detail.image-digest')}",
        "A deploy builds on the current base image, which usually removes them"
        + (f": make deploy ENV={environment}" if environment else "."),
        f"The findings: aws ecr describe-image-scan-findings --region {Aws.REGION} --repository-name {repository_name} "
        f"--image-id imageDigest={field('$.detail.image-digest')}",
    )


def _message(*lines: str) -> events.RuleTargetInput:
    """Return an input template for a topic: each line is a quoted string."""
    return events.RuleTargetInput.from_multiline_text("\n".join(lines))
