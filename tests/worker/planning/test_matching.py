"""Which account is trusted to belong to an employee; how that is decided for a plan: test_planner_matching."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, code, listed, run_settings, settings_of
from tests.worker.planning.cases import STRANGER
from worker.model.account import Account
from worker.planning.matching import Match, belong_to_others, contradiction, is_protected, match_by_idnumber

ADA = listed(7, first_name="Ada", last_name="Lovelace", work_email="ada@acme.example")


def foreign(**different: Any) -> Account:
    """An account with Ada's employee id and nothing else in common with the employee."""
    return account(101, idnumber="7", **{**STRANGER, **different})


@pytest.mark.parametrize("auth", ["oidc", "manual"])
def test_a_match_of_which_nothing_else_agrees_is_not(auth: str) -> None:
    why = contradiction(ADA, foreign(auth=auth), settings_of())

    assert why is not None
    assert why.code == "unconfirmed"
    assert "account 101 (idnumber 7)" in why.text
    assert "approve RUN --employee 7" in why.advice


@pytest.mark.parametrize(
    ("different", "trusted"),
    [({}, True), ({"firstname": "Augusta"}, False), ({"lastname": "King"}, False)],
    ids=["both names", "last name", "first name"],
)
def test_an_account_with_the_address_of_another_employee_needs_both_names(
    different: dict[str, Any], trusted: bool
) -> None:
    why = contradiction(ADA, account_of(ADA, **different), settings_of(), address_owner=9)

    assert code(why) == ("" if trusted else "unconfirmed")
    assert trusted or (why is not None and "employee 9" in why.text and "enter 9" in why.advice)


def test_of_an_employee_of_whom_nothing_is_shown_the_reason_names_who_has_the_address() -> None:
    unseen = listed(7, first_name="", last_name="", work_email="")

    why = contradiction(unseen, account(101, idnumber="7"), settings_of(), address_owner=9)

    assert why is not None
    assert "employee 9" in why.text
    assert "enter 9" in why.advice


@pytest.mark.parametrize("idnumber", ["", "07", "77", "7 7", "7a", "\u0667"])
def test_an_idnumber_is_compared_exactly(idnumber: str) -> None:
    same = account_of(ADA, number=55)

    assert match_by_idnumber(ADA, [account_of(ADA, idnumber=idnumber)]) == Match()
    assert match_by_idnumber(ADA, [account_of(ADA, idnumber=idnumber), same]) == Match(same)


@pytest.mark.parametrize("idnumber", ["7 ", " 7", "\t7", "7\u00a0"])
def test_an_idnumber_with_blanks_is_an_error_unless_another_account_has_it_without(idnumber: str) -> None:
    blank, same = account_of(ADA, idnumber=idnumber), account_of(ADA, number=55)

    match = match_by_idnumber(ADA, [blank])

    assert (match.account, code(match.error), match.contradicted) == (None, "idnumber_has_blanks", blank)
    assert match_by_idnumber(ADA, [blank, same]) == Match(same)


@pytest.mark.parametrize(
    ("accounts", "others", "passed_on"),
    [
        ([account_of(8), account_of(9)], [8, 9], True),
        ([account_of(8), account_of(9)], [8], False),
        ([account(idnumber="")], [8], False),
    ],
)
def test_an_address_is_passed_on_if_other_employees_own_every_account_with_it(
    accounts: list[Account], others: list[int], passed_on: bool
) -> None:
    assert belong_to_others(accounts, others) is passed_on


@pytest.mark.parametrize(
    "username", ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627@acme.example", "jose\u0301@acme.example"]
)
def test_a_protected_account_is_recognised_however_its_name_is_composed(username: str) -> None:
    protected = run_settings(PROTECTED_ACCOUNTS=username).protected

    assert is_protected(account(101, username=username), protected)
