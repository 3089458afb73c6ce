"""What ties a plan file to the values that were planned, without holding them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.worker.builders import account, leaver, person, step_of, told, unseen
from worker.config.settings import Settings, read_settings
from worker.errors import UsageError
from worker.model.step import Action, FieldChange, Step
from worker.planning.digests import KIND, VERSION, digest, only_as_planned, read_plan

KEY = "0123456789abcdef"
UPDATE = step_of(person(1, department="Legal"), account(7, idnumber="1", email="p1@acme.example", department="Sales"))
CREATE = step_of(person(2))
SUSPEND = step_of(leaver(3), account(9, idnumber="3"))
WAITING = step_of(unseen(4))


def rows_of(*steps: Step) -> dict[int, str]:
    return {step.employee_id: digest(step, KEY) for step in steps}


# Digests


def test_the_same_step_has_the_same_digest_in_every_process() -> None:
    assert digest(UPDATE, KEY) == digest(replace(UPDATE), KEY)
    assert digest(Step(1, Action.SUSPEND, UPDATE.reason), "k") == "4e5cc0c770720a5c19d21f6aa81424e0"


@pytest.mark.parametrize(
    "other",
    [
        replace(UPDATE, employee_id=2),
        replace(UPDATE, action=Action.REACTIVATE),
        replace(UPDATE, account=account(8, idnumber="1")),
        replace(UPDATE, account=None),
        replace(UPDATE, changes=UPDATE.changes[1:]),
        replace(UPDATE, changes=(*UPDATE.changes, FieldChange("city", "", "Rome"))),
        replace(UPDATE, changes=tuple(replace(change, new=change.new + " ") for change in UPDATE.changes)),
        replace(UPDATE, changes=tuple(replace(change, old=None) for change in UPDATE.changes)),
        replace(UPDATE, changes=tuple(replace(change, field="x" + change.field) for change in UPDATE.changes)),
    ],
)
def test_whatever_would_be_written_otherwise_has_another_digest(other: Step) -> None:
    assert digest(other, KEY) != digest(UPDATE, KEY)


def test_the_order_of_fields_and_words_about_it_do_not_count() -> None:
    same = replace(
        UPDATE, changes=tuple(reversed(UPDATE.changes)), reason=CREATE.reason, notes=(CREATE.reason,), waits=True
    )

    assert digest(same, KEY) == digest(UPDATE, KEY)


def test_without_the_key_nothing_can_be_guessed() -> None:
    assert digest(UPDATE, KEY) != digest(UPDATE, "another")
    assert KEY not in digest(UPDATE, KEY)


def test_what_writes_nothing_has_none() -> None:
    assert digest(WAITING, KEY) == ""
    assert digest(step_of(person(1), account(7, idnumber="1")), KEY) != ""


# Only as planned


def test_a_step_as_planned_is_left_as_it_is() -> None:
    choose = only_as_planned(rows_of(UPDATE, CREATE, SUSPEND), KEY)

    assert [choose(step) for step in (UPDATE, CREATE, SUSPEND, WAITING)] == [UPDATE, CREATE, SUSPEND, WAITING]


@pytest.mark.parametrize("rows", [{}, rows_of(CREATE), {1: ""}, {1: "0" * 32}, {1: "\u00e9"}, {2: digest(UPDATE, KEY)}])
def test_any_other_step_writes_nothing_and_is_named(rows: Mapping[int, str]) -> None:
    step = only_as_planned(rows, KEY)(replace(UPDATE, problem=CREATE.reason, waits=True))

    assert told(step) == (Action.SKIP, "plan_outdated")
    assert (step.changes, step.problem, step.waits, step.account) == ((), None, False, UPDATE.account)


# Plan files


@pytest.fixture
def settings() -> Settings:
    return read_settings(
        {
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "MOODLE_BASE_URL": "https://learn.acme.example",
            "BAMBOOHR_API_KEY": "k",
            "MOODLE_TOKEN": "t",
            "STATE_FILE": "state.sqlite",
        }
    )


def plan_of(settings: Settings, *rows: Any, **different: Any) -> str:
    told = {"kind": KIND, "version": VERSION, "site": settings.moodle_endpoint, "company": settings.bamboo_api}
    return json.dumps({**told, "rows": rows, **different})


def row(employee_id: object, digest: object) -> dict[str, object]:
    return {"employee_id": employee_id, "digest": digest, "action": "whatever", "fields": ["ignored"]}


def test_a_plan_is_its_rows_that_write(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(plan_of(settings, row(1, "a"), row(2, ""), row("3", "c")))

    assert read_plan(file, settings) == {1: "a", 3: "c"}


@pytest.mark.parametrize("number", [0, -1, "x", None, 1.5, [1], True])
def test_a_row_of_nobody_is_refused(settings: Settings, tmp_path: Path, number: object) -> None:
    file = tmp_path / "plan.json"
    file.write_text(plan_of(settings, row(1, "a"), row(number, "b")))

    with pytest.raises(UsageError, match="without an employee id or a digest"):
        read_plan(file, settings)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a":' * 100_000, "nul", "NaN", "[1]", '"plan"'])
def test_a_file_of_another_form_is_no_plan(settings: Settings, tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)

    with pytest.raises(UsageError, match="is no plan"):
        read_plan(file, settings)


@pytest.mark.parametrize(
    ("different", "said"),
    [
        ({"kind": "x"}, "is no plan"),
        ({"rows": {}}, "is no plan"),
        ({"version": VERSION + 1}, "another version"),
        ({"site": "https://other.example"}, "another BambooHR or Moodle"),
        ({"company": None}, "another BambooHR or Moodle"),
        ({"rows": []}, "nothing to write"),
    ],
)
def test_a_plan_for_something_else_is_refused(
    settings: Settings, tmp_path: Path, different: dict[str, Any], said: str
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(plan_of(settings, row(1, "a"), **different))

    with pytest.raises(UsageError, match=said):
        read_plan(file, settings)
