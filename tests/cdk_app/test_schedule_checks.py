"""SilenceHours fits the schedule, or synthesis names a value that does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_app import application, parameters
from cdk_app.parameters import ParameterError, Parameters
from cdk_app.schedule_checks import faults, warnings
from tests.cdk_app.synthesis import ENVIRONMENTS, app

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DAILY = "cron(30 3 * * ? *)"


def schedules(
    sync: str = DAILY,
    *,
    hours: int = 30,
    reconcile: str | None = None,
    minutes: int = 360,
    zone: str = "Europe/London",
) -> Parameters:
    return Parameters.model_construct(
        schedule_expression=sync,
        reconcile_schedule=reconcile,
        schedule_timezone=zone,
        silence_hours=hours,
        max_run_minutes=minutes,
    )


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        (DAILY, 27),
        ("cron(0 3,15 * * ? *)", 15),
        ("cron(30 3 ? * MON-FRI *)", 75),
        ("cron(30 3 ? * MON-SAT *)", 51),
        # one day in March has no 01:30
        ("cron(30 1 * * ? *)", 49),
        ("rate(12 hours)", 14),
        ("rate(5 days)", 122),
        ("rate(90 minutes)", 4),
        ("rate(1 minute)", 3),
    ],
)
def test_the_smallest_number_of_hours(expression: str, hours: int) -> None:
    assert faults(schedules(expression, hours=hours), NOW) == []
    (fault,) = faults(schedules(expression, hours=hours - 1), NOW)
    assert f"SilenceHours = {hours - 1} is not allowed; " in fault
    assert fault.endswith(f"so the alarm would fire without a fault; SilenceHours = {hours} works")


LONG = "leaves up to {} hours between two runs, and an alarm looks back at most 168"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("cron(30 3 ? * SUN *)", LONG.format(169)),
        ("cron(0 3 1 * ? *)", LONG.format(745)),
        ("cron(0 3 LW * ? *)", LONG.format(792)),
        ("rate(7 days)", LONG.format(168)),
        ("rate(167 hours)", LONG.format(167)),
        ("at(2030-01-01T00:00:00)", "has one run only"),
    ],
)
def test_a_schedule_without_a_possible_alarm(expression: str, reason: str) -> None:
    (fault,) = faults(schedules(expression, hours=168), NOW)

    assert reason in fault
    assert fault.endswith("SilenceHours = 0 creates no alarm")
    assert faults(schedules(expression, hours=0), NOW) == []
    assert faults(schedules("rate(166 hours)", hours=168), NOW) == []


@pytest.mark.parametrize("past", ["at(2026-11-26T11:00:00)", "cron(30 3 * * ? 2020-2025)", "cron(0 3 30 2 ? *)"])
def test_a_schedule_in_the_past(past: str) -> None:
    reason = f'= "{past}" is not allowed; it has no run after today; give it a time in the future'

    assert faults(schedules(past, hours=0), NOW) == [f"ScheduleExpression {reason}"]
    assert faults(schedules(reconcile=past), NOW) == [f"ReconcileSchedule {reason}"]


@pytest.mark.parametrize(
    ("expression", "minutes", "apart"),
    [("rate(1 minute)", 360, 1), ("rate(2 hours)", 360, 120), ("cron(0 3,8 * * ? *)", 360, 300), (DAILY, 1440, 1380)],
)
def test_runs_that_may_overlap_are_reported(expression: str, minutes: int, apart: int) -> None:
    ((_, warning),) = warnings(schedules(expression, minutes=minutes), NOW)

    assert f"starts a run {apart} minutes after another" in warning
    assert f"MaxRunMinutes = {minutes}." in warning


@pytest.mark.parametrize(
    ("expression", "minutes"), [(DAILY, 360), ("rate(2 hours)", 120), ("at(2030-01-01T00:00:00)", 360)]
)
def test_runs_that_cannot_overlap(expression: str, minutes: int) -> None:
    assert list(warnings(schedules(expression, minutes=minutes), NOW)) == []


def edited(tmp_path: Path, *, add: str = "", **changes: str) -> Path:
    file = tmp_path / "dev.toml"
    lines = (ENVIRONMENTS / "dev.toml").read_text()
    for old, new in changes.items():
        lines = lines.replace(f'{old} = "{DAILY}"', f'{old} = "{new}"')
    file.write_text(f"{lines}{add}")
    return file


def test_synthesis_names_file_key_value_and_a_value_that_works(tmp_path: Path) -> None:
    file = edited(tmp_path, ScheduleExpression="cron(30 3 ? * MON-FRI *)")

    with pytest.raises(ParameterError) as refusal:
        application.chosen(cdk.App(context={"env": "e2e", "env_file": str(file)}), NOW)

    (fault,) = refusal.value.faults
    assert fault.startswith(f"{file}: SilenceHours = 30 is not allowed; ")
    assert fault.endswith("SilenceHours = 75 works")


def test_an_operators_command_reads_a_file_whose_last_run_is_over(tmp_path: Path) -> None:
    file = edited(tmp_path, ScheduleExpression="at(2020-01-01T00:00:00)")

    assert parameters.load("e2e", file).schedule_expression == "at(2020-01-01T00:00:00)"


def test_synthesis_warns_of_runs_that_may_overlap(tmp_path: Path) -> None:
    file = edited(tmp_path, ScheduleExpression="rate(1 minute)")
    stacks = application.compose(app(), parameters.load("e2e", file))

    (warning,) = cdk.assertions.Annotations.from_stack(stacks.sync).find_warning("*", cdk.assertions.Match.any_value())

    assert "starts a run 1 minutes after another" in str(warning.entry.data)


def test_without_a_silence_alarm_its_output_is_omitted(tmp_path: Path) -> None:
    file = edited(tmp_path, add="SilenceHours = 0\n")
    sync = application.compose(app(), parameters.load("e2e", file)).sync

    outputs = cdk.assertions.Template.from_stack(sync).to_json()["Outputs"]

    assert "SilenceAlarmName" not in outputs
    assert "ParkedAlarmName" in outputs
