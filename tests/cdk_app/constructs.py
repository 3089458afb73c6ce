"""The constructs in another stack, with the required arguments only."""

from __future__ import annotations

from typing import Any

from constructs import Construct

from cdk_app.network import TaskNetwork
from cdk_app.sync_task import SyncTaskConstruct

NETWORK = TaskNetwork(subnet_ids=("subnet-01234567",), security_group_id="sg-01234567", assign_public_ip=False)
ENVIRONMENT = {
    "BAMBOO_COMPANY_DOMAIN": "acme",
    "MOODLE_BASE_URL": "https://lxp.example",
    "STATE_TABLE": "state",
}


def sync_task(scope: Construct, construct_id: str = "Sync", /, **changes: Any) -> SyncTaskConstruct:
    """Return a task with the required arguments and `changes`."""
    least: dict[str, Any] = {
        "project_name": "acme-sync",
        "network": NETWORK,
        "environment": ENVIRONMENT,
        "schedule_expression": "cron(30 3 * * ? *)",
    }
    return SyncTaskConstruct(scope, construct_id, **(least | changes))
