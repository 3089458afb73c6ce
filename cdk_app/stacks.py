"""The two stacks of an environment. They compose constructs and wire the grants between them, and do nothing else."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from aws_cdk import Annotations, CfnOutput, DefaultStackSynthesizer, Environment, IStackSynthesizer, Stack, Tags
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app import base_image, schedule_expression
from cdk_app.alerting import AlertingConstruct
from cdk_app.dashboard import DashboardConstruct
from cdk_app.deploy_role import DeployRoleConstruct
from cdk_app.log_retention import RETENTION
from cdk_app.operator_role import OperatorRoleConstruct
from cdk_app.ordered_synthesizer import OrderedSynthesizer
from cdk_app.parameters import Parameters
from cdk_app.public_network import HTTPS, EgressOnlySecurityGroup, PublicNetworkConstruct
from cdk_app.registry import RegistryConstruct
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import CONTAINER, SyncTaskConstruct
from cdk_app.task_network import TaskNetwork
from worker.advice import LXP, CommandLine

_STATE_ID = "default"
# The year that a clock change is looked for in; any will do, and a fixed one keeps a synthesis repeatable.
_SAMPLE_YEAR = 2026


class RegistryStack(Stack):
    """`<ProjectName>-registry`: the image repository, which must be there before an image is published.

    `registry` is its one construct.
    """

    def __init__(self, scope: Construct, construct_id: str, *, parameters: Parameters) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=f"{parameters.project_name}-registry",
            description="The image repository of the BambooHR to NovaLXP sync",
            env=_environment(parameters),
            termination_protection=parameters.production,
            tags=_tags(parameters),
        )
        _tag(self, parameters)
        qualifier = self.synthesizer.bootstrap_qualifier or DefaultStackSynthesizer.DEFAULT_QUALIFIER
        self.registry = RegistryConstruct(
            self,
            "Registry",
            repository_name=parameters.project_name,
            publisher_role_arn=self.format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name=f"cdk-{qualifier}-image-publishing-role-{self.account}-{self.region}",
            ),
            keep_data=parameters.production,
        )
        CfnOutput(
            self,
            "RepositoryName",
            value=self.registry.repository.repository_name,
            description="The ECR repository of the worker's images",
        )


class SyncStack(Stack):
    """`<ProjectName>`: everything else of an environment.

    `network` (None where one is given), `state`, `task`, `alerting`, and `dashboard`, `operator_role` and `deploy_role`
    (None unless asked for) are its constructs; `parameters` is what it was made from. Its image goes to the registry
    stack's repository, whose name both stacks know: neither refers to the other.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        parameters: Parameters,
        registry: RegistryStack,
        base: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=parameters.project_name,
            description="Keeps a NovaLXP (Moodle) site in sync with BambooHR, on a schedule",
            env=_environment(parameters),
            termination_protection=parameters.production,
            tags=_tags(parameters),
            synthesizer=_ordered_after(registry, parameters.project_name),
        )
        self.add_stack_dependency(registry, "its image is published to the registry's repository")
        _tag(self, parameters)
        self.parameters = parameters
        self.network = self._public_network()
        self.state = StateTableConstruct(self, "State", keep_data=parameters.production)
        self._task_network = self._given_network() if self.network is None else self.network.task_network
        self.task = self._task(base)
        self.state.grant_worker(self.task.task_role)
        self.alerting = AlertingConstruct(
            self,
            "Alerting",
            task=self.task,
            alert_email=parameters.alert_email,
            silence_hours=parameters.silence_hours,
            operator_environment=parameters.environment,
            image_repository_name=parameters.project_name,
        )
        self.dashboard = self._dashboard()
        self.operator_role = self._operator_role()
        self.deploy_role = self._deploy_role()
        self._outputs()
        self._warn_of_clock_change("ScheduleExpression", parameters.schedule_expression)
        if parameters.reconcile_schedule:
            self._warn_of_clock_change("ReconcileSchedule", parameters.reconcile_schedule)
            self._warn_of_meeting(parameters.reconcile_schedule)

    def _task(self, base: str | None) -> SyncTaskConstruct:
        parameters = self.parameters
        return SyncTaskConstruct(
            self,
            "Task",
            project_name=parameters.project_name,
            network=self._task_network,
            environment={
                "STATE_TABLE": self.state.table.table_name,
                "STATE_ID": _STATE_ID,
                **CommandLine(LXP, parameters.environment).variable,
                **parameters.worker_environment,
            },
            schedule_expression=parameters.schedule_expression,
            schedule_timezone=parameters.schedule_timezone,
            reconcile_schedule=parameters.reconcile_schedule,
            base_image=base,
            cpu_architecture=parameters.cpu_architecture,
            log_retention=logs.RetentionDays[RETENTION[parameters.log_retention_days]],
            keep_data=parameters.production,
        )

    def _public_network(self) -> PublicNetworkConstruct | None:
        wanted = self.parameters.network
        if not wanted.create:
            return None
        return PublicNetworkConstruct(
            self,
            "Network",
            ports=self._ports(),
            flow_logs=wanted.flow_logs,
            flow_log_retention=logs.RetentionDays[RETENTION[self.parameters.log_retention_days]],
        )

    def _given_network(self) -> TaskNetwork:
        given = self.parameters.network
        security_group_id = (
            given.security_group_id
            or EgressOnlySecurityGroup(
                self, "SecurityGroup", vpc_id=given.vpc_id, ports=self._ports()
            ).security_group.attr_group_id
        )
        return TaskNetwork(
            subnet_ids=given.subnet_ids,
            security_group_id=security_group_id,
            assign_public_ip=given.assign_public_ip,
        )

    def _ports(self) -> tuple[int, ...]:
        """What the task has to reach: HTTPS, and another port where BambooHR or Moodle has one."""
        urls = (self.parameters.worker_environment.get(name, "") for name in ("BAMBOO_BASE_URL", "MOODLE_BASE_URL"))
        return tuple(sorted({HTTPS, *(urlsplit(url).port or HTTPS for url in urls)}))

    def _dashboard(self) -> DashboardConstruct | None:
        if not self.parameters.dashboard:
            return None
        return DashboardConstruct(
            self,
            "Dashboard",
            dashboard_name=self.parameters.project_name,
            log_group_name=self.task.log_group_name,
            alarms=self.alerting.alarms,
        )

    def _operator_role(self) -> OperatorRoleConstruct | None:
        if not self.parameters.operator_principals:
            return None
        return OperatorRoleConstruct(
            self,
            "Operator",
            task=self.task,
            state=self.state,
            alerting=self.alerting,
            principals=self.parameters.operator_principals,
        )

    def _deploy_role(self) -> DeployRoleConstruct | None:
        if self.parameters.github_repository is None:
            return None
        return DeployRoleConstruct(
            self,
            "Deploy",
            repository=self.parameters.github_repository,
            github_environment=self.parameters.environment,
            repository_name=self.parameters.project_name,
            task=self.task,
            state=self.state,
            alerting=self.alerting,
        )

    def _outputs(self) -> None:
        """What an operator's commands need to find everything by the stack's name alone."""
        network, task, alerting = self._task_network, self.task, self.alerting
        outputs = {
            "Environment": (self.parameters.environment, "The environment's name, for ENV"),
            "ClusterName": (task.cluster_name, "The ECS cluster that the task runs in"),
            "TaskFamily": (task.project_name, "The family of the task definition"),
            "TaskDefinitionArn": (task.task_definition.task_definition_arn, "The current revision of the task"),
            "ContainerName": (CONTAINER, "The one container of the task"),
            "SubnetIds": (",".join(network.subnet_ids), "The subnets of the task"),
            "SecurityGroupId": (network.security_group_id, "The security group of the task"),
            "AssignPublicIp": (
                "ENABLED" if network.assign_public_ip else "DISABLED",
                "Whether the task has a public address",
            ),
            "TableName": (self.state.table.table_name, "The DynamoDB table of the state"),
            "StateId": (_STATE_ID, "The key of the state row in the table"),
            "BambooSecretArn": (task.bamboo_secret.ref, "The secret of the BambooHR API key"),
            "MoodleSecretArn": (task.moodle_secret.ref, "The secret of the Moodle token"),
            "TopicArn": (alerting.topic.topic_arn, "The SNS topic of all alerts"),
            "AlertEmail": (self.parameters.alert_email, "Who is subscribed to the alerts"),
            "LogGroupName": (task.log_group.log_group_name, "The log of the runs"),
            "ScheduleName": (task.schedules.nightly.ref, "The schedule of the sync"),
            "ScheduleGroupName": (task.schedules.group.ref, "The group of the schedules"),
            "DeadLetterQueueUrl": (
                task.schedules.dead_letter_queue.queue_url,
                "Starts and messages that could not be delivered",
            ),
            "SuccessRuleName": (alerting.success_rule.rule_name, "The rule that reports a successful end"),
            "FailureRuleName": (alerting.failure_rule.rule_name, "The rule that reports any other end"),
            "DeadLetterAlarmName": (alerting.dead_letter_alarm.alarm_name, "Alarm: the dead-letter queue is not empty"),
            "ParkedAlarmName": (alerting.parked_alarm.alarm_name, "Alarm: employees are parked"),
            "RepositoryName": (task.project_name, "The ECR repository of the worker's images"),
            "BaseImage": (
                task.base_image or base_image.tag(),
                "The base that the image is built on",
            ),
        }
        if alerting.silence_alarm:
            outputs["SilenceAlarmName"] = (alerting.silence_alarm.alarm_name, "Alarm: no successful sync for too long")
        if task.schedules.reconcile:
            outputs["ReconcileScheduleName"] = (task.schedules.reconcile.ref, "The schedule of the reconcile")
        if self.operator_role:
            outputs["OperatorRoleArn"] = (self.operator_role.role.role_arn, "The role of the operator's commands")
        if self.deploy_role:
            outputs["DeployRoleArn"] = (self.deploy_role.role.role_arn, "AWS_ROLE_ARN of the GitHub environment")
        for name, (value, description) in outputs.items():
            CfnOutput(self, name, value=value, description=description)

    def _warn_of_clock_change(self, key: str, expression: str) -> None:
        zone = self.parameters.schedule_timezone
        hours = schedule_expression.skipped_hours(expression, zone, _SAMPLE_YEAR)
        if hours:
            unsafe = schedule_expression.changed_hours(zone, _SAMPLE_YEAR)
            safe = next(hour for hour in range(3, 24) if hour not in unsafe)
            Annotations.of(self).add_warning_v2(
                "lxp-sync:clock-change",
                f"{key} runs in hour {', '.join(map(str, hours))} of {zone}. On the day that the clocks go forward "
                f"a local time that does not exist has no run; choose one in hour {safe}, or accept it.",
            )

    def _warn_of_meeting(self, reconcile: str) -> None:
        if schedule_expression.may_meet(self.parameters.schedule_expression, reconcile):
            Annotations.of(self).add_warning_v2(
                "lxp-sync:schedules-meet",
                "ReconcileSchedule and ScheduleExpression may start in the same minute. Of two runs at once only one "
                "does its work; give ReconcileSchedule an hour at which no scheduled sync is running.",
            )


def _ordered_after(registry: RegistryStack, repository_name: str) -> IStackSynthesizer:
    # Two of its methods take what the library really passes, which is not what the interface declares for Python.
    synthesizer: Any = OrderedSynthesizer(after=registry, image_assets_repository_name=repository_name)
    return cast("IStackSynthesizer", synthesizer)


def _environment(parameters: Parameters) -> Environment | None:
    if parameters.account is None:
        return None
    return Environment(account=parameters.account, region=parameters.region)


def _tags(parameters: Parameters) -> dict[str, str]:
    return {
        "Application": "bamboohr-novalxp-sync",
        "Project": parameters.project_name,
        "Environment": parameters.environment,
    }


def _tag(stack: Stack, parameters: Parameters) -> None:
    """In the template too, where a reviewer sees them; a stack's own tags are only passed to CloudFormation."""
    for key, value in _tags(parameters).items():
        Tags.of(stack).add(key, value)
