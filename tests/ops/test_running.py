"""`run`: start the task, wait, tell, end as it ended."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.ops.town_hall import REGION, Hall, replace_client, summary
from worker.errors import ExitCode


def started(hall: Hall) -> dict[str, Any]:
    """How the last task was started."""
    task = hall.tasks[-1]
    return {
        "network": task.network_configuration["awsvpcConfiguration"],
        "launch_type": task.launch_type,
        "definition": task.task_definition_arn,
        "started_by": task.started_by,
        **task.overrides["containerOverrides"][0],
    }


def test_starts_the_deployed_task_in_its_network_and_prints_the_summary(hall: Hall) -> None:
    hall.to_come = [lambda: None, lambda: hall.end_task(0, [summary(created=2, suspended_ids=[7])])]

    end = hall.ops("run")

    assert end.code == 0
    assert "0: no errors" in end.out
    assert "created 2" in end.out
    assert started(hall) == {
        "network": {
            "subnets": hall.outputs["SubnetIds"].split(","),
            "securityGroups": [hall.outputs["SecurityGroupId"]],
            "assignPublicIp": "ENABLED",
        },
        "launch_type": "FARGATE",
        "definition": hall.outputs["TaskDefinitionArn"],
        "started_by": "operator",
        "name": "worker",
        "command": ["sync"],
        "environment": [{"name": "TRIGGER", "value": "manual"}],
    }


@pytest.mark.parametrize("code", [int(code) for code in ExitCode] + [137])
def test_ends_with_the_exit_code_of_the_task(hall: Hall, code: int) -> None:
    hall.to_come = [lambda: hall.end_task(code, [summary(exit_code=code)])]

    assert hall.ops("run").code == code


def test_options_go_to_the_container_as_an_override(hall: Hall) -> None:
    hall.to_come = [lambda: hall.end_task(0, [summary()])]

    hall.ops("run", "--dry-run", "--employee", "4711", "--employee", "12", "--reactivate", "--max-suspensions", "40")

    override = started(hall)
    assert override["command"] == ["sync", "--dry-run", "--employee", "4711", "--employee", "12", "--reactivate"]
    assert {"name": "MAX_SUSPENSIONS", "value": "40"} in override["environment"]


def test_json_is_the_line_itself(hall: Hall) -> None:
    line = summary(created=1)
    hall.to_come = [lambda: hall.end_task(0, [line])]

    assert json.loads(hall.ops("run", "--json").out) == line


def test_a_container_that_never_ran_is_told_with_its_reason_and_the_cure(hall: Hall) -> None:
    reason = "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
    hall.to_come = [lambda: hall.end_task(None, stop_code="TaskFailedToStart", stopped_reason=reason)]

    end = hall.ops("run")

    assert end.code == 69
    assert reason in end.out
    assert "Check that the subnets have a way out on port 443" in end.out
    assert "never ran" in end.err


def test_the_summary_may_come_some_seconds_after_the_end(hall: Hall) -> None:
    hall.to_come = [
        lambda: hall.end_task(1),
        lambda: None,
        lambda: hall.log(hall.tasks[-1].id, [summary(exit_code=1, errors=3)]),
    ]

    end = hall.ops("run")

    assert end.code == 1
    assert "errors 3" in end.out


def test_a_run_without_a_summary_is_told_by_its_task(hall: Hall) -> None:
    hall.to_come = [lambda: hall.end_task(137)]

    end = hall.ops("run")

    assert end.code == 137
    assert "137: killed: out of memory" in end.out
    assert "printed no summary" in end.err


def test_a_task_that_ecs_does_not_start_is_told_with_its_reason(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator starts every task; this is what ECS answers where it does not."""
    ecs = boto3.client("ecs", region_name=REGION)
    with Stubber(ecs) as answers:
        answers.add_response("run_task", {"tasks": [], "failures": [{"reason": "Capacity is unavailable"}]})
        replace_client(monkeypatch, "ecs", ecs)

        end = hall.ops("run")

    assert end.code == 69
    assert "ECS did not start the task: Capacity is unavailable" in end.err


def test_waiting_ends_but_not_the_task(hall: Hall) -> None:
    end = hall.ops("run", "--wait", "1")

    assert end.code == 69
    assert sum(hall.slept) >= 60
    assert "it goes on" in end.err
    assert hall.tasks[-1].last_status != "STOPPED"


def test_ctrl_c_ends_the_waiting_and_says_how_to_stop_the_task(hall: Hall) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    hall.to_come = [interrupt]

    end = hall.ops("run")

    assert end.code == 130
    assert "goes on" in end.err
    assert f"make stop {hall.in_env}" in end.err


def test_nothing_but_the_summary_on_stdout_and_no_progress_off_a_terminal(hall: Hall) -> None:
    hall.to_come = [lambda: hall.end_task(0, [summary()])]

    end = hall.ops("run", "--json")

    assert len(end.out.splitlines()) == 1
    assert "\r" not in end.err


def test_progress_on_a_terminal(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    hall.to_come = [lambda: None, lambda: hall.end_task(0, [summary()])]

    assert "running 0:05" in hall.ops("run").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--employee", "0"], "an employee id is a whole number above 0"),
        (["--max-suspensions", "201"], "a whole number from 0 to 200"),
        (["--reactivate"], "--reactivate needs --employee"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_starts(hall: Hall, arguments: list[str], said: str) -> None:
    end = hall.ops("run", *arguments)

    assert end.code == 2
    assert said in end.err
    assert not hall.tasks
