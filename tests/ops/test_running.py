"""`run`: starts the task, waits, shows its summary, and ends with its exit code."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.ops.deployed_environment import REGION, Environment, replace_client, summary
from worker.errors import ExitCode


def started(deployed: Environment) -> dict[str, Any]:
    """How the last task was started."""
    task = deployed.tasks[-1]
    return {
        "network": task.network_configuration["awsvpcConfiguration"],
        "launch_type": task.launch_type,
        "definition": task.task_definition_arn,
        "started_by": task.started_by,
        **task.overrides["containerOverrides"][0],
    }


def test_starts_the_deployed_task_in_its_network_and_prints_the_summary(deployed: Environment) -> None:
    deployed.while_waiting = [lambda: None, lambda: deployed.end_task(0, [summary(created=2, suspended_ids=[7])])]

    end = deployed.ops("sync")

    assert end.code == 0
    assert "0: no errors" in end.out
    assert "created        2" in end.out
    assert started(deployed) == {
        "network": {
            "subnets": deployed.outputs["SubnetIds"].split(","),
            "securityGroups": [deployed.outputs["SecurityGroupId"]],
            "assignPublicIp": "ENABLED",
        },
        "launch_type": "FARGATE",
        "definition": deployed.outputs["TaskDefinitionArn"],
        "started_by": "operator",
        "name": "worker",
        "command": ["sync"],
        "environment": [{"name": "TRIGGER", "value": "manual"}],
    }


@pytest.mark.parametrize("code", [int(code) for code in ExitCode] + [137])
def test_ends_with_the_exit_code_of_the_task(deployed: Environment, code: int) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(code, [summary(exit_code=code)])]

    assert deployed.ops("sync").code == code


def test_options_are_passed_to_the_container(deployed: Environment) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(0, [summary()])]

    deployed.ops(
        "run", "--dry-run", "--employee", "4711", "--employee", "12", "--reactivate", "--max-suspensions", "40"
    )

    override = started(deployed)
    assert override["command"] == ["sync", "--dry-run", "--employee", "4711", "--employee", "12", "--reactivate"]
    assert {"name": "MAX_SUSPENSIONS", "value": "40"} in override["environment"]


def test_json_is_the_line_itself(deployed: Environment) -> None:
    line = summary(created=1)
    deployed.while_waiting = [lambda: deployed.end_task(0, [line])]

    assert json.loads(deployed.ops("sync", "--json").out) == line


def test_a_container_that_never_ran_is_shown_with_its_reason_and_what_to_do(deployed: Environment) -> None:
    reason = "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
    deployed.while_waiting = [lambda: deployed.end_task(None, stop_code="TaskFailedToStart", stopped_reason=reason)]

    end = deployed.ops("sync")

    assert end.code == 69
    assert reason in end.out
    assert "Check that the subnets have a route out on port 443" in end.out
    assert "never ran" in end.err


def test_the_summary_may_be_logged_some_seconds_after_the_end(deployed: Environment) -> None:
    deployed.while_waiting = [
        lambda: deployed.end_task(1),
        lambda: None,
        lambda: deployed.log(deployed.tasks[-1].id, [summary(exit_code=1, errors=3)]),
    ]

    end = deployed.ops("sync")

    assert end.code == 1
    assert "errors      3" in end.out


def test_a_run_without_a_summary_is_shown_by_its_task(deployed: Environment) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(137)]

    end = deployed.ops("sync")

    assert end.code == 137
    assert "137: killed: out of memory" in end.out
    assert "printed no summary" in end.err


def test_a_task_that_ecs_does_not_start(deployed: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator starts every task; this is the answer of ECS when it does not."""
    ecs = boto3.client("ecs", region_name=REGION)
    with Stubber(ecs) as answers:
        answers.add_response("run_task", {"tasks": [], "failures": [{"reason": "Capacity is unavailable"}]})
        replace_client(monkeypatch, "ecs", ecs)

        end = deployed.ops("sync")

    assert end.code == 69
    assert "ECS did not start the task: Capacity is unavailable" in end.err


def test_the_wait_ends_and_the_task_goes_on(deployed: Environment) -> None:
    end = deployed.ops("sync", "--wait", "1")

    assert end.code == 69
    assert sum(deployed.slept) >= 60
    assert "it keeps running" in end.err
    assert deployed.tasks[-1].last_status != "STOPPED"


def test_ctrl_c_ends_the_wait_and_says_how_to_stop_the_task(deployed: Environment) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    deployed.while_waiting = [interrupt]

    end = deployed.ops("sync")

    assert end.code == 130
    assert "keeps running" in end.err
    assert f"{deployed.lxp} runs stop" in end.err


def test_nothing_but_the_summary_on_stdout_and_no_progress_off_a_terminal(deployed: Environment) -> None:
    deployed.while_waiting = [lambda: deployed.end_task(0, [summary()])]

    end = deployed.ops("sync", "--json")

    assert len(end.out.splitlines()) == 1
    assert "\r" not in end.err


def test_progress_on_a_terminal(deployed: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    deployed.while_waiting = [lambda: None, lambda: deployed.end_task(0, [summary()])]

    assert "running 0:05" in deployed.ops("sync").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--employee", "0"], "an employee id is a whole number above 0"),
        (["--max-suspensions", "201"], "a whole number from 0 to 200"),
        (["--reactivate"], "--reactivate needs --employee"),
    ],
)
def test_invalid_arguments_are_refused_before_a_task_is_started(
    deployed: Environment, arguments: list[str], message: str
) -> None:
    end = deployed.ops("sync", *arguments)

    assert end.code == 2
    assert message in end.err
    assert not deployed.tasks
