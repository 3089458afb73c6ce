"""The whole stacks: their snapshots, and what holds for every resource."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from cdk_app import parameters
from cdk_app.application import compose
from tests.cdk_app.synthesis import ENVIRONMENTS, Synthesis, Template, app, synthesise

ROLE = "AWS::IAM::Role"
UNTAGGABLE = frozenset(
    {
        "AWS::CloudWatch::Dashboard",
        "AWS::EC2::Route",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::IAM::Policy",
        "AWS::Logs::MetricFilter",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::Scheduler::Schedule",
    }
)
"""Types without tags in CloudFormation; a schedule has those of its group."""


@pytest.mark.parametrize("stack", ["registry", "sync"])
def test_snapshot(each: Synthesis, stack: str, snapshot: SnapshotAssertion) -> None:
    template: Template = getattr(each, stack)
    text = json.dumps(template.body).replace("111122223333", "<account>")

    assert json.loads(re.sub("[0-9a-f]{64}", "<hash>", text)) == snapshot(extension_class=JSONSnapshotExtension)


@pytest.mark.parametrize("suffix", ["", "-registry"])
def test_cfn_lint_finds_nothing(each: Synthesis, suffix: str) -> None:
    assert lint_file(each.assembly / f"{each.parameters.project_name}{suffix}.template.json") == []


def test_every_resource_that_can_be_tagged_is(each: Synthesis) -> None:
    expected = {
        "Application": "bamboohr-novalxp-sync",
        "Project": each.parameters.project_name,
        "Environment": each.parameters.environment,
    }
    for template in (each.registry, each.sync):
        for name, resource in template.resources.items():
            if resource["Type"] not in UNTAGGABLE:
                tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
                assert tags == expected, name


def wildcards(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "*" in value:
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from wildcards(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from wildcards(inner)


def roles_of_the_task(synthesis: Synthesis) -> list[str]:
    """Return the logical ids of the roles that are not optional."""
    return [name for name in synthesis.sync.of_type(ROLE) if name.startswith("Task")]


def test_the_only_wildcards_of_any_role_of_the_task(prod: Synthesis) -> None:
    found = [
        (statement["Action"], wildcard)
        for role in roles_of_the_task(prod)
        for statement in prod.sync.statements(role)
        for wildcard in wildcards([statement["Action"], statement["Resource"]])
    ]

    assert found == [
        ("ecr:GetAuthorizationToken", "*"),
        ("ecs:RunTask", "arn:aws:ecs:eu-west-2:111122223333:task-definition/snap:*"),
        ("ecs:TagResource", "/*"),
    ]


def test_the_task_has_three_roles_and_only_roles_have_policies(each: Synthesis) -> None:
    roles = set(each.sync.of_type(ROLE))
    policies = each.sync.of_type("AWS::IAM::Policy").values()

    assert len(roles_of_the_task(each)) == 3
    assert len(roles) == (5 if each.parameters.operator_principals else 3)
    assert {role["Ref"] for policy in policies for role in policy["Properties"]["Roles"]} <= roles
    assert not each.sync.of_type("AWS::IAM::ManagedPolicy")
    assert not any("ManagedPolicyArns" in each.sync.resources[role]["Properties"] for role in roles)


def test_neither_stack_refers_to_the_other(each: Synthesis) -> None:
    for template in (each.registry, each.sync):
        assert "Fn::ImportValue" not in json.dumps(template.body)
        assert not [one for one in template.body["Outputs"].values() if "Export" in one]


def test_outputs(each: Synthesis) -> None:
    everything = {"DeployRoleArn", "OperatorRoleArn", "ReconcileScheduleName"}
    optional = everything if each.parameters.reconcile_schedule else set()

    assert set(each.sync.body["Outputs"]) - optional == {
        "AlertEmail",
        "AssignPublicIp",
        "BaseImage",
        "BambooSecretArn",
        "ClusterName",
        "ContainerName",
        "DeadLetterAlarmName",
        "DeadLetterQueueUrl",
        "Environment",
        "FailureRuleName",
        "LogGroupName",
        "MoodleSecretArn",
        "ParkedAlarmName",
        "RepositoryName",
        "ScheduleGroupName",
        "ScheduleName",
        "SecurityGroupId",
        "SilenceAlarmName",
        "StateId",
        "SubnetIds",
        "SuccessRuleName",
        "TableName",
        "TaskDefinitionArn",
        "TaskFamily",
        "TopicArn",
    }


def test_every_output_has_a_description(each: Synthesis) -> None:
    for template in (each.registry, each.sync):
        assert [name for name, one in template.body["Outputs"].items() if not one.get("Description")] == []


def test_the_sync_stack_depends_on_the_registry(each: Synthesis) -> None:
    name = each.parameters.project_name
    artifacts = json.loads((each.assembly / "manifest.json").read_text())["artifacts"]

    assert f"{name}-registry" in artifacts[name]["dependencies"]


def test_only_production_has_termination_protection_and_an_account(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, protected, where in (
        (dev, False, "aws://unknown-account/unknown-region"),
        (prod, True, "aws://111122223333/eu-west-2"),
    ):
        artifacts = json.loads((synthesis.assembly / "manifest.json").read_text())["artifacts"]
        stacks = [one for one in artifacts.values() if one["type"] == "aws:cloudformation:stack"]

        assert [stack["properties"]["terminationProtection"] for stack in stacks] == [protected, protected]
        assert [stack["environment"] for stack in stacks] == [where, where]


def test_synthesis_is_repeatable(tmp_path: Path) -> None:
    first, second = (synthesise("dev", tmp_path / number) for number in ("first", "second"))

    assert first.sync.body == second.sync.body


def test_a_given_network_without_a_security_group_gets_one(tmp_path: Path) -> None:
    lines = (ENVIRONMENTS / "prod.toml").read_text().splitlines()
    file = tmp_path / "prod.toml"
    file.write_text("\n".join(line for line in lines if not line.startswith("SecurityGroupId")))

    template = synthesise("prod", tmp_path / "assembly", file).sync

    group = template.only("AWS::EC2::SecurityGroup")["Properties"]
    assert group["VpcId"] == "vpc-0123456789abcdef0"
    assert "SecurityGroupIngress" not in group
    assert template.body["Outputs"]["SecurityGroupId"]["Value"] == {
        "Fn::GetAtt": [template.named("SecurityGroup", "AWS::EC2::SecurityGroup"), "GroupId"]
    }


def test_a_system_on_another_port_can_be_reached(tmp_path: Path) -> None:
    file = tmp_path / "dev.toml"
    lines = (ENVIRONMENTS / "dev.toml").read_text()
    file.write_text(re.sub('MoodleBaseUrl = "[^"]*', 'MoodleBaseUrl = "https://acme.example:8443', lines))
    group = synthesise("dev", tmp_path / "assembly", file).sync.only("AWS::EC2::SecurityGroup")["Properties"]

    assert [(one["FromPort"], one["ToPort"]) for one in group["SecurityGroupEgress"]] == [(443, 443), (8443, 8443)]


@pytest.mark.parametrize(
    ("sync", "reconcile", "warned"),
    [
        ("cron(30 3 * * ? *)", None, []),
        ("cron(30 3 * * ? *)", "cron(30 10 ? * SUN *)", []),
        (
            "cron(30 1 * * ? *)",
            "cron(0 2 ? * SUN *)",
            [
                "ReconcileSchedule runs in hour 2 of Europe/London.",
                "ScheduleExpression runs in hour 1 of Europe/London.",
            ],
        ),
        (
            "cron(30 3 * * ? *)",
            "cron(30 3 ? * SUN *)",
            ["ReconcileSchedule and ScheduleExpression may start in the same minute."],
        ),
    ],
)
def test_warnings_about_clock_changes_and_coinciding_schedules(
    sync: str, reconcile: str | None, warned: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "dev.toml"
    lines = (ENVIRONMENTS / "dev.toml").read_text().replace("cron(30 3 * * ? *)", sync)
    file.write_text(lines + (f'\nReconcileSchedule = "{reconcile}"' if reconcile else ""))
    tree = app()
    stacks = compose(tree, parameters.load("dev", file, environments=ENVIRONMENTS))

    warnings = cdk.assertions.Annotations.from_stack(stacks.sync).find_warning("*", cdk.assertions.Match.any_value())

    assert sorted(str(one.entry.data).split(". ")[0] + "." for one in warnings) == warned
