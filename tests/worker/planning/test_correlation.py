"""Which account is whose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, code, person
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.correlation import is_passed_on, is_reserved, match_by_idnumber, names_agree

ADA = person(7, first_name="Ada", last_name="Lovelace", work_email="ada@acme.example")


def theirs(**different: Any) -> Account:
    """An account of another system that has Ada's employee id."""
    return account(101, **{"idnumber": "7", "auth": "manual", "email": "x@other.example", **different})


def matched(someone: Employee, *accounts: Account, protected: tuple[str, ...] = ()) -> Account | None:
    match = match_by_idnumber(someone, accounts, "oidc", protected)
    assert match.conflict is None
    return match.account


def conflict(someone: Employee, *accounts: Account) -> str:
    match = match_by_idnumber(someone, accounts, "oidc", ())
    assert match.account is None
    return code(match.conflict)


def test_an_account_is_hers_by_its_idnumber() -> None:
    hers = account_of(ADA)

    assert matched(ADA, account_of(8), hers) is hers


@pytest.mark.parametrize("idnumber", ["", "07", "7 ", " 7", "77", "7a", "\u0667"])
def test_an_idnumber_is_compared_exactly(idnumber: str) -> None:
    assert matched(ADA, account_of(ADA, idnumber=idnumber)) is None


def test_our_own_authentication_is_believed_even_if_nothing_else_agrees() -> None:
    assert matched(ADA, theirs(auth="oidc")) is not None


@pytest.mark.parametrize(
    "agreeing",
    [{"email": "ADA@acme.example"}, {"firstname": "ada"}, {"lastname": "LOVELACE"}],
    ids=["e-mail", "first name", "last name"],
)
def test_another_authentication_is_believed_if_one_of_three_agrees(agreeing: dict[str, str]) -> None:
    assert matched(ADA, theirs(**agreeing)) is not None


def test_another_authentication_of_which_nothing_agrees_belongs_to_another_system() -> None:
    assert conflict(ADA, theirs()) == "foreign_account"


def test_somebody_of_whom_nothing_is_shown_agrees_with_nothing() -> None:
    blank = account(101, idnumber="7", auth="manual", email="", firstname="", lastname="")

    assert conflict(person(7, not_shown=["first_name", "last_name", "work_email"]), blank) == "foreign_account"
    assert conflict(person(7, first_name="", last_name="", work_email=""), blank) == "foreign_account"


def test_several_accounts_with_her_idnumber_are_a_conflict_that_names_them() -> None:
    match = match_by_idnumber(ADA, [account_of(ADA), account_of(ADA, number=102)], "oidc", ())

    assert match.conflict is not None
    assert match.conflict.code == "several_accounts"
    assert "account 107" in match.conflict.text
    assert "account 102" in match.conflict.text


def test_a_protected_account_needs_no_belief() -> None:
    assert matched(ADA, theirs(username="svc"), protected=("svc",)) is not None
    assert matched(ADA, theirs(auth="nologin")) is not None


@pytest.mark.parametrize(
    ("first_name", "last_name", "agrees"),
    [
        ("Ada", "King", True),
        ("Augusta", "Lovelace", True),
        ("ADA ", "King", True),
        ("\uff21da", "King", True),
        ("Augusta", "King", False),
        ("", "", False),
        ("Lovelace", "Ada", False),
    ],
)
def test_names_agree_if_the_first_or_the_last_is_the_same(first_name: str, last_name: str, agrees: bool) -> None:
    hers = account_of(ADA)

    assert names_agree(person(7, first_name=first_name, last_name=last_name), hers) is agrees


def test_the_name_she_prefers_is_a_first_name_too() -> None:
    assert names_agree(person(7, first_name="Augusta", last_name="King", preferred_name="Ada"), account_of(ADA))


@pytest.mark.parametrize(
    "reserved",
    [
        account(username="guest"),
        account(username="admin"),
        account(auth="nologin"),
        account(auth="webservice"),
        account(auth="mnet"),
        account(username="svc-sync"),
    ],
    ids=lambda one: f"{one.username} {one.auth}",
)
def test_nothing_is_ever_written_to_these(reserved: Account) -> None:
    assert is_reserved(reserved, {"svc-sync"})


@pytest.mark.parametrize("usual", [account(), account(auth="manual"), account(username="administrator")])
def test_every_other_account_may_be_written(usual: Account) -> None:
    assert not is_reserved(usual, {"svc-sync"})


def test_an_address_is_passed_on_if_each_account_with_it_belongs_to_one_of_the_others() -> None:
    assert is_passed_on([account_of(8), account_of(9)], [8, 9])
    assert not is_passed_on([account_of(8), account_of(9)], [8])
    assert not is_passed_on([account(idnumber="")], [8])
