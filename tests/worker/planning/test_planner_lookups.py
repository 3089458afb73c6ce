"""What the planner asks for before it plans: accounts that may be written or are in the way, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.worker.builders import (
    TOMORROW,
    account,
    account_of,
    found,
    hidden,
    input_of,
    leaver,
    listed,
    look_up,
    mapping_of,
    record_of,
    suspended_by_us,
    unseen,
)
from tests.worker.planning.cases import Values
from tests.worker.tables import table
from worker.model.account import Account, AccountKey
from worker.model.employee import Employee, Evidence
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.mapping import FieldMapping
from worker.model.reasons import Reason
from worker.model.scope import Scope, ScopeRule
from worker.model.step import Action
from worker.planning.planner import Planner, Priority

MOVED = listed(1, work_email="sales@acme.example")
HOLDER = account_of(9, email="sales@acme.example")


def asked(*employees: Employee, accounts: list[Account] | None = None, **more: Any) -> dict[str, list[str]]:
    return look_up(Planner(input_of(*employees, **more)), accounts or [])


def test_every_employee_who_may_be_written_is_looked_up_by_idnumber() -> None:
    wanted = asked(listed(1), hidden(2), leaver(3), leaver(4, hire_date=TOMORROW), unseen(5, deleted=True))

    assert wanted["idnumber"] == ["3", "5", "1", "2", "4"], "leavers first"


def test_employees_without_evidence_and_protected_or_undone_ones_are_not_looked_up() -> None:
    employees = [unseen(1), hidden(2, ""), listed(3, deleted=True), listed(4), listed(5)]

    wanted = asked(*employees, protected={"4"}, undone={5})

    assert not any(wanted.values())


def test_an_employee_out_of_scope_is_looked_up_only_where_their_account_would_be_suspended() -> None:
    employees = (listed(1, division="South"), listed(2, division="North"))
    scope = Scope((ScopeRule("division", allowed=("North",)),))

    assert asked(*employees, scope=scope)["idnumber"] == ["2"]
    assert asked(*employees, scope=scope, suspends_out_of_scope=True)["idnumber"] == ["1", "2"]


def test_an_account_that_this_product_suspended_is_looked_up_by_id_if_it_has_no_idnumber() -> None:
    with_idnumber, without = (
        record_of(1, suspended_by_us=True),
        record_of(2, suspended_by_us=True, suspended_account_id=55),
    )

    assert asked(listed(1), listed(2), remembered={1: with_idnumber, 2: without})["id"] == ["55"]


def test_an_account_that_an_earlier_version_suspended_is_looked_up_by_idnumber_until_it_is_known() -> None:
    known, unknown = record_of(5, suspended_by_us=True, suspended_account_id=55), record_of(6, suspended_by_us=True)

    assert asked(listed(1), remembered={5: known, 6: unknown})["idnumber"] == ["1", "6"]


@pytest.mark.parametrize(
    ("employees", "accounts", "expected"),
    [
        ([listed(1), leaver(2), listed(3)], [account_of(3)], ["p2@acme.example", "p1@acme.example"]),
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
    assert asked(*employees, accounts=accounts)["email"] == expected


def test_an_address_mapped_for_new_accounts_is_looked_up_for_these_only() -> None:
    mapping = mapping_of(email={"from": "work_email", "when": "create"})

    assert asked(MOVED, listed(2), accounts=[account_of(1)], mapping=mapping)["email"] == ["p2@acme.example"]


def test_the_usernames_of_new_and_renamed_accounts_are_looked_up() -> None:
    employees = [listed(1), listed(2, work_email="new@acme.example"), listed(3), listed(4)]

    wanted = asked(*employees, accounts=[account_of(2), account_of(3, idnumber=""), account_of(4)])

    assert wanted["username"] == ["p1@acme.example", "new@acme.example"]


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

    assert asked(*employees, colleagues={9: "p3@acme.example"})["username"] == ["ada@acme.example"]


MOVES_AWAY = listed(9, work_email="new@acme.example")
BOTH: Values = {"changed": {1, 9}}


@table(
    "employees, accounts, more, expected",
    ("changed", [MOVED], [account_of(1), HOLDER], {"changed": {9}}, ["9"]),
    ("remembered", [listed(2, work_email="SALES@acme.example")], [HOLDER], {"remembered": suspended_by_us(9)}, ["9"]),
    ("not changed", [MOVED], [HOLDER], {}, []),
    ("in the run", [MOVED, MOVES_AWAY], [account_of(1), HOLDER], BOTH, []),
    ("no idnumber", [MOVED], [account(55, email="sales@acme.example")], {"changed": {55}}, []),
    ("another system", [MOVED], [account(56, idnumber="X-9", email="sales@acme.example")], {"changed": {9, 56}}, []),
    ("claimed by a leaver", [leaver(1, work_email="sales@acme.example")], [HOLDER], {"changed": {9}}, []),
)
def test_a_changed_employee_outside_the_run_joins_it_if_they_hold_a_claimed_address(
    employees: list[Employee], accounts: list[Account], more: Values, expected: list[str]
) -> None:
    assert asked(*employees, accounts=accounts, **more)["employee"] == expected


def test_employees_who_joined_are_looked_up_as_well() -> None:
    planner = Planner(input_of(MOVED, changed={9}))
    look_up(planner, [HOLDER])

    planner.add(employees_to_add=[MOVES_AWAY])

    assert look_up(planner, [HOLDER])["idnumber"] == ["9"]


def test_a_chain_of_employees_who_join_is_followed_for_five_rounds() -> None:
    chain = [listed(number, work_email=f"p{number + 1}@acme.example") for number in range(1, 10)]
    accounts = [account_of(number) for number in range(1, 10)]
    planner, joined = Planner(input_of(chain[0], changed=range(2, 10))), []

    while needed := planner.needs():
        planner.add(employees_to_add=[chain[number - 1] for number in needed.employees_to_add])
        for lookup in needed.lookups:
            planner.add(found(accounts, lookup.key, lookup.values))
        joined += sorted(needed.employees_to_add)

    assert joined == [2, 3, 4, 5, 6]


WITHOUT = listed(1, department="", preferred_name="")
PREFERRED = mapping_of(firstname=["preferred_name", "first_name"])
LEGAL = mapping_of(firstname=["first_name", "preferred_name"])
COST_CENTER = mapping_of(profile_field_cc="bamboohr:customCostCenter")


@table(
    "employee, account, mapping, expected",
    ("a value is lost", WITHOUT, account_of(1, department="Sales"), mapping_of(), ["1"]),
    ("another source is used", WITHOUT, account_of(WITHOUT, firstname="Kim"), PREFERRED, ["1"]),
    ("the source before it has a value", WITHOUT, account_of(WITHOUT, firstname="Kim"), LEGAL, []),
    ("nothing changes", WITHOUT, account_of(WITHOUT), PREFERRED, []),
    ("something else changes", WITHOUT, account_of(WITHOUT, lastname="Lee"), PREFERRED, []),
    ("a new account", WITHOUT, account(55), PREFERRED, []),
    ("evidence was read", hidden(1, department=""), account_of(1, department="Sales"), mapping_of(), []),
    (
        "a field by its API name, which the directory does not have",
        replace(listed(1), facts={**listed(1).facts, "bamboohr:customCostCenter": ""}),
        account_of(1, profile_field_cc="7"),
        COST_CENTER,
        [],
    ),
)
def test_evidence_is_asked_for_if_an_account_would_change_because_the_directory_shows_nothing(
    employee: Employee, account: Account, mapping: FieldMapping, expected: list[str]
) -> None:
    assert asked(employee, accounts=[account], mapping=mapping)["unverified"] == expected


@table(
    "evidence, changes",
    ("empty", Evidence({"department": ""}), [("department", "Sales", "")]),
    ("hidden", Evidence({}, frozenset({"department"})), []),
    ("left out", Evidence({}), []),
    ("filled", Evidence({"department": "Legal"}), [("department", "Sales", "Legal")]),
    ("no row", None, []),
)
def test_an_empty_field_of_the_directory_is_empty_only_if_the_evidence_shows_it(
    evidence: Evidence | None, changes: list[tuple[str, str, str]]
) -> None:
    planner = Planner(input_of(WITHOUT))
    look_up(planner, [account_of(1, department="Sales")])

    planner.add(verified=[WITHOUT.with_evidence(evidence)])

    assert not planner.needs()
    (step,) = planner.plan().steps
    assert [(change.field, change.old, change.new) for change in step.changes] == changes


def test_leavers_and_employees_who_were_refused_alone_have_look_ups_of_their_own() -> None:
    isolated = EmployeeRecord(2).flagged(FollowUp.ISOLATED, "unreadable_account")
    planner = Planner(input_of(listed(1), listed(2), leaver(3), remembered={2: isolated}))

    lookups = planner.needs().lookups

    assert [(one.priority, one.values) for one in lookups] == [
        (Priority.LEAVERS, ["3"]),
        (Priority.OTHERS, ["1"]),
        (Priority.ISOLATED, ["2"]),
    ]


UNREADABLE = Reason("unreadable_account", "Moodle cannot return this account")


def test_the_account_that_this_product_suspended_is_not_taken_for_absent_either() -> None:
    planner = Planner(input_of(listed(1), remembered={1: record_of(1, suspended_by_us=True, suspended_account_id=55)}))
    planner.add(failed_lookups={("id", "55"): UNREADABLE})

    (step,) = planner.plan().steps

    assert (step.action, step.reason) == (Action.CONFLICT, UNREADABLE)


@table(
    "employee, accounts, failed, action, fields",
    ("account", listed(1), [], ("idnumber", "1"), Action.CONFLICT, []),
    ("leaver", leaver(1), [], ("idnumber", "1"), Action.CONFLICT, []),
    ("address", listed(1), [], ("email", "p1@acme.example"), Action.CONFLICT, []),
    ("leaver's address", leaver(1), [], ("email", "p1@acme.example"), Action.CONFLICT, []),
    ("user name", listed(1), [], ("username", "p1@acme.example"), Action.CONFLICT, []),
    (
        "new address",
        listed(1, work_email="new@acme.example", department="Legal"),
        [account_of(1)],
        ("email", "new@acme.example"),
        Action.UPDATE,
        ["department"],
    ),
    (
        "new user name",
        listed(1, work_email="new@acme.example"),
        [account_of(1)],
        ("username", "new@acme.example"),
        Action.CONFLICT,
        [],
    ),
)
def test_what_a_look_up_cannot_answer_is_never_taken_for_absent(
    employee: Employee, accounts: list[Account], failed: tuple[AccountKey, str], action: Action, fields: list[str]
) -> None:
    planner = Planner(input_of(employee))
    look_up(planner, accounts)
    planner.add(failed_lookups={failed: UNREADABLE})

    plan = planner.plan()

    (step,) = plan.steps
    assert (step.action, step.fields, step.is_error) == (action, fields, True)
    said = step.problem or step.reason
    assert (said.code, said.text) == (UNREADABLE.code, UNREADABLE.text)
    may_still_log_in = "the employee has left, and the account may still be active: suspend it by hand" in said.advice
    assert may_still_log_in == (employee.facts.get("status") == "Inactive")
    assert plan.failed_lookups == {failed: UNREADABLE}
