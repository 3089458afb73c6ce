"""Which events are reported, according to the patterns in the template, and in which words."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cdk_app import task_events
from tests.cdk_app.event_matcher import matches
from tests.cdk_app.synthesis import Synthesis, Template

RULE = "AWS::Events::Rule"


def pattern(template: Template, rule: str) -> dict[str, Any]:
    """Return the pattern for the family of the events, with values for what is known only at deployment."""
    known = {
        "AWS::Partition": "aws",
        "AWS::Region": task_events.REGION,
        "AWS::AccountId": task_events.ACCOUNT,
    }

    def fill(value: Any) -> Any:
        match value:
            case {"Fn::GetAtt": [name, "Arn"]} if "Cluster" in name:
                return task_events.CLUSTER
            case {"Ref": str(name)}:
                return known[name]
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(map(fill, parts))
            case dict():
                return {key: fill(inner) for key, inner in value.items()}
            case list():
                return [fill(inner) for inner in value]
        return value

    own, events = f"/{name_of(template)}:", f"/{task_events.FAMILY}:"
    filled: dict[str, Any] = fill(template.properties(rule, RULE)["EventPattern"])
    (family,) = filled["detail"]["taskDefinitionArn"]
    assert family["prefix"].endswith(own)
    family["prefix"] = family["prefix"].removesuffix(own) + events
    return filled


def name_of(template: Template) -> str:
    name: str = template.body["Outputs"]["TaskFamily"]["Value"]
    return name


# The end of the task: exactly one of two rules matches


def matching_rules(template: Template, event: Mapping[str, Any]) -> list[str]:
    rules = {"SuccessRule": task_events.SUCCESS, "FailureRule": task_events.FAILURE}
    return [end for rule, end in rules.items() if matches(pattern(template, rule), event)]


@pytest.mark.parametrize("end", task_events.ENDS)
def test_each_end_matches_one_rule(each: Synthesis, end: str) -> None:
    event, expected = task_events.ENDS[end]

    assert matching_rules(each.sync, event) == [expected]


@pytest.mark.parametrize("other", task_events.OTHERS)
def test_no_other_event_matches(each: Synthesis, other: str) -> None:
    assert matching_rules(each.sync, task_events.OTHERS[other]) == []


def test_every_rule_is_enabled(each: Synthesis) -> None:
    rules = each.sync.of_type(RULE).values()

    assert [rule["Properties"]["State"] for rule in rules] == ["ENABLED"] * 3


@pytest.mark.parametrize("rule", ["SuccessRule", "FailureRule", "ScanRule"])
def test_a_rule_sends_a_message_to_the_topic_or_else_to_the_queue(each: Synthesis, rule: str) -> None:
    (target,) = each.sync.properties(rule, RULE)["Targets"]

    assert target["Arn"] == {"Ref": each.sync.named("Topic", "AWS::SNS::Topic")}
    assert target["DeadLetterConfig"] == {
        "Arn": {"Fn::GetAtt": [each.sync.named("DeadLetter", "AWS::SQS::Queue"), "Arn"]}
    }
    assert "RoleArn" not in target


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("SuccessRule", "OK: snap, the BambooHR to NovaLXP sync, succeeded."),
        ("FailureRule", "FAILED: snap, the BambooHR to NovaLXP sync, did not succeed."),
    ],
)
def test_the_message_begins_with_the_result(prod: Synthesis, rule: str, start: str) -> None:
    (target,) = prod.sync.properties(rule, RULE)["Targets"]
    lines = rendered(target["InputTransformer"], task_events.task(task_events.container(137), reason="Out of memory"))

    assert lines[:10] == [
        start,
        "Stopped reason: Out of memory",
        "Stop code: EssentialContainerExited",
        "Container: worker, exit code: 137",
        "Started by: chronos-schedule/acme-lxp-sync-nightly",
        "Task: arn:aws:ecs:eu-west-2:111122223333:task/sync/0123456789abcdef",
        "Log: https://eu-west-2.console.aws.amazon.com/cloudwatch/home?region=eu-west-2"
        "#logsV2:log-groups/log-group/$252Fecs$252Fsnap",
        "The log of the run: ./lxp --env prod runs logs arn:aws:ecs:eu-west-2:111122223333:task/sync/0123456789abcdef",
        "The same without a checkout: aws logs tail /ecs/snap --region eu-west-2 --since 2026-01-31T03:30:01.123Z",
        "Details, while ECS keeps the task (about an hour): aws ecs describe-tasks --region eu-west-2 "
        "--cluster sync --tasks arn:aws:ecs:eu-west-2:111122223333:task/sync/0123456789abcdef",
    ]


def test_the_message_about_a_task_that_never_ran_has_a_reason_and_no_exit_code(prod: Synthesis) -> None:
    (target,) = prod.sync.properties("FailureRule", RULE)["Targets"]
    lines = rendered(target["InputTransformer"], task_events.ENDS["image cannot be pulled"][0])

    assert lines[1].startswith("Stopped reason: CannotPullContainerError")
    assert lines[3] == "Container: worker, exit code: "
    assert lines[-1].startswith("No exit code: the container never ran")


def test_the_message_names_the_schedule_that_started_the_task(prod: Synthesis) -> None:
    (target,) = prod.sync.properties("FailureRule", RULE)["Targets"]
    lines = rendered(target["InputTransformer"], task_events.ENDS["exit 4 of a reconcile"][0])

    assert "Started by: chronos-schedule/acme-lxp-sync-reconcile" in lines


def test_the_template_is_within_the_limits_of_input_transformers(each: Synthesis) -> None:
    for rule in ("SuccessRule", "FailureRule", "ScanRule"):
        (target,) = each.sync.properties(rule, RULE)["Targets"]
        transformer = target["InputTransformer"]
        template = joined(transformer["InputTemplate"])

        assert len(template) <= 8192
        assert set(re.findall(r"<([^<>]*)>", template)) == set(transformer["InputPathsMap"])
        assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in transformer["InputPathsMap"])
        assert all(line.startswith('"') and line.endswith('"') for line in template.split("\n"))


# The scan of an image


def scan(repository: str = "snap", status: str = "COMPLETE", **counts: int) -> dict[str, Any]:
    """Return an event, as shown in "Amazon ECR events and EventBridge" (ECR user guide)."""
    return {
        "version": "0",
        "detail-type": "ECR Image Scan",
        "source": "aws.ecr",
        "account": "111122223333",
        "region": "eu-west-2",
        "resources": [f"arn:aws:ecr:eu-west-2:111122223333:repository/{repository}"],
        "detail": {
            "scan-status": status,
            "repository-name": repository,
            "finding-severity-counts": counts,
            "image-digest": "sha256:7f5b",
            "image-tags": ["1234"],
        },
    }


@pytest.mark.parametrize(
    ("event", "reported"),
    [
        (scan(HIGH=1), True),
        (scan(CRITICAL=2), True),
        (scan(CRITICAL=1, HIGH=3, MEDIUM=9), True),
        (scan(MEDIUM=9, LOW=1), False),
        (scan(HIGH=0), False),
        (scan(), False),
        (scan("snap-dev", HIGH=1), False),
        ({**scan(HIGH=1), "detail-type": "ECR Image Action"}, False),
    ],
)
def test_which_scans_are_reported(prod: Synthesis, event: dict[str, Any], reported: bool) -> None:
    assert matches(prod.sync.properties("ScanRule", RULE)["EventPattern"], event) is reported


def test_the_message_about_findings(prod: Synthesis) -> None:
    (target,) = prod.sync.properties("ScanRule", RULE)["Targets"]

    assert rendered(target["InputTransformer"], scan(HIGH=3)) == [
        "FINDINGS: the scan of an image of snap, the BambooHR to NovaLXP sync, found vulnerabilities.",
        "CRITICAL: , HIGH: 3 (blank: none)",
        "Image: snap@sha256:7f5b",
        "A deploy builds on the current base image, which usually removes them: make deploy ENV=prod",
        "The findings: aws ecr describe-image-scan-findings --region eu-west-2 --repository-name snap "
        "--image-id imageDigest=sha256:7f5b",
    ]


# Helpers


def rendered(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> list[str]:
    """Return the message that EventBridge renders; paths without a value are blank."""
    text = joined(transformer["InputTemplate"])
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for step in re.findall(r"[A-Za-z-]+|\d+", path):
            index = int(step) if step.isdigit() else step
            try:
                value = value[index]
            except (KeyError, IndexError):
                value = ""
                break
        text = text.replace(f"<{name}>", str(value).replace('"', "'"))
    return [json.loads(line) for line in text.split("\n")]


def joined(value: Any) -> str:
    match value:
        case {"Fn::Join": [_, list(parts)]}:
            return "".join(map(joined, parts))
        case {"Ref": "AWS::Region"}:
            return task_events.REGION
        case {"Ref": str(name)} if "Cluster" in name:
            return "sync"
    return str(value)
