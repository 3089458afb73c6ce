"""`approve`, `reconcile`, `undo` and `doctor --task`: the task's command, the question before, the output after."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ops.deployed_environment import Environment, summary
from tests.ops.test_running import started
from worker.advice import LXP, CommandLine

RUN = "20261122T033004Z-0a1b2c3d"
CHECKS = ["ok       lock: free", "failed   Moodle access: no account", "         -> ask", "1 ok, 0 warnings, 1 failed"]


def ends(deployed: Environment, code: int = 0, **fields: Any) -> None:
    """Let the next task end like this."""
    deployed.while_waiting = [lambda: deployed.end_task(code, [summary(exit_code=code, **fields)])]


# The command of the task


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["approve", RUN, "--yes"], ["approve", RUN, "--yes"]),
        (["approve", RUN, "--dry-run"], ["approve", RUN, "--dry-run", "--yes"]),
        (["reconcile", "--dry-run"], ["reconcile", "--dry-run", "--yes"]),
        (["reconcile", "--yes"], ["reconcile", "--yes"]),
        (["undo", RUN, "--dry-run"], ["undo", RUN, "--dry-run", "--yes"]),
        (
            ["undo", RUN, "--only", "suspensions", "--employee", "7", "--employee", "12", "--yes"],
            ["undo", RUN, "--only", "suspensions", "--employee", "7", "--employee", "12", "--yes"],
        ),
    ],
    ids=" ".join,
)
def test_the_container_is_given_the_command(deployed: Environment, arguments: list[str], command: list[str]) -> None:
    ends(deployed)

    end = deployed.ops(*arguments)

    assert end.code == 0
    assert started(deployed)["command"] == command
    assert started(deployed)["environment"] == [{"name": "TRIGGER", "value": "manual"}]
    assert started(deployed)["started_by"] == "operator"


@pytest.mark.parametrize("arguments", [["approve", RUN, "--yes"], ["reconcile", "--yes"], ["undo", RUN, "--yes"]])
def test_the_exit_code_is_the_tasks(deployed: Environment, arguments: list[str]) -> None:
    ends(deployed, 75)

    assert deployed.ops(*arguments).code == 75


@pytest.mark.parametrize("verb", ["approve", "undo"])
@pytest.mark.parametrize("run_id", ["0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d", f"{RUN}\n", ""])
def test_a_wrong_run_id_starts_no_task(deployed: Environment, verb: str, run_id: str) -> None:
    end = deployed.ops(verb, run_id)

    assert end.code == 2
    assert "a run_id looks like" in end.err
    assert not deployed.tasks


# The question before


@pytest.mark.parametrize(
    "command", ["reconcile", f"undo {RUN}", f"undo {RUN} --only fields --employee 12 --employee 7"]
)
def test_a_confirmation_is_asked_for_and_the_dry_run_named(deployed: Environment, command: str) -> None:
    deployed.types("n\n")

    end = deployed.ops(*command.split())

    assert end.code == 0
    assert f"Run `{command}` in acme? [y/N]" in end.err
    assert f"{deployed.lxp} {command} --dry-run" in end.err
    assert "nothing was done" in end.err
    assert not deployed.tasks


@pytest.mark.parametrize("arguments", [["reconcile"], ["undo", RUN]])
def test_a_confirmed_command_is_run(deployed: Environment, arguments: list[str]) -> None:
    deployed.types("y\n")
    ends(deployed)

    assert deployed.ops(*arguments).code == 0
    assert started(deployed)["command"][-1] == "--yes"


@pytest.mark.parametrize("arguments", [["reconcile"], ["undo", RUN]])
def test_without_a_terminal_yes_is_needed(deployed: Environment, arguments: list[str]) -> None:
    deployed.pipes("")

    end = deployed.ops(*arguments)

    assert end.code == 2
    assert "pass --yes" in end.err
    assert not deployed.tasks


# What is shown after


@pytest.mark.parametrize("named", ["acme", "NAME"])
def test_the_advice_of_a_task_is_written_as_its_reader_types_it(deployed: Environment, named: str) -> None:
    advised = CommandLine(LXP, named).command("approve", RUN)
    ends(deployed, 4, run_id=RUN, held_suspensions=9, message="a guard holds 9", advice=f"If they left: {advised}")

    out = deployed.ops("sync").out

    assert f"If they left: {deployed.lxp} approve {RUN}" in out
    assert "a guard holds 9" in out


def test_a_summary_is_shown_with_the_names_of_its_fields(deployed: Environment) -> None:
    ends(
        deployed,
        command="approve",
        scope="employees",
        suspended=7,
        not_due=2,
        suspended_ids=[4, 5],
        error_reasons={"email_taken": 2, "no_access": 1},
        reconcile_due=True,
    )

    lines = [" ".join(line.split()) for line in deployed.ops("approve", RUN, "--yes").out.splitlines()]

    assert {"command approve", "scope employees", "suspended 7", "not due 2", "suspended ids 4, 5"} <= set(lines)
    assert {"error reasons email_taken 2, no_access 1", "reconcile due yes"} <= set(lines)
    assert not [line for line in lines if line.startswith(("created", "dry run", "warnings", "message"))]


# doctor --task


def test_doctor_in_a_task_prints_what_the_worker_printed(deployed: Environment) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(1, CHECKS)]

    end = deployed.ops("doctor", "--task", "--quick")

    assert end.code == 1
    assert started(deployed)["command"] == ["doctor", "--quick"]
    assert end.out.splitlines() == CHECKS


def test_doctor_in_a_task_as_json(deployed: Environment) -> None:
    check = {"event": "doctor.check", "verdict": "ok", "area": "lock", "what": "free", "advice": ""}
    deployed.while_waiting = [lambda: deployed.end_task(0, ["warning: the clock differs", check])]

    end = deployed.ops("doctor", "--task", "--json")

    assert started(deployed)["command"] == ["doctor", "--json"]
    assert json.loads(end.out) == check
    assert "warning: the clock differs" in end.err


def test_doctor_in_a_task_waits_until_the_log_is_complete(deployed: Environment) -> None:
    deployed.while_waiting = [
        lambda: deployed.end_task(0),
        lambda: deployed.log(deployed.tasks[-1].id, CHECKS[:1]),
        lambda: deployed.log(deployed.tasks[-1].id, CHECKS[1:]),
    ]

    assert deployed.ops("doctor", "--task").out.splitlines() == CHECKS


def test_doctor_in_a_task_whose_image_is_older_than_the_command(deployed: Environment) -> None:
    old = summary(exit_code=2, outcome="usage_error", message="not understood")
    deployed.while_waiting = [lambda: deployed.end_task(2, [old])]

    end = deployed.ops("doctor", "--task")

    assert end.code == 2
    assert "exit code   2: the command line was not understood" in end.out
    assert "message     not understood" in end.out


def test_doctor_in_a_task_that_logs_nothing(deployed: Environment) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(137)]

    end = deployed.ops("doctor", "--task")

    assert end.code == 137
    assert "137: killed" in end.out


@pytest.mark.parametrize("words", ["plan --everybody", "explain --employee 7", "state show"])
def test_any_report_can_be_asked_of_a_task(deployed: Environment, words: str) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(0, ["a line", "  another line"])]

    end = deployed.ops(*words.split(), "--task", "--wait", "5")

    assert (end.code, end.out) == (0, "a line\n  another line\n")
    assert started(deployed)["command"] == words.split()


def test_the_json_of_a_report_in_a_task_is_all_of_stdout(deployed: Environment) -> None:
    shown = json.dumps({"state": {"offset": 40}}, indent=1).splitlines()
    deployed.while_waiting = [lambda: deployed.end_task(0, ["warning: the clock differs", *shown])]

    end = deployed.ops("state", "show", "--json", "--task")

    assert json.loads(end.out) == {"state": {"offset": 40}}
    assert "warning: the clock differs" in end.err


def test_tail_of_a_doctor(deployed: Environment) -> None:
    deployed.log("0123abcd", CHECKS)

    assert deployed.ops("runs", "logs").out.splitlines() == CHECKS
    assert deployed.ops("runs", "logs", "--errors").out.splitlines() == CHECKS
