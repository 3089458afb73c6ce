"""A run at a terminal: lines for a person on stderr, and the same summary line on stdout as anywhere."""

from __future__ import annotations

import json
import re

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import advance_clock, at_a_terminal


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync, of whom 7 has moved and 9 has left since; the feed still names all of them."""
    harness.company.add(generate(30))
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.company.edit("7", department="Legal affairs")
    harness.company.terminate("9")
    return harness


def test_a_run_says_who_and_what_and_ends_with_the_counts(staffed: RunHarness) -> None:
    run = at_a_terminal(staffed, "sync", shows="stderr")

    # A progress bar writes over itself.
    lines = re.split(r"[\r\n]+", run.stderr)
    assert run.code == 0
    assert "30 employees changed in BambooHR" in lines
    assert "employee 7: updated (department)" in lines
    assert any(line.startswith("employee 9: suspended; ") for line in lines)
    assert lines.index(f"Run {run['run_id']}: ok") > lines.index("employee 7: updated (department)")
    assert "  updated           1" in lines
    assert not [line for line in lines if line.startswith("{")]


def test_the_summary_line_is_the_same_as_without_a_terminal(staffed: RunHarness) -> None:
    shown = at_a_terminal(staffed, "sync", "--dry-run", shows="stderr").summary
    logged = at_a_terminal(staffed, "sync", "--dry-run").summary

    moving = ("run_id", "started_at", "duration_seconds", "latest", "next_since")
    assert {name: value for name, value in shown.items() if name not in moving} == {
        name: value for name, value in logged.items() if name not in moving
    }


def test_what_is_held_is_named_with_the_command_that_approves_it(staffed: RunHarness) -> None:
    run = at_a_terminal(staffed, "sync", shows="stderr", MAX_SUSPENSIONS="0")

    assert run.code == 4
    assert "employee 9: HELD suspend; a guard holds all suspensions of this run" in run.stderr
    assert f"./lxp approve {run['run_id']}" in run.stderr


def test_a_mistyped_option_is_named_with_the_one_that_was_meant(harness: RunHarness) -> None:
    run = at_a_terminal(harness, "sync", "--employe", "7", shows="stderr")

    assert (run.code, json.loads(run.stdout)["outcome"]) == (2, "usage_error")
    assert run.stderr.splitlines()[:2] == [
        "error: there is no option --employe; did you mean --employee?",
        "    -> see: ./lxp sync --help",
    ]


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        (["--dry-run"], ["active -> suspended", "employee 9"]),
        ([], ["active -> suspended", "employee 9"]),
        (["--show-values"], ["employee  name, department  changes", "9  NAME  active -> suspended"]),
        (["--show-values", "--dry-run"], ["employee  name, department  changes", "9  NAME  active -> suspended"]),
    ],
)
def test_an_approval_lists_the_changes_by_class_and_reason_with_names_on_request(
    staffed: RunHarness, options: list[str], listed: list[str]
) -> None:
    run_id = staffed.run(MAX_SUSPENSIONS="0")["run_id"]
    account = staffed.account("9")
    name = f"{account['firstname']} {account['lastname']}, {account['department']}"

    run = at_a_terminal(staffed, "approve", run_id, *options, answer="n\n", shows="stderr")

    assert run.code == 0
    (shown,) = re.findall(r"^Suspend: 1 employee: BambooHR says Inactive or Deleted\n((?:  .*\n)+)", run.stderr, re.M)
    assert [line.strip().replace(name, "NAME") for line in re.sub("  +", "  ", shown).splitlines()] == listed
    assert ("[y/N]" in run.stderr) == ("--dry-run" not in options)


@pytest.mark.parametrize("command", ["sync --dry-run", "undo RUN --only fields", "reconcile"])
def test_changes_that_are_not_written_are_listed_by_action_and_reason(staffed: RunHarness, command: str) -> None:
    run_id = staffed.run()["run_id"] if "RUN" in command else ""

    run = at_a_terminal(staffed, *command.replace("RUN", run_id).split(), answer="n\n", shows="stderr")

    assert re.search(r"\nUpdate: 1 employee: .+\n  department\n    employee 7\n", run.stderr)
    assert "employee 7: " not in run.stderr


@pytest.mark.parametrize("options", [["--show-values"], ["--show-values", "--yes"]])
def test_values_are_refused_where_nobody_would_see_them(staffed: RunHarness, options: list[str]) -> None:
    run = at_a_terminal(staffed, "reconcile", *options, shows="" if len(options) == 1 else "stderr")

    assert (run.code, run["outcome"]) == (2, "usage_error")
    assert run["message"].startswith("--show-values shows ")
