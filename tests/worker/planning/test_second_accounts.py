"""New accounts that may be second ones, as far as names and usernames tell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, account_of, input_of, leaver, listed, look_up, mapping_of
from worker.model.account import Account, AccountRef
from worker.model.employee import Employee
from worker.model.step import Action, GuardClass
from worker.planning.guards import GuardInput, guard
from worker.planning.limits import Limits
from worker.planning.planner import Plan, Planner
from worker.planning.second_accounts import possible_second_accounts, unlinked_candidates

HOLDS_ALL = GuardInput(Limits(100, dict.fromkeys(GuardClass, 0)), run_id="r1")
ADA: dict[str, Any] = {"first_name": "Ada", "last_name": "King"}
NEW = listed(9, **ADA)


def plan_for(*employees: Employee, accounts: list[Account]) -> Plan:
    planner = Planner(input_of(*employees))
    look_up(planner, accounts)
    return planner.plan()


# Employees hired again


@pytest.mark.parametrize(
    ("theirs", "possible"),
    [
        ({}, True),
        ({"firstname": "KING", "lastname": "Ada"}, True),
        ({"firstname": "Ada King", "lastname": "-"}, True),
        ({"firstname": "Ada", "lastname": "Byron"}, False),
        ({"firstname": "Ada Mary", "lastname": "King"}, False),
    ],
    ids=["both names", "exchanged", "in one field", "another last name", "a second first name"],
)
def test_the_account_of_one_who_left_may_be_theirs_by_both_names(theirs: dict[str, Any], possible: bool) -> None:
    former = leaver(7, first_name="Was", last_name="Renamed")
    accounts = [account_of(former, **{"firstname": "Ada", "lastname": "King", **theirs})]

    found = possible_second_accounts(plan_for(former, NEW, listed(10), accounts=accounts))

    assert found == ({9: 7} if possible else {})


def test_names_from_other_fields_are_names() -> None:
    local: dict[str, Any] = {"bamboohr:customLast": "Wang"}
    former = leaver(7)
    planner = Planner(input_of(former, listed(9, **local), mapping=mapping_of(lastname="bamboohr:customLast")))
    look_up(planner, [account_of(former, firstname="First9", lastname="Wang")])

    assert possible_second_accounts(planner.plan()) == {9: 7}


def test_nothing_is_said_of_names_without_a_letter() -> None:
    former = leaver(7)
    plan = plan_for(
        former, listed(9, first_name="-", last_name="."), accounts=[account_of(former, firstname="-", lastname=".")]
    )

    assert plan.counts[Action.CREATE] == 1
    assert possible_second_accounts(plan) == {}


@pytest.mark.parametrize(
    ("other", "theirs"),
    [
        (listed(7, **ADA), account_of(listed(7, **ADA))),
        (leaver(7, **ADA), account_of(leaver(7, **ADA), idnumber="")),
        (listed(7, **ADA), None),
    ],
    ids=["did not leave", "account of nobody", "no account"],
)
def test_an_employee_who_stays_and_an_account_that_is_not_linked_are_no_former_ones(
    other: Employee, theirs: Account | None
) -> None:
    assert possible_second_accounts(plan_for(other, NEW, accounts=[theirs] if theirs else [])) == {}


def test_a_new_account_that_a_guard_holds_is_one_of_them_and_an_existing_one_is_not() -> None:
    former, renamed = leaver(7, **ADA), listed(8, **ADA)
    plan = plan_for(former, renamed, NEW, accounts=[account_of(former), account_of(renamed, department="Legal")])

    assert possible_second_accounts(guard(plan, HOLDS_ALL).plan) == {9: 7}


def test_a_new_account_that_waits_for_a_held_change_of_an_address_is_one_of_them() -> None:
    former, moved = leaver(7, **ADA), listed(3, work_email="moved@acme.example")
    accounts = [account_of(former), account_of(moved, email=NEW.facts["work_email"])]
    per_run = {**dict.fromkeys(GuardClass, 100), GuardClass.IDENTITY: 0}

    plan = guard(plan_for(former, moved, NEW, accounts=accounts), GuardInput(Limits(100, per_run))).plan

    assert plan.step(9).held_under == (GuardClass.IDENTITY,)
    assert possible_second_accounts(plan) == {9: 7}


# Accounts that belong to nobody


def unlinked(number: int = 55, username: str = "x@acme.example", idnumber: str = "", full_name: str = "") -> AccountRef:
    return AccountRef(number, username, idnumber, suspended=False, full_name=full_name)


@pytest.mark.parametrize(
    ("theirs", "may_be"),
    [
        ({"full_name": "King, Ada"}, True),
        ({"full_name": "Ada Byron"}, False),
        ({"username": "P9@old.example"}, True),
        ({"username": "p9"}, True),
        ({"username": "p90@acme.example"}, False),
        ({"full_name": "Ada King", "idnumber": "3"}, False),
    ],
    ids=["names", "another last name", "username", "without a domain", "another username", "linked"],
)
def test_an_account_without_idnumber_may_be_theirs_by_names_or_username(theirs: dict[str, Any], may_be: bool) -> None:
    plan = plan_for(NEW, listed(10), accounts=[])

    accounts = [unlinked(54), unlinked(**theirs)]

    assert unlinked_candidates(plan, accounts) == ({9: 55} if may_be else {})
    assert unlinked_candidates(guard(plan, HOLDS_ALL).plan, accounts) == ({9: 55} if may_be else {})


def test_names_say_more_than_a_username() -> None:
    accounts = [unlinked(54, username="p9@old.example"), unlinked(55, full_name="Ada King")]

    assert unlinked_candidates(plan_for(NEW, accounts=[]), accounts) == {9: 55}


def test_an_account_that_the_plan_is_about_is_no_stranger() -> None:
    joins = listed(8, work_email="ada@acme.example", **ADA)
    plan = plan_for(joins, NEW, accounts=[account(55, email="ada@acme.example", firstname="Ada", lastname="King")])

    assert unlinked_candidates(plan, [unlinked(55, full_name="Ada King")]) == {}


def test_a_change_of_an_account_is_no_second_one() -> None:
    plan = plan_for(NEW, accounts=[account_of(NEW, department="Legal", firstname="Augusta")])

    assert unlinked_candidates(plan, [unlinked(full_name="Ada King", username="p9")]) == {}
