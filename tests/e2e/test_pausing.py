"""A pause outlives a deploy that enables the schedule again."""

from __future__ import annotations

from typing import Any

from tests.cdk_app.log_filter import filter_matches
from tests.e2e.deployment import Deployment, Environment
from tests.e2e.story import EMPLOYEES, LATER, Done


def silence_alarm(deployment: Deployment) -> dict[str, Any]:
    names = [deployment.outputs["SilenceAlarmName"]]
    (alarm,) = deployment.emulator.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return dict(alarm)


def test_the_deploy_enables_the_schedule_and_leaves_the_pause(deployed_while_paused: Deployment) -> None:
    assert deployed_while_paused.schedule["ScheduleExpression"] == LATER
    assert deployed_while_paused.schedule["State"] == "ENABLED"
    assert deployed_while_paused.items()["default#paused"]["pausedAt"]


def test_the_deploy_ends_with_the_pause(deployed_while_paused: Deployment, environment: Environment) -> None:
    said = deployed_while_paused.verb.said

    assert "1. The scheduled runs are paused (since " in said
    assert "but this deploy has enabled: the schedule " in said
    assert f"{environment.lxp} pause" in said
    assert f"{environment.lxp} resume" in said


def test_the_run_of_the_schedule_does_nothing(second_run: Done, run_while_paused: Done) -> None:
    run = run_while_paused.run

    assert (run.code, run["outcome"], run["trigger"]) == (0, "paused", "schedule")
    assert run["http_calls"] == {"bamboohr": 0, "moodle": 0}
    assert run_while_paused.accounts == second_run.accounts
    assert run_while_paused.items["default"] == second_run.items["default"]


def test_the_deployed_filter_does_not_count_it(deployed_while_paused: Deployment, run_while_paused: Done) -> None:
    filters = deployed_while_paused.emulator.client("logs").describe_metric_filters(
        logGroupName=deployed_while_paused.outputs["LogGroupName"]
    )
    (pattern,) = [one["filterPattern"] for one in filters["metricFilters"] if "CleanNights" in one["filterName"]]

    assert not filter_matches(pattern, run_while_paused.run.stdout.strip())


def test_resume_ends_the_pause(resumed: Deployment) -> None:
    assert resumed.schedule["State"] == "ENABLED"
    assert silence_alarm(resumed)["ActionsEnabled"]
    assert "default#paused" not in resumed.items()


def test_the_next_run_takes_up_what_changed_meanwhile(run_after_the_pause: Done) -> None:
    run = run_after_the_pause.run

    assert run.code == 0, run.stderr
    assert (run["outcome"], run["created"]) == ("ok", 1)
    assert len(run_after_the_pause.accounts) == EMPLOYEES + 1
