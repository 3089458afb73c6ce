"""The repository of the worker's images."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

_TAGGED_IMAGES_KEPT = 100
_DAYS_UNTAGGED = 7


class RegistryConstruct(Construct):
    """An ECR repository with immutable tags, a scan on push, and a limited number of images.

    Args:
        repository_name: Its name.
        publisher_role_arn: The role with which the CDK CLI publishes images. After a bootstrap, it may only push to the
            bootstrap's repository; within one account, the policy of this repository is enough to let it push here.
        keep_data: Whether the repository outlives the stack.
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
            # RETAIN would also keep what a failed first deploy created, and its name would make the next deploy fail.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if keep_data else RemovalPolicy.DESTROY,
            # A repository with images cannot be deleted, and its name would make the next deploy fail.
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
