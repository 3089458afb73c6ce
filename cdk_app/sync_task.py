"""The nightly task: image, cluster, task definition, log group, secrets, roles and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app import removal
from cdk_app.schedules import SchedulesConstruct, TaskNetwork, TaskTarget

CONTAINER = "worker"
# The smallest task that Fargate has; the worker is held to 150 MB.
_CPU_UNITS = 256
_MEMORY_MIB = 512
# Without a name in the image's /etc/passwd: the Dockerfile and the task must agree on numbers.
_USER = "10001:10001"
# The longest that Fargate allows: the worker lets the request in flight end before it stops.
_STOP_TIMEOUT = Duration.seconds(120)


@dataclass(frozen=True, kw_only=True)
class TaskSize:
    """What the task runs on."""

    cpu_architecture: ecs.CpuArchitecture
    platform: ecr_assets.Platform

    @classmethod
    def of(cls, cpu_architecture: str) -> TaskSize:
        """X86_64, which builds on any machine, or ARM64."""
        if cpu_architecture == "ARM64":
            return cls(cpu_architecture=ecs.CpuArchitecture.ARM64, platform=ecr_assets.Platform.LINUX_ARM64)
        return cls(cpu_architecture=ecs.CpuArchitecture.X86_64, platform=ecr_assets.Platform.LINUX_AMD64)


class SyncTaskConstruct(Construct):
    """A container built from `image_directory` that a schedule runs on Fargate, in a network that is given.

    Its settings are `environment`; the ids of its two secrets are added. A secret has no value until the operator sets
    one, and is read at run time with the task role, so that neither template nor task definition ever holds it.

    `image`, `cluster`, `log_group`, `bamboo_secret`, `moodle_secret`, `execution_role`, `task_role`,
    `task_definition`, `container` and `schedules` are its resources.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project_name: str,
        image_directory: str,
        network: TaskNetwork,
        environment: Mapping[str, str],
        schedule_expression: str,
        schedule_timezone: str,
        keep_data: bool,
        reconcile_schedule: str | None = None,
        cpu_architecture: str = "X86_64",
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
    ) -> None:
        super().__init__(scope, construct_id)
        self._project_name = project_name
        self._keep_data = keep_data
        self._size = TaskSize.of(cpu_architecture)
        self.image = ecr_assets.DockerImageAsset(
            self, "Image", directory=image_directory, platform=self._size.platform, display_name="worker"
        )
        # The L2 cluster makes a network with two NAT gateways unless it is given one, which a task does not need.
        self.cluster = ecs.CfnCluster(
            self,
            "Cluster",
            cluster_settings=[ecs.CfnCluster.ClusterSettingsProperty(name="containerInsights", value="disabled")],
        )
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=f"/ecs/{project_name}",
            retention=log_retention,
            removal_policy=removal.of_named(keep_data=keep_data),
        )
        self.bamboo_secret = self._secret("BambooSecret", "bamboohr", "bamboohr_api_key")
        self.moodle_secret = self._secret("MoodleSecret", "moodle", "moodle_token")
        self.execution_role = self._role("ExecutionRole", "ECS pulls the image and writes the log with it")
        self.task_role = self._role("TaskRole", "The worker reads its secrets and keeps its state with it")
        self.task_role.add_to_policy(
            iam.PolicyStatement(
                sid="ReadItsTwoSecrets",
                actions=["secretsmanager:GetSecretValue"],
                resources=[self.bamboo_secret.ref, self.moodle_secret.ref],
            )
        )
        self.task_definition = ecs.FargateTaskDefinition(
            self,
            "TaskDefinition",
            family=project_name,
            cpu=_CPU_UNITS,
            memory_limit_mib=_MEMORY_MIB,
            execution_role=self.execution_role,
            task_role=self.task_role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=self._size.cpu_architecture,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.container = self._container(environment)
        self.schedules = SchedulesConstruct(
            self,
            "Schedule",
            project_name=project_name,
            nightly=schedule_expression,
            reconcile=reconcile_schedule,
            timezone=schedule_timezone,
            target=TaskTarget(
                cluster_arn=self.cluster.attr_arn,
                cluster_name=self.cluster.ref,
                family=project_name,
                task_definition_arn=self.task_definition.task_definition_arn,
                container_name=CONTAINER,
                task_role=self.task_role,
                execution_role=self.execution_role,
                network=network,
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
                # boto3 reads this one and not AWS_REGION, which is what Fargate documents.
                "AWS_DEFAULT_REGION": Aws.REGION,
                "BAMBOO_SECRET_ID": self.bamboo_secret.ref,
                "MOODLE_SECRET_ID": self.moodle_secret.ref,
                **environment,
            },
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=CONTAINER,
                log_group=self.log_group,
                # ECS drops lines when its buffer is full, unless it is told to wait: a night whose summary is lost
                # cannot be told from one that did not happen.
                mode=ecs.AwsLogDriverMode.BLOCKING,
            ),
        )

    def _secret(self, construct_id: str, system: str, key: str) -> secretsmanager.CfnSecret:
        # The L2 secret always generates a value, which would look like a token that is wrong.
        secret = secretsmanager.CfnSecret(
            self,
            construct_id,
            name=f"{self._project_name}/{system}",
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
