"""The schedules that start the task, and their permissions."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.network import TaskNetwork

_RETRIES = 3
_RETRY_WITHIN = Duration.hours(1)
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
# Without --yes, the worker asks before it writes, and a scheduled run has no terminal.
_RECONCILE = ("reconcile", "--yes")


class SchedulesConstruct(Construct):
    """EventBridge Scheduler schedules that start a Fargate task: for the sync and, optionally, for a reconcile.

    A start that fails is retried three times within an hour and then sent to the dead-letter queue. Overrides tell the
    container that a schedule started it, and the scheduled time, which is the same if the Scheduler delivers a start
    twice. The schedules share a group, so that they can share a role, which trusts that group.

    Attributes:
        sync: The schedule of the sync, `<project_name>-nightly`.
        reconcile: The schedule of the reconcile; None without an expression for it.
        group: The group of the schedules.
        role: Their role.
        dead_letter_queue: The queue of the starts, and of the messages of `AlertingConstruct`, that failed.

    Args:
        sync_expression: When a sync runs.
        reconcile_expression: When a reconcile runs, if it does.
        timezone: The time zone of both.
        cluster_arn: The cluster of the task. Any revision of the task's family may be started in it.
        cluster_name: Its name.
        container: The container of the task.
        network: The network of the task.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        sync_expression: str,
        reconcile_expression: str | None,
        timezone: str,
        cluster_arn: str,
        cluster_name: str,
        container: ecs.ContainerDefinition,
        network: TaskNetwork,
    ) -> None:
        super().__init__(scope, construct_id)
        self._timezone = timezone
        self._cluster_arn = cluster_arn
        self._container = container
        self._task_definition = container.task_definition
        self._network = network
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        self.role = self._role(cluster_name)
        self.sync = self._schedule(
            "Schedule", name="nightly", description="Runs the BambooHR to NovaLXP sync", expression=sync_expression
        )
        self.reconcile = self._reconcile(reconcile_expression) if reconcile_expression else None

    @property
    def schedule_arns(self) -> list[str]:
        """The ARNs of the schedules."""
        return [schedule.attr_arn for schedule in (self.sync, self.reconcile) if schedule]

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
            # CloudFormation identifies a schedule by its name alone, whatever its group, so two environments in one
            # account and region must not share one.
            name=f"{self._task_definition.family}-{name}",
            description=description,
            group_name=self.group.ref,
            schedule_expression=expression,
            schedule_expression_timezone=self._timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            state="ENABLED",
            target=self._target(command),
        )

    def _target(self, command: Sequence[str]) -> scheduler.CfnSchedule.TargetProperty:
        return scheduler.CfnSchedule.TargetProperty(
            arn=self._cluster_arn,
            role_arn=self.role.role_arn,
            ecs_parameters=scheduler.CfnSchedule.EcsParametersProperty(
                task_definition_arn=self._task_definition.task_definition_arn,
                task_count=1,
                launch_type="FARGATE",
                platform_version="LATEST",
                propagate_tags="TASK_DEFINITION",
                network_configuration=scheduler.CfnSchedule.NetworkConfigurationProperty(
                    awsvpc_configuration=scheduler.CfnSchedule.AwsVpcConfigurationProperty(
                        subnets=list(self._network.subnet_ids),
                        security_groups=[self._network.security_group_id],
                        assign_public_ip="ENABLED" if self._network.assign_public_ip else "DISABLED",
                    )
                ),
            ),
            # EcsParameters has no overrides; the Scheduler merges Input into its RunTask call (EventBridge Scheduler
            # user guide, "Templated targets").
            input=Stack.of(self).to_json_string(
                {
                    "containerOverrides": [
                        {
                            "name": self._container.container_name,
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

    def _role(self, cluster_name: str) -> iam.Role:
        stack, task_definition = Stack.of(self), self._task_definition
        execution_role = task_definition.obtain_execution_role()
        return iam.Role(
            self,
            "Role",
            description="EventBridge Scheduler starts the sync task with it",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    # The source is the group of a schedule, never the schedule itself (EventBridge Scheduler user
                    # guide, "Confused deputy prevention").
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
                                    service="ecs",
                                    resource="task-definition",
                                    resource_name=f"{task_definition.family}:*",
                                )
                            ],
                            conditions={"ArnEquals": {"ecs:cluster": self._cluster_arn}},
                        ),
                        iam.PolicyStatement(
                            sid="TagTheTaskItStarts",
                            actions=["ecs:TagResource"],
                            resources=[
                                stack.format_arn(service="ecs", resource="task", resource_name=f"{cluster_name}/*")
                            ],
                            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
                        ),
                        iam.PolicyStatement(
                            sid="HandTheTaskItsTwoRoles",
                            actions=["iam:PassRole"],
                            resources=[execution_role.role_arn, task_definition.task_role.role_arn],
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
