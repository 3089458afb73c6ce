"""The repository that holds the worker's images."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app import removal

_TAGGED_IMAGES_KEPT = 100
_DAYS_UNTAGGED = 7


class RegistryConstruct(Construct):
    """An ECR repository: immutable tags, scan on push, and a limit to what it keeps.

    `publisher_role_arn` is the role that the CDK's command line publishes images with. As bootstrapped it may push only
    to the bootstrap's own repository; within one account this repository's policy is enough to let it push here.

    `repository` is the repository.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, repository_name: str, publisher_role_arn: str, keep_data: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=repository_name,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="untagged images go",
                    rule_priority=1,
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(_DAYS_UNTAGGED),
                ),
                ecr.LifecycleRule(
                    description="of the tagged images the newest stay, to roll back to",
                    rule_priority=2,
                    tag_pattern_list=["*"],
                    max_image_count=_TAGGED_IMAGES_KEPT,
                ),
            ],
            removal_policy=removal.of_named(keep_data=keep_data),
            # Without it a destroyed playground leaves the repository, and the next deploy meets its name.
            empty_on_delete=not keep_data,
        )
        self.repository.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishedByCdk",
                principals=[iam.ArnPrincipal(publisher_role_arn)],
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:CompleteLayerUpload",
                    "ecr:DescribeImages",
                    "ecr:DescribeRepositories",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
            )
        )
