"""The table that holds the state of the sync: its position, its lock, follow-ups and the journal."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from worker.state.items import EXPIRY, KEY

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
    """A DynamoDB table on demand with the key `StateId`, the expiry `ExpiresAt`, and point-in-time recovery.

    Its name is generated, so that a table that outlives its stack does not prevent a new one.

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
        """Grant the worker's role the actions that it needs to keep the state."""
        role.add_to_principal_policy(
            iam.PolicyStatement(sid="KeepItsState", actions=list(_WORKER_ACTIONS), resources=[self.table.table_arn])
        )
