"""`pause` and `resume`: the schedules and the silence alarm, together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ops.town_hall import PROJECT, RECONCILE, SCHEDULE, Hall


def schedules(hall: Hall) -> list[dict[str, Any]]:
    scheduler = hall.client("scheduler")
    found = [scheduler.get_schedule(Name=name, GroupName="nights") for name in ("nightly", "reconcile")]
    return [{name: one[name] for name in SCHEDULE} for one in found]


def actions(hall: Hall) -> dict[str, bool]:
    alarms = hall.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix(f"{PROJECT}-"): alarm["ActionsEnabled"] for alarm in alarms}


def test_pause_changes_the_state_of_the_schedules_and_nothing_else_of_them(hall: Hall) -> None:
    end = hall.ops("pause")

    assert end.code == 0
    assert schedules(hall) == [{**SCHEDULE, "State": "DISABLED"}, {**RECONCILE, "State": "DISABLED"}]
    assert "Both schedules of hall are paused" in end.out
    assert f"make resume {hall.in_env}" in end.out


def test_pause_mutes_the_silence_alarm_alone(hall: Hall) -> None:
    hall.ops("pause")

    assert actions(hall) == {"silence": False, "dead-letters": True, "parked": True}


def test_resume_takes_all_of_it_back(hall: Hall) -> None:
    hall.ops("pause")

    end = hall.ops("resume")

    assert end.code == 0
    assert schedules(hall) == [SCHEDULE, RECONCILE]
    assert all(actions(hall).values())
    assert "Both schedules of hall are on: cron(30 3 * * ? *), Europe/London; cron(30 10 ? * SUN *), " in end.out
    assert end.err == ""


def test_an_environment_without_a_reconcile_has_one_schedule(hall: Hall) -> None:
    hall.deploy_again_without("ReconcileScheduleName")

    paused, states = hall.ops("pause"), [one["State"] for one in schedules(hall)]
    resumed = hall.ops("resume")

    assert (paused.code, resumed.code) == (0, 0)
    assert states == ["DISABLED", "ENABLED"]
    assert "The schedule of hall is paused" in paused.out
    assert "The schedule of hall is on: cron(30 3 * * ? *), Europe/London." in resumed.out


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_schedule_that_cannot_be_changed_leaves_no_nights_without_an_alarm(hall: Hall, verb: str) -> None:
    hall.client("scheduler").delete_schedule(Name="reconcile", GroupName="nights")

    assert hall.ops(verb).code == 69
    assert actions(hall)["silence"]


def test_both_may_be_said_twice(hall: Hall) -> None:
    assert [hall.ops(verb).code for verb in ("pause", "pause", "resume", "resume")] == [0, 0, 0, 0]
    assert schedules(hall) == [SCHEDULE, RECONCILE]


def test_resume_says_that_an_alarm_which_rings_already_does_not_ring_again(hall: Hall) -> None:
    hall.client("cloudwatch").set_alarm_state(AlarmName=f"{PROJECT}-silence", StateValue="ALARM", StateReason="quiet")

    assert f"make run {hall.in_env}" in hall.ops("resume").err
