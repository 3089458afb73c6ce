"""Which account is trusted to belong to an employee, and which is never written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, code, listed
from tests.worker.planning.cases import STRANGER
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.correlation import Match, is_passed_on, is_reserved, match_by_idnumber, names_agree

ADA = listed(7, first_name="Ada", last_name="Lovelace", work_email="ada@acme.example")
HIDDEN = listed(7, not_shown=["first_name", "last_name", "work_email"])
BLANK = listed(7, first_name="", last_name="", work_email="")


def foreign(**different: Any) -> Account:
    """An account with Ada's employee id and nothing else in common with the employee."""
    return account(101, idnumber="7", **{**STRANGER, **different})


def match(employee: Employee, *accounts: Account) -> Match:
    return match_by_idnumber(employee, accounts, "oidc", ("svc",))


@pytest.mark.parametrize(
    "found",
    [
        account_of(ADA),
        foreign(auth="oidc"),
        foreign(email="ADA@acme.example"),
        foreign(firstname="ada"),
        foreign(lastname="LOVELACE"),
        foreign(username="svc"),
        foreign(auth="nologin"),
    ],
    ids=["all match", "authentication", "e-mail", "first name", "last name", "protected", "reserved"],
)
def test_an_account_with_the_idnumber_is_trusted_if_one_more_value_matches(found: Account) -> None:
    assert match(ADA, account_of(8), found) == Match(found)


@pytest.mark.parametrize("idnumber", ["", "07", "7 ", " 7", "77", "7a", "\u0667"])
def test_an_idnumber_is_compared_exactly(idnumber: str) -> None:
    assert match(ADA, account_of(ADA, idnumber=idnumber)) == Match()


@pytest.mark.parametrize("employee", [ADA, HIDDEN, BLANK], ids=["other values", "not shown", "blank"])
def test_an_account_of_which_nothing_else_matches_belongs_to_another_system(employee: Employee) -> None:
    found = foreign() if employee is ADA else foreign(email="", firstname="", lastname="")

    result = match(employee, found)

    assert (result.account, code(result.conflict)) == (None, "foreign_account")


def test_several_accounts_with_the_idnumber_are_a_conflict_that_names_them() -> None:
    result = match(ADA, account_of(ADA), account_of(ADA, number=102))

    assert result.account is None
    assert result.conflict is not None
    assert result.conflict.code == "several_accounts"
    assert "account 107" in result.conflict.text
    assert "account 102" in result.conflict.text


@pytest.mark.parametrize(
    ("names", "agree"),
    [
        ({"first_name": "Ada", "last_name": "King"}, True),
        ({"first_name": "Augusta", "last_name": "Lovelace"}, True),
        ({"first_name": "ADA ", "last_name": "King"}, True),
        ({"first_name": "\uff21da", "last_name": "King"}, True),
        ({"first_name": "Augusta", "last_name": "King", "preferred_name": "Ada"}, True),
        ({"first_name": "Augusta", "last_name": "King"}, False),
        ({"first_name": "", "last_name": ""}, False),
        ({"first_name": "Lovelace", "last_name": "Ada"}, False),
    ],
    ids=str,
)
def test_names_agree_if_the_first_or_the_last_matches(names: dict[str, Any], agree: bool) -> None:
    assert names_agree(listed(7, **names), account_of(ADA)) is agree


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
