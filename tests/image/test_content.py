"""The content of the image."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath

from cdk_app import base_image
from tests.image.containers import Image, Worker
from tests.image.figures import FIGURE, Record
from tests.image.layers import Layer
from tests.image.task import Asset
from tests.run_harness import ROOT
from tests.sandbox.bamboohr import generate
from worker import __version__

_MEGABYTE = 1_000_000
_VENV = "opt/venv/"
_PACKAGE = "app/worker/"


def test_the_labels_name_the_project(image: Image) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = image.engine.inspect(image.tag)["Config"]["Labels"]

    assert labels["org.opencontainers.image.title"] == project["name"]
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.description"]


def test_a_label_names_the_base(image: Image, base: str) -> None:
    given = f"{image.tag}-on-a-given-base"
    image.engine.must("build", f"--build-arg=BASE={base}", f"--tag={given}", str(ROOT / "worker"))

    named = [
        image.engine.inspect(tag)["Config"]["Labels"]["org.opencontainers.image.base.name"]
        for tag in (image.tag, given)
    ]
    image.engine.must("rmi", given)

    assert named == [base_image.tag(), base]


def test_the_entry_point_starts_the_worker_without_a_shell(image: Image) -> None:
    config = image.engine.inspect(image.tag)["Config"]

    assert config["Entrypoint"] == ["python", "-m", "worker"]
    assert not config.get("Cmd")
    assert config["User"] == image.task.container["User"]


def test_the_platform_is_the_tasks(image: Image, asset: Asset) -> None:
    described = image.engine.inspect(image.tag)

    assert f"{described['Os']}/{described['Architecture']}" == image.task.platform == asset.platform


def test_the_image_adds_only_the_worker_and_its_libraries(layers: list[Layer]) -> None:
    added = {path for layer in layers for path in layer.files}
    package = {path.removeprefix(_PACKAGE) for path in added if path.startswith("app/")}
    sources = {str(path.relative_to(ROOT / "worker")) for path in (ROOT / "worker").rglob("*.py")}

    page = {"reports/page.css", "reports/page.html.j2", "reports/page.js"}
    assert {path for path in package if not path.endswith(".pyc")} == {*sources, *page, "requirements.txt"}
    assert {_source(path) for path in package if path.endswith(".pyc")} == sources
    assert not [path for path in added if not path.startswith((_VENV, _PACKAGE)) and not path.endswith(".pyc")]


def test_the_user_can_change_no_added_file(layers: list[Layer]) -> None:
    added = [
        (path, one)
        for layer in layers
        for path, one in layer.entries.items()
        if path.startswith((_VENV, _PACKAGE)) and not one.link
    ]

    assert added
    assert not [path for path, one in added if one.owner != (0, 0) or one.mode & 0o022]
    assert not [path for path, one in added if not one.mode & 0o004]


def test_pip_is_gone(image: Image, layers: list[Layer]) -> None:
    script = """
import importlib.util, pathlib, os, sys
assert importlib.util.find_spec("pip") is None
commands = [str(one) for part in os.environ["PATH"].split(":") for one in pathlib.Path(part).glob("pip*")]
assert not commands, commands
"""
    in_the_venv = image.python(script)
    in_the_base = image.python(f"import os, sys; os.execv(sys._base_executable, ['python', '-c', {script!r}])")

    assert (in_the_venv.code, in_the_venv.stderr) == (0, "")
    assert (in_the_base.code, in_the_base.stderr) == (0, "")
    assert [path for layer in layers for path in layer.deleted if Path(path).name == "pip"]
    assert not [path for layer in layers for path in layer.files if "/pip/" in path or "/pip-" in path]


def test_a_run_compiles_nothing(worker: Worker) -> None:
    worker.harness.company.add(generate(3, seed=1))

    run = worker.run(PYTHONVERBOSE="1")
    loaded = [line.split()[-1].strip("'") for line in run.stderr.splitlines() if line.startswith("# code object from")]

    assert (run.code, run["created"]) == (0, 3)
    assert [path for path in loaded if path.startswith("/app/worker/runs/__pycache__/sync.")]
    assert [path for path in loaded if path.startswith("/opt/venv/") and "/boto3/__pycache__/" in path]
    assert [path for path in loaded if not path.endswith(".pyc")] == []


def test_the_added_layers_are_within_the_size_budget(layers: list[Layer], record_property: Record) -> None:
    added = sum(layer.compressed for layer in layers)
    record_property(FIGURE, f"size above the base, compressed: {added / _MEGABYTE:.1f} MB")

    assert added < 25 * _MEGABYTE


def test_two_builds_are_the_same(layers: list[Layer], layers_of_a_deploy: list[Layer]) -> None:
    assert len(layers) == len(layers_of_a_deploy)
    for first, second in zip(layers, layers_of_a_deploy, strict=True):
        assert first.entries == second.entries


def _source(compiled: str) -> str:
    """Return the source of byte code: state/lock.py of state/__pycache__/lock.cpython-313.pyc."""
    path = PurePosixPath(compiled)
    return str(path.parent.parent / f"{path.name.split('.')[0]}.py")
