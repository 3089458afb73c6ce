"""`tail`, `summaries`, `task` and `stop`: the last runs, and one of them."""

from __future__ import annotations

import json

import pytest

from tests.ops.town_hall import ACCOUNT, PROJECT, REGION, Hall, summary

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


def test_tail_shows_the_last_run(hall: Hall) -> None:
    hall.start_task()
    hall.end_task(0, [summary()])
    newest = hall.start_task()
    hall.end_task(1, [WINDOW, REFUSED, summary(exit_code=1, outcome="errors", errors=1, errors_ids=[4711])])

    end = hall.ops("tail")

    assert end.code == 0
    assert newest in end.err
    assert end.out.splitlines()[:2] == [
        "2026-11-22T03:30:05.120Z info    sync.window  total_changed=3",
        "2026-11-22T03:30:06.001Z error   sync.person  employee_id=4711 code=email_taken"
        ' reason="the address is taken" fields=["email"]',
    ]
    assert "errors ids  4711" in end.out


def test_tail_of_a_run_that_ecs_has_forgotten_goes_by_the_log(hall: Hall) -> None:
    hall.log("0123abcd", [WINDOW, summary()])

    end = hall.ops("tail")

    assert end.code == 0
    assert "sync.window" in end.out


def test_tail_of_one_task_by_its_arn(hall: Hall) -> None:
    hall.log("0123abcd", [WINDOW])
    hall.log("4567cdef", [REFUSED])

    end = hall.ops("tail", f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{PROJECT}/0123abcd")

    assert "sync.window" in end.out
    assert "sync.person" not in end.out


def test_tail_errors_only_and_as_logged(hall: Hall) -> None:
    hall.log("0123abcd", [WINDOW, REFUSED, summary()])

    lines = hall.ops("tail", "--errors", "--json").out.splitlines()

    assert [json.loads(line)["event"] for line in lines] == ["sync.person", "sync.summary"]


def test_tail_passes_on_what_is_no_json(hall: Hall) -> None:
    task = hall.start_task()
    hall.log(task, [WINDOW])
    logs = hall.client("logs")
    logs.put_log_events(
        logGroupName=f"/ecs/{PROJECT}",
        logStreamName=f"worker/worker/{task}",
        logEvents=[{"timestamp": int(hall.now * 1000) + 1, "message": "Killed"}],
    )

    assert hall.ops("tail").out.splitlines()[-1] == "Killed"


def test_tail_follow_ends_with_the_task(hall: Hall) -> None:
    task = hall.start_task()
    hall.to_come = [
        lambda: hall.log(task, [WINDOW]),
        lambda: hall.end_task(0, [REFUSED, summary()]),
    ]

    out = hall.ops("tail", "--follow").out

    assert out.count("sync.window") == out.count("sync.person") == out.count("Run 2026") == 1


def test_tail_of_a_container_that_never_ran_says_why(hall: Hall) -> None:
    hall.start_task()
    hall.end_task(None, stopped_reason="ResourceInitializationError: unable to pull", stop_code="TaskFailedToStart")

    end = hall.ops("tail")

    assert "never ran" in end.err
    assert "the subnets' way out on port 443" in end.err


def test_tail_of_a_task_that_logs_nothing_yet_or_ever(hall: Hall) -> None:
    hall.start_task()
    assert "Nothing was logged yet" in hall.ops("tail").err

    hall.end_task(0)
    assert "Nothing was logged." in hall.ops("tail").err


@pytest.mark.parametrize("verb", ["tail", "task"])
def test_before_the_first_run_there_is_nothing_to_see(hall: Hall, verb: str) -> None:
    end = hall.ops(verb)

    assert end.code == 1
    assert "no run was found" in end.err
    assert f"make run {hall.in_env}" in end.err


# summaries


def test_summaries_are_a_table_of_the_last_runs(hall: Hall) -> None:
    for day in (20, 21, 22):
        line = summary(started_at=f"2026-11-{day}T03:30:04Z", created=day, trigger="schedule", dry_run=day == 21)
        hall.log(f"task-{day}", [WINDOW, line])

    end = hall.ops("summaries", "--last", "2")

    assert end.code == 0
    heads = "STARTED RUN BY WHAT OUTCOME CHANGED NEW UPDATED SUSPENDED HELD PARKED ERRORS SECONDS TASK"
    assert [" ".join(line.split()) for line in end.out.splitlines()] == [
        heads,
        "2026-11-21T03:30:04Z 20261122T033004Z-0a1b2c3d schedule sync all (dry) ok (0) 0 21 0 0 0 0 0 0.0 task-21",
        "2026-11-22T03:30:04Z 20261122T033004Z-0a1b2c3d schedule sync all ok (0) 0 22 0 0 0 0 0 0.0 task-22",
    ]
    assert len({line.index("task-2") for line in end.out.splitlines()[1:]} | {end.out.index("TASK")}) == 1


def test_summaries_as_lines(hall: Hall) -> None:
    line = summary(errors=2)
    hall.log("task", [line])

    assert json.loads(hall.ops("summaries", "--json").out) == line


@pytest.mark.parametrize("words", [("--last", "0"), ("--last", "-1"), ("--days", "0"), ("--days", "x")])
def test_how_many_and_how_far_back_are_whole_numbers(hall: Hall, words: tuple[str, str]) -> None:
    end = hall.ops("summaries", *words)

    assert end.code == 2
    assert "a whole number above 0" in end.err


def test_no_summaries(hall: Hall) -> None:
    end = hall.ops("summaries", "--days", "3")

    assert end.code == 1
    assert "in the last 3 days" in end.err


# task


def test_task_tells_why_it_stopped_and_what_the_run_said(hall: Hall) -> None:
    hall.start_task()
    hall.end_task(4, [summary(exit_code=4, outcome="held", held_suspensions=9)])

    end = hall.ops("task")

    assert end.code == 0
    assert "stopped reason  Essential container in task exited" in end.out
    assert "stop code       EssentialContainerExited" in end.out
    assert "exit code       4: the only errors are suspensions that a guard held" in end.out
    assert "started by      schedule" in end.out
    assert "created         20" in end.out
    assert "held suspensions 9" in end.out


def test_task_that_is_at_work_has_no_exit_code(hall: Hall) -> None:
    hall.start_task()

    out = hall.ops("task").out

    assert "RUNNING" in out
    assert "exit code" not in out


@pytest.mark.parametrize(
    ("reason", "cure"),
    [
        ("OutOfMemoryError: Container killed due to memory usage", "Set BatchSize"),
        ("Capacity is unavailable at this time.", "Run it again later"),
        ("Timeout waiting for network interface provisioning to complete.", "Run it again"),
    ],
)
def test_task_knows_the_cure(hall: Hall, reason: str, cure: str) -> None:
    hall.start_task()
    hall.end_task(137, stopped_reason=reason)

    assert cure in hall.ops("task").out


def test_task_that_ecs_has_forgotten_is_told_from_its_log(hall: Hall) -> None:
    hall.log("0123abcd", [summary(created=5)])

    end = hall.ops("task", "0123abcd")

    assert end.code == 0
    assert "created 5" in end.out
    assert "forgotten" in end.err


@pytest.mark.parametrize("words", [["task"], ["tail"], ["tail", "--follow"]])
def test_a_task_that_nobody_knows(hall: Hall, words: list[str]) -> None:
    end = hall.ops(*words, "ffff")

    assert end.code == 1
    assert "knows a task ffff" in end.err


# stop


def test_stop_asks_the_task_at_work_to_end(hall: Hall) -> None:
    task = hall.start_task()

    end = hall.ops("stop", "--yes")

    assert end.code == 0
    assert task in end.out
    assert hall.tasks[-1].stopped_reason == "stopped by an operator"


def test_stop_asks_first(hall: Hall) -> None:
    hall.start_task()
    hall.types("n\n")

    end = hall.ops("stop")

    assert end.code == 1
    assert hall.tasks[-1].last_status == "RUNNING"


def test_stop_without_or_with_several_tasks_at_work(hall: Hall) -> None:
    assert hall.ops("stop", "--yes").code == 1

    first, second = hall.start_task(), hall.start_task()
    end = hall.ops("stop", "--yes")

    assert end.code == 2
    assert first in end.err
    assert second in end.err
    assert hall.ops("stop", first, "--yes").code == 0
