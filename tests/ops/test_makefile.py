"""The Makefile's choice of an environment and its file."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.run_harness import ROOT


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "env=dev"),
        (("ENV=prod",), "env=prod"),
        (("ENV_FILE=../settings/prod.toml",), "env=prod -c env_file=../settings/prod.toml"),
        (("ENV=live", "ENV_FILE=../settings/prod.toml"), "env=live -c env_file=../settings/prod.toml"),
    ],
)
def test_an_environment_has_the_name_of_its_file_unless_env_names_it(words: tuple[str, ...], named: str) -> None:
    dry = subprocess.run(
        ["make", "-n", "deploy", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"-c {named} deploy" in " ".join(dry.stdout.split())
