"""The role of the operator's commands: one statement for each row of the table in the RUNBOOK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.alerting import AlertingConstruct
from cdk_app.allowed_values import are_principals
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import SyncTaskConstruct


class OperatorRoleConstruct(Construct):
    """A role with the permissions that the operator's commands need in one environment.

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
        statements = [
            *_on_the_task(Stack.of(self), task),
            *_on_logs_secrets_and_state(task, state),
            *_on_schedules_and_alerts(task, alerting),
        ]
        self.role = iam.Role(
            self,
            "Role",
            description=f"What the operator's commands need on {task.project_name}",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
            inline_policies={"Operate": iam.PolicyDocument(statements=statements)},
        )


def _on_the_task(stack: Stack, task: SyncTaskConstruct) -> list[iam.PolicyStatement]:
    in_this_cluster = {"ArnEquals": {"ecs:cluster": task.cluster_arn}}
    tasks = stack.format_arn(service="ecs", resource="task", resource_name=f"{task.cluster_name}/*")
    return [
        _allow("the stack", ["cloudformation:DescribeStacks"], [stack.stack_id]),
        _allow("the task definition", ["ecs:RunTask"], [f"{task.family_arn_prefix}*"], in_this_cluster),
        _allow(
            "a task that is started", ["ecs:TagResource"], [tasks], {"StringEquals": {"ecs:CreateAction": "RunTask"}}
        ),
        _allow(
            "the roles of the task",
            ["iam:PassRole"],
            [task.execution_role.role_arn, task.task_role.role_arn],
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        _allow("the tasks of the cluster", ["ecs:DescribeTasks", "ecs:StopTask"], [tasks]),
        # These two actions do not support resources.
        _allow("the cluster", ["ecs:ListTasks"], ["*"], in_this_cluster),
        _allow("any task definition", ["ecs:DescribeTaskDefinition"], ["*"]),
    ]


def _on_logs_secrets_and_state(task: SyncTaskConstruct, state: StateTableConstruct) -> list[iam.PolicyStatement]:
    secrets = [task.bamboo_secret.ref, task.moodle_secret.ref]
    return [
        _allow(
            "the log group",
            ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
            [task.log_group.log_group_arn],
        ),
        _allow("the secrets, to read", ["secretsmanager:GetSecretValue"], secrets),
        _allow("the secrets, to set", ["secretsmanager:PutSecretValue"], secrets),
        _allow(
            "the state table, to read",
            ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"],
            [state.table.table_arn],
        ),
        _allow(
            "the state table, to write",
            ["dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem"],
            [state.table.table_arn],
        ),
    ]


def _on_schedules_and_alerts(task: SyncTaskConstruct, alerting: AlertingConstruct) -> list[iam.PolicyStatement]:
    schedules = task.schedules
    statements = [
        _allow("the schedules", ["scheduler:GetSchedule", "scheduler:UpdateSchedule"], schedules.schedule_arns),
        _allow(
            "the role of the schedules",
            ["iam:PassRole"],
            [schedules.role.role_arn],
            {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
        # This action does not support resources.
        _allow("any alarm", ["cloudwatch:DescribeAlarms"], ["*"]),
        _allow(
            "the topic", ["sns:ListSubscriptionsByTopic", "sns:Publish", "sns:Subscribe"], [alerting.topic.topic_arn]
        ),
        _allow("the rules", ["events:DescribeRule"], [alerting.success_rule.rule_arn, alerting.failure_rule.rule_arn]),
        _allow(
            "the dead-letter queue",
            ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"],
            [schedules.dead_letter_queue.queue_arn],
        ),
    ]
    if alerting.silence_alarm:
        statements.append(
            _allow(
                "the silence alarm",
                ["cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions"],
                [alerting.silence_alarm.alarm_arn],
            )
        )
    return statements


def _allow(
    on: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Mapping[str, str]] | None = None,
) -> iam.PolicyStatement:
    """Return the statement of one row, named after `on`, the description of the resources in the table."""
    return iam.PolicyStatement(
        sid="".join(word.capitalize() for word in on.replace(",", "").replace("-", " ").split()),
        actions=actions,
        resources=resources,
        conditions=conditions,
    )
