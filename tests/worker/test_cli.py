"""The command line: what it teaches, what it refuses, and a summary on every end."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.run_harness import ROOT, RunHarness
from worker import cli
from worker.config.settings import VARIABLES
from worker.errors import ExitCode
from worker.stopping import StopSignal


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What other tests see of logging is put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("worker")
    before = (root.handlers, root.level, ours.handlers, ours.propagate)
    yield
    root.handlers, level, ours.handlers, ours.propagate = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@dataclass
class End:
    """What a person, a schedule and a filter see of a command."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        (line,) = self.out.splitlines()
        return dict(json.loads(line))

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str, **environment: str) -> End:
        code = cli.main(arguments, environment, StopSignal())
        return End(code, *capsys.readouterr())

    return call


# Help


COMMANDS = ["sync", "plan", "explain", "approve", "undo", "reconcile", "parked", "state", "doctor"]
BELOW = [["parked", "list"], ["parked", "retry"], ["parked", "drop"], ["state", "show"], ["state", "rewind"]]


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_teaches_commands_exit_codes_variables_and_examples(run: Any, arguments: list[str]) -> None:
    end = run(*arguments)

    assert (end.code, end.err) == (0, "")
    for code in ExitCode:
        assert f"{int(code):>5}  {code.meaning}" in end.out
    for name, meaning in VARIABLES.items():
        assert any(line.split()[:1] == [name] and meaning in line for line in end.out.splitlines()), name
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s+\w", end.out, re.MULTILINE), command
    assert "python -m worker sync --employee 4711" in end.out
    assert "sync.summary" not in end.out


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), ["--dry-run"], *BELOW, ["state", "reset"]])
def test_each_commands_help_says_what_it_does_and_how_it_ends(run: Any, command: list[str]) -> None:
    end = run(*command, "--help")

    assert (end.code, end.err) == (0, "")
    assert end.out.startswith(f"usage: python -m worker {' '.join(command).replace('--dry-run', 'sync')} ")
    assert len(end.out.split("exit codes:")[0].splitlines()) > 6
    for code in ExitCode:
        assert f"{int(code):>5}  {code.meaning}" in end.out


def test_help_of_sync_names_its_options(run: Any) -> None:
    out = run("sync", "--help").out

    assert all(option in out for option in ("--dry-run", "--employee ID", "--reactivate"))


def test_help_fits_a_terminal(run: Any) -> None:
    assert max(map(len, run("--help").out.splitlines())) <= 140


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["sync", "nonsense"],
        ["sync", "--employee"],
        ["sync", "--dry-run=yes"],
        ["sync", "--reactivate"],
        ["--reactivate"],
        ["--reactivate", "--dry-run"],
        ["sync", "\udcff"],
    ],
)
def test_a_command_line_that_is_not_understood_ends_with_2_and_a_summary(run: Any, arguments: list[str]) -> None:
    end = run(*arguments)

    assert end.code == 2
    summary = end.summary
    assert (summary["event"], summary["outcome"], summary["exit_code"]) == ("sync.summary", "usage_error", 2)
    assert (summary["ok"], summary["errors"]) == (False, 1)
    assert summary["message"]
    assert summary["advice"]


def test_reactivating_without_a_person_says_what_is_missing(run: Any) -> None:
    assert run("--reactivate").summary["message"] == "--reactivate needs --employee"


@pytest.mark.parametrize("text", ["0", "-1", "007", "1.5", "abc", "", " 7", "٣", "1e3", "9" * 20, "9" * 5000])
def test_an_employee_id_that_bamboohr_could_not_have_is_refused(run: Any, text: str) -> None:
    end = run("sync", f"--employee={text}")

    assert end.code == 2
    assert "an employee id is a whole number above 0" in end.summary["message"]
    assert len(end.out) < 8 * 1024


# Configuration


def test_a_faulty_configuration_ends_with_3_and_a_log_line_for_every_fault(run: Any) -> None:
    end = run(TRIGGER="cron", MAX_RUN_MINUTES="0")

    assert end.code == 3
    assert (end.summary["outcome"], end.summary["exit_code"]) == ("configuration_error", 3)
    reasons = [line["reason"] for line in end.log]
    assert end.summary["errors"] == len(reasons) == 7
    assert end.summary["message"] == "; ".join(reasons)
    assert all(reason.split()[0] in VARIABLES for reason in reasons)


LAPTOP = {
    "BAMBOO_COMPANY_DOMAIN": "acme",
    "MOODLE_BASE_URL": "https://learn.example.com",
    "BAMBOOHR_API_KEY": "hush-key",
    "MOODLE_TOKEN": "hush-token",
}


def test_a_malformed_credential_ends_with_3_before_any_call(run: Any, tmp_path: Any) -> None:
    end = run(**{**LAPTOP, "MOODLE_TOKEN": "hush token", "STATE_FILE": str(tmp_path / "state.sqlite")})

    assert (end.code, end.summary["outcome"]) == (3, "credential_error")
    assert end.summary["http_calls"] == {"bamboohr": 0, "moodle": 0}
    assert not (tmp_path / "state.sqlite").exists()
    assert "hush" not in end.out + end.err


def test_a_state_file_in_no_folder_ends_with_3(run: Any, tmp_path: Any) -> None:
    end = run(**LAPTOP, STATE_FILE=str(tmp_path / "nowhere" / "state.sqlite"))

    assert (end.code, end.summary["outcome"]) == (3, "configuration_error")
    assert end.summary["message"].startswith("STATE_FILE")


def test_the_summary_tells_what_was_asked_for_even_where_nothing_could_begin(run: Any, tmp_path: Any) -> None:
    summary = run(
        "--dry-run",
        "--employee=7",
        **{**LAPTOP, "BAMBOOHR_API_KEY": "a b"},
        STATE_FILE=str(tmp_path / "state.sqlite"),
        TRIGGER="schedule",
        BATCH_SIZE="25",
    ).summary

    assert (summary["command"], summary["scope"], summary["dry_run"]) == ("sync", "employees", True)
    assert (summary["trigger"], summary["batch_size"]) == ("schedule", 25)


# Crashes


@pytest.mark.parametrize(
    "crash",
    [RuntimeError("Jane Doe <jane@acme.example>"), KeyboardInterrupt("Jane Doe"), MemoryError("jane@acme.example")],
)
def test_a_crash_ends_with_70_and_a_summary_that_quotes_nobody(
    run: Any, monkeypatch: pytest.MonkeyPatch, crash: BaseException
) -> None:
    def read_settings(environment: object) -> None:
        raise crash

    monkeypatch.setattr("worker.commands.base.read_settings", read_settings)

    end = run()

    assert end.code == 70
    summary = end.summary
    assert (summary["outcome"], summary["exit_code"], summary["ok"]) == ("crash", 70, False)
    assert summary["errors"] == 1
    assert type(crash).__name__ in summary["message"]
    assert "jane" not in (end.out + end.err).lower()
    (line,) = end.log
    assert (line["event"], line["kind"]) == ("sync.crash", type(crash).__name__)
    assert line["where"][-1].endswith(" read_settings")


# The program


def test_without_a_command_it_is_sync(harness: RunHarness) -> None:
    bare = harness.process()
    named = harness.process("sync")

    assert (bare.code, named.code) == (0, 0)
    assert bare["command"] == named["command"] == "sync"
    assert bare["scope"] == "all"


def test_several_employees_may_be_named_in_any_order_and_twice(harness: RunHarness) -> None:
    night = harness.run("--employee", "12", "--employee=3", "--employee", "12", "--dry-run")

    assert (night.code, night["scope"], night["dry_run"]) == (0, "employees", True)
    assert night["processed"] == 2


def test_a_shell_without_a_terminal_gets_no_progress_bar(harness: RunHarness) -> None:
    night = harness.process()

    assert all(line.startswith("{") for line in night.stderr.splitlines())


def test_the_program_ends_with_the_exit_code_and_prints_one_line_whatever_the_locale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "worker", "sync", b"\xff"],
        cwd=ROOT,
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["outcome"] == "usage_error"
    assert b"Traceback" not in done.stderr
