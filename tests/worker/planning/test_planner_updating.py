"""Accounts that are kept in step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, code, mapping_of, new, person, step_of, told
from worker.model.step import Action, FieldChange


def test_only_what_differs_is_sent() -> None:
    step = step_of(person(last_name="King", department="Legal"), account_of(1))

    assert new(step) == {"lastname": "King", "department": "Legal"}


def test_a_change_tells_what_was_there_before() -> None:
    step = step_of(person(department="Legal"), account_of(1, department="Sales"))

    assert step.changes == (FieldChange("department", "Sales", "Legal"),)


def test_nobody_unchanged_is_written() -> None:
    step = step_of(person(), account_of(1))

    assert told(step) == (Action.UNCHANGED, "in_step")
    assert step.changes == ()


def test_what_differs_only_in_what_moodle_cannot_hold_does_not_differ() -> None:
    someone = person(first_name="A" * 300, department=" Sales\n")

    assert told(step_of(someone, account_of(1, firstname="A" * 100))) == (Action.UNCHANGED, "in_step")


@pytest.mark.parametrize("blank", ["", "  ", "\x01", "<>"])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_name_is_never_blanked(field: str, blank: str) -> None:
    named: dict[str, Any] = {field: blank}

    assert told(step_of(person(**named), account_of(1))) == (Action.UNCHANGED, "in_step")


def test_an_address_is_never_blanked() -> None:
    step = step_of(person(work_email=""), account_of(1))

    assert told(step) == (Action.UNCHANGED, "in_step")
    assert step.notes == ()


def test_a_field_that_is_shown_empty_is_emptied() -> None:
    assert new(step_of(person(department=""), account_of(1))) == {"department": ""}


def test_a_country_that_is_not_known_changes_nothing() -> None:
    step = step_of(person(country="Atlantis"), account_of(1, country="IE"), mapping=mapping_of(country="country"))

    assert told(step) == (Action.UNCHANGED, "in_step")


def test_how_somebody_logs_in_is_never_changed() -> None:
    step = step_of(person(department="Legal"), account_of(1, auth="manual"))

    assert new(step) == {"department": "Legal"}


def test_a_field_for_new_accounts_only_is_not_kept_in_step() -> None:
    mapping = mapping_of(department={"from": "department", "when": "create"})

    assert told(step_of(person(department="Legal"), account_of(1), mapping=mapping)) == (Action.UNCHANGED, "in_step")


def test_a_field_that_is_not_mapped_is_not_touched() -> None:
    mapping = mapping_of(department=None)

    assert told(step_of(person(department="Legal"), account_of(1), mapping=mapping)) == (Action.UNCHANGED, "in_step")


def test_a_custom_field_that_the_account_does_not_have_yet_is_filled() -> None:
    mapping = mapping_of(profile_field_site="location")

    filled = step_of(person(location="Cork"), account_of(1), mapping=mapping)
    assert filled.changes == (FieldChange("profile_field_site", "", "Cork"),)
    assert step_of(person(location=""), account_of(1), mapping=mapping).changes == ()


# E-mail addresses


def test_a_new_address_is_sent() -> None:
    assert (
        new(step_of(person(work_email="ada@acme.example"), account_of(1, username="ada")))["email"]
        == "ada@acme.example"
    )


def test_an_address_that_differs_in_case_alone_is_sent_and_is_no_new_address() -> None:
    step = step_of(person(work_email="P1@acme.example"), account_of(1), colleagues={9: "p1@acme.example"})

    assert new(step) == {"email": "P1@acme.example"}
    assert step.problem is None


def test_an_address_that_moodle_does_not_take_keeps_the_present_one_and_is_noted() -> None:
    step = step_of(person(work_email="not an address", department="Legal"), account_of(1))

    assert new(step) == {"department": "Legal"}
    assert [code(note) for note in step.notes] == ["email_kept"]
    assert not step.is_error


def test_an_address_that_belongs_to_another_account_is_an_error_and_everything_else_goes_on() -> None:
    other = account(55, email="ada@acme.example")

    step = step_of(person(work_email="ada@acme.example", department="Legal"), account_of(1), other)

    assert told(step) == (Action.UPDATE, "differs")
    assert new(step) == {"department": "Legal"}
    assert step.is_error
    assert step.problem is not None
    assert step.problem.code == "email_taken"
    assert "account 55" in step.problem.text


def test_where_only_the_address_would_change_and_cannot_there_is_a_conflict() -> None:
    other = account(55, email="ada@acme.example", idnumber="9")

    step = step_of(person(work_email="ada@acme.example"), account_of(1), other)

    assert told(step) == (Action.CONFLICT, "email_taken")
    assert step.changes == ()


def test_an_address_for_new_accounts_only_is_not_kept_in_step() -> None:
    mapping = mapping_of(email={"from": "work_email", "when": "create"})
    someone = person(work_email="ada@acme.example")

    assert told(step_of(someone, account_of(1), mapping=mapping)) == (Action.UNCHANGED, "in_step")


@pytest.mark.parametrize("address", ["", "not an address"])
def test_no_address_is_needed_to_be_updated(address: str) -> None:
    assert new(step_of(person(work_email=address, department="Legal"), account_of(1))) == {"department": "Legal"}
