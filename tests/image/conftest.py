"""The engine, the task and the images, once a session; a worker with new sandbox servers for each test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest

from tests.image.containers import Image, Worker
from tests.image.engine import Engine, NoEngine
from tests.image.figures import FIGURE
from tests.image.layers import Layer, own_layers
from tests.image.task import Asset, Synthesised, Task
from tests.run_harness import API_KEY, ROOT, RunHarness
from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.moodle import TOKEN

_TAG = "lxp-sync-image-test"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports: list[pytest.TestReport] = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    figures = [str(value) for report in reports for name, value in report.user_properties if name == FIGURE]
    if figures:
        terminalreporter.section("figures of the image")
        for figure in figures:
            terminalreporter.line(figure)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    try:
        return Engine.found(os.environ, tmp_path_factory.mktemp("engine"))
    except NoEngine as fault:
        pytest.exit(str(fault), returncode=1)


@pytest.fixture(scope="session")
def synthesised(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    return Synthesised.into(tmp_path_factory.mktemp("synthesis"))


@pytest.fixture(scope="session")
def task(synthesised: Synthesised) -> Task:
    return synthesised.task


@pytest.fixture(scope="session")
def asset(synthesised: Synthesised) -> Asset:
    return synthesised.asset


@pytest.fixture(scope="session")
def image(engine: Engine, task: Task) -> Image:
    """The image built from the Dockerfile, for the architecture of the task."""
    tag = f"{_TAG}:by-hand"
    engine.must("build", f"--platform={task.platform}", f"--tag={tag}", str(ROOT / "worker"))
    return Image(engine, tag, task)


@pytest.fixture(scope="session")
def base(engine: Engine, task: Task, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Dockerfile's base, under a tag that every engine resolves."""
    tag, directory = f"{_TAG}:base", tmp_path_factory.mktemp("base")
    (name,) = re.findall(r"^ARG BASE=(.+)$", (ROOT / "worker" / "Dockerfile").read_text(), re.MULTILINE)
    (directory / "Dockerfile").write_text(f"FROM {name}\n", encoding="utf-8")
    engine.must("build", f"--platform={task.platform}", f"--tag={tag}", str(directory))
    return tag


@pytest.fixture(scope="session")
def layers(image: Image, base: str, tmp_path_factory: pytest.TempPathFactory) -> list[Layer]:
    """The layers that the image adds to its base."""
    return own_layers(image.engine, image.tag, base, tmp_path_factory.mktemp("layers"))


@pytest.fixture(scope="session")
def layers_of_a_deploy(
    engine: Engine, asset: Asset, base: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Layer]]:
    """The same layers, of an image built from what a deploy stages, checked out under a strict umask."""
    tag, directory = f"{_TAG}:of-a-deploy", tmp_path_factory.mktemp("staged")
    staged = shutil.copytree(asset.directory, directory / "asset")
    for path in (staged, *staged.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    engine.must("build", "--no-cache", f"--platform={asset.platform}", f"--tag={tag}", str(staged))
    yield own_layers(engine, tag, base, directory)
    engine.must("rmi", tag)


@pytest.fixture
def worker(image: Image, harness: RunHarness) -> Iterator[Worker]:
    with emulated_aws() as aws:
        prepare(aws, API_KEY, TOKEN)
        yield Worker(image, harness, aws)
