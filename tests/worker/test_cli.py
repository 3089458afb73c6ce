"""The command line: its help, what it refuses, and a summary for every outcome."""

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
from worker import __version__, cli
from worker.config.settings import VARIABLES
from worker.errors import ExitCode
from worker.stopping import StopSignal


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Restore the logging configuration afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("worker")
    before = (root.handlers, root.level, ours.handlers, ours.propagate)
    yield
    root.handlers, level, ours.handlers, ours.propagate = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@dataclass
class CommandResult:
    """The exit code and the output of a command."""

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
    def call(*arguments: str, **environment: str) -> CommandResult:
        code = cli.main(arguments, environment, StopSignal())
        return CommandResult(code, *capsys.readouterr())

    return call


# Help


COMMANDS = ["sync", "plan", "explain", "approve", "undo", "reconcile", "people", "state", "doctor"]
SUBCOMMANDS = [["people", "list"], ["people", "retry"], ["people", "drop"], ["state", "show"], ["state", "rewind"]]


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_shows_commands_and_examples(run: Any, arguments: list[str]) -> None:
    result = run(*arguments)

    assert (result.code, result.err) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^  {command}\s+\w", result.out, re.MULTILINE), command
    assert "python -m worker sync --employee 4711" in result.out
    assert "sync.summary" not in result.out


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), ["--dry-run"], *SUBCOMMANDS, ["state", "reset"]])
def test_the_help_of_each_command_has_a_description_and_exit_codes(run: Any, command: list[str]) -> None:
    result = run(*command, "--help")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"usage: python -m worker {' '.join(command).replace('--dry-run', 'sync')} ")
    assert len(result.out.split("exit codes:")[0].splitlines()) > 6
    for code in ExitCode:
        assert f"{int(code):>5}  {code.meaning}" in result.out


def test_the_version_is_that_of_the_package(run: Any) -> None:
    result = run("--version")

    assert (result.code, result.out, result.err) == (0, f"{__version__}\n", "")


def test_the_variables_are_listed_with_their_meaning(run: Any) -> None:
    result = run("--variables")

    assert (result.code, result.err) == (0, "")
    for name, meaning in VARIABLES.items():
        assert any(line.split()[:1] == [name] and meaning in line for line in result.out.splitlines()), name


def test_help_of_sync_names_its_options(run: Any) -> None:
    out = run("sync", "--help").out

    assert all(option in out for option in ("--dry-run", "--employee ID", "--reactivate"))


def test_help_fits_a_terminal(run: Any) -> None:
    assert max(map(len, (run("--help").out + run("--variables").out).splitlines())) <= 140


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
def test_an_invalid_command_line_exits_with_2_and_a_summary(run: Any, arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.code == 2
    summary = result.summary
    assert (summary["event"], summary["outcome"], summary["exit_code"]) == ("sync.summary", "usage_error", 2)
    assert (summary["ok"], summary["errors"]) == (False, 1)
    assert summary["message"]
    assert summary["advice"]


def test_reactivate_without_an_employee_names_the_missing_option(run: Any) -> None:
    assert run("--reactivate").summary["message"] == "--reactivate needs --employee"


@pytest.mark.parametrize("text", ["0", "-1", "007", "1.5", "abc", "", " 7", "٣", "1e3", "9" * 20, "9" * 5000])
def test_an_invalid_employee_id_is_refused(run: Any, text: str) -> None:
    result = run("sync", f"--employee={text}")

    assert result.code == 2
    assert "an employee id is a whole number above 0" in result.summary["message"]
    assert len(result.out) < 8 * 1024


@pytest.mark.parametrize("command", ["approve", "undo"])
@pytest.mark.parametrize("text", ["no-such-run", "", "\udcff", "RUN", "20260131T033000Z-1a2b3c4d\n", "x" * 3_000])
def test_what_is_not_a_run_id_is_refused_and_not_repeated(run: Any, command: str, text: str) -> None:
    result = run(command, text, "--yes")

    assert (result.code, result.summary["about_run"]) == (2, None)
    assert result.summary["message"].startswith("argument RUN: a run_id looks like 20260131T033000Z-1a2b3c4d, and is")
    assert len(result.out) < 8 * 1024


# Configuration


def test_an_invalid_configuration_exits_with_3_and_a_log_line_for_every_fault(run: Any) -> None:
    result = run(TRIGGER="cron", MAX_RUN_MINUTES="0")

    assert result.code == 3
    assert (result.summary["outcome"], result.summary["exit_code"]) == ("configuration_error", 3)
    reasons = [line["reason"] for line in result.log]
    assert result.summary["errors"] == len(reasons) == 7
    assert result.summary["message"] == "; ".join(reasons)
    assert all(reason.split()[0] in VARIABLES for reason in reasons)


LAPTOP = {
    "BAMBOO_COMPANY_DOMAIN": "acme",
    "MOODLE_BASE_URL": "https://learn.example.com",
    "BAMBOOHR_API_KEY": "hush-key",
    "MOODLE_TOKEN": "hush-token",
}


def test_a_malformed_credential_exits_with_3_before_any_call(run: Any, tmp_path: Any) -> None:
    result = run(**{**LAPTOP, "MOODLE_TOKEN": "hush token", "STATE_FILE": str(tmp_path / "state.sqlite")})

    assert (result.code, result.summary["outcome"]) == (3, "credential_error")
    assert result.summary["http_calls"] == {"bamboohr": 0, "moodle": 0}
    assert not (tmp_path / "state.sqlite").exists()
    assert "hush" not in result.out + result.err


def test_a_state_file_in_a_missing_folder_exits_with_3(run: Any, tmp_path: Any) -> None:
    result = run(**LAPTOP, STATE_FILE=str(tmp_path / "nowhere" / "state.sqlite"))

    assert (result.code, result.summary["outcome"]) == (3, "configuration_error")
    assert result.summary["message"].startswith("STATE_FILE")


def test_the_summary_has_the_request_even_if_the_run_could_not_begin(run: Any, tmp_path: Any) -> None:
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
def test_a_crash_exits_with_70_and_a_summary_without_personal_values(
    run: Any, monkeypatch: pytest.MonkeyPatch, crash: BaseException
) -> None:
    def read_settings(environment: object) -> None:
        raise crash

    monkeypatch.setattr("worker.commands.base.read_settings", read_settings)

    result = run()

    assert result.code == 70
    summary = result.summary
    assert (summary["outcome"], summary["exit_code"], summary["ok"]) == ("crash", 70, False)
    assert summary["errors"] == 1
    assert type(crash).__name__ in summary["message"]
    assert "jane" not in (result.out + result.err).lower()
    (line,) = result.log
    assert (line["event"], line["kind"]) == ("sync.crash", type(crash).__name__)
    assert line["where"][-1].endswith(" read_settings")


# The program


def test_the_default_command_is_sync(harness: RunHarness) -> None:
    bare = harness.process()
    named = harness.process("sync")

    assert (bare.code, named.code) == (0, 0)
    assert bare["command"] == named["command"] == "sync"
    assert bare["scope"] == "all"


def test_employees_may_be_named_in_any_order_and_twice(harness: RunHarness) -> None:
    result = harness.run("--employee", "12", "--employee=3", "--employee", "12", "--dry-run")

    assert (result.code, result["scope"], result["dry_run"]) == (0, "employees", True)
    assert result["processed"] == 2


def test_a_shell_without_a_terminal_gets_no_progress_bar(harness: RunHarness) -> None:
    result = harness.process()

    assert all(line.startswith("{") for line in result.stderr.splitlines())


def test_the_program_returns_the_exit_code_and_prints_one_line_in_any_locale() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "worker", "sync", b"\xff"],
        cwd=ROOT,
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert completed.returncode == 2
    (line,) = completed.stdout.splitlines()
    assert json.loads(line)["outcome"] == "usage_error"
    assert b"Traceback" not in completed.stderr
