"""The service-linked role of ECS, created if the account has none: `python -m cdk_app.service_linked_role`.

ECS creates it with the first cluster of an account, but too late for that cluster, whose creation can fail with "Unable
to assume the service linked role" (aws/containers-roadmap#2614). It cannot be a resource of the template, which would
fail in accounts that have the role.
"""

from __future__ import annotations

import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_SERVICE = "ecs.amazonaws.com"


def ensure(iam: Any) -> bool:
    """Create the role unless it exists; return whether it was created. `iam` is a boto3 client."""
    if iam.list_roles(PathPrefix=f"/aws-service-role/{_SERVICE}/")["Roles"]:
        return False
    iam.create_service_linked_role(AWSServiceName=_SERVICE)
    return True


def main() -> None:
    """Create the role unless it exists, and print the result."""
    try:
        is_new = ensure(boto3.client("iam"))
    except (BotoCoreError, ClientError) as fault:
        sys.exit(f"The service-linked role of {_SERVICE} could not be made: {fault}")
    sys.stdout.write(f"The service-linked role of {_SERVICE} {'was made' if is_new else 'is there already'}.\n")


if __name__ == "__main__":
    main()
