"""The schedules that start the task, and what they are allowed to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.task_network import TaskNetwork

_RETRIES = 3
_RETRY_WITHIN = Duration.hours(1)
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
# Without --yes the worker asks before it writes, and a scheduled run has no terminal to answer at.
_RECONCILE = ("reconcile", "--yes")


@dataclass(frozen=True, kw_only=True)
class TaskTarget:
    """What a schedule starts: any revision of the family may be started, `task_definition_arn` is."""

    cluster_arn: str
    cluster_name: str
    family: str
    task_definition_arn: str
    container_name: str
    task_role: iam.IRole
    execution_role: iam.IRole
    network: TaskNetwork


class SchedulesConstruct(Construct):
    """EventBridge Scheduler schedules that start one Fargate task: for a sync and, if asked for, for a reconcile.

    A start that fails is retried three times within the hour and then goes to the dead-letter queue. Overrides tell the
    container that a schedule started it and for which time: the time is equal when one start is delivered twice, which
    the Scheduler may do. The schedules share their group, so that one role, which trusts that group, serves both.

    `group`, `nightly`, `reconcile` (None unless asked for), `role` and `dead_letter_queue` are its resources.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project_name: str,
        nightly: str,
        reconcile: str | None,
        timezone: str,
        target: TaskTarget,
    ) -> None:
        super().__init__(scope, construct_id)
        self._project_name = project_name
        self._timezone = timezone
        self._task = target
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        self.role = self._role(target)
        self.nightly = self._schedule(
            "Schedule", name="nightly", description="Runs the BambooHR to NovaLXP sync", expression=nightly
        )
        self.reconcile = self._reconcile(reconcile) if reconcile else None

    @property
    def schedule_arns(self) -> list[str]:
        """The ARN of each schedule that there is."""
        return [schedule.attr_arn for schedule in (self.nightly, self.reconcile) if schedule]

    def _reconcile(self, expression: str) -> scheduler.CfnSchedule:
        return self._schedule(
            "Reconcile",
            name="reconcile",
            description="Compares all employees of BambooHR with NovaLXP, not only those that changed",
            expression=expression,
            command=_RECONCILE,
        )

    def _schedule(
        self, construct_id: str, *, name: str, description: str, expression: str, command: Sequence[str] = ()
    ) -> scheduler.CfnSchedule:
        return scheduler.CfnSchedule(
            self,
            construct_id,
            # CloudFormation identifies a schedule by its name alone, whatever its group: two environments in one
            # account and region must not share one.
            name=f"{self._project_name}-{name}",
            description=description,
            group_name=self.group.ref,
            schedule_expression=expression,
            schedule_expression_timezone=self._timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            state="ENABLED",
            target=self._target(self._task, command),
        )

    def _target(self, target: TaskTarget, command: Sequence[str]) -> scheduler.CfnSchedule.TargetProperty:
        return scheduler.CfnSchedule.TargetProperty(
            arn=target.cluster_arn,
            role_arn=self.role.role_arn,
            ecs_parameters=scheduler.CfnSchedule.EcsParametersProperty(
                task_definition_arn=target.task_definition_arn,
                task_count=1,
                launch_type="FARGATE",
                platform_version="LATEST",
                propagate_tags="TASK_DEFINITION",
                network_configuration=scheduler.CfnSchedule.NetworkConfigurationProperty(
                    awsvpc_configuration=scheduler.CfnSchedule.AwsVpcConfigurationProperty(
                        subnets=list(target.network.subnet_ids),
                        security_groups=[target.network.security_group_id],
                        assign_public_ip="ENABLED" if target.network.assign_public_ip else "DISABLED",
                    )
                ),
            ),
            # EcsParameters has no field for overrides; the Scheduler merges Input into its RunTask call
            # (EventBridge Scheduler user guide, "Templated targets").
            input=Stack.of(self).to_json_string(
                {
                    "containerOverrides": [
                        {
                            "name": target.container_name,
                            **({"command": list(command)} if command else {}),
                            "environment": [
                                {"name": "TRIGGER", "value": "schedule"},
                                {"name": "SCHEDULED_TIME", "value": _SCHEDULED_TIME},
                            ],
                        }
                    ]
                }
            ),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_retry_attempts=_RETRIES, maximum_event_age_in_seconds=_RETRY_WITHIN.to_seconds()
            ),
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letter_queue.queue_arn),
        )

    def _role(self, target: TaskTarget) -> iam.Role:
        stack = Stack.of(self)
        return iam.Role(
            self,
            "Role",
            description="EventBridge Scheduler starts the sync task with it",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    # The Scheduler names the group of a schedule as the source, never the schedule itself
                    # (its user guide, "Confused deputy prevention").
                    "ArnEquals": {"aws:SourceArn": self.group.attr_arn},
                },
            ),
            inline_policies={
                "StartTheTask": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            sid="RunAnyRevisionOfThisFamilyInThisCluster",
                            actions=["ecs:RunTask"],
                            resources=[
                                stack.format_arn(
                                    service="ecs", resource="task-definition", resource_name=f"{target.family}:*"
                                )
                            ],
                            conditions={"ArnEquals": {"ecs:cluster": target.cluster_arn}},
                        ),
                        iam.PolicyStatement(
                            sid="TagTheTaskItStarts",
                            actions=["ecs:TagResource"],
                            resources=[
                                stack.format_arn(
                                    service="ecs", resource="task", resource_name=f"{target.cluster_name}/*"
                                )
                            ],
                            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
                        ),
                        iam.PolicyStatement(
                            sid="HandTheTaskItsTwoRoles",
                            actions=["iam:PassRole"],
                            resources=[target.execution_role.role_arn, target.task_role.role_arn],
                            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
                        ),
                        iam.PolicyStatement(
                            sid="KeepWhatCouldNotStart",
                            actions=["sqs:SendMessage"],
                            resources=[self.dead_letter_queue.queue_arn],
                        ),
                    ]
                )
            },
        )
