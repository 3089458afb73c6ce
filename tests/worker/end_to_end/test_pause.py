"""A pause outlives a deploy, which may enable the schedule again: the run that it starts does nothing."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.doctor_report import run_doctor
from tests.worker.end_to_end.tools import delete_item, items, state_and_site, write_item

SINCE = "2026-11-20T10:00:00Z"
PAUSED, RESUME = f"the scheduled runs are paused (since {SINCE})", "to resume: ./lxp --env NAME resume"
SCHEDULED: dict[str, str] = {"TRIGGER": "schedule", "SCHEDULED_TIME": "2026-11-22T02:00:00Z"}


@pytest.fixture
def paused(healthy: RunHarness) -> RunHarness:
    """Thirty employees, one of whom has a new department; the scheduled runs are paused."""
    healthy.company.edit("3", department="Legal")
    write_item(healthy, "default#paused", pausedAt=SINCE)
    return healthy


@pytest.mark.parametrize("command", [[], ["reconcile", "--yes"]], ids=["sync", "reconcile"])
def test_a_scheduled_run_does_nothing_and_says_why(paused: RunHarness, command: list[str]) -> None:
    before = state_and_site(paused)

    run = paused.run(*command, **SCHEDULED)

    assert (run.code, run["ok"], run["outcome"], run["errors"]) == (0, True, "paused", 0)
    assert run["message"] == PAUSED
    assert run["advice"] == RESUME
    assert run["http_calls"] == {"bamboohr": 0, "moodle": 0}
    assert state_and_site(paused) == before


@pytest.mark.parametrize("command", ["sync", "--dry-run", "--employee 3", "reconcile --yes", "reconcile --dry-run"])
def test_a_run_of_an_operator_warns_and_goes_on(paused: RunHarness, command: str) -> None:
    run = paused.run(*command.split())

    assert (run.code, run["outcome"], run["updated"], run["warnings"]) == (0, "ok", 1, ["paused"])
    (warning,) = [line["reason"] for line in run.log if line.get("code") == "paused"]
    assert warning == f"{PAUSED}; this run continues all the same"
    if "--dry-run" not in command:
        undone = paused.run("undo", run["run_id"], "--yes")
        assert (undone.code, undone["updated"], undone["warnings"]) == (0, 1, ["paused"])


def test_commands_that_read_say_that_the_runs_are_paused(paused: RunHarness) -> None:
    report = run_doctor(paused, "--quick")

    assert PAUSED in paused.run("plan").stdout
    assert f"  scheduled runs  paused (since {SINCE})\n" in paused.run("state", "show").stdout
    assert (report.code, report["schedule"]) == (0, ("warning", PAUSED))
    assert report.advice("schedule") == RESUME


def test_after_the_pause_the_schedule_takes_up_what_changed_meanwhile(paused: RunHarness) -> None:
    paused.run(**SCHEDULED)
    delete_item(paused, "default#paused")

    run = paused.run(**SCHEDULED)

    assert (run["outcome"], run["updated"]) == ("ok", 1)


def test_moving_the_state_back_does_not_end_the_pause(paused: RunHarness) -> None:
    for command in (["rewind", "--days", "1"], ["reset"]):
        assert paused.run("state", *command, "--yes").code == 0

    assert "default#paused" in items(paused)
