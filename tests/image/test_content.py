"""What is in the image, and what is not."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath

from tests.image.containers import Image, Worker
from tests.image.figures import FIGURE, Record
from tests.image.layers import Layer
from tests.image.task import Asset
from tests.run_harness import ROOT
from tests.sandbox.bamboohr import generate

_MEGABYTE = 1_000_000
_VENV = "opt/venv/"
_PACKAGE = "app/worker/"


def test_it_says_what_it_is(image: Image) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = image.engine.inspect(image.tag)["Config"]["Labels"]

    assert labels["org.opencontainers.image.title"] == project["name"]
    assert labels["org.opencontainers.image.version"] == project["version"]
    assert labels["org.opencontainers.image.description"]


def test_it_starts_the_worker_without_a_shell(image: Image) -> None:
    config = image.engine.inspect(image.tag)["Config"]

    assert config["Entrypoint"] == ["python", "-m", "worker"]
    assert not config.get("Cmd")
    assert config["User"] == image.task.container["User"]


def test_it_is_for_the_architecture_of_the_task(image: Image, asset: Asset) -> None:
    told = image.engine.inspect(image.tag)

    assert f"{told['Os']}/{told['Architecture']}" == image.task.platform == asset.platform


def test_it_adds_the_worker_and_nothing_else(layers: list[Layer]) -> None:
    added = {path for layer in layers for path in layer.files}
    package = {path.removeprefix(_PACKAGE) for path in added if path.startswith("app/")}
    sources = {str(path.relative_to(ROOT / "worker")) for path in (ROOT / "worker").rglob("*.py")}

    page = {"reports/page.css", "reports/page.html.j2", "reports/page.js"}
    assert {path for path in package if not path.endswith(".pyc")} == {*sources, *page, "requirements.txt"}
    assert {_source(path) for path in package if path.endswith(".pyc")} == sources
    assert not [path for path in added if not path.startswith((_VENV, _PACKAGE)) and not path.endswith(".pyc")]


def test_nothing_that_it_adds_can_be_changed_by_its_user(layers: list[Layer]) -> None:
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
    assert [path for layer in layers for path in layer.gone if Path(path).name == "pip"]
    assert not [path for layer in layers for path in layer.files if "/pip/" in path or "/pip-" in path]


def test_a_night_compiles_nothing(worker: Worker) -> None:
    worker.town.company.add(generate(3, seed=1))

    night = worker.run(PYTHONVERBOSE="1")
    loaded = [
        line.split()[-1].strip("'") for line in night.stderr.splitlines() if line.startswith("# code object from")
    ]

    assert (night.code, night["created"]) == (0, 3)
    assert [path for path in loaded if path.startswith("/app/worker/__pycache__/run.")]
    assert [path for path in loaded if path.startswith("/opt/venv/") and "/boto3/__pycache__/" in path]
    assert [path for path in loaded if not path.endswith(".pyc")] == []


def test_what_it_adds_is_small(layers: list[Layer], record_property: Record) -> None:
    added = sum(layer.compressed for layer in layers)
    record_property(FIGURE, f"size above the base, compressed: {added / _MEGABYTE:.1f} MB")

    assert added < 25 * _MEGABYTE


def test_two_builds_are_the_same(layers: list[Layer], layers_of_a_deploy: list[Layer]) -> None:
    assert len(layers) == len(layers_of_a_deploy)
    for first, second in zip(layers, layers_of_a_deploy, strict=True):
        assert first.entries == second.entries


def _source(compiled: str) -> str:
    """state/__pycache__/lock.cpython-313.pyc is state/lock.py."""
    path = PurePosixPath(compiled)
    return str(path.parent.parent / f"{path.name.split('.')[0]}.py")
