"""Accounts that are found by e-mail address, because nobody's idnumber is the employee id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, mapping_of, new, person, plan_of, step_of, suspended_by_us, told
from worker.model.account import Account
from worker.model.history import EmployeeRecord
from worker.model.step import Action

ADA = person(7, first_name="Ada", last_name="Lovelace", work_email="ada@acme.example")


def nobodys(**different: Any) -> Account:
    """An account with Ada's address that has no idnumber."""
    return account_of(ADA, **{"idnumber": "", **different})


def test_the_only_account_with_her_address_is_linked_by_its_idnumber() -> None:
    step = step_of(ADA, nobodys())

    assert told(step) == (Action.UPDATE, "linked")
    assert new(step) == {"idnumber": "7"}


def test_a_linked_account_gets_everything_else_that_differs() -> None:
    step = step_of(ADA, nobodys(firstname="Augusta", department="Legal"))

    assert new(step) == {"idnumber": "7", "firstname": "Ada", "department": "Sales"}


def test_an_account_is_linked_whatever_its_authentication_and_its_names() -> None:
    step = step_of(ADA, nobodys(auth="manual", lastname="Body", firstname="Some"))

    assert told(step) == (Action.UPDATE, "linked")
    assert "auth" not in new(step)


def test_the_user_name_of_a_linked_account_stays() -> None:
    by_name = mapping_of("{first_name}")

    assert "username" not in new(step_of(ADA, nobodys(username="augusta")))
    assert "username" not in new(step_of(ADA, nobodys(username="augusta", firstname="Augusta"), mapping=by_name))


@pytest.mark.parametrize("address", ["ADA@acme.example", "Ada@ACME.example"])
def test_an_address_is_found_whatever_its_case_and_written_as_bamboohr_has_it(address: str) -> None:
    step = step_of(ADA, nobodys(email=address))

    assert new(step) == {"idnumber": "7", "email": "ada@acme.example"}


def test_an_address_for_new_accounts_only_still_finds_the_account() -> None:
    mapping = mapping_of(email={"from": "work_email", "when": "create"})

    assert new(step_of(ADA, nobodys(email="ADA@acme.example"), mapping=mapping)) == {"idnumber": "7"}


@pytest.mark.parametrize("idnumber", ["8", "07", "X-7", "7 ", "-"])
def test_an_account_with_any_other_idnumber_is_never_touched(idnumber: str) -> None:
    step = step_of(ADA, nobodys(idnumber=idnumber, department="Legal"))

    assert told(step) == (Action.CONFLICT, "email_taken")
    assert step.is_error
    assert step.changes == ()
    assert "account 107" in step.reason.text


def test_a_conflict_names_the_other_employee() -> None:
    assert "idnumber 8" in step_of(ADA, nobodys(idnumber="8")).reason.text


def test_an_account_of_another_employee_is_not_touched_even_if_she_is_in_the_same_run() -> None:
    other = person(8, work_email="bob@acme.example")
    hers = account_of(8, email="ada@acme.example", username="bob")

    plan = plan_of(ADA, other, accounts=[hers, account(55, email="bob@acme.example")])

    assert told(plan[7]) == (Action.CONFLICT, "email_taken")
    assert told(plan[8]) == (Action.CONFLICT, "email_taken")


def test_several_accounts_with_her_address_are_a_conflict_that_names_them() -> None:
    step = step_of(ADA, nobodys(), nobodys(number=55))

    assert told(step) == (Action.CONFLICT, "several_accounts")
    assert "account 55" in step.reason.text
    assert "account 107" in step.reason.text


def test_an_account_with_her_id_counts_more_than_one_with_her_address() -> None:
    hers = account_of(ADA, email="old@acme.example")

    step = step_of(ADA, hers, nobodys(number=55))

    assert step.account == hers
    assert told(step) == (Action.CONFLICT, "email_taken")


@pytest.mark.parametrize("address", ["", "no address"])
def test_nobody_is_found_by_an_address_that_is_none(address: str) -> None:
    step = step_of(person(7, work_email=address), nobodys(email=address))

    assert step.action is Action.SKIP


def test_a_linked_account_that_we_suspended_is_reactivated() -> None:
    step = step_of(ADA, nobodys(suspended=True), remembered=suspended_by_us(7))

    assert told(step) == (Action.REACTIVATE, "returned")
    assert new(step) == {"idnumber": "7", "suspended": "0"}


def test_a_linked_account_that_somebody_else_suspended_is_linked_and_stays_suspended() -> None:
    step = step_of(ADA, nobodys(suspended=True))

    assert new(step) == {"idnumber": "7"}
    assert [note.code for note in step.notes] == ["suspended_elsewhere"]


# A directory that shows less than before


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, (Action.UPDATE, "linked")),
        ({"firstname": "Augusta"}, (Action.UPDATE, "linked")),
        ({"firstname": "Eve", "lastname": "Moor"}, (Action.HOLD, "link_unsure")),
    ],
)
def test_without_the_whole_company_an_address_alone_does_not_say_whose_the_account_is(
    names: dict[str, str], expected: tuple[Action, str]
) -> None:
    assert told(step_of(ADA, nobodys(**names), sees_whole_company=False)) == expected
    assert told(step_of(ADA, nobodys(**names))) == (Action.UPDATE, "linked")


def test_whoever_is_not_linked_for_that_waits_and_the_account_is_named() -> None:
    account = nobodys(firstname="Eve", lastname="Moor")

    step = step_of(ADA, account, sees_whole_company=False)

    assert (step.account, step.waits) == (account, True)


# Accounts that were suspended as hers

OURS = {7: EmployeeRecord(7, suspended_by_us=True, suspended_at=1, account_id=55)}


def old(**different: Any) -> Account:
    """The account that was suspended as Ada's, by the address that she had then."""
    return nobodys(**{"number": 55, "email": "countess@acme.example", "suspended": True, **different})


def test_whoever_returns_with_another_address_gets_the_account_that_was_suspended_as_hers() -> None:
    step = step_of(ADA, old(), remembered=OURS)

    assert told(step) == (Action.REACTIVATE, "returned")
    assert new(step) == {"idnumber": "7", "email": "ada@acme.example", "username": "ada@acme.example", "suspended": "0"}


@pytest.mark.parametrize(
    "different",
    [
        {"suspended": False},
        {"idnumber": "8"},
        {"firstname": "Eve", "lastname": "Moor"},
        {"email": "0cc175b9c0f1b6a831c399e269772661", "username": "countess@acme.example.1763950000"},
    ],
)
def test_an_account_that_was_put_to_another_use_or_deleted_is_not_hers_any_more(different: dict[str, Any]) -> None:
    step = step_of(ADA, old(**different), remembered=OURS)

    assert told(step) == (Action.CREATE, "new")


def test_what_another_run_made_active_is_remembered_no_longer() -> None:
    assert told(step_of(ADA, old(), remembered={7: EmployeeRecord(7, account_id=55)})) == (Action.CREATE, "new")


def test_an_account_that_has_her_new_address_comes_first() -> None:
    step = step_of(ADA, old(), nobodys(number=60), remembered=OURS)

    assert step.account is not None
    assert (step.account.id, told(step)) == (60, (Action.UPDATE, "linked"))


def test_what_is_remembered_of_an_account_is_nothing_to_somebody_whose_idnumber_is_found() -> None:
    hers = account_of(ADA, suspended=True)

    assert step_of(ADA, hers, old(), remembered=OURS).account == hers
