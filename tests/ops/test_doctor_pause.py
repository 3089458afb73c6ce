"""What `doctor` says of the silence alarm and of a pause, which only an operator can read."""

from __future__ import annotations

import json

import pytest

from tests.ops.deployed_environment import SCHEDULE, Denied, Environment, replace_client


def doctors_pause(environment: Environment) -> list[tuple[str, str]]:
    """What doctor says of the pause, and the advice."""
    out = environment.ops("doctor", "--quick", "--json").out
    checks = [json.loads(line) for line in out.splitlines()]
    return [(check["what"], check["advice"]) for check in checks if check["area"] == "pause"]


def test_doctor_says_that_there_is_no_silence_alarm(complete: Environment) -> None:
    complete.deploy_again_without("SilenceAlarmName")

    out = complete.ops("doctor", "--quick").out

    assert "warning  silence alarm: there is none (SilenceHours = 0): no e-mail says that runs have stopped\n" in out
    assert f"-> check from time to time: {complete.lxp} runs list\n" in out


def test_doctor_says_nothing_where_schedules_and_alarm_fit(complete: Environment) -> None:
    before = doctors_pause(complete)
    complete.ops("pause")

    assert (before, doctors_pause(complete)) == ([], [])


def test_doctor_finds_alarm_actions_that_were_enabled_during_a_pause(complete: Environment) -> None:
    complete.ops("pause")
    complete.client("cloudwatch").enable_alarm_actions(AlarmNames=[complete.outputs["SilenceAlarmName"]])

    ((what, what_to_do),) = doctors_pause(complete)

    assert what.startswith("the scheduled runs are paused (since ")
    assert what.endswith("but enabled: the silence alarm")
    assert what_to_do == (f"disable again: {complete.lxp} pause; or resume: {complete.lxp} resume")


def test_doctor_finds_a_schedule_that_is_disabled_without_a_pause(complete: Environment) -> None:
    complete.client("scheduler").update_schedule(**{**SCHEDULE, "State": "DISABLED"})

    ((what, _),) = doctors_pause(complete)

    assert what == "no pause is recorded, but disabled: the schedule acme-sync-nightly"


def test_doctor_does_not_need_the_rights_to_check_the_pause(
    complete: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_client(monkeypatch, "scheduler", Denied())

    assert doctors_pause(complete) == [
        (
            "the schedules and the alarm were not read (AccessDeniedException)",
            'see "What an operator\'s AWS credentials must allow" (RUNBOOK, First deploy)',
        )
    ]
