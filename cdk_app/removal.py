"""What becomes of a resource with a fixed name that holds data, when its stack goes."""

from __future__ import annotations

from aws_cdk import RemovalPolicy


def of_named(*, keep_data: bool) -> RemovalPolicy:
    """Kept in production, else removed with the stack.

    Plain RETAIN would also keep what a failed first deploy made, and the next deploy would meet its name ("already
    exists"). RETAIN_ON_UPDATE_OR_DELETE keeps it from then on (CloudFormation's RetainExceptOnCreate).
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if keep_data else RemovalPolicy.DESTROY
