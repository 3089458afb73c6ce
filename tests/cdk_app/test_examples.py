"""The example app in each partition. The constructs need nothing but their arguments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template as Assertions
from cfnlint.api import lint_file  # type: ignore[import-untyped]

from examples import people_platform as example
from tests.cdk_app.synthesis import Template, app, texts

PARTITIONS = {"eu-west-2": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}
CONSOLES = {
    "aws": "eu-west-2.console.aws.amazon.com",
    "aws-cn": "cn-north-1.console.amazonaws.cn",
    "aws-us-gov": "us-gov-west-1.console.amazonaws-us-gov.com",
}


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    """By region."""
    stacks = {region: example.people_platform(app(), region) for region in PARTITIONS}
    return {region: Template(Assertions.from_stack(stack).to_json()) for region, stack in stacks.items()}


def test_it_is_short() -> None:
    assert len(Path(example.__file__).read_text(encoding="utf-8").splitlines()) < 40


@pytest.mark.parametrize("region", PARTITIONS)
def test_every_arn_is_of_the_partition(templates: dict[str, Template], region: str) -> None:
    arns = [text for text in texts(templates[region].body) if text.startswith("arn:")]

    assert len(arns) > 5
    assert {arn.split(":")[1] for arn in arns} == {PARTITIONS[region]}


@pytest.mark.parametrize("region", PARTITIONS)
def test_the_mail_links_to_the_console_of_the_partition(templates: dict[str, Template], region: str) -> None:
    rule = templates[region].properties("FailureRule", "AWS::Events::Rule")

    assert f"https://{CONSOLES[PARTITIONS[region]]}/cloudwatch" in json.dumps(rule)


@pytest.mark.parametrize("region", PARTITIONS)
def test_cfn_lint_finds_nothing(templates: dict[str, Template], region: str, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(templates[region].body))

    assert lint_file(file) == []


def test_state_and_secrets_outlive_the_stack_by_default(templates: dict[str, Template]) -> None:
    kept: dict[str, Any] = {
        one["Type"]: one["DeletionPolicy"]
        for one in templates["eu-west-2"].resources.values()
        if one["Type"] in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup")
    }

    assert kept == {
        "AWS::DynamoDB::Table": "Retain",
        "AWS::SecretsManager::Secret": "RetainExceptOnCreate",
        "AWS::Logs::LogGroup": "RetainExceptOnCreate",
    }


def test_no_mail_quotes_a_command_without_an_environment(templates: dict[str, Template]) -> None:
    rules = templates["eu-west-2"].of_type("AWS::Events::Rule")

    assert len(rules) == 2
    assert "make " not in json.dumps(rules)
