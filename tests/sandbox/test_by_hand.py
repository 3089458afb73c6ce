"""The sandbox servers started by hand, and the worker between them as the help describes."""

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
    """Run a sandbox server in a process of its own; yield its address."""
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


def test_the_worker_between_two_sandbox_servers(tmp_path: Path) -> None:
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


def test_faults_are_switched_on_over_http_and_an_unknown_one_is_refused() -> None:
    with started("moodle") as moodle:
        faults = f"{moodle}/_sandbox/faults"
        for body in ('[{"kind": "status", "odd": 1}]', '[{"kind": "frog"}]', '[{"times": 1}]', "{not json"):
            answer = requests.post(faults, data=body, timeout=10)
            assert (answer.status_code, "error" in answer.json()) == (400, True)
        poison = [{"kind": "firewall", "status": 406, "record": "employee 17", "times": 0}]
        (fault,) = requests.post(faults, json=poison, timeout=10).json()

    assert (fault["kind"], fault["record"], fault["seen"]) == ("firewall", "employee 17", 0)


def test_a_missing_file_is_reported() -> None:
    command = [sys.executable, "-m", "tests.sandbox", "moodle", "--port", "0", "--data", "nowhere.json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, "see --port and --data" in ended.stderr) == (1, True)


@pytest.mark.parametrize("arguments", [["--help"], ["moodle", "--help"], ["bamboohr", "--help"], ["aws", "--help"]])
def test_every_command_has_help(arguments: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.sandbox", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "usage: python -m tests.sandbox" in ended.stdout
