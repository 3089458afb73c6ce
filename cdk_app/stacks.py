"""The two stacks of an environment. They compose constructs and wire the grants between them, and do nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from aws_cdk import Annotations, Aws, CfnOutput, DefaultStackSynthesizer, Environment, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk.region_info import RegionInfo
from constructs import Construct

from cdk_app import schedule_expression
from cdk_app.alerting import AlertingConstruct
from cdk_app.dashboard import DashboardConstruct
from cdk_app.log_retention import RETENTION
from cdk_app.parameters import Parameters
from cdk_app.public_network import HTTPS, EgressOnlySecurityGroup, PublicNetworkConstruct
from cdk_app.registry import RegistryConstruct
from cdk_app.schedules import TaskNetwork
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import CONTAINER, SyncTaskConstruct
from cdk_app.task_end import WatchedTask

_STATE_ID = "default"
_TABLE_ACTIONS = (
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Scan",
)
# The year that a clock change is looked for in; any will do, and a fixed one keeps a synthesis repeatable.
_SAMPLE_YEAR = 2026


_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


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
        CfnOutput(self, "RepositoryName", value=self.registry.repository.repository_name)


class SyncStack(Stack):
    """`<ProjectName>`: everything else of an environment.

    `network` (None where one is given), `state`, `task`, `alerting` and `dashboard` (None unless asked for) are its
    constructs, and `parameters` is what it was made from. Its image goes to the registry stack's repository, whose name
    both stacks know: neither refers to the other.
    """

    def __init__(self, scope: Construct, construct_id: str, *, parameters: Parameters, image_directory: Path) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=parameters.project_name,
            description="Keeps a NovaLXP (Moodle) site in step with BambooHR, every night",
            env=_environment(parameters),
            tags=_tags(parameters),
            synthesizer=DefaultStackSynthesizer(image_assets_repository_name=parameters.project_name),
        )
        _tag(self, parameters)
        self.parameters = parameters
        self.network = self._public_network()
        self.state = StateTableConstruct(self, "State", keep_data=parameters.production)
        task_network = self._task_network()
        self.task = SyncTaskConstruct(
            self,
            "Task",
            project_name=parameters.project_name,
            image_directory=str(image_directory),
            network=task_network,
            environment={
                "STATE_TABLE": self.state.table.table_name,
                "STATE_ID": _STATE_ID,
                **parameters.worker_environment,
            },
            schedule_expression=parameters.schedule_expression,
            schedule_timezone=parameters.schedule_timezone,
            reconcile_schedule=parameters.reconcile_schedule,
            cpu_architecture=parameters.cpu_architecture,
            log_retention=logs.RetentionDays[RETENTION[parameters.log_retention_days]],
            keep_data=parameters.production,
        )
        self.task.task_role.add_to_policy(
            iam.PolicyStatement(
                sid="KeepItsState", actions=list(_TABLE_ACTIONS), resources=[self.state.table.table_arn]
            )
        )
        log_group_name = f"/ecs/{parameters.project_name}"
        self.alerting = AlertingConstruct(
            self,
            "Alerting",
            task=WatchedTask(
                project_name=parameters.project_name,
                cluster_arn=self.task.cluster.attr_arn,
                cluster_name=self.task.cluster.ref,
                family_arn_prefix=self.format_arn(
                    service="ecs", resource="task-definition", resource_name=f"{parameters.project_name}:"
                ),
                container_name=CONTAINER,
                log_group_name=log_group_name,
                environment=parameters.environment,
                console=_console(parameters.region),
            ),
            log_group=self.task.log_group,
            dead_letter_queue=self.task.schedules.dead_letter_queue,
            alert_email=parameters.alert_email,
            silence_hours=parameters.silence_hours,
        )
        self.dashboard = self._dashboard(log_group_name)
        self._outputs(task_network)
        self._warn_of_clock_change("ScheduleExpression", parameters.schedule_expression)
        if parameters.reconcile_schedule:
            self._warn_of_clock_change("ReconcileSchedule", parameters.reconcile_schedule)
            self._warn_of_meeting(parameters.reconcile_schedule)

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

    def _task_network(self) -> TaskNetwork:
        if self.network:
            subnet_ids, security_group_id = self.network.subnet_ids, self.network.security_group.attr_group_id
        else:
            given = self.parameters.network
            subnet_ids = given.subnet_ids
            security_group_id = (
                given.security_group_id
                or EgressOnlySecurityGroup(
                    self, "SecurityGroup", vpc_id=given.vpc_id, ports=self._ports()
                ).security_group.attr_group_id
            )
        return TaskNetwork(
            subnet_ids=subnet_ids,
            security_group_id=security_group_id,
            assign_public_ip=self.parameters.network.assign_public_ip,
        )

    def _ports(self) -> tuple[int, ...]:
        """What the task has to reach: HTTPS, and where BambooHR or Moodle are told to be elsewhere."""
        urls = (self.parameters.worker_environment.get(name, "") for name in ("BAMBOO_BASE_URL", "MOODLE_BASE_URL"))
        return tuple(sorted({HTTPS, *(urlsplit(url).port or HTTPS for url in urls)}))

    def _dashboard(self, log_group_name: str) -> DashboardConstruct | None:
        if not self.parameters.dashboard:
            return None
        return DashboardConstruct(
            self,
            "Dashboard",
            dashboard_name=self.parameters.project_name,
            log_group_name=log_group_name,
            alarms=[self.alerting.silence_alarm, self.alerting.dead_letter_alarm, self.alerting.parked_alarm],
        )

    def _outputs(self, network: TaskNetwork) -> None:
        """What an operator's commands need to find everything by the stack's name alone."""
        outputs = {
            "Environment": self.parameters.environment,
            "ClusterName": self.task.cluster.ref,
            "TaskFamily": self.parameters.project_name,
            "TaskDefinitionArn": self.task.task_definition.task_definition_arn,
            "ContainerName": CONTAINER,
            "SubnetIds": ",".join(network.subnet_ids),
            "SecurityGroupId": network.security_group_id,
            "AssignPublicIp": "ENABLED" if network.assign_public_ip else "DISABLED",
            "TableName": self.state.table.table_name,
            "StateId": _STATE_ID,
            "BambooSecretArn": self.task.bamboo_secret.ref,
            "MoodleSecretArn": self.task.moodle_secret.ref,
            "TopicArn": self.alerting.topic.topic_arn,
            "AlertEmail": self.parameters.alert_email,
            "LogGroupName": self.task.log_group.log_group_name,
            "ScheduleName": self.task.schedules.nightly.ref,
            "ScheduleGroupName": self.task.schedules.group.ref,
            "DeadLetterQueueUrl": self.task.schedules.dead_letter_queue.queue_url,
            "SilenceAlarmName": self.alerting.silence_alarm.alarm_name,
            "SuccessRuleName": self.alerting.success_rule.rule_name,
            "FailureRuleName": self.alerting.failure_rule.rule_name,
            "DeadLetterAlarmName": self.alerting.dead_letter_alarm.alarm_name,
            "ParkedAlarmName": self.alerting.parked_alarm.alarm_name,
            "RepositoryName": self.parameters.project_name,
        }
        if self.task.schedules.reconcile:
            outputs["ReconcileScheduleName"] = self.task.schedules.reconcile.ref
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)

    def _warn_of_clock_change(self, key: str, expression: str) -> None:
        zone = self.parameters.schedule_timezone
        hours = schedule_expression.skipped_hours(expression, zone, _SAMPLE_YEAR)
        if hours:
            unsafe = schedule_expression.changed_hours(zone, _SAMPLE_YEAR)
            safe = next(hour for hour in range(3, 24) if hour not in unsafe)
            Annotations.of(self).add_warning_v2(
                "lxp-sync:clock-change",
                f"{key} runs in hour {', '.join(map(str, hours))} of {zone}. In the night that the clocks go forward "
                f"a local time that does not exist has no run; choose one in hour {safe}, or accept it.",
            )

    def _warn_of_meeting(self, reconcile: str) -> None:
        if schedule_expression.may_meet(self.parameters.schedule_expression, reconcile):
            Annotations.of(self).add_warning_v2(
                "lxp-sync:schedules-meet",
                "ReconcileSchedule and ScheduleExpression may start in the same minute. Of two runs at once only one "
                "does its work; give ReconcileSchedule an hour at which no nightly run is at work.",
            )


def _console(region: str | None) -> str | None:
    """The host of the web console; None where AWS's own list of regions does not tell it."""
    if region is None:
        return f"{Aws.REGION}.{_CONSOLES['aws']}"
    host = _CONSOLES.get(RegionInfo.get(region).partition or "aws")
    return f"{region}.{host}" if host else None


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
    """In the template too, where a reviewer sees them; a stack's own tags are only told to CloudFormation."""
    for key, value in _tags(parameters).items():
        Tags.of(stack).add(key, value)
