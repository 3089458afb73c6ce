"""Fields that BambooHR does not show: not shown is not empty."""

from __future__ import annotations

import pytest

from tests.worker.builders import account_of, hidden, mapping_of, new, person, step_of, told
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.step import Action

FIELDS = ("first_name", "last_name", "work_email", "department")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_is_not_shown_changes_nothing(field: str) -> None:
    kept = account_of(1, firstname="First1", department="Sales")

    for someone in (person(not_shown=[field]), hidden(restricted=[field])):
        assert told(step_of(someone, kept)) == (Action.UNCHANGED, "in_step")


@pytest.mark.parametrize("field", FIELDS)
def test_the_fields_that_are_shown_go_on(field: str) -> None:
    mapping = mapping_of(city="location")

    step = step_of(person(not_shown=[field], location="Cork"), account_of(1), mapping=mapping)

    assert new(step) == {"city": "Cork"}


def test_somebody_of_whom_nothing_is_shown_keeps_everything() -> None:
    assert told(step_of(person(not_shown=FIELDS), account_of(1))) == (Action.UNCHANGED, "in_step")


@pytest.mark.parametrize("field", ["first_name", "last_name", "work_email"])
def test_nobody_gets_an_account_while_a_part_of_it_is_not_shown(field: str) -> None:
    for someone in (person(not_shown=[field]), hidden(restricted=[field])):
        step = step_of(someone)

        assert told(step) == (Action.HOLD, "field_not_shown")
        assert f"does not show {field}, which" in step.reason.text
        assert step.waits


def test_an_account_is_made_without_a_department_that_is_not_shown() -> None:
    step = step_of(person(not_shown=["department"]))

    assert told(step) == (Action.CREATE, "new")
    assert "department" not in step.fields


def test_a_nickname_that_is_not_shown_does_not_bring_the_legal_name_back() -> None:
    mapping = mapping_of(firstname=["preferred_name", "first_name"])
    known_as = account_of(1, firstname="Ada")

    assert told(step_of(person(first_name="Augusta"), known_as, mapping=mapping)) == (Action.UNCHANGED, "in_step")
    step = step_of(person(first_name="Augusta"), mapping=mapping)
    assert told(step) == (Action.HOLD, "field_not_shown")
    assert "preferred_name" in step.reason.text


def test_a_default_does_not_stand_in_for_a_field_that_is_not_shown() -> None:
    mapping = mapping_of(department={"from": "department", "default": "Nowhere"})

    assert told(step_of(person(not_shown=["department"]), account_of(1), mapping=mapping)) == (
        Action.UNCHANGED,
        "in_step",
    )


def test_a_user_name_does_not_follow_an_address_that_is_not_shown() -> None:
    assert step_of(person(not_shown=["work_email"]), account_of(1)).changes == ()


def test_whoever_was_to_start_is_no_leaver_while_her_first_day_is_hidden() -> None:
    to_start = {1: EmployeeRecord(1).flagged(FollowUp.WAITING, "starts_later", "hold")}

    step = step_of(hidden(1, "Inactive"), account_of(1), remembered=to_start)

    assert (told(step), step.waits) == ((Action.HOLD, "start_not_shown"), True)
