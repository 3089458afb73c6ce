"""The image of the sync stack is built after the registry stack is deployed, in an app and in a stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_app import parameters
from cdk_app.application import compose
from tests.cdk_app.synthesis import ENVIRONMENTS, Synthesis, app

SYNC, REGISTRY = "snap-dev", "snap-dev-registry"


def artifacts(assembly: Path) -> dict[str, Any]:
    return dict(json.loads((assembly / "manifest.json").read_text())["artifacts"])


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembly of a stage that holds both stacks."""
    tree = app(tmp_path_factory.mktemp("staged"))
    stage = cdk.Stage(tree, "Live")
    compose(stage, parameters.load("dev", environments=ENVIRONMENTS))
    return Path(tree.synth().directory) / "assembly-Live"


def test_the_assets_depend_on_the_registry(dev: Synthesis) -> None:
    assert artifacts(dev.assembly)[f"{SYNC}.assets"]["dependencies"] == [REGISTRY]


def test_nothing_else_differs_from_the_default_synthesizer(dev: Synthesis) -> None:
    """The registry stack has the default one; the test fails if it requires a newer bootstrap version."""
    found = artifacts(dev.assembly)
    ours, theirs = found[f"{SYNC}.assets"], found[f"{REGISTRY}.assets"]

    assert ours["properties"] == {**theirs["properties"], "file": f"{SYNC}.assets.json"}
    assert ours.keys() - theirs.keys() == {"dependencies"}
    assert found[SYNC]["properties"].keys() == found[REGISTRY]["properties"].keys()


def test_in_a_stage_the_assets_depend_on_the_registry(staged: Path) -> None:
    found = artifacts(staged)
    names = {one["properties"]["stackName"]: name for name, one in found.items() if "stackName" in one["properties"]}

    assert set(names) == {SYNC, REGISTRY}
    assert found[f"{names[SYNC]}.assets"]["dependencies"] == [names[REGISTRY]]
    assert names[REGISTRY] in found[names[SYNC]]["dependencies"]


def test_in_a_stage_the_template_is_the_same(staged: Path, dev: Synthesis) -> None:
    (template,) = [path for path in staged.glob("*.template.json") if "registry" not in path.name]

    assert _without_stage(json.loads(template.read_text())["Resources"]) == _without_stage(dev.sync.resources)


def _without_stage(resources: Any) -> list[str]:
    return sorted(one["Type"] for one in resources.values())
