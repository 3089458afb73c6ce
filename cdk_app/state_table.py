"""The table that holds the state of the sync: its position, its lock, follow-ups and the journal."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

KEY = "StateId"
EXPIRY = "ExpiresAt"
_WORKER_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Scan",
)


class StateTableConstruct(Construct):
    """A DynamoDB table on demand, with point-in-time recovery; keyed by `StateId`, expiring by `ExpiresAt`.

    Its name is generated: data that outlives a stack must not stand in the way of the next one.

    `table` is the table.

    Args:
        keep_data: Whether the table outlives the stack and is protected from deletion.
    """

    def __init__(self, scope: Construct, construct_id: str, *, keep_data: bool = True) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=EXPIRY,
            deletion_protection=keep_data,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )

    def grant_worker(self, role: iam.IRole) -> None:
        """Grant the worker's role what keeping the state takes, and nothing else."""
        role.add_to_principal_policy(
            iam.PolicyStatement(sid="KeepItsState", actions=list(_WORKER_ACTIONS), resources=[self.table.table_arn])
        )
