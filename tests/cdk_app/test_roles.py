"""The optional roles: the operator's, which the RUNBOOK lists, and the one of a GitHub workflow."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template as Assertions

from cdk_app.alerting import AlertingConstruct
from cdk_app.deploy_role import DeployRoleConstruct
from cdk_app.operator_role import OperatorRoleConstruct
from cdk_app.state_table import StateTableConstruct
from tests.cdk_app.constructs import sync_task
from tests.cdk_app.synthesis import ROOT, Synthesis, Template, app

ROLE = "AWS::IAM::Role"
ECS = "arn:aws:ecs:eu-west-2:111122223333"


def table() -> dict[str, set[str]]:
    """Return the table of the RUNBOOK: the actions by their resources."""
    text = (ROOT / "RUNBOOK.md").read_text(encoding="utf-8")
    section = text[text.index("### What an operator's AWS credentials must allow") :]
    section = section[: section.index("\n### ", 1)]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", section, flags=re.MULTILINE)[1:]
    return {on: set(re.findall(r"`([a-z]+:[A-Za-z]+)`", actions)) for on, actions in rows if set(on) != {"-"}}


def sid(on: str) -> str:
    """Return the name of a statement: the words, joined."""
    return "".join(word.capitalize() for word in re.split(r"[ ,-]+", on))


def statements(synthesis: Synthesis, part: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a role by name."""
    role = synthesis.sync.named(part, ROLE)
    return {one["Sid"]: one for one in synthesis.sync.statements(role)}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_role_allows_exactly_what_the_runbook_lists(prod: Synthesis) -> None:
    allowed = {name: set(listed(one["Action"])) for name, one in statements(prod, "OperatorRole").items()}

    assert len(table()) > 15
    assert allowed == {sid(on): actions for on, actions in table().items()}


def test_the_resources_of_the_operators_role(prod: Synthesis) -> None:
    sync, found = prod.sync, statements(prod, "OperatorRole")
    cluster = {"Ref": sync.named("Cluster", "AWS::ECS::Cluster")}

    def arn(part: str, kind: str) -> dict[str, Any]:
        return {"Fn::GetAtt": [sync.named(part, kind), "Arn"]}

    secrets = [{"Ref": sync.named(part, "AWS::SecretsManager::Secret")} for part in ("Bamboo", "Moodle")]
    schedules = [arn(part, "AWS::Scheduler::Schedule") for part in ("TaskSchedule662F55AF", "Reconcile")]
    assert {name: listed(one["Resource"]) for name, one in found.items()} == {
        "TheStack": [{"Ref": "AWS::StackId"}],
        "TheTaskDefinition": [f"{ECS}:task-definition/snap:*"],
        "ATaskThatIsStarted": [{"Fn::Join": ["", [f"{ECS}:task/", cluster, "/*"]]}],
        "TheRolesOfTheTask": [arn("ExecutionRole", ROLE), arn("TaskRole", ROLE)],
        "TheTasksOfTheCluster": [{"Fn::Join": ["", [f"{ECS}:task/", cluster, "/*"]]}],
        "TheCluster": ["*"],
        "AnyTaskDefinition": ["*"],
        "TheLogGroup": [arn("Task", "AWS::Logs::LogGroup")],
        "TheSecretsToRead": secrets,
        "TheSecretsToSet": secrets,
        "TheStateTableToRead": [arn("State", "AWS::DynamoDB::Table")],
        "TheStateTableToWrite": [arn("State", "AWS::DynamoDB::Table")],
        "TheSchedules": schedules,
        "TheRoleOfTheSchedules": [arn("ScheduleRole", ROLE)],
        "AnyAlarm": ["*"],
        "TheTopic": [{"Ref": sync.named("Topic", "AWS::SNS::Topic")}],
        "TheRules": [arn(part, "AWS::Events::Rule") for part in ("FailureRule", "SuccessRule")],
        "TheDeadLetterQueue": [arn("DeadLetter", "AWS::SQS::Queue")],
        "TheSilenceAlarm": [arn("Silence", "AWS::CloudWatch::Alarm")],
    }
    in_this_cluster = {"ArnEquals": {"ecs:cluster": {"Fn::GetAtt": [cluster["Ref"], "Arn"]}}}
    assert {name: one["Condition"] for name, one in found.items() if "Condition" in one} == {
        "TheTaskDefinition": in_this_cluster,
        "TheCluster": in_this_cluster,
        "ATaskThatIsStarted": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        "TheRolesOfTheTask": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        "TheRoleOfTheSchedules": {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
    }


def test_only_the_given_principals_may_assume_it(prod: Synthesis) -> None:
    role = prod.sync.properties("OperatorRole", ROLE)["AssumeRolePolicyDocument"]["Statement"]

    assert [one["Principal"] for one in role] == [
        {"AWS": ["arn:aws:iam::111122223333:role/Operators", "arn:aws:iam::111122223333:user/on-call"]}
    ]


def test_only_jobs_of_this_environment_of_this_repository_deploy(prod: Synthesis) -> None:
    (trust,) = prod.sync.properties("DeployRole", ROLE)["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
        },
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:acme/lxp-sync:environment:prod",
            }
        },
    }


def test_a_deploy_may_assume_the_bootstraps_roles_start_a_scan_and_read(prod: Synthesis) -> None:
    found = statements(prod, "DeployRole")
    actions = {action for one in found.values() for action in listed(one["Action"])}

    assert listed(found["DeployAsTheCdkDoes"]["Resource"]) == [
        {
            "Fn::Join": [
                "",
                [
                    f"arn:aws:iam::111122223333:role/cdk-hnb659fds-{role}-role-",
                    {"Ref": "AWS::AccountId"},
                    "-",
                    {"Ref": "AWS::Region"},
                ],
            ]
        }
        for role in ("deploy", "file-publishing", "image-publishing", "lookup")
    ]
    assert actions == {
        "cloudformation:DescribeStacks",
        "cloudwatch:DescribeAlarms",
        "dynamodb:GetItem",
        "ecr:StartImageScan",
        "ecs:DescribeTaskDefinition",
        "scheduler:GetSchedule",
        "secretsmanager:DescribeSecret",
        "sns:ListSubscriptionsByTopic",
        "sts:AssumeRole",
    }
    assert "secretsmanager:GetSecretValue" not in json.dumps(found)


def test_a_deploy_may_make_the_calls_of_its_report(prod: Synthesis) -> None:
    """Each call of `ops.after_deploy` is allowed, by the name of the call."""
    source = (ROOT / "ops" / "after_deploy.py").read_text(encoding="utf-8")
    called = set(re.findall(r"\.((?:start|describe|get|list)_[a-z_]+)\(", source)) - {"get_paginator"}
    called |= set(re.findall(r'get_paginator\("([a-z_]+)"\)', source))
    allowed = {
        action.partition(":")[2] for one in statements(prod, "DeployRole").values() for action in listed(one["Action"])
    }

    assert {"".join(word.capitalize() for word in call.split("_")) for call in called} <= allowed


def test_both_roles_are_optional(dev: Synthesis) -> None:
    assert not [name for name in dev.sync.of_type(ROLE) if name.startswith(("Operator", "Deploy"))]


@pytest.mark.parametrize(
    ("region", "audience"),
    [("cn-north-1", "sts.amazonaws.com.cn"), ("us-gov-west-1", "sts.amazonaws.com")],
)
def test_other_partitions(region: str, audience: str) -> None:
    stack = cdk.Stack(app(), "Stack", env=cdk.Environment(account="111122223333", region=region))
    make(stack)
    made = Template(Assertions.from_stack(stack).to_json())
    (trust,) = made.properties("Deploy", ROLE)["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:aud"] == audience
    assert "arn:aws:" not in json.dumps(made.body)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"principals": []}, r"principals = \[\] is not allowed; allowed are ARNs of users or roles"),
        ({"principals": ["arn:aws:iam::111122223333:role/*"]}, r"principals = .*role/\*'\] is not allowed"),
        ({"repository": "acme/*"}, r"repository = 'acme/\*' is not allowed; allowed is organisation/name"),
    ],
)
def test_an_argument_that_is_not_allowed(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        make(cdk.Stack(app(), "Stack"), **changes)


def make(stack: cdk.Stack, *, principals: tuple[str, ...] | list[str] = (), repository: str = "acme/sync") -> None:
    """Add both roles to the stack."""
    task, state = sync_task(stack), StateTableConstruct(stack, "State")
    alerting = AlertingConstruct(stack, "Alerting", task=task, alert_email="ops@example.com")
    DeployRoleConstruct(
        stack,
        "Deploy",
        repository=repository,
        github_environment="prod",
        repository_name="acme-sync",
        task=task,
        state=state,
        alerting=alerting,
    )
    if principals != ():
        OperatorRoleConstruct(stack, "Operator", task=task, state=state, alerting=alerting, principals=list(principals))
