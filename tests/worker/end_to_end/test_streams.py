"""Standard streams that are closed, or lead to a full disk or to a reader that has gone."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from tests.run_harness import ROOT, RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import in_sync

UNWRITABLE = (">&-", ">/dev/full", "2>&-", "2>/dev/full", ">&- 2>&- <&-", "| true")
REPORTS = ("plan", "people list", "state show", "doctor --quick", "explain --employee 3", "--help")


def shell(harness: RunHarness, command: str, module: str = "worker") -> subprocess.CompletedProcess[str]:
    """Run a shell's command line, and return the exit code and the output of the worker."""
    arguments, _, redirected = command.partition(" :: ")
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{shlex.quote(sys.executable)} -m {module} {arguments} {redirected}"],
        env={**harness.environment, "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("redirected", UNWRITABLE)
def test_a_stream_that_cannot_be_written_changes_neither_what_a_run_does_nor_its_exit_code(
    harness: RunHarness, redirected: str
) -> None:
    in_sync(harness, generate(8, seed=5))
    harness.company.edit("3", department="Moved")
    harness.company.terminate("7", hireDate="2020-01-01")

    run = shell(harness, f"sync :: {redirected}")

    assert run.returncode == 0
    assert harness.account("3")["department"] == "Moved"
    assert harness.account("7")["suspended"]
    assert "Traceback" not in run.stderr
    second = harness.run()
    assert (second["updated"], second["suspended"]) == (0, 0)


@pytest.mark.parametrize(
    ("report", "redirected"),
    [*((report, ">&-") for report in REPORTS), ("plan", ">/dev/full"), ("--help", ">/dev/full")],
)
def test_a_report_that_cannot_be_printed_says_so_in_one_line(harness: RunHarness, report: str, redirected: str) -> None:
    in_sync(harness, generate(8, seed=5))

    printed = shell(harness, f"{report} :: {redirected}")

    assert printed.returncode == 1
    (line,) = printed.stderr.splitlines()
    assert line.startswith("lxp: nothing can be printed to stdout (")


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", "| true"])
@pytest.mark.parametrize("report", ["plan", "people list"])
def test_a_report_is_printed_whatever_becomes_of_stderr_and_of_its_reader(
    harness: RunHarness, report: str, redirected: str
) -> None:
    in_sync(harness, generate(8, seed=5))

    printed = shell(harness, f"{report} :: {redirected}")

    assert (printed.returncode, printed.stderr) == (0, "")


@pytest.mark.parametrize(("redirected", "code"), [(">&-", 1), (">/dev/full", 1), ("2>&-", 0), ("| true", 0)])
def test_the_command_line_of_operators_answers_alike(harness: RunHarness, redirected: str, code: int) -> None:
    printed = shell(harness, f"--help :: {redirected}", "ops")

    assert printed.returncode == code
    assert len(printed.stderr.splitlines()) == code
