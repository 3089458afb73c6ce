"""`pause` and `resume`: the schedule and the silence alarm, together."""

from __future__ import annotations

from typing import Any

from tests.ops.town_hall import PROJECT, SCHEDULE, Hall


def schedule(hall: Hall) -> dict[str, Any]:
    found = hall.client("scheduler").get_schedule(Name="nightly", GroupName="nights")
    return {name: found[name] for name in SCHEDULE}


def actions(hall: Hall) -> dict[str, bool]:
    alarms = hall.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix(f"{PROJECT}-"): alarm["ActionsEnabled"] for alarm in alarms}


def test_pause_changes_the_state_of_the_schedule_and_nothing_else_of_it(hall: Hall) -> None:
    end = hall.ops("pause")

    assert end.code == 0
    assert schedule(hall) == {**SCHEDULE, "State": "DISABLED"}
    assert f"make resume {hall.in_env}" in end.out


def test_pause_mutes_the_silence_alarm_alone(hall: Hall) -> None:
    hall.ops("pause")

    assert actions(hall) == {"silence": False, "dead-letters": True, "parked": True}


def test_resume_takes_both_back(hall: Hall) -> None:
    hall.ops("pause")

    end = hall.ops("resume")

    assert end.code == 0
    assert schedule(hall) == SCHEDULE
    assert all(actions(hall).values())
    assert "cron(30 3 * * ? *), Europe/London" in end.out
    assert end.err == ""


def test_both_may_be_said_twice(hall: Hall) -> None:
    assert [hall.ops(verb).code for verb in ("pause", "pause", "resume", "resume")] == [0, 0, 0, 0]
    assert schedule(hall) == SCHEDULE


def test_resume_says_that_an_alarm_which_rings_already_does_not_ring_again(hall: Hall) -> None:
    hall.client("cloudwatch").set_alarm_state(AlarmName=f"{PROJECT}-silence", StateValue="ALARM", StateReason="quiet")

    assert f"make run {hall.in_env}" in hall.ops("resume").err
