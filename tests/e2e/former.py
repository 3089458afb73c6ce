"""An environment as version 1.0.0 of this project deployed it: its templates are kept in the folder of this name."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.deployment import Deployment
from tests.e2e.emulator import Emulator

PROJECT = "acme-lxp-sync-former"
RECONCILE = "cron(30 10 ? * SUN *)"
STATE = {"since": "2026-11-20T03:30:00Z", "offset": "0", "updatedAt": "2026-11-21T03:31:07Z"}
_TEMPLATES = Path(__file__).with_name("former")


def deploy(emulator: Emulator) -> None:
    """Create both stacks, as the CDK's command line of the time did."""
    cloudformation = emulator.client("cloudformation")
    tags = {"Application": "bamboohr-novalxp-sync", "Project": PROJECT, "Environment": "former"}
    for template, name in (("registry", f"{PROJECT}-registry"), ("sync", PROJECT)):
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=(_TEMPLATES / f"{template}.json").read_text(encoding="utf-8"),
            Capabilities=["CAPABILITY_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def write_state(deployment: Deployment) -> None:
    """The state row after a run, and an employee that it remembers."""
    table = deployment.emulator.client("dynamodb")
    state_id = deployment.outputs["StateId"]
    for key, attributes in ((state_id, STATE), (f"{state_id}#person#4711", {"attempts": "2"})):
        item = {"StateId": key, **attributes}
        table.put_item(
            TableName=deployment.outputs["TableName"], Item={name: {"S": value} for name, value in item.items()}
        )
