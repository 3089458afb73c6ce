"""The two stacks of an environment. They only compose constructs and connect the grants between them."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, IStackSynthesizer, Stack, Tags
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app import base_image
from cdk_app.alerting import AlertingConstruct
from cdk_app.allowed_values import LOG_RETENTION
from cdk_app.dashboard import DashboardConstruct
from cdk_app.deploy_role import DeployRoleConstruct
from cdk_app.network import HTTPS, EgressOnlySecurityGroup, PublicNetworkConstruct, TaskNetwork
from cdk_app.operator_role import OperatorRoleConstruct
from cdk_app.ordered_synthesizer import OrderedSynthesizer
from cdk_app.parameters import Parameters
from cdk_app.registry import RegistryConstruct
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import CONTAINER, SyncTaskConstruct
from worker.advice import LXP, CommandLine

_STATE_ID = "default"


class RegistryStack(Stack):
    """`<ProjectName>-registry`: the image repository, which must exist before an image is published."""

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

    Its image is published to the repository of the registry stack, whose name both stacks know, so that neither refers
    to the other.

    Attributes:
        parameters: The parameters of the environment.
        network: The network; None if it is given.
        state: The table of the state.
        task: The scheduled task.
        alerting: The alerts.
        dashboard: The dashboard; None by default.
        operator_role: The role of the operator's commands; None by default.
        deploy_role: The role of a GitHub workflow; None by default.
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
        self._log_retention = logs.RetentionDays[LOG_RETENTION[parameters.log_retention_days]]
        self.network = self._public_network()
        self.state = StateTableConstruct(self, "State", keep_data=parameters.production)
        self._task_network = self.network.task_network if self.network else self._given_network()
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
            log_retention=self._log_retention,
            keep_data=parameters.production,
        )

    def _public_network(self) -> PublicNetworkConstruct | None:
        if not self.parameters.create_public_network:
            return None
        return PublicNetworkConstruct(
            self,
            "Network",
            ports=self._ports(),
            flow_logs=self.parameters.vpc_flow_logs,
            flow_log_retention=self._log_retention,
        )

    def _given_network(self) -> TaskNetwork:
        parameters = self.parameters
        security_group_id = parameters.security_group_id
        if not security_group_id:
            created = EgressOnlySecurityGroup(
                self, "SecurityGroup", vpc_id=parameters.vpc_id or "", ports=self._ports()
            )
            security_group_id = created.security_group.attr_group_id
        return TaskNetwork(
            subnet_ids=tuple(parameters.subnet_ids),
            security_group_id=security_group_id,
            assign_public_ip=parameters.assign_public_ip,
        )

    def _ports(self) -> tuple[int, ...]:
        """Return the ports that the task connects to: HTTPS, and that of BambooHR or Moodle if it is another one."""
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
        """Add what the operator's commands need in order to find all resources by the name of the stack."""
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
            "ScheduleName": (task.schedules.sync.ref, "The schedule of the sync"),
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


def _ordered_after(registry: RegistryStack, repository_name: str) -> IStackSynthesizer:
    # Two of its methods accept what the library passes, which is not what the interface declares for Python.
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
    """Add the tags to the template, in which a reviewer sees them; a stack's own tags are not in it."""
    for key, value in _tags(parameters).items():
        Tags.of(stack).add(key, value)
