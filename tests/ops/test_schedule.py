"""`pause` and `resume`: the note in the state table, the schedules and the silence alarm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ops.deployed_environment import PROJECT, RECONCILE, REGION, SCHEDULE, STATE_ID, Environment, client
from worker.state.dynamodb import DynamoItems
from worker.state.store import Store


def stored_pause() -> str | None:
    return Store(DynamoItems("state", client("dynamodb", REGION)), STATE_ID).pause()


def schedules(deployed: Environment) -> list[dict[str, Any]]:
    scheduler = deployed.client("scheduler")
    found = [scheduler.get_schedule(Name=name, GroupName="schedules") for name in ("acme-sync-nightly", "reconcile")]
    return [{name: one[name] for name in SCHEDULE} for one in found]


def actions(deployed: Environment) -> dict[str, bool]:
    alarms = deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix(f"{PROJECT}-"): alarm["ActionsEnabled"] for alarm in alarms}


def test_pause_changes_the_state_of_the_schedules_and_nothing_else_of_them(deployed: Environment) -> None:
    end = deployed.ops("pause")

    assert end.code == 0
    assert schedules(deployed) == [{**SCHEDULE, "State": "DISABLED"}, {**RECONCILE, "State": "DISABLED"}]
    assert "Disabled in acme: acme-sync-nightly, reconcile." in end.out
    assert f"A deploy does not end the pause. To resume: {deployed.lxp} resume" in end.out


def test_the_worker_reads_the_pause_that_was_noted(deployed: Environment) -> None:
    deployed.now = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()

    deployed.ops("pause")
    noted = stored_pause()
    deployed.ops("resume")

    assert noted == "paused (since 2026-11-22T12:00:00Z)"
    assert stored_pause() is None


def test_pause_mutes_the_silence_alarm_alone(deployed: Environment) -> None:
    deployed.ops("pause")

    assert actions(deployed) == {"silence": False, "dead-letters": True, "parked": True}


def test_resume_restores_everything(deployed: Environment) -> None:
    deployed.ops("pause")

    end = deployed.ops("resume")

    assert end.code == 0
    assert schedules(deployed) == [SCHEDULE, RECONCILE]
    assert all(actions(deployed).values())
    assert "acme-sync-nightly (cron(30 3 * * ? *), Europe/London), reconcile (cron(30 10 ? * SUN *), " in end.out
    assert end.err == ""


def test_an_environment_without_a_reconcile_has_one_schedule(deployed: Environment) -> None:
    deployed.deploy_again_without("ReconcileScheduleName")

    paused, states = deployed.ops("pause"), [one["State"] for one in schedules(deployed)]
    resumed = deployed.ops("resume")

    assert (paused.code, resumed.code) == (0, 0)
    assert states == ["DISABLED", "ENABLED"]
    assert "Disabled in acme: acme-sync-nightly." in paused.out
    assert "Enabled in acme: acme-sync-nightly (cron(30 3 * * ? *), Europe/London)." in resumed.out


def test_an_environment_without_a_silence_alarm(deployed: Environment) -> None:
    deployed.deploy_again_without("SilenceAlarmName")

    paused, resumed = deployed.ops("pause"), deployed.ops("resume")

    assert (paused.code, resumed.code) == (0, 0)
    assert "silence alarm" not in paused.out + resumed.out + resumed.err
    assert all(actions(deployed).values())


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_schedule_that_cannot_be_changed_leaves_the_alarm_on_and_the_pause_noted(
    deployed: Environment, verb: str
) -> None:
    if verb == "resume":
        deployed.ops("pause")
    deployed.client("scheduler").delete_schedule(Name="reconcile", GroupName="schedules")

    assert deployed.ops(verb).code == 69
    assert actions(deployed)["silence"]
    assert deployed.pause_item()


def test_both_may_be_repeated(deployed: Environment) -> None:
    assert [deployed.ops(verb).code for verb in ("pause", "pause", "resume", "resume")] == [0, 0, 0, 0]
    assert schedules(deployed) == [SCHEDULE, RECONCILE]


def test_resume_says_that_an_alarm_in_alarm_does_not_mail_again(deployed: Environment) -> None:
    deployed.client("cloudwatch").set_alarm_state(
        AlarmName=f"{PROJECT}-silence", StateValue="ALARM", StateReason="quiet"
    )

    assert f"{deployed.lxp} sync" in deployed.ops("resume").err
