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
from typing import Any

import pytest
import requests

from tests.run_harness import ROOT
from tests.sandbox.__main__ import DailyBamboo
from tests.sandbox.bamboohr import Company, ManualClock
from tests.sandbox.wire import Request, Switchboard


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    """Run a sandbox server in a process of its own; yield its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox", *arguments, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "Ctrl-C" in line)
            yield " ".join(re.findall(r"http://[\w.:]+", line))
        finally:
            process.terminate()
            assert process.wait(timeout=20) == 0


def sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.sandbox", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def worker(addresses: str, directory: Path, *arguments: str) -> dict[str, Any]:
    """Run the worker between the servers with the variables that `serve` prints; return its summary."""
    bamboo, moodle = addresses.split()
    variables = {
        "PATH": os.environ["PATH"],
        "BAMBOO_COMPANY_DOMAIN": "acme",
        "BAMBOO_BASE_URL": bamboo,
        "BAMBOOHR_API_KEY": "sandbox",
        "MOODLE_BASE_URL": moodle,
        "MOODLE_TOKEN": "sandbox",
        "STATE_FILE": str(directory / "state.sqlite"),
    }
    command = [sys.executable, "-m", "worker", *arguments]
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    return dict(json.loads(ended.stdout))


def test_the_worker_between_two_sandbox_servers(tmp_path: Path) -> None:
    with started("bamboohr", "--employees", "12") as bamboo, started("moodle") as moodle:
        first = worker(f"{bamboo} {moodle}", tmp_path, "sync")

        fault = [{"kind": "status", "operation": "changed", "status": 401, "times": 0}]
        requests.post(f"{bamboo}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
        second = worker(f"{bamboo} {moodle}", tmp_path, "sync")
        calls = requests.get(f"{bamboo}/_sandbox/calls", timeout=10).json()

    assert first["created"] == 12
    assert (second["exit_code"], calls) == (3, ["changed", "employees", "directory", "changed"])


def test_a_week_by_hand(tmp_path: Path) -> None:
    with started("serve", "--employees", "300") as addresses:

        def change(*arguments: str) -> str:
            ended = sandbox("change", *arguments, "--url", addresses.split()[0])
            assert (ended.returncode, ended.stderr) == (0, "")
            return ended.stdout

        assert worker(addresses, tmp_path, "sync")["created"] == 300

        hired = change("hire", "Ada", "Byron", "--department", "Research")
        moved = change("move", "3", "4", "5", "--department", "Legal")
        renamed = change("rename", "6", "--last", "Lovelace", "--email", "ada.lovelace@example.com")
        change("terminate", "7")
        second = worker(addresses, tmp_path, "sync")
        change("rehire", "7")
        returned = worker(addresses, tmp_path, "sync")
        change("terminate", *map(str, range(11, 21)))
        held = worker(addresses, tmp_path, "sync")
        approved = worker(addresses, tmp_path, "approve", held["run_id"], "--yes")

    assert hired == "employee 301: Ada Byron <ada.byron@example.com>, Research, Active\n"
    assert [line.split(",")[1] for line in moved.splitlines()] == [" Legal"] * 3
    assert "Lovelace <ada.lovelace@example.com>" in renamed
    assert (second["created"], second["updated"], second["suspended"]) == (1, 4, 1)
    assert returned["reactivated"] == 1
    assert (held["exit_code"], held["held"]) == (4, {"suspend": 10})
    assert approved["suspended"] == 10


def test_what_cannot_be_changed_is_refused_with_the_reason() -> None:
    with started("bamboohr", "--employees", "3") as bamboo:

        def refused(*arguments: str) -> str:
            ended = sandbox("change", *arguments, "--url", bamboo)
            assert (ended.returncode, ended.stdout) == (1, "")
            return ended.stderr.strip()

        assert refused("move", "9", "--department", "Legal") == "there is no employee 9"
        assert refused("rename", "2") == "say what changes: firstName, lastName, workEmail, department"
        assert refused("terminate", "2", "--on", "tomorrow") == "a date is written as 2026-12-31, not tomorrow"
        for body in ("{not json", "[]", '{"change": "promote"}', '{"change": "hire", "pay": "1"}', '{"change": 7}'):
            answer = requests.post(f"{bamboo}/_sandbox/employees", data=body, timeout=10)
            assert (answer.status_code, "error" in answer.json()) == (400, True)
        listed = sandbox("change", "list", "--url", bamboo).stdout.splitlines()

    assert [line.split(":")[0] for line in listed] == ["employee 1", "employee 2", "employee 3"]
    assert all(line.endswith("Active") for line in listed)


def test_a_change_without_a_server_says_how_to_start_one() -> None:
    ended = sandbox("change", "list", "--url", "http://127.0.0.1:1")

    assert ended.returncode == 1
    assert "start one with python -m tests.sandbox serve" in ended.stderr


def test_a_future_first_day_comes_while_the_company_is_served() -> None:
    clock = ManualClock("2026-11-20T09:00:00Z")
    app = DailyBamboo(Company(clock), api_key="sandbox")
    body = {"change": "hire", "firstName": "Kai", "lastName": "Lund", "on": "2026-12-01"}
    Switchboard(app).handle(Request("POST", "/_sandbox/employees", body=json.dumps(body).encode()))
    before = app.company.values("1")["status"]

    clock.advance(days=11)
    app.answer(Request("GET", "/api/v1/employees/1"))

    assert (before, app.company.values("1")["status"]) == ("Inactive", "Active")


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
    ended = sandbox("moodle", "--port", "0", "--data", "nowhere.json")

    assert (ended.returncode, "see --port and --data" in ended.stderr) == (1, True)


@pytest.mark.parametrize("command", ["", "change", "serve", "moodle", "bamboohr", "aws", "demo"])
def test_every_command_has_help(command: str) -> None:
    ended = sandbox(*command.split(), "--help")

    assert (ended.returncode, f"usage: python -m tests.sandbox {command}".strip() in ended.stdout) == (0, True)
