"""Two environments in one account and region share no physical name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from cdk_app import parameters
from tests.cdk_app.synthesis import ENVIRONMENTS, Synthesis, Template, synthesise

REGION = "eu-west-2"
NAMED = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::ECR::Repository",
    "AWS::ECS::TaskDefinition",
    "AWS::Logs::LogGroup",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
}
"""The types to which the stacks give a name; all others have a generated one."""
INLINE_POLICY = "AWS::IAM::Policy"
"""The name of an inline policy is unique within its role."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """`prod` with another project name."""
    directory = tmp_path_factory.mktemp("other")
    file = directory / "prod.toml"
    file.write_text((ENVIRONMENTS / "prod.toml").read_text().replace('"snap"', '"other"', 1))
    return synthesise("prod", directory / "assembly", file)


def identifiers(kind: str) -> set[str]:
    """Return the properties in a template by which CloudFormation or the service identifies a resource."""
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    read_only = set(schema.get("readOnlyProperties", []))
    sets = [schema["primaryIdentifier"], *schema.get("additionalIdentifiers", [])]
    by_schema = {path.split("/")[2] for paths in sets for path in paths if path not in read_only}
    # Some are identified by an ARN or a URL that contains their name.
    by_name = {"Name", "Family", f"{kind.rpartition(':')[2]}Name"} & schema["properties"].keys()
    return {str(name) for name in by_schema | by_name}


def physical_names(template: Template) -> Iterator[tuple[str, str]]:
    """Yield the type and the name of the resources whose name is a text in the template."""
    for resource in template.resources.values():
        kind, properties = resource["Type"], resource["Properties"]
        if kind == INLINE_POLICY:
            continue
        for name in identifiers(kind) & properties.keys():
            if isinstance(properties[name], str):
                yield kind, properties[name]


def test_two_environments_share_no_physical_name(prod: Synthesis, other: Synthesis) -> None:
    ours, theirs = (
        {name for template in (one.registry, one.sync) for name in physical_names(template)} for one in (prod, other)
    )

    assert {kind for kind, _ in ours} == NAMED
    assert ours & theirs == set()
    assert len(ours) == len(theirs)


def test_the_identifier_of_a_schedule_is_its_name_alone() -> None:
    assert PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, "AWS::Scheduler::Schedule").schema[
        "primaryIdentifier"
    ] == ["/properties/Name"]


def test_a_name_of_the_scheduler_has_room_for_the_longest_project_name(tmp_path: Path) -> None:
    file = tmp_path / "dev.toml"
    longest = "a" * 40
    file.write_text((ENVIRONMENTS / "dev.toml").read_text().replace("snap-dev", longest))
    chosen = parameters.load("dev", file, environments=ENVIRONMENTS)
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, "AWS::Scheduler::Schedule").schema

    assert chosen.project_name == longest
    assert len(f"{longest}-reconcile") <= schema["properties"]["Name"]["maxLength"]
