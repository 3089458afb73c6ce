"""The scheduled task: its image, cluster, task definition, log group, secrets, roles and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app import arguments
from cdk_app.base_image import WORKER_DIRECTORY
from cdk_app.network import TaskNetwork
from cdk_app.schedules import SchedulesConstruct

CONTAINER = "worker"
# The smallest task of Fargate; the worker is designed for 150 MB.
_CPU_UNITS = 256
_MEMORY_MIB = 512
# The image has no /etc/passwd entry for a name, so the Dockerfile and the task agree on numbers.
_USER = "10001:10001"
# The longest that Fargate allows: before it stops, the worker completes the request in progress.
_STOP_TIMEOUT = Duration.seconds(120)
_PLATFORMS = {
    "X86_64": (ecs.CpuArchitecture.X86_64, ecr_assets.Platform.LINUX_AMD64),
    "ARM64": (ecs.CpuArchitecture.ARM64, ecr_assets.Platform.LINUX_ARM64),
}
"""CPU architecture -> as the task and as the build of the image name it."""


class SyncTaskConstruct(Construct):
    """A container that schedules start on Fargate, in a given network.

    Its settings are `environment`, as listed by `python -m worker --variables`; the ids of its two secrets are added.
    The operator sets the values of the secrets, which are read at run time with the task role, so that neither the
    template nor the task definition contains them.

    Attributes:
        cluster: The cluster; None if one is given.
        cluster_arn: The ARN of the cluster, created or given.
        cluster_name: The name of the cluster, created or given.
        log_group: The log group, created or given.
        log_group_name: Its name. If the log group is created, the name is known at synthesis, as a link to it needs.
        execution_role: The role with which ECS starts the container.
        task_role: The role of the worker.

    Args:
        project_name: The name of the task family, and the first part of the names of secrets, schedules and log group;
            unique in an account and region.
        network: The network of the task.
        environment: The worker's variables. `STATE_TABLE` is the name of a table that `task_role` may access.
        schedule_expression: When a sync runs: an EventBridge Scheduler expression.
        schedule_timezone: The time zone of both schedules.
        reconcile_schedule: When a reconcile runs: an EventBridge Scheduler expression; if not given, never.
        image_directory: The build context of the image.
        base_image: The base image with its digest; if not given, the tag that the Dockerfile names.
        cluster: An ECS cluster with Fargate; if not given, one is created.
        log_group: The log group; if not given, `/ecs/<project_name>` is created.
        log_retention: How long a log group that is created keeps its events.
        cpu: The CPU units of the task, in a combination with `memory_mib` that Fargate offers.
        memory_mib: The memory of the task.
        cpu_architecture: "X86_64" or "ARM64".
        keep_data: Whether the secrets and the log outlive the stack.

    Raises:
        ValueError: An argument is not allowed; the message names it, its value and what is allowed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project_name: str,
        network: TaskNetwork,
        environment: Mapping[str, str],
        schedule_expression: str,
        schedule_timezone: str = "UTC",
        reconcile_schedule: str | None = None,
        image_directory: Path = WORKER_DIRECTORY,
        base_image: str | None = None,
        cluster: ecs.ICluster | None = None,
        log_group: logs.ILogGroup | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        cpu: int = _CPU_UNITS,
        memory_mib: int = _MEMORY_MIB,
        cpu_architecture: str = "X86_64",
        keep_data: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        arguments.project_name(project_name)
        arguments.worker_environment(environment)
        arguments.schedule("schedule_expression", schedule_expression)
        arguments.timezone(schedule_timezone)
        if reconcile_schedule is not None:
            arguments.schedule("reconcile_schedule", reconcile_schedule)
        arguments.fargate_size(cpu, memory_mib)
        arguments.choice("cpu_architecture", cpu_architecture, tuple(_PLATFORMS))
        architecture, platform = _PLATFORMS[cpu_architecture]
        self.project_name = project_name
        self.base_image = base_image
        # RETAIN would also keep what a failed first deploy created, and its names would make the next deploy fail.
        self._removal_policy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if keep_data else RemovalPolicy.DESTROY
        self.image = ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(image_directory),
            platform=platform,
            display_name="worker",
            build_args={"BASE": base_image} if base_image else None,
        )
        self.cluster = None if cluster else self._cluster()
        if self.cluster:
            self.cluster_arn, self.cluster_name = self.cluster.attr_arn, self.cluster.ref
        elif cluster:
            self.cluster_arn, self.cluster_name = cluster.cluster_arn, cluster.cluster_name
        self.log_group_name = log_group.log_group_name if log_group else f"/ecs/{project_name}"
        self.log_group = log_group or self._log_group(log_retention)
        self.bamboo_secret = self._secret("BambooSecret", "bamboohr", "bamboohr_api_key")
        self.moodle_secret = self._secret("MoodleSecret", "moodle", "moodle_token")
        self.execution_role = self._role("ExecutionRole", "ECS pulls the image and writes the log with it")
        self.task_role = self._task_role()
        self.task_definition = self._task_definition(cpu, memory_mib, architecture)
        self.container = self._container(environment)
        self.schedules = SchedulesConstruct(
            self,
            "Schedule",
            sync_expression=schedule_expression,
            reconcile_expression=reconcile_schedule,
            timezone=schedule_timezone,
            cluster_arn=self.cluster_arn,
            cluster_name=self.cluster_name,
            container=self.container,
            network=network,
        )

    @property
    def family_arn_prefix(self) -> str:
        """The ARN of the task definition up to the colon before the revision, so that it matches no other family."""
        return Stack.of(self).format_arn(
            service="ecs", resource="task-definition", resource_name=f"{self.project_name}:"
        )

    def _cluster(self) -> ecs.CfnCluster:
        # The L2 construct needs a network, or creates one with NAT gateways.
        return ecs.CfnCluster(
            self,
            "Cluster",
            cluster_settings=[ecs.CfnCluster.ClusterSettingsProperty(name="containerInsights", value="disabled")],
        )

    def _log_group(self, retention: logs.RetentionDays) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=self.log_group_name,
            retention=retention,
            removal_policy=self._removal_policy,
        )

    def _task_role(self) -> iam.Role:
        role = self._role("TaskRole", "The worker reads its secrets and keeps its state with it")
        role.add_to_policy(
            iam.PolicyStatement(
                sid="ReadItsTwoSecrets",
                actions=["secretsmanager:GetSecretValue"],
                resources=[self.bamboo_secret.ref, self.moodle_secret.ref],
            )
        )
        return role

    def _task_definition(
        self, cpu: int, memory_mib: int, architecture: ecs.CpuArchitecture
    ) -> ecs.FargateTaskDefinition:
        return ecs.FargateTaskDefinition(
            self,
            "TaskDefinition",
            family=self.project_name,
            cpu=cpu,
            memory_limit_mib=memory_mib,
            execution_role=self.execution_role,
            task_role=self.task_role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=architecture,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )

    def _container(self, environment: Mapping[str, str]) -> ecs.ContainerDefinition:
        linux = ecs.LinuxParameters(self, "Linux", init_process_enabled=True)
        linux.drop_capabilities(ecs.Capability.ALL)
        return self.task_definition.add_container(
            "Worker",
            container_name=CONTAINER,
            image=ecs.ContainerImage.from_docker_image_asset(self.image),
            essential=True,
            user=_USER,
            readonly_root_filesystem=True,
            linux_parameters=linux,
            stop_timeout=_STOP_TIMEOUT,
            environment={
                # Fargate sets AWS_REGION, which boto3 does not read.
                "AWS_DEFAULT_REGION": Aws.REGION,
                "BAMBOO_SECRET_ID": self.bamboo_secret.ref,
                "MOODLE_SECRET_ID": self.moodle_secret.ref,
                **environment,
            },
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=CONTAINER,
                log_group=self.log_group,
                # Otherwise, ECS drops lines while its buffer is full, and a run whose summary is lost looks like one
                # that did not take place.
                mode=ecs.AwsLogDriverMode.BLOCKING,
            ),
        )

    def _secret(self, construct_id: str, system: str, key: str) -> secretsmanager.CfnSecret:
        # The L2 construct always generates a value, which would look like a wrong token.
        secret = secretsmanager.CfnSecret(
            self,
            construct_id,
            name=f"{self.project_name}/{system}",
            description=f'A JSON object with the key "{key}". Its value is set by the operator, never by a deploy.',
        )
        secret.apply_removal_policy(self._removal_policy)
        return secret

    def _role(self, construct_id: str, description: str) -> iam.Role:
        return iam.Role(
            self,
            construct_id,
            description=description,
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    # ECS never names a narrower source, such as a cluster (ECS developer guide, "Task IAM role").
                    "ArnLike": {
                        "aws:SourceArn": Stack.of(self).format_arn(service="ecs", resource="*", resource_name=None)
                    },
                },
            ),
        )
