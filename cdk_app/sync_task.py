"""The scheduled task: image, cluster, task definition, log group, secrets, roles and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app import arguments, removal
from cdk_app.base_image import WORKER_DIRECTORY
from cdk_app.schedules import SchedulesConstruct, TaskTarget
from cdk_app.task_network import TaskNetwork

CONTAINER = "worker"
# The smallest task that Fargate has; the worker is held to 150 MB.
_CPU_UNITS = 256
_MEMORY_MIB = 512
# Without a name in the image's /etc/passwd: the Dockerfile and the task must agree on numbers.
_USER = "10001:10001"
# The longest that Fargate allows: the worker lets the request in flight end before it stops.
_STOP_TIMEOUT = Duration.seconds(120)
_ARCHITECTURES = ("X86_64", "ARM64")


@dataclass(frozen=True, kw_only=True)
class _Platform:
    """One CPU architecture, as ECS and as the image's build call it."""

    cpu_architecture: ecs.CpuArchitecture
    platform: ecr_assets.Platform

    @classmethod
    def of(cls, cpu_architecture: str) -> _Platform:
        if cpu_architecture == "ARM64":
            return cls(cpu_architecture=ecs.CpuArchitecture.ARM64, platform=ecr_assets.Platform.LINUX_ARM64)
        return cls(cpu_architecture=ecs.CpuArchitecture.X86_64, platform=ecr_assets.Platform.LINUX_AMD64)


class SyncTaskConstruct(Construct):
    """A container that a schedule starts on Fargate, in a network that is given.

    Its settings are `environment`, as `python -m worker --variables` lists them; the ids of its two secrets are added.
    A secret has no value until the operator sets one, and is read at run time with the task role, so that neither
    template nor task definition ever holds it.

    `image`, `cluster` (None where one is given), `cluster_arn`, `cluster_name`, `log_group`, `bamboo_secret`,
    `moodle_secret`, `execution_role`, `task_role`, `task_definition`, `container` and `schedules` are its resources;
    `project_name` and `base_image` are what it was made from.

    Args:
        project_name: Names the task family, the secrets, the schedules and the log group; one of its own for each
            deployment in an account and region.
        network: Subnets and security group of the task.
        environment: The worker's variables. `STATE_TABLE` is the name of a table that `task_role` is granted.
        schedule_expression: When a sync runs, as EventBridge Scheduler writes it.
        schedule_timezone: The time zone of both schedules.
        reconcile_schedule: When a reconcile runs; without it there is none.
        image_directory: The build context of the image; the worker's directory of this project unless given.
        base_image: The base image with its digest; without it the tag that the Dockerfile names.
        cluster: An ECS cluster with Fargate; one is made unless given.
        log_group: Where the log goes; `/ecs/<project_name>` is made unless given.
        log_retention: How long a log group that is made keeps its lines.
        cpu: CPU units of the task, in a combination with `memory_mib` that Fargate offers.
        memory_mib: Memory of the task.
        cpu_architecture: "X86_64" or "ARM64".
        keep_data: Whether secrets and log outlive the stack.

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
        arguments.choice("cpu_architecture", cpu_architecture, _ARCHITECTURES)
        self.project_name = project_name
        self.base_image = base_image
        self._keep_data = keep_data
        platform = _Platform.of(cpu_architecture)
        self.image = self._image(image_directory, platform)
        self.cluster = None if cluster else self._cluster()
        self.cluster_arn: str = cluster.cluster_arn if cluster else self._made_cluster.attr_arn
        self.cluster_name: str = cluster.cluster_name if cluster else self._made_cluster.ref
        # The name of a log group that is made is known at synthesis, which a link to it needs.
        self.log_group_name = log_group.log_group_name if log_group else f"/ecs/{project_name}"
        self.log_group = log_group or self._log_group(log_retention)
        self.bamboo_secret = self._secret("BambooSecret", "bamboohr", "bamboohr_api_key")
        self.moodle_secret = self._secret("MoodleSecret", "moodle", "moodle_token")
        self.execution_role = self._role("ExecutionRole", "ECS pulls the image and writes the log with it")
        self.task_role = self._task_role()
        self.task_definition = self._task_definition(cpu, memory_mib, platform)
        self.container = self._container(environment)
        self.schedules = SchedulesConstruct(
            self,
            "Schedule",
            project_name=project_name,
            nightly=schedule_expression,
            reconcile=reconcile_schedule,
            timezone=schedule_timezone,
            target=self._target(network),
        )

    @property
    def family_arn_prefix(self) -> str:
        """What the ARN of every revision of the task definition begins with, up to the colon before the revision."""
        return Stack.of(self).format_arn(
            service="ecs", resource="task-definition", resource_name=f"{self.project_name}:"
        )

    @property
    def _made_cluster(self) -> ecs.CfnCluster:
        assert self.cluster is not None
        return self.cluster

    def _image(self, directory: Path, platform: _Platform) -> ecr_assets.DockerImageAsset:
        return ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(directory),
            platform=platform.platform,
            display_name="worker",
            build_args={"BASE": self.base_image} if self.base_image else None,
        )

    def _cluster(self) -> ecs.CfnCluster:
        # The L2 cluster makes a network with two NAT gateways unless it is given one, which a task does not need.
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
            removal_policy=removal.of_named(keep_data=self._keep_data),
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

    def _task_definition(self, cpu: int, memory_mib: int, platform: _Platform) -> ecs.FargateTaskDefinition:
        return ecs.FargateTaskDefinition(
            self,
            "TaskDefinition",
            family=self.project_name,
            cpu=cpu,
            memory_limit_mib=memory_mib,
            execution_role=self.execution_role,
            task_role=self.task_role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=platform.cpu_architecture,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )

    def _target(self, network: TaskNetwork) -> TaskTarget:
        return TaskTarget(
            cluster_arn=self.cluster_arn,
            cluster_name=self.cluster_name,
            family=self.project_name,
            task_definition_arn=self.task_definition.task_definition_arn,
            container_name=CONTAINER,
            task_role=self.task_role,
            execution_role=self.execution_role,
            network=network,
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
                # boto3 reads this one and not AWS_REGION, which is what Fargate documents.
                "AWS_DEFAULT_REGION": Aws.REGION,
                "BAMBOO_SECRET_ID": self.bamboo_secret.ref,
                "MOODLE_SECRET_ID": self.moodle_secret.ref,
                **environment,
            },
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=CONTAINER,
                log_group=self.log_group,
                # ECS drops lines when its buffer is full, unless it has to wait: a run whose summary is lost looks
                # like one that did not happen.
                mode=ecs.AwsLogDriverMode.BLOCKING,
            ),
        )

    def _secret(self, construct_id: str, system: str, key: str) -> secretsmanager.CfnSecret:
        # The L2 secret always generates a value, which would look like a token that is wrong.
        secret = secretsmanager.CfnSecret(
            self,
            construct_id,
            name=f"{self.project_name}/{system}",
            description=f'A JSON object with the key "{key}". Its value is set by the operator, never by a deploy.',
        )
        secret.apply_removal_policy(removal.of_named(keep_data=self._keep_data))
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
                    # Anything narrower, a cluster say, is never what ECS names as the source (ECS developer guide,
                    # "Task IAM role").
                    "ArnLike": {
                        "aws:SourceArn": Stack.of(self).format_arn(service="ecs", resource="*", resource_name=None)
                    },
                },
            ),
        )
