"""The table that remembers where the sync got to and whom it waits for."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

KEY = "StateId"
EXPIRY = "ExpiresAt"


class StateTableConstruct(Construct):
    """A DynamoDB table on demand, with point-in-time recovery; keyed by `StateId`, expiring by `ExpiresAt`.

    Its name is generated: data that outlives a stack must not stand in the way of the next one.

    `table` is the table. Whoever reads or writes it is granted so by the stack.
    """

    def __init__(self, scope: Construct, construct_id: str, *, keep_data: bool) -> None:
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
