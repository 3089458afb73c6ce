"""Which container engine is used, and the message when there is none."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.image.engine import Engine, NoEngine
from tests.run_harness import ROOT


def install(directory: Path, name: str, *, version: str = "", info: int = 0) -> str:
    """Install a command that answers `--version` with a text and `info` with an exit code."""
    path = directory / name
    answer = shlex.quote(version or f"{name} version 1")
    fault = f"echo 'no daemon of {name}' >&2; " if info else ""
    lines = f'#!/bin/sh\ncase "$1" in info) {fault}exit {info};; --version) echo {answer};; esac\n'
    path.write_text(lines, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def found(directory: Path, **more: str) -> tuple[tuple[str, ...], bool]:
    """Return the command that is found with a directory as PATH, and whether it is podman."""
    engine = Engine.found({"PATH": str(directory), **more}, directory)
    return engine.command, engine.is_podman


def test_docker_is_used_if_it_answers(tmp_path: Path) -> None:
    docker = install(tmp_path, "docker")
    install(tmp_path, "podman")

    assert found(tmp_path) == ((docker,), False)


def test_dockers_client_without_an_engine_is_not_used(tmp_path: Path) -> None:
    install(tmp_path, "docker", info=1)
    podman = install(tmp_path, "podman")

    assert found(tmp_path) == ((podman,), True)


def test_a_named_engine_takes_precedence(tmp_path: Path) -> None:
    install(tmp_path, "docker")
    named = install(tmp_path, "engine", version="podman version 5")

    assert found(tmp_path, CONTAINER_ENGINE="engine") == ((named,), True)


def test_a_named_engine_may_be_a_command_with_arguments(tmp_path: Path) -> None:
    named, env = install(tmp_path, "engine"), shutil.which("env")
    assert env is not None

    assert found(tmp_path, CONTAINER_ENGINE=f"{env} A=1 {named}") == ((env, "A=1", named), False)


@pytest.mark.parametrize("named", ["nowhere/engine", "docker"])
def test_a_named_engine_that_does_not_answer_is_an_error(tmp_path: Path, named: str) -> None:
    install(tmp_path, "docker", info=1)
    install(tmp_path, "podman")

    with pytest.raises(NoEngine, match=f"CONTAINER_ENGINE is {named}, which does not answer"):
        found(tmp_path, CONTAINER_ENGINE=named)


def test_the_message_without_an_engine_says_how_to_start_or_install_one(tmp_path: Path) -> None:
    install(tmp_path, "docker", info=1)

    with pytest.raises(
        NoEngine,
        match=r"neither docker nor podman answers to `info`\. docker says: no daemon of docker\."
        r" Start one .*systemctl start docker.* install one: .*apt-get install podman",
    ):
        found(tmp_path)


@pytest.mark.parametrize(
    "command", [["pytest", "-p", "no:cacheprovider", "tests/image/test_deployed.py"], ["tests.image.engine"]]
)
def test_without_an_engine_the_suite_ends_at_once_with_the_message(command: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "CONTAINER_ENGINE": "nowhere/engine"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert result.returncode == 1
    assert "There is no container engine: CONTAINER_ENGINE is nowhere/engine" in result.stdout + result.stderr
    assert "apt-get install podman" in result.stdout + result.stderr
