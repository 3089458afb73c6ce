"""Which account is trusted to belong to an employee, and which is never written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, code, listed
from tests.worker.planning.cases import STRANGER
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.matching import Match, contradiction, is_passed_on, is_reserved, match_by_idnumber

ADA = listed(7, first_name="Ada", last_name="Lovelace", work_email="ada@acme.example")
HIDDEN = listed(7, not_shown=["first_name", "last_name", "work_email"])
BLANK = listed(7, first_name="", last_name="", work_email="")


def foreign(**different: Any) -> Account:
    """An account with Ada's employee id and nothing else in common with the employee."""
    return account(101, idnumber="7", **{**STRANGER, **different})


def match(employee: Employee, *accounts: Account) -> Match:
    return match_by_idnumber(employee, accounts)


@pytest.mark.parametrize(
    "found",
    [
        account_of(ADA),
        foreign(email="ADA@acme.example"),
        foreign(firstname="ada"),
        foreign(lastname="LOVELACE"),
        foreign(firstname="Lovelace", lastname="Ada"),
    ],
    ids=["all", "e-mail", "first name", "last name", "names in exchanged fields"],
)
def test_a_match_is_trusted_if_one_more_value_agrees(found: Account) -> None:
    assert match(ADA, account_of(8), found) == Match(found)
    assert contradiction(ADA, found, own_auth="oidc") is None


@pytest.mark.parametrize("auth", ["oidc", "manual"])
def test_a_match_of_which_nothing_else_agrees_is_not(auth: str) -> None:
    why = contradiction(ADA, foreign(auth=auth), own_auth="oidc")

    assert why is not None
    assert why.code == "unconfirmed"
    assert "account 101 (idnumber 7)" in why.text
    assert "approve RUN --employee 7" in why.advice


@pytest.mark.parametrize("employee", [HIDDEN, BLANK], ids=["not shown", "blank"])
@pytest.mark.parametrize(("auth", "trusted"), [("oidc", True), ("manual", False)])
def test_where_nothing_is_shown_the_authentication_decides(employee: Employee, auth: str, trusted: bool) -> None:
    why = contradiction(employee, foreign(auth=auth, email="", firstname="", lastname=""), own_auth="oidc")

    assert code(why) == ("" if trusted else "unconfirmed")


@pytest.mark.parametrize(
    ("different", "trusted"),
    [({}, True), ({"firstname": "Augusta"}, False), ({"lastname": "King"}, False)],
    ids=["both names", "last name", "first name"],
)
def test_an_account_with_the_address_of_another_employee_needs_both_names(
    different: dict[str, Any], trusted: bool
) -> None:
    why = contradiction(ADA, account_of(ADA, **different), own_auth="oidc", address_owner=9)

    assert code(why) == ("" if trusted else "unconfirmed")
    assert trusted or (why is not None and "employee 9" in why.text and "enter 9" in why.advice)


@pytest.mark.parametrize("idnumber", ["", "07", "7 ", " 7", "77", "7a", "\u0667"])
def test_an_idnumber_is_compared_exactly(idnumber: str) -> None:
    assert match(ADA, account_of(ADA, idnumber=idnumber)) == Match()


def test_several_accounts_with_the_idnumber_are_a_conflict_that_names_them() -> None:
    result = match(ADA, account_of(ADA), account_of(ADA, number=102))

    assert result.account is None
    assert result.conflict is not None
    assert result.conflict.code == "several_accounts"
    assert "account 107" in result.conflict.text
    assert "account 102" in result.conflict.text


@pytest.mark.parametrize(
    ("found", "reserved"),
    [
        (account(username="guest"), True),
        (account(username="admin"), True),
        (account(auth="nologin"), True),
        (account(auth="webservice"), True),
        (account(auth="mnet"), True),
        (account(username="svc"), True),
        (account(), False),
        (account(auth="manual"), False),
        (account(username="administrator"), False),
    ],
    ids=lambda one: f"{one.username} {one.auth}" if isinstance(one, Account) else "",
)
def test_reserved_and_protected_accounts_are_never_written(found: Account, reserved: bool) -> None:
    assert is_reserved(found, {"svc"}) is reserved


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
    assert is_passed_on(accounts, others) is passed_on
