"""The accepted findings of cdk-nag's AwsSolutions pack, each with its reason.

A finding is acknowledged on its own resource only, so that a new finding of the same rule is reported.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct

from cdk_app.stacks import SyncStack

_PACK = "AwsSolutions::AwsSolutions-"


def acknowledge(sync: SyncStack) -> None:
    """Acknowledge the findings of the sync stack; the registry stack has none."""
    task, schedules = sync.task, sync.task.schedules
    for secret in (task.bamboo_secret, task.moodle_secret):
        _acknowledge(
            secret,
            "SMG4",
            "The token is issued by BambooHR or Moodle, neither of which has an interface to rotate it; the RUNBOOK "
            "says how the operator rotates it, without a deploy.",
        )
    if task.cluster:
        _acknowledge(
            task.cluster,
            "ECS4",
            "One short task a day: its summary line says more than Container Insights, which are charged by metric.",
        )
    _acknowledge(
        task.task_definition,
        "ECS2",
        "The variables are settings and the ids of the secrets. The secrets' values are read at run time.",
    )
    _acknowledge(schedules.dead_letter_queue, "SQS3", "It is the dead-letter queue.")
    _acknowledge(
        task.execution_role,
        "IAM5[Resource::*]",
        "ecr:GetAuthorizationToken knows no resource; what it gives access to is limited to the one repository.",
    )
    _acknowledge(
        schedules.role,
        f"IAM5[Resource::{_task_definitions(sync)}]",
        "Every revision of this one family, so that a deploy need not wait for the schedule; in this one cluster.",
    )
    _acknowledge(
        schedules.role,
        f"IAM5[Resource::{_tasks(sync)}]",
        "The tasks of this one cluster: a task's id is not known before it is started. Only while starting one.",
    )
    _acknowledge_optional_roles(sync)
    if sync.network and not sync.network.flow_log:
        _acknowledge(
            sync.network.vpc,
            "VPC7",
            "Nothing may come in and only HTTPS may go out, so there is little to record; VpcFlowLogs = true does.",
        )


def _acknowledge_optional_roles(sync: SyncStack) -> None:
    if sync.operator_role:
        role = sync.operator_role.role
        _acknowledge(
            role, "IAM5[Resource::*]", "ListTasks is limited to the cluster by a condition; the others only describe."
        )
        _acknowledge(
            role,
            f"IAM5[Resource::{_task_definitions(sync)}]",
            "Every revision of this one family, in this one cluster.",
        )
        _acknowledge(
            role,
            f"IAM5[Resource::{_tasks(sync)}]",
            "The tasks of this one cluster: a task's id is not known before it is started.",
        )
    if sync.deploy_role:
        _acknowledge(
            sync.deploy_role.role,
            "IAM5[Resource::*]",
            "DescribeAlarms and DescribeTaskDefinition have no resource to name.",
        )


def _acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"{_PACK}{rule}", reason=reason))


def _task_definitions(sync: SyncStack) -> str:
    return _ecs_arn(sync, f"task-definition/{sync.task.project_name}:*")


def _tasks(sync: SyncStack) -> str:
    cluster = sync.task.cluster
    return _ecs_arn(sync, f"task/<{cluster and sync.get_logical_id(cluster)}>/*")


def _ecs_arn(stack: cdk.Stack, resource: str) -> str:
    """Return an ARN as cdk-nag writes it: names in angle brackets for values that are known only at deployment."""
    parts = {"AWS::Partition": stack.partition, "AWS::Region": stack.region, "AWS::AccountId": stack.account}
    partition, region, account = (
        f"<{name}>" if cdk.Token.is_unresolved(value) else value for name, value in parts.items()
    )
    return f"arn:{partition}:ecs:{region}:{account}:{resource}"
