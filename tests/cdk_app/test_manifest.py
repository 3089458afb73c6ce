import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.manifest import build_images_after

MANIFEST: dict[str, Any] = {
    "version": "1",
    "artifacts": {
        "app-registry": {"type": "aws:cloudformation:stack"},
        "app": {"type": "aws:cloudformation:stack", "dependencies": ["app-registry", "app.assets"]},
        "app.assets": {"type": "cdk:asset-manifest", "properties": {"file": "app.assets.json"}},
    },
}


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def read(assembly: Path) -> dict[str, Any]:
    return dict(json.loads((assembly / "manifest.json").read_text()))


def test_the_images_wait_for_the_registry_and_nothing_else_changes(assembly: Path) -> None:
    build_images_after(assembly, image_stack="app", registry_stack="app-registry")

    patched = read(assembly)
    assert patched["artifacts"]["app.assets"].pop("dependencies") == ["app-registry"]
    assert patched == MANIFEST


def test_doing_it_twice_is_doing_it_once(assembly: Path) -> None:
    for _ in range(2):
        build_images_after(assembly, image_stack="app", registry_stack="app-registry")

    assert read(assembly)["artifacts"]["app.assets"]["dependencies"] == ["app-registry"]


def test_dependencies_that_are_there_stay(assembly: Path) -> None:
    manifest = read(assembly)
    manifest["artifacts"]["app.assets"]["dependencies"] = ["other"]
    (assembly / "manifest.json").write_text(json.dumps(manifest))

    build_images_after(assembly, image_stack="app", registry_stack="app-registry")

    assert read(assembly)["artifacts"]["app.assets"]["dependencies"] == ["other", "app-registry"]


@pytest.mark.parametrize(
    ("image_stack", "registry_stack"), [("nope", "app-registry"), ("app", "nope"), ("app", "app.assets")]
)
def test_artifacts_that_are_not_there(assembly: Path, image_stack: str, registry_stack: str) -> None:
    with pytest.raises(KeyError):
        build_images_after(assembly, image_stack=image_stack, registry_stack=registry_stack)

    assert read(assembly) == MANIFEST
