"""`approve`, `reconcile`, `undo` and `doctor --task`: what is started, what is asked before, what is told after."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ops.test_running import started
from tests.ops.town_hall import Hall, summary

RUN = "20261122T033004Z-0a1b2c3d"
OK = {"event": "doctor.check", "verdict": "ok", "area": "lock", "what": "free", "advice": ""}
BAD = {"event": "doctor.check", "verdict": "failed", "area": "Moodle sight", "what": "sees nobody", "advice": "ask"}


def ends(hall: Hall, code: int = 0, **said: Any) -> None:
    """The task that is about to be started ends so."""
    hall.to_come = [lambda: hall.end_task(code, [summary(exit_code=code, **said)])]


# What is started


@pytest.mark.parametrize(
    ("said", "command"),
    [
        (["approve", RUN], ["approve", RUN]),
        (["approve", RUN, "--dry-run"], ["approve", RUN, "--dry-run"]),
        (["reconcile", "--dry-run"], ["reconcile", "--dry-run", "--yes"]),
        (["reconcile", "--yes"], ["reconcile", "--yes"]),
        (["undo", RUN, "--dry-run"], ["undo", RUN, "--dry-run", "--yes"]),
        (
            ["undo", RUN, "--only", "suspensions", "--employee", "7", "--employee", "12", "--yes"],
            ["undo", RUN, "--only", "suspensions", "--employee", "7", "--employee", "12", "--yes"],
        ),
    ],
    ids=lambda words: " ".join(words),
)
def test_the_container_is_given_the_command(hall: Hall, said: list[str], command: list[str]) -> None:
    ends(hall)

    end = hall.ops(*said)

    assert end.code == 0
    assert started(hall)["command"] == command
    assert started(hall)["environment"] == [{"name": "TRIGGER", "value": "manual"}]
    assert started(hall)["started_by"] == "operator"


@pytest.mark.parametrize("words", [["approve", RUN], ["reconcile", "--yes"], ["undo", RUN, "--yes"]])
def test_they_end_with_the_exit_code_of_the_task(hall: Hall, words: list[str]) -> None:
    ends(hall, 75)

    assert hall.ops(*words).code == 75


@pytest.mark.parametrize("verb", ["approve", "undo"])
@pytest.mark.parametrize("run_id", ["0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d", f"{RUN}\n", ""])
def test_what_is_no_run_id_starts_no_task(hall: Hall, verb: str, run_id: str) -> None:
    end = hall.ops(verb, run_id)

    assert end.code == 2
    assert "this is no run_id" in end.err
    assert not hall.tasks


# What is asked before


@pytest.mark.parametrize(
    ("words", "question", "look_first"),
    [
        (["reconcile"], "Compare everybody in BambooHR with Moodle, and write in hall what differs?", "--dry-run"),
        (["undo", RUN], f"Take back in hall what the run {RUN} wrote?", f'ARGS="{RUN} --dry-run"'),
        (
            ["undo", RUN, "--only", "fields", "--employee", "12", "--employee", "7"],
            f"Take back in hall what the run {RUN} wrote (fields only) to employee 7, 12?",
            f'ARGS="{RUN} --only fields --employee 12 --employee 7 --dry-run"',
        ),
    ],
)
def test_ask_first_and_name_the_dry_run(hall: Hall, words: list[str], question: str, look_first: str) -> None:
    hall.types("n\n")

    end = hall.ops(*words)

    assert end.code == 1
    assert f"{question} [y/N]" in end.err
    assert f"make {words[0]} {hall.in_env} {look_first if '=' in look_first else f'ARGS={look_first}'}" in end.err
    assert not hall.tasks


@pytest.mark.parametrize("words", [["reconcile"], ["undo", RUN]])
def test_go_on_when_that_is_wanted(hall: Hall, words: list[str]) -> None:
    hall.types("y\n")
    ends(hall)

    assert hall.ops(*words).code == 0
    assert started(hall)["command"][-1] == "--yes"


@pytest.mark.parametrize("words", [["reconcile"], ["undo", RUN]])
def test_need_a_yes_where_nobody_can_be_asked(hall: Hall, words: list[str]) -> None:
    hall.pipes("")

    end = hall.ops(*words)

    assert end.code == 2
    assert " --yes" in end.err
    assert not hall.tasks


# What is told after


def test_held_suspensions_are_told_with_the_operators_own_command(hall: Hall) -> None:
    advice = f"read who is held in the log. If they did leave: approve {RUN} (RUNBOOK, Held suspensions)"
    ends(hall, 4, run_id=RUN, held_suspensions=9, message="a guard holds 9 suspensions", advice=advice)

    out = hall.ops("run").out

    assert f"If they did leave: make approve {hall.in_env} ARGS={RUN} (RUNBOOK" in out
    assert "message     a guard holds 9 suspensions" in out


def test_an_approval_tells_who_is_no_longer_due(hall: Hall) -> None:
    ends(hall, command="approve", scope="employees", processed=9, suspended=7, not_due=2, suspended_ids=[4, 5])

    lines = [" ".join(line.split()) for line in hall.ops("approve", RUN).out.splitlines()]

    assert "what approve, employees, by manual" in lines
    assert "counts processed 9, suspended 7" in lines
    assert "not due 2: on the list of that run, and no longer to be suspended" in lines
    assert "suspended ids 4, 5" in lines


@pytest.mark.parametrize(
    ("count", "told"),
    [
        ("arrived_dates", "arrived dates 3: whose first or last day has come"),
        ("held_undone", "held undone 3: left alone since an undo; "),
        ("not_as_planned", "not as planned 3: left alone, since something has changed after the plan"),
        ("edited_since", "edited since 3: something of theirs was changed after the run; that is left as it is"),
        ("unexplained_accounts", "unexplained accounts 3: active accounts that no employee explains; never touched"),
    ],
)
def test_counts_that_need_words_have_some(hall: Hall, count: str, told: str) -> None:
    ends(hall, **{count: 3})

    out = " ".join(hall.ops("reconcile", "--yes").out.split())

    assert told in out
    assert "counts nothing changed" in out


# doctor --task


def test_doctor_in_a_task_tells_each_check_and_ends_as_the_task(hall: Hall) -> None:
    hall.to_come = [lambda: hall.end_task(1, [OK, BAD])]

    end = hall.ops("doctor", "--task", "--quick")

    assert end.code == 1
    assert started(hall)["command"] == ["doctor", "--json", "--quick"]
    assert end.out.splitlines() == [
        "ok       lock: free",
        "failed   Moodle sight: sees nobody",
        "         -> ask",
        "",
        "1 ok, 0 warning, 1 failed",
    ]


def test_doctor_in_a_task_as_lines(hall: Hall) -> None:
    hall.to_come = [lambda: hall.end_task(0, [OK])]

    assert json.loads(hall.ops("doctor", "--task", "--json").out) == OK


def test_doctor_in_a_task_waits_until_the_log_is_whole(hall: Hall) -> None:
    hall.to_come = [
        lambda: hall.end_task(0),
        lambda: hall.log(hall.tasks[-1].id, [OK]),
        lambda: hall.log(hall.tasks[-1].id, [BAD]),
    ]

    assert "1 ok, 0 warning, 1 failed" in hall.ops("doctor", "--task").out


def test_doctor_in_a_task_that_checks_nothing_says_what_it_said_instead(hall: Hall) -> None:
    """An image that is older than this checkout does not know the command."""
    old = summary(exit_code=2, outcome="usage_error", message="not understood")
    hall.to_come = [lambda: hall.end_task(2, [old])]

    end = hall.ops("doctor", "--task")

    assert end.code == 2
    assert "not understood" in end.err
    assert "The task checked nothing." in end.err
    assert "exit code       2: the command line was not understood" in end.out


def test_doctor_in_a_task_that_says_nothing_at_all(hall: Hall) -> None:
    hall.to_come = [lambda: hall.end_task(137)]

    end = hall.ops("doctor", "--task")

    assert end.code == 137
    assert "137: killed" in end.out


def test_tail_of_a_doctor_is_readable(hall: Hall) -> None:
    hall.log("0123abcd", [OK, BAD])

    assert hall.ops("tail").out.splitlines() == [
        "ok       lock: free",
        "failed   Moodle sight: sees nobody",
        "         -> ask",
    ]
    assert "lock" not in hall.ops("tail", "--errors").out
