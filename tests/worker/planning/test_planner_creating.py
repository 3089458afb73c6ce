"""Accounts that are made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, leaver, mapping_of, new, person, plan_of, step_of, told
from worker.model.moodle_fields import LENGTHS
from worker.model.step import Action

ADA = person(7, first_name="Ada", last_name="Lovelace", work_email="Ada@acme.example", department="Engines")


def test_a_new_account_has_everything_that_is_known() -> None:
    assert new(step_of(ADA)) == {
        "auth": "oidc",
        "idnumber": "7",
        "username": "ada@acme.example",
        "firstname": "Ada",
        "lastname": "Lovelace",
        "department": "Engines",
        "email": "Ada@acme.example",
    }


def test_a_new_account_has_no_password_and_no_word_of_suspension() -> None:
    assert {"password", "createpassword", "suspended"}.isdisjoint(new(step_of(ADA)))


def test_there_is_nothing_old_about_a_new_account() -> None:
    assert {change.old for change in step_of(ADA).changes} == {None}


def test_a_new_account_logs_in_as_the_setting_says() -> None:
    assert new(step_of(ADA, auth="saml2"))["auth"] == "saml2"


def test_the_idnumber_comes_first_and_the_address_last_so_that_a_truncated_request_makes_nobody_half() -> None:
    fields = step_of(ADA).fields

    assert fields.index("idnumber") < fields.index("department")
    assert fields[-1] == "email"


def test_an_empty_field_is_left_out() -> None:
    assert "department" not in new(step_of(person(department="")))


def test_a_default_stands_in_for_an_empty_field() -> None:
    mapping = mapping_of(department={"from": "department", "default": "Nowhere"})

    assert new(step_of(person(department=""), mapping=mapping))["department"] == "Nowhere"


def test_a_mapped_field_of_another_kind_is_sent_too() -> None:
    mapping = mapping_of(country="country", profile_field_site={"from": "location", "when": "create"})

    made = new(step_of(person(country="Ireland", location="Cork"), mapping=mapping))

    assert made["country"] == "IE"
    assert made["profile_field_site"] == "Cork"


def test_a_country_that_is_none_is_left_out() -> None:
    assert "country" not in new(step_of(person(country="Atlantis"), mapping=mapping_of(country="country")))


def test_values_are_brought_into_moodles_limits() -> None:
    made = new(step_of(person(first_name="A" * 300, last_name="Love\nlace <3", department="R\x01&D  (" + "x" * 300)))

    assert made["firstname"] == "A" * LENGTHS["firstname"]
    assert made["lastname"] == "Love lace 3"
    assert made["department"].startswith("R&D (xxx")
    assert len(made["department"]) == LENGTHS["department"]


# Who gets none


def test_nobody_gets_an_account_without_an_address() -> None:
    step = step_of(person(work_email=""))

    assert told(step) == (Action.SKIP, "no_email")
    assert not step.waits
    assert not step.is_error


@pytest.mark.parametrize(
    "address", ["ada", "ada@localhost", "zo\u00eb@acme.example", "a b@acme.example", "a" * 90 + "@acme.example"]
)
def test_nobody_gets_an_account_with_an_address_that_moodle_does_not_take(address: str) -> None:
    assert told(step_of(person(work_email=address))) == (Action.SKIP, "invalid_email")


@pytest.mark.parametrize("blank", ["", "   ", "\x01", "<>"])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_nobody_gets_an_account_without_a_name_and_no_placeholder_is_made_up(field: str, blank: str) -> None:
    named: dict[str, Any] = {field: blank}

    assert told(step_of(person(**named))) == (Action.SKIP, "no_name")


@pytest.mark.parametrize("local", ["o'brien", "a+b", "r&d"])
def test_a_user_name_that_moodle_cannot_hold_is_skipped_and_never_rewritten(local: str) -> None:
    step = step_of(person(work_email=f"{local}@acme.example"))

    assert told(step) == (Action.SKIP, "invalid_username")


def test_the_user_name_is_free_to_be_made_of_something_else() -> None:
    step = step_of(person(7, work_email="o'brien@acme.example"), mapping=mapping_of("emp{employee_id}"))

    assert new(step)["username"] == "emp7"
    assert new(step)["email"] == "o'brien@acme.example"


def test_nobody_gets_an_account_whose_user_name_is_somebody_elses() -> None:
    other = account(55, username="ada@acme.example", email="old@acme.example", idnumber="9")

    step = step_of(ADA, other)

    assert told(step) == (Action.CONFLICT, "username_taken")
    assert "account 55 (idnumber 9)" in step.reason.text


def test_of_two_newcomers_who_are_made_the_same_user_name_the_lower_id_has_it() -> None:
    twins = [person(number, first_name="Ada", last_name="Lovelace") for number in (3, 2)]

    plan = plan_of(*twins, mapping=mapping_of("{first_name}.{last_name}"))

    assert told(plan[2]) == (Action.CREATE, "new")
    assert told(plan[3]) == (Action.CONFLICT, "username_taken")
    assert "employee 2" in plan[3].reason.text


def test_a_newcomer_who_gets_no_account_reserves_no_user_name() -> None:
    nameless = person(2, first_name="Ada", last_name="")

    plan = plan_of(nameless, person(3, first_name="Ada"), mapping=mapping_of("{first_name}"))

    assert told(plan[2]) == (Action.SKIP, "no_name")
    assert told(plan[3]) == (Action.CREATE, "new")


def test_nobody_gets_an_account_whose_idnumber_is_another_systems() -> None:
    theirs = account_of(7, auth="manual", email="x@other.example", firstname="Some", lastname="Body")

    step = step_of(ADA, theirs)

    assert told(step) == (Action.CONFLICT, "foreign_account")
    assert step.is_error
    assert "account 107" in step.reason.text


def test_a_leavers_address_stays_with_her_account() -> None:
    gone = leaver(2, work_email="info@acme.example")

    plan = plan_of(gone, person(3, work_email="info@acme.example"), accounts=[account_of(gone)])

    assert told(plan[2]) == (Action.SUSPEND, "left")
    assert told(plan[3]) == (Action.CONFLICT, "email_taken")
    assert "idnumber 2" in plan[3].reason.text
