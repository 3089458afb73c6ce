"""What the reader of a plan does next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.worker.reports.plans import report_of
from worker import advice
from worker.reports.next_steps import next_steps
from worker.reports.report import Row

CREATE = Row(7, "create", "new", "works here")
HELD = Row(8, "hold", "suspension_held", "held", held=("suspend",), would="suspend")
PARTLY = Row(9, "update", "differs", "they differ", held=("identity",), hold="held")
CONFLICT = Row(5, "conflict", "email_taken", "taken")
PROBLEM = Row(6, "update", "differs", "they differ", problem="disputed")
UNCONFIRMED = Row(3, "conflict", "unconfirmed", "may be another person's")
IN_SYNC = Row(4, "unchanged", "in_step", "nothing differs")

SYNC = "python -m worker sync"
APPROVE = "python -m worker approve RUN"


def commands(*rows: Row, **more: Any) -> list[str]:
    return [step.command for step in next_steps(report_of(*rows, run_id="r", **more))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], [""]),
        ([IN_SYNC], [""]),
        ([CREATE], [SYNC]),
        ([HELD], [SYNC, APPROVE]),
        ([CREATE, PARTLY], [SYNC, APPROVE]),
        ([IN_SYNC, CONFLICT], ["python -m worker explain --employee 5"]),
        ([UNCONFIRMED], ["python -m worker explain --employee 3", SYNC, f"{APPROVE} --employee 3"]),
        (
            [UNCONFIRMED, replace(UNCONFIRMED, employee_id=4)],
            ["python -m worker explain --employee 3", SYNC, f"{APPROVE} --employee ID"],
        ),
        ([PROBLEM], ["python -m worker explain --employee 6", SYNC]),
    ],
)
def test_a_plan_is_followed_by_the_run_that_writes_it(rows: list[Row], expected: list[str]) -> None:
    assert commands(*rows) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("everybody", "python -m worker reconcile"),
        ("employees", "python -m worker sync --employee 4 --employee 7"),
    ],
)
def test_the_run_has_the_selection_of_the_plan(selection: str, expected: str) -> None:
    assert commands(CREATE, IN_SYNC, selection=selection) == [expected]


def test_many_selected_employees_are_not_listed() -> None:
    rows = [Row(number, "create", "new", "works here") for number in range(1, 12)]

    assert commands(*rows, selection="employees") == ["python -m worker sync --employee ID"]


@pytest.mark.parametrize(
    ("selection", "expected"), [("all", ["python -m worker plan --everybody"]), ("everybody", [""])]
)
def test_a_due_reconcile_is_looked_at_first(selection: str, expected: list[str]) -> None:
    assert commands(IN_SYNC, selection=selection, reconcile_due=True) == expected


def test_other_settings_are_put_in_force_before_anything_is_written() -> None:
    changed = {"selection": "everybody", "other_settings": True}

    assert commands(CREATE, HELD, **changed) == ["", "python -m worker reconcile"]
    assert commands(CREATE, environment="prod", **changed) == [advice.command("deploy"), "python -m worker reconcile"]
