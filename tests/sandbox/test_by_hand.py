"""The stand-ins as somebody starts them by hand, and the worker between them as the help says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.run_harness import ROOT


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    """A stand-in in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox", *arguments, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            (address,) = re.findall(r"http://\S+(?=;)", process.stdout.readline())
            yield address
        finally:
            process.terminate()
            assert process.wait(timeout=20) == 0


def test_the_worker_between_two_stand_ins_started_by_hand(tmp_path: Path) -> None:
    with started("bamboohr", "--employees", "12") as bamboo, started("moodle") as moodle:
        environment = {
            "PATH": os.environ["PATH"],
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "BAMBOO_BASE_URL": bamboo,
            "BAMBOOHR_API_KEY": "sandbox",
            "MOODLE_BASE_URL": moodle,
            "MOODLE_TOKEN": "sandbox",
            "STATE_FILE": str(tmp_path / "state.sqlite"),
        }
        worker = [sys.executable, "-m", "worker"]
        first = subprocess.run(worker, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

        fault = [{"kind": "status", "operation": "changed", "status": 401, "times": 0}]
        requests.post(f"{bamboo}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
        second = subprocess.run(worker, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        calls = requests.get(f"{bamboo}/_sandbox/calls", timeout=10).json()

    assert json.loads(first.stdout)["created"] == 12
    assert (second.returncode, calls) == (3, ["changed", "employees", "directory", "changed"])


@pytest.mark.parametrize(
    "body", ['[{"kind": "status", "odd": 1}]', '[{"kind": "frog"}]', '[{"times": 1}]', "{not json"]
)
def test_a_fault_that_is_none_is_said(body: str) -> None:
    with started("moodle") as moodle:
        answer = requests.post(f"{moodle}/_sandbox/faults", data=body, timeout=10)

    assert (answer.status_code, "error" in answer.json()) == (400, True)


def test_a_file_that_is_not_there_is_said() -> None:
    command = [sys.executable, "-m", "tests.sandbox", "moodle", "--port", "0", "--data", "nowhere.json"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (told.returncode, "see --port and --data" in told.stderr) == (1, True)


@pytest.mark.parametrize("arguments", [["--help"], ["moodle", "--help"], ["bamboohr", "--help"], ["aws", "--help"]])
def test_help_is_there_for_everything(arguments: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.sandbox", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "usage: python -m tests.sandbox" in told.stdout
