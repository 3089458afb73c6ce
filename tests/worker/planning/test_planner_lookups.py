"""Which accounts a run looks up before it plans: those it may write, those in the way, and no others."""

from __future__ import annotations

import pytest

from tests.worker.builders import (
    TOMORROW,
    account,
    account_of,
    hidden,
    leaver,
    listed,
    mapping_of,
    plan_input_of,
    unseen,
)
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.planner import addresses_wanted, competing_employees, idnumbers_wanted, usernames_wanted

MOVED = listed(1, work_email="sales@acme.example")
HOLDER = account_of(9, email="sales@acme.example")


def test_every_employee_who_may_be_written_is_looked_up_by_idnumber() -> None:
    plan_input = plan_input_of(listed(1), hidden(2), leaver(3), leaver(4, hire_date=TOMORROW), unseen(5, deleted=True))

    assert idnumbers_wanted(plan_input) == ["1", "2", "3", "4", "5"]


def test_employees_without_evidence_and_protected_ones_are_not_looked_up() -> None:
    plan_input = plan_input_of(unseen(1), hidden(2, ""), listed(3, deleted=True), listed(4), protected={"4"})

    assert idnumbers_wanted(plan_input) == addresses_wanted(plan_input) == usernames_wanted(plan_input) == []


@pytest.mark.parametrize(
    ("employees", "accounts", "expected"),
    [
        ([listed(1), leaver(2), listed(3)], [account_of(3)], ["p1@acme.example", "p2@acme.example"]),
        ([MOVED, listed(2, work_email="P2@acme.example")], [account_of(1), account_of(2)], ["sales@acme.example"]),
        ([leaver(1, work_email="sales@acme.example")], [account_of(1)], []),
        ([MOVED], [account_of(1, auth="nologin")], []),
        ([MOVED], [account(55, idnumber="1", auth="manual")], []),
        ([listed(1, work_email=""), listed(2, work_email="a@localhost"), leaver(3, work_email="x")], [], []),
    ],
    ids=["no idnumber", "new address", "left", "protected", "another system", "invalid"],
)
def test_addresses_that_may_be_matched_or_written_are_looked_up(
    employees: list[Employee], accounts: list[Account], expected: list[str]
) -> None:
    assert addresses_wanted(plan_input_of(*employees, accounts=accounts)) == expected


def test_an_address_mapped_for_new_accounts_is_looked_up_for_these_only() -> None:
    mapping = mapping_of(email={"from": "work_email", "when": "create"})

    assert addresses_wanted(plan_input_of(MOVED, listed(2), accounts=[account_of(1)], mapping=mapping)) == [
        "p2@acme.example"
    ]


def test_the_usernames_of_new_and_renamed_accounts_are_looked_up() -> None:
    accounts = [account_of(2), account_of(3, idnumber=""), account_of(4)]
    plan_input = plan_input_of(
        listed(1), listed(2, work_email="new@acme.example"), listed(3), listed(4), accounts=accounts
    )

    assert usernames_wanted(plan_input) == ["p1@acme.example", "new@acme.example"]


def test_usernames_that_moodle_refuses_or_no_account_gets_are_not_looked_up() -> None:
    employees = [
        listed(1, work_email="O'Brien@acme.example"),
        listed(2, work_email="ADA@acme.example"),
        listed(3),
        listed(4, first_name=""),
        listed(5, work_email=""),
        leaver(6),
        leaver(7, hire_date=TOMORROW),
    ]

    assert usernames_wanted(plan_input_of(*employees, colleagues={9: "p3@acme.example"})) == ["ada@acme.example"]


@pytest.mark.parametrize(
    ("employees", "accounts", "expected"),
    [
        ([MOVED], [account_of(1), HOLDER], {9}),
        ([listed(2, work_email="SALES@acme.example")], [HOLDER], {9}),
        ([MOVED, listed(9, work_email="new@acme.example")], [account_of(1), HOLDER], set()),
        (
            [MOVED],
            [account(55, email="sales@acme.example"), account(56, idnumber="X-9", email="sales@acme.example")],
            set(),
        ),
        ([leaver(1, work_email="sales@acme.example")], [HOLDER], set()),
    ],
    ids=["changes to it", "is new", "the holder is in the run", "no employee holds it", "claimed by a leaver"],
)
def test_employees_outside_the_run_who_hold_a_claimed_address_compete_for_it(
    employees: list[Employee], accounts: list[Account], expected: set[int]
) -> None:
    assert competing_employees(plan_input_of(*employees, accounts=accounts)) == expected
