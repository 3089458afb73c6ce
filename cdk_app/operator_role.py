"""The role of the operator's commands: one statement for each row of the table in the RUNBOOK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.alerting import AlertingConstruct
from cdk_app.allowed_values import are_principals
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import SyncTaskConstruct


@dataclass(frozen=True, kw_only=True)
class _Permission:
    """One row of the table. The statement is named after `on`, the description of the resources in the table."""

    on: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def statement(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="".join(word.capitalize() for word in self.on.replace(",", "").replace("-", " ").split()),
            actions=list(self.actions),
            resources=list(self.resources),
            conditions=dict(self.conditions) or None,
        )


class OperatorRoleConstruct(Construct):
    """A role with the permissions that the operator's commands need in one environment.

    Attributes:
        role: The role.

    Args:
        task: The task that the commands start, stop and describe.
        state: The table of its state.
        alerting: Its topic, rules and alarms.
        principals: The ARNs of the 1 to 20 users and roles that may assume it.

    Raises:
        ValueError: The principals are not 1 to 20 different ARNs of users or roles.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        task: SyncTaskConstruct,
        state: StateTableConstruct,
        alerting: AlertingConstruct,
        principals: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        if not are_principals(list(principals)):
            raise ValueError(f"principals = {principals!r} is not allowed; allowed are ARNs of users or roles")
        permissions = [
            *_on_the_task(Stack.of(self), task),
            *_on_logs_secrets_and_state(task, state),
            *_on_schedules_and_alerts(task, alerting),
        ]
        self.role = iam.Role(
            self,
            "Role",
            description=f"What the operator's commands need on {task.project_name}",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
            inline_policies={"Operate": iam.PolicyDocument(statements=[one.statement() for one in permissions])},
        )


def _on_the_task(stack: Stack, task: SyncTaskConstruct) -> list[_Permission]:
    in_this_cluster = {"ArnEquals": {"ecs:cluster": task.cluster_arn}}
    tasks = stack.format_arn(service="ecs", resource="task", resource_name=f"{task.cluster_name}/*")
    return [
        _Permission(
            on="the stack",
            actions=["cloudformation:DescribeStacks"],
            resources=[stack.stack_id],
        ),
        _Permission(
            on="the task definition",
            actions=["ecs:RunTask"],
            resources=[f"{task.family_arn_prefix}*"],
            conditions=in_this_cluster,
        ),
        _Permission(
            on="a task that is started",
            actions=["ecs:TagResource"],
            resources=[tasks],
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        ),
        _Permission(
            on="the roles of the task",
            actions=["iam:PassRole"],
            resources=[task.execution_role.role_arn, task.task_role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        _Permission(
            on="the tasks of the cluster",
            actions=["ecs:DescribeTasks", "ecs:StopTask"],
            resources=[tasks],
        ),
        # These two actions do not support resources.
        _Permission(on="the cluster", actions=["ecs:ListTasks"], resources=["*"], conditions=in_this_cluster),
        _Permission(on="any task definition", actions=["ecs:DescribeTaskDefinition"], resources=["*"]),
    ]


def _on_logs_secrets_and_state(task: SyncTaskConstruct, state: StateTableConstruct) -> list[_Permission]:
    secrets = [task.bamboo_secret.ref, task.moodle_secret.ref]
    return [
        _Permission(
            on="the log group",
            actions=["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
            resources=[task.log_group.log_group_arn],
        ),
        _Permission(on="the secrets, to read", actions=["secretsmanager:GetSecretValue"], resources=secrets),
        _Permission(on="the secrets, to set", actions=["secretsmanager:PutSecretValue"], resources=secrets),
        _Permission(
            on="the state table, to read",
            actions=["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"],
            resources=[state.table.table_arn],
        ),
        _Permission(
            on="the state table, to write",
            actions=[
                "dynamodb:BatchWriteItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
            ],
            resources=[state.table.table_arn],
        ),
    ]


def _on_schedules_and_alerts(task: SyncTaskConstruct, alerting: AlertingConstruct) -> list[_Permission]:
    schedules = task.schedules
    permissions = [
        _Permission(
            on="the schedules",
            actions=["scheduler:GetSchedule", "scheduler:UpdateSchedule"],
            resources=schedules.schedule_arns,
        ),
        _Permission(
            on="the role of the schedules",
            actions=["iam:PassRole"],
            resources=[schedules.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
        # This action does not support resources.
        _Permission(on="any alarm", actions=["cloudwatch:DescribeAlarms"], resources=["*"]),
        _Permission(
            on="the topic",
            actions=["sns:ListSubscriptionsByTopic", "sns:Publish", "sns:Subscribe"],
            resources=[alerting.topic.topic_arn],
        ),
        _Permission(
            on="the rules",
            actions=["events:DescribeRule"],
            resources=[alerting.success_rule.rule_arn, alerting.failure_rule.rule_arn],
        ),
        _Permission(
            on="the dead-letter queue",
            actions=["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"],
            resources=[schedules.dead_letter_queue.queue_arn],
        ),
    ]
    if alerting.silence_alarm:
        permissions.append(
            _Permission(
                on="the silence alarm",
                actions=["cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions"],
                resources=[alerting.silence_alarm.alarm_arn],
            )
        )
    return permissions
