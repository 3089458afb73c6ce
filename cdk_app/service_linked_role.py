"""Makes ECS's service-linked role where an account has none yet: `python -m cdk_app.service_linked_role`.

ECS makes it by itself with an account's first cluster, but too late for that very cluster, whose creation can then fail
with "Unable to assume the service linked role" (aws/containers-roadmap#2614). It cannot be a resource of the template,
which would fail wherever the role exists already.
"""

from __future__ import annotations

import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_SERVICE = "ecs.amazonaws.com"


def ensure(iam: Any) -> bool:
    """Whether the role had to be made. `iam` is a boto3 client."""
    if iam.list_roles(PathPrefix=f"/aws-service-role/{_SERVICE}/")["Roles"]:
        return False
    iam.create_service_linked_role(AWSServiceName=_SERVICE)
    return True


def main() -> None:
    """Make it, and say so."""
    try:
        made = ensure(boto3.client("iam"))
    except (BotoCoreError, ClientError) as fault:
        sys.exit(f"The service-linked role of {_SERVICE} could not be made: {fault}")
    sys.stdout.write(f"The service-linked role of {_SERVICE} {'was made' if made else 'is there already'}.\n")


if __name__ == "__main__":
    main()
