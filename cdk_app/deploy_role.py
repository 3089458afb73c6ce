"""The role with which a GitHub workflow deploys one environment. It uses OIDC, so no AWS key is stored."""

from __future__ import annotations

from aws_cdk import Aws, DefaultStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.alerting import AlertingConstruct
from cdk_app.allowed_values import is_github_repository
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import SyncTaskConstruct

_ISSUER = "token.actions.githubusercontent.com"
# The roles that the CDK CLI assumes; the first of them passes CloudFormation's own role.
_BOOTSTRAP_ROLES = ("deploy-role", "file-publishing-role", "image-publishing-role", "lookup-role")
_AUDIENCES = {"aws-cn": "sts.amazonaws.com.cn"}


class DeployRoleConstruct(Construct):
    """A role that only jobs of one GitHub environment of one repository can assume.

    It may assume the roles of the CDK's bootstrap, and read what `make deploy` reports at its end. Each account needs
    the identity provider once: `aws iam create-open-id-connect-provider
    --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com`.

    Args:
        repository: The GitHub repository, as "organisation/name".
        github_environment: The GitHub environment that the job names.
        repository_name: The ECR repository of the image, whose scan a deploy starts.
        task: The task, whose schedules and secrets `make deploy` describes.
        state: The table of its state.
        alerting: Its topic and alarms.

    Raises:
        ValueError: `repository` is not of that form.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        repository: str,
        github_environment: str,
        repository_name: str,
        task: SyncTaskConstruct,
        state: StateTableConstruct,
        alerting: AlertingConstruct,
    ) -> None:
        super().__init__(scope, construct_id)
        if not is_github_repository(repository):
            raise ValueError(f"repository = {repository!r} is not allowed; allowed is organisation/name")
        stack = Stack.of(self)
        provider = stack.format_arn(service="iam", region="", resource="oidc-provider", resource_name=_ISSUER)
        self.role = iam.Role(
            self,
            "Role",
            description=f"GitHub deploys {task.project_name} with it, from {repository}",
            assumed_by=iam.FederatedPrincipal(
                provider,
                {
                    "StringEquals": {
                        f"{_ISSUER}:aud": _AUDIENCES.get(stack.partition, "sts.amazonaws.com"),
                        f"{_ISSUER}:sub": f"repo:{repository}:environment:{github_environment}",
                    }
                },
                "sts:AssumeRoleWithWebIdentity",
            ),
            inline_policies={
                "Deploy": iam.PolicyDocument(
                    statements=[
                        _assume_bootstrap_roles(stack),
                        iam.PolicyStatement(
                            sid="StartAScan",
                            actions=["ecr:StartImageScan"],
                            resources=[
                                stack.format_arn(service="ecr", resource="repository", resource_name=repository_name)
                            ],
                        ),
                        *_read_after_deploy(stack, task, state, alerting),
                    ]
                )
            },
        )


def _assume_bootstrap_roles(stack: Stack) -> iam.PolicyStatement:
    qualifier = stack.synthesizer.bootstrap_qualifier or DefaultStackSynthesizer.DEFAULT_QUALIFIER
    return iam.PolicyStatement(
        sid="DeployAsTheCdkDoes",
        actions=["sts:AssumeRole"],
        resources=[
            stack.format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name=f"cdk-{qualifier}-{role}-{Aws.ACCOUNT_ID}-{Aws.REGION}",
            )
            for role in _BOOTSTRAP_ROLES
        ],
    )


def _read_after_deploy(
    stack: Stack, task: SyncTaskConstruct, state: StateTableConstruct, alerting: AlertingConstruct
) -> list[iam.PolicyStatement]:
    """Return the permissions for what `ops.after_deploy` reads; it does not read the value of a secret."""
    own = {
        "cloudformation:DescribeStacks": [stack.stack_id],
        "dynamodb:GetItem": [state.table.table_arn],
        "scheduler:GetSchedule": task.schedules.schedule_arns,
        "secretsmanager:DescribeSecret": [task.bamboo_secret.ref, task.moodle_secret.ref],
        "sns:ListSubscriptionsByTopic": [alerting.topic.topic_arn],
    }
    return [
        *(
            iam.PolicyStatement(sid=action.partition(":")[2], actions=[action], resources=resources)
            for action, resources in own.items()
        ),
        # These two actions do not support resources.
        iam.PolicyStatement(
            sid="Describe", actions=["cloudwatch:DescribeAlarms", "ecs:DescribeTaskDefinition"], resources=["*"]
        ),
    ]
