"""Whom a run looks up before it plans: everybody whom it may write, whoever is in her way, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import (
    TOMORROW,
    account,
    account_of,
    asked,
    hidden,
    input_of,
    leaver,
    mapping_of,
    person,
    suspended_by_us,
    unseen,
)
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.planner import Planner


def looked_up(
    *people: Employee, accounts: tuple[Account, ...] | list[Account] = (), **more: Any
) -> dict[str, list[str]]:
    return asked(Planner(input_of(*people, **more)), accounts)


def test_everybody_of_whom_something_is_known_is_looked_up_by_idnumber() -> None:
    wanted = looked_up(person(1), hidden(2), leaver(3), leaver(4, hire_date=TOMORROW), unseen(5, deleted=True))

    assert wanted["idnumber"] == ["1", "2", "3", "4", "5"]


def test_nobody_without_evidence_and_nobody_protected_is_looked_up() -> None:
    wanted = looked_up(unseen(1), hidden(2, ""), person(3, deleted=True), person(4), protected={"4"})

    assert wanted["idnumber"] == []
    assert wanted["email"] == []
    assert wanted["username"] == []


def test_whoever_is_not_found_by_idnumber_is_looked_up_by_address() -> None:
    wanted = looked_up(person(1), leaver(2), person(3), accounts=[account_of(3)])

    assert wanted["email"] == ["p1@acme.example", "p2@acme.example"]


def test_whose_address_would_be_new_is_looked_up_by_it() -> None:
    moved = person(1, work_email="new@acme.example")
    same = person(2, work_email="P2@acme.example")
    gone = leaver(3, work_email="gone@acme.example")

    wanted = looked_up(moved, same, gone, accounts=[account_of(1), account_of(2), account_of(3)])

    assert wanted["email"] == ["new@acme.example"]


def test_an_address_that_will_not_be_written_is_not_looked_up() -> None:
    moved = [person(number, work_email=f"new{number}@acme.example") for number in (1, 2)]
    accounts = [account_of(1, auth="nologin"), account(55, idnumber="2", auth="manual")]

    assert looked_up(*moved, accounts=accounts)["email"] == []


def test_an_address_for_new_accounts_only_is_looked_up_for_these_only() -> None:
    mapping = mapping_of(email={"from": "work_email", "when": "create"})
    people = [person(1, work_email="new@acme.example"), person(2)]

    assert looked_up(*people, accounts=[account_of(1)], mapping=mapping)["email"] == ["p2@acme.example"]


def test_an_address_that_moodle_does_not_take_is_not_looked_up() -> None:
    wanted = looked_up(person(1, work_email=""), person(2, work_email="a@localhost"), leaver(3, work_email="x"))

    assert wanted["email"] == []


def test_the_user_names_of_new_and_of_renamed_accounts_are_looked_up() -> None:
    renamed = person(2, work_email="new@acme.example")
    linked = person(3)
    accounts = [account_of(2), account_of(3, idnumber="")]

    wanted = looked_up(person(1), renamed, linked, person(4), accounts=[*accounts, account_of(4)])

    assert wanted["username"] == ["p1@acme.example", "new@acme.example"]


def test_no_user_name_that_would_fail_the_look_up_is_sent() -> None:
    wanted = looked_up(person(1, work_email="O'Brien@acme.example"), person(2, work_email="ADA@acme.example"))

    assert wanted["username"] == ["ada@acme.example"]


def test_no_user_name_is_looked_up_for_somebody_who_gets_no_account() -> None:
    wanted = looked_up(
        person(1),
        person(2, first_name=""),
        person(3, work_email=""),
        leaver(4),
        leaver(5, hire_date=TOMORROW),
        colleagues={9: "p1@acme.example"},
    )

    assert wanted["username"] == []


def test_an_employee_outside_the_run_joins_it_if_they_hold_an_address_that_is_claimed() -> None:
    holder = account_of(9, email="sales@acme.example")

    moved = looked_up(person(1, work_email="sales@acme.example"), accounts=[account_of(1), holder], changed={9})
    joining = looked_up(person(2, work_email="SALES@acme.example"), accounts=[holder], remembered=suspended_by_us(9))

    assert moved["employee"] == ["9"]
    assert joining["employee"] == ["9"]


@pytest.mark.parametrize(
    ("accounts", "changed"),
    [
        ([account_of(9, email="sales@acme.example")], set()),
        ([account(55, idnumber="", email="sales@acme.example")], {55}),
        ([account(56, idnumber="X-9", email="sales@acme.example")], {9, 56}),
    ],
    ids=["BambooHR did not change them", "the account is nobody's", "another system's account"],
)
def test_nobody_else_joins_the_run(accounts: list[Account], changed: set[int]) -> None:
    wanted = looked_up(person(1, work_email="sales@acme.example"), accounts=accounts, changed=changed)

    assert wanted["employee"] == []


def test_nobody_of_the_run_joins_it_again() -> None:
    holder = account_of(2, email="sales@acme.example")
    people = [person(1, work_email="sales@acme.example"), person(2, work_email="new@acme.example")]

    assert looked_up(*people, accounts=[account_of(1), holder], changed={1, 2})["employee"] == []


def test_an_address_that_nobody_claims_makes_nobody_join() -> None:
    gone = leaver(1, work_email="sales@acme.example")

    wanted = looked_up(gone, accounts=[account_of(9, email="sales@acme.example")], changed={9})

    assert wanted["employee"] == []


def test_employees_who_joined_are_looked_up_as_well() -> None:
    holder = account_of(9, email="sales@acme.example")
    planner = Planner(input_of(person(1, work_email="sales@acme.example"), changed={9}))
    asked(planner, [holder])

    planner.add(employees=[person(9, work_email="own@acme.example")])

    assert asked(planner, [holder])["idnumber"] == ["9"]
