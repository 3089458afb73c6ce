"""Synthesised environments, and access to their templates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from cdk_app import application, parameters

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = Path(__file__).parent / "environments"

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack's template."""

    body: Mapping[str, Any]

    @property
    def resources(self) -> Mapping[str, Resource]:
        """The resources by logical id."""
        resources: Mapping[str, Resource] = self.body["Resources"]
        return resources

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Return the resources of a type by logical id."""
        return {name: one for name, one in self.resources.items() if one["Type"] == kind}

    def only(self, kind: str) -> Resource:
        """Return the only resource of a type."""
        ((_, resource),) = self.of_type(kind).items()
        return resource

    def named(self, part: str, kind: str) -> str:
        """Return the logical id of the only resource of a type whose logical id contains `part`."""
        (name,) = [name for name in self.of_type(kind) if part in name]
        return name

    def properties(self, part: str, kind: str) -> Mapping[str, Any]:
        """Return the properties of that resource."""
        properties: Mapping[str, Any] = self.resources[self.named(part, kind)]["Properties"]
        return properties

    def statements(self, role: str) -> list[dict[str, Any]]:
        """Return the statements of a role: of its inline policies, and of those attached to it."""
        inline = self.resources[role]["Properties"].get("Policies", [])
        documents = [policy["PolicyDocument"] for policy in inline]
        for policy in self.of_type("AWS::IAM::Policy").values():
            if {"Ref": role} in policy["Properties"]["Roles"]:
                documents.append(policy["Properties"]["PolicyDocument"])
        return [statement for document in documents for statement in document["Statement"]]


@dataclass(frozen=True)
class Synthesis:
    """Both stacks of an environment."""

    parameters: parameters.Parameters
    registry: Template
    sync: Template
    assembly: Path


def app(outdir: Path | None = None) -> cdk.App:
    """Return an app with the flags of cdk.json, which otherwise only the CDK CLI reads.

    The CDK's own validation takes four seconds per process; cfn-lint checks the templates.
    """
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    return cdk.App(context=context, outdir=str(outdir) if outdir else None, builtin_cloud_formation_validation=False)


def synthesise(environment: str, outdir: Path, file: Path | None = None, *, base: str | None = None) -> Synthesis:
    """Synthesise an environment of the tests. Raise an error if cdk-nag has a finding."""
    chosen = parameters.load(environment, file, environments=ENVIRONMENTS)
    tree = app(outdir)
    application.compose(tree, chosen, base)
    assembly = application.synthesise(tree)
    registry, sync = (
        Template(json.loads((assembly / f"{chosen.project_name}{suffix}.template.json").read_text()))
        for suffix in ("-registry", "")
    )
    return Synthesis(chosen, registry, sync, assembly)


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a template, including keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
