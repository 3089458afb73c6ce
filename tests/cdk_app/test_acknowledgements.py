"""The findings of cdk-nag that are acknowledged; with any other one, no fixture would be synthesised."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from cdk_app import parameters
from cdk_app.stacks import RegistryStack, SyncStack
from tests.cdk_app.synthesis import ENVIRONMENTS, Synthesis, app

BOTH = {
    "AwsSolutions-ECS2",
    "AwsSolutions-ECS4",
    "AwsSolutions-IAM5[Resource::*]",
    "AwsSolutions-SMG4",
    "AwsSolutions-SQS3",
}


def report(synthesis: Synthesis) -> dict[str, Any]:
    (plugin,) = json.loads((synthesis.assembly / "validation-report.json").read_text())["pluginReports"]
    return dict(plugin)


def test_no_finding_is_left(each: Synthesis) -> None:
    assert report(each)["conclusion"] == "success"
    assert report(each)["violations"] == []


def test_what_was_acknowledged_and_no_more(dev: Synthesis, prod: Synthesis) -> None:
    ours = {finding["ruleName"] for finding in report(prod)["suppressedViolations"]}
    theirs = {finding["ruleName"] for finding in report(dev)["suppressedViolations"]}
    ecs = "AwsSolutions-IAM5[Resource::arn:aws:ecs:eu-west-2:111122223333:"
    cluster = prod.sync.named("Cluster", "AWS::ECS::Cluster")

    assert ours == BOTH | {f"{ecs}task-definition/snap:*]", f"{ecs}task/<{cluster}>/*]"}
    assert {rule for rule in theirs if "task" not in rule} == BOTH | {"AwsSolutions-VPC7"}


def test_without_its_acknowledgements_the_stack_would_not_synthesise() -> None:
    tree = app()
    chosen = parameters.load("dev", environments=ENVIRONMENTS)
    SyncStack(tree, "Sync", parameters=chosen, registry=RegistryStack(tree, "Registry", parameters=chosen))
    cdk.Validations.of(tree).add_plugins(AwsSolutionsChecks(tree))

    with pytest.raises(RuntimeError, match="AwsSolutions-SMG4"):
        tree.synth()
