"""`tail`, `summaries`, `task` and `stop`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ops.deployed_environment import ACCOUNT, PROJECT, REGION, Denied, Environment, replace_client, summary

WINDOW = {"time": "2026-11-22T03:30:05.120Z", "level": "info", "event": "sync.window", "total_changed": 3}
REFUSED = {
    "time": "2026-11-22T03:30:06.001Z",
    "level": "error",
    "event": "sync.person",
    "employee_id": 4711,
    "code": "email_taken",
    "reason": "the address is taken",
    "fields": ["email"],
    "notes": [],
}


# tail


def test_tail_shows_the_last_run(deployed: Environment) -> None:
    deployed.start_task()
    deployed.end_task(0, [summary()])
    newest = deployed.start_task()
    deployed.end_task(1, [WINDOW, REFUSED, summary(exit_code=1, outcome="errors", errors=1, errors_ids=[4711])])

    end = deployed.ops("runs", "logs")

    assert end.code == 0
    assert newest in end.err
    assert end.out.splitlines()[:2] == [
        "2026-11-22T03:30:05.120Z info    sync.window  total_changed=3",
        "2026-11-22T03:30:06.001Z error   sync.person  employee_id=4711 code=email_taken"
        ' reason="the address is taken" fields=["email"]',
    ]
    assert "errors ids  4711" in end.out


def test_tail_of_a_run_that_ecs_has_forgotten(deployed: Environment) -> None:
    deployed.log("0123abcd", [WINDOW, summary()])

    end = deployed.ops("runs", "logs")

    assert end.code == 0
    assert "sync.window" in end.out


def test_tail_of_one_task_by_its_arn(deployed: Environment) -> None:
    deployed.log("0123abcd", [WINDOW])
    deployed.log("4567cdef", [REFUSED])

    end = deployed.ops("runs", "logs", f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{PROJECT}/0123abcd")

    assert "sync.window" in end.out
    assert "sync.person" not in end.out


def test_tail_errors_only_and_as_logged(deployed: Environment) -> None:
    deployed.log("0123abcd", [WINDOW, REFUSED, summary()])

    lines = deployed.ops("runs", "logs", "--errors", "--json").out.splitlines()

    assert [json.loads(line)["event"] for line in lines] == ["sync.person", "sync.summary"]


def test_tail_shows_text_as_it_is(deployed: Environment) -> None:
    task = deployed.start_task()
    deployed.log(task, [WINDOW])
    deployed.log(task, ["Killed"])

    assert deployed.ops("runs", "logs").out.splitlines()[-1] == "Killed"
    assert deployed.ops("runs", "logs", "--errors").out == "Killed\n"


def test_tail_follow_ends_with_the_task(deployed: Environment) -> None:
    task = deployed.start_task()
    deployed.while_waiting = [
        lambda: deployed.log(task, [WINDOW]),
        lambda: deployed.end_task(0, [REFUSED, summary()]),
    ]

    out = deployed.ops("runs", "logs", "--follow").out

    assert out.count("sync.window") == out.count("sync.person") == out.count("Run 2026") == 1


def test_tail_of_a_container_that_never_ran_says_why(deployed: Environment) -> None:
    deployed.start_task()
    deployed.end_task(None, stopped_reason="ResourceInitializationError: unable to pull", stop_code="TaskFailedToStart")

    end = deployed.ops("runs", "logs")

    assert "status          STOPPED" in end.err
    assert "the subnets' route out on port 443" in end.err


def test_tail_of_a_task_that_has_logged_nothing(deployed: Environment) -> None:
    deployed.start_task()
    running = deployed.ops("runs", "logs")
    deployed.end_task(0)
    ended = deployed.ops("runs", "logs")

    assert "Nothing was logged" in running.err
    assert "RUNNING" in running.err
    assert "0: no errors" in ended.err


@pytest.mark.parametrize("what", ["logs", "show"])
def test_before_the_first_run(deployed: Environment, what: str) -> None:
    end = deployed.ops("runs", what)

    assert end.code == 1
    assert "no run was found" in end.err
    assert f"{deployed.lxp} sync" in end.err


# summaries


def test_summaries_are_a_table_of_the_last_runs(deployed: Environment) -> None:
    for day in (20, 21, 22):
        line = summary(started_at=f"2026-11-{day}T03:30:04Z", created=day, trigger="schedule", dry_run=day == 21)
        deployed.log(f"task-{day}", [WINDOW, line])

    end = deployed.ops("runs", "list", "--last", "2")

    assert end.code == 0
    header = "STARTED RUN BY WHAT OUTCOME CHANGED NEW UPDATED SUSPENDED HELD PARKED ERRORS SECONDS TASK"
    assert [" ".join(line.split()) for line in end.out.splitlines()] == [
        header,
        "2026-11-21T03:30:04Z 20261122T033004Z-0a1b2c3d schedule sync all (dry) ok (0) 0 21 0 0 0 0 0 0.0 task-21",
        "2026-11-22T03:30:04Z 20261122T033004Z-0a1b2c3d schedule sync all ok (0) 0 22 0 0 0 0 0 0.0 task-22",
    ]
    assert len({line.index("task-2") for line in end.out.splitlines()[1:]} | {end.out.index("TASK")}) == 1


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        ({}, 0),
        ({"held": {"identity": 3}, "held_ids": [7, 8, 9]}, 3),
        ({"held": {"suspend": 26}, "held_suspensions": 26, "held_ids": [*range(20)], "held_ids_truncated": 6}, 26),
        ({"held_suspensions": 9}, 9),
    ],
)
def test_summaries_count_the_employees_of_whom_anything_is_held(
    deployed: Environment, fields: dict[str, Any], held: int
) -> None:
    deployed.log("task", [summary(**fields)])

    header, row = (line.split() for line in deployed.ops("runs", "list").out.splitlines())

    assert row[header.index("HELD") - len(header)] == str(held)


def test_summaries_as_json(deployed: Environment) -> None:
    line = summary(errors=2)
    deployed.log("task", [line])

    assert json.loads(deployed.ops("runs", "list", "--json").out) == line


@pytest.mark.parametrize("arguments", [("--last", "0"), ("--last", "-1"), ("--days", "0"), ("--days", "x")])
def test_last_and_days_are_whole_numbers(deployed: Environment, arguments: tuple[str, str]) -> None:
    end = deployed.ops("runs", "list", *arguments)

    assert end.code == 2
    assert "a whole number from 1 to 10000" in end.err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_summaries_say_that_the_scheduled_runs_are_paused(deployed: Environment, options: list[str]) -> None:
    deployed.log("0123abcd", [summary(outcome="paused", trigger="schedule")])
    before = deployed.ops("runs", "list", *options)
    deployed.ops("pause")

    end = deployed.ops("runs", "list", *options)

    assert (end.out, before.err) == (before.out, "")
    assert end.err.startswith("The scheduled runs are paused (since ")
    assert end.err.endswith(f"To resume: {deployed.lxp} resume\n")
    assert "paused" in end.out


def test_summaries_do_not_need_the_right_to_read_the_table(
    deployed: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.log("0123abcd", [summary()])
    replace_client(monkeypatch, "dynamodb", Denied())

    end = deployed.ops("runs", "list")

    assert end.code == 0
    assert end.err == "Whether the scheduled runs are paused is not known (AccessDeniedException).\n"


def test_no_summaries(deployed: Environment) -> None:
    end = deployed.ops("runs", "list", "--days", "3")

    assert end.code == 1
    assert "in the last 3 days" in end.err


# task


def test_task_shows_why_it_stopped_and_the_summary(deployed: Environment) -> None:
    deployed.start_task()
    deployed.end_task(4, [summary(exit_code=4, outcome="held", held_suspensions=9)])

    end = deployed.ops("runs", "show")

    assert end.code == 0
    assert "stopped reason  Essential container in task exited" in end.out
    assert "stop code       EssentialContainerExited" in end.out
    assert "exit code       4: the only errors are held changes" in end.out
    assert "started by      schedule" in end.out
    assert "created         20" in end.out
    assert "held suspensions  9" in end.out


def test_a_running_task_has_no_exit_code(deployed: Environment) -> None:
    deployed.start_task()

    out = deployed.ops("runs", "show").out

    assert "RUNNING" in out
    assert "exit code" not in out


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("OutOfMemoryError: Container killed due to memory usage", "Set BatchSize"),
        ("Capacity is unavailable at this time.", "run it again later: ./lxp --env acme"),
        (
            "Timeout waiting for network interface provisioning to complete.",
            "have free addresses, then: ./lxp --env acme",
        ),
    ],
)
def test_task_says_what_to_do(deployed: Environment, reason: str, fix: str) -> None:
    deployed.start_task()
    deployed.end_task(137, stopped_reason=reason)

    assert fix in deployed.ops("runs", "show").out


def test_task_that_ecs_has_forgotten_is_shown_from_its_log(deployed: Environment) -> None:
    deployed.log("0123abcd", [summary(created=5)])

    end = deployed.ops("runs", "show", "0123abcd")

    assert end.code == 0
    assert "created     5" in end.out
    assert "forgotten" in end.err


@pytest.mark.parametrize("arguments", [["show"], ["logs"], ["logs", "--follow"]])
def test_an_unknown_task(deployed: Environment, arguments: list[str]) -> None:
    end = deployed.ops("runs", *arguments, "ffff")

    assert end.code == 1
    assert "knows a task ffff" in end.err


# stop


def test_stop_ends_the_running_task(deployed: Environment) -> None:
    task = deployed.start_task()

    end = deployed.ops("runs", "stop", "--yes")

    assert end.code == 0
    assert task in end.out
    assert deployed.tasks[-1].stopped_reason == "stopped by an operator"


def test_stop_asks_first(deployed: Environment) -> None:
    deployed.start_task()
    deployed.types("n\n")

    end = deployed.ops("runs", "stop")

    assert (end.code, end.out) == (0, "")
    assert end.err.endswith("lxp: not confirmed; nothing was done\n")
    assert deployed.tasks[-1].last_status == "RUNNING"


def test_stop_with_no_or_several_running_tasks(deployed: Environment) -> None:
    assert deployed.ops("runs", "stop", "--yes").code == 1

    first, second = deployed.start_task(), deployed.start_task()
    end = deployed.ops("runs", "stop", "--yes")

    assert end.code == 2
    assert first in end.err
    assert second in end.err
    assert deployed.ops("runs", "stop", first, "--yes").code == 0
