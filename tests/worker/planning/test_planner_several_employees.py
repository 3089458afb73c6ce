"""Employees who affect each other: disputed addresses, and addresses and usernames that move in one run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import (
    account,
    account_of,
    code,
    hidden,
    input_of,
    leaver,
    listed,
    look_up,
    mapping_of,
    outcome,
    plan_of,
    step_of,
    suspended_by_us,
    unseen,
    writes,
)
from tests.worker.planning.tiny_moodle import TinyMoodle
from tests.worker.tables import table
from worker.errors import TargetError
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.step import Step
from worker.planning.planner import Planner

SHARED = "info@acme.example"
COLLEAGUE = {9: SHARED}
BY_NAME = mapping_of("{first_name}")


def moves_to(employee_id: int, address: str, **facts: Any) -> Employee:
    return listed(employee_id, work_email=f"{address}@acme.example", **facts)


def at(employee_id: int, address: str) -> Account:
    """The account of an employee who has had this address until now."""
    return account_of(employee_id, email=f"{address}@acme.example", username=f"user{employee_id}")


def named(employee_id: int, name: str) -> Account:
    return account_of(employee_id, firstname=name.title(), username=name)


def outcomes(plan: dict[int, Step]) -> list[str]:
    return [outcome(step) for step in plan.values()]


# Disputed addresses


@pytest.mark.parametrize(
    ("status", "expected"),
    [("Active", "conflict unconfirmed"), ("On leave", "update differs")],
    ids=["works", "unknown"],
)
def test_only_an_employee_who_works_here_can_own_the_address_of_an_account(status: str, expected: str) -> None:
    renamed = listed(7, first_name="Ada", last_name="Lovelace")
    owner = hidden(9, status, work_email="ada@acme.example")
    site = [account_of(renamed, lastname="King", email="ada@acme.example")]

    assert outcome(plan_of(renamed, owner, accounts=site)[7]) == expected


@pytest.mark.parametrize("address", [SHARED, "INFO@acme.example"])
@pytest.mark.parametrize("accounts", [[], [account(55, email=SHARED)]], ids=["create", "link"])
def test_a_disputed_address_blocks_a_new_account_and_a_link(accounts: list[Account], address: str) -> None:
    step = step_of(listed(work_email=address), *accounts, colleagues=COLLEAGUE)

    assert (outcome(step), step.changes) == ("conflict email_disputed", ())
    assert "employee 9" in step.reason.text


def test_a_disputed_address_blocks_a_change_of_address_and_nothing_else() -> None:
    step = step_of(listed(work_email=SHARED, department="Legal"), account_of(1), colleagues=COLLEAGUE)

    assert (writes(step), code(step.problem)) == ({"department": "Legal"}, "email_disputed")


def test_two_new_employees_with_one_address_both_get_no_account() -> None:
    plan = plan_of(listed(1, work_email=SHARED), listed(2, work_email=SHARED))

    assert outcomes(plan) == ["conflict email_disputed"] * 2
    assert "employee 2" in plan[1].reason.text
    assert "employee 1" in plan[2].reason.text


def test_the_employee_who_holds_the_address_already_is_not_affected_by_a_dispute() -> None:
    holder = account_of(1, email=SHARED, suspended=True)
    newcomer = listed(2, work_email=SHARED)

    plan = plan_of(listed(work_email=SHARED), newcomer, accounts=[holder], remembered=suspended_by_us(1))

    assert outcomes(plan) == ["reactivate returned", "conflict email_disputed"]
    assert not plan[1].is_error


@table(
    "other, expected",
    ("left", leaver(2, work_email=SHARED), "create new"),
    ("not shown", unseen(2), "create new"),
    ("no evidence", hidden(2, "", work_email=SHARED), "conflict email_disputed"),
    ("starts later", leaver(2, work_email=SHARED, hire_date="2026-12-01"), "conflict email_disputed"),
)
def test_every_other_employee_with_the_address_disputes_it_except_leavers(other: Employee, expected: str) -> None:
    assert outcome(plan_of(listed(1, work_email=SHARED), other)[1]) == expected


def test_a_protected_employee_disputes_like_any_other() -> None:
    plan = plan_of(listed(1, work_email=SHARED), listed(2, work_email=SHARED), protected={"2"})

    assert outcome(plan[1]) == "conflict email_disputed"


# Leavers and their addresses


def test_a_leaver_keeps_the_address_of_their_account() -> None:
    left = leaver(2, work_email=SHARED)

    plan = plan_of(left, listed(3, work_email=SHARED), accounts=[account_of(left)])

    assert outcomes(plan) == ["suspend left", "conflict email_taken"]
    assert "idnumber 2" in plan[3].reason.text


def test_two_leavers_with_one_address_are_both_held() -> None:
    plan = plan_of(
        leaver(1, work_email=SHARED),
        leaver(2, work_email=SHARED),
        accounts=[account(email=SHARED, firstname="First1", lastname="Last2")],
    )

    assert outcomes(plan) == ["hold leaver_unsure"] * 2


def test_an_account_that_a_colleague_takes_over_is_not_suspended_for_the_leaver() -> None:
    unlinked = account_of(1, idnumber="", email=SHARED)
    namesake = listed(2, work_email=SHARED, first_name="First1")

    plan = plan_of(leaver(1, work_email=SHARED), namesake, accounts=[unlinked])

    assert outcomes(plan) == ["hold leaver_unsure", "update linked"]


def test_a_leaver_has_no_account_if_their_address_belongs_to_a_colleague_of_the_run() -> None:
    plan = plan_of(leaver(1, work_email=SHARED), moves_to(2, "new"), accounts=[account_of(2, email=SHARED)])

    assert outcome(plan[1]) == "skip left_without_account"


def test_a_leaver_without_an_address_is_not_matched_to_an_account_without_one() -> None:
    for owner in ("8", "9"):
        blank = account(55, idnumber=owner, email="", username="p8@acme.example")
        plan = plan_of(leaver(7, work_email=""), listed(8), accounts=[blank])
        assert outcome(plan[7]) == "skip left_without_account"


# Addresses that move


@pytest.mark.parametrize(
    ("moves", "accounts", "depends_on"),
    [
        ({1: "sales", 2: "new"}, {1: "old", 2: "sales"}, {1: {2}, 2: set()}),
        ({1: "new", 2: "sales"}, {1: "sales", 2: "old"}, {1: set(), 2: {1}}),
        ({1: "sales", 2: "new"}, {2: "sales"}, {1: {2}, 2: set()}),
        ({1: "b", 2: "c", 3: "d", 4: "e"}, {1: "a", 2: "b", 3: "c", 4: "d"}, {1: {2}, 2: {3}, 3: {4}, 4: set()}),
    ],
    ids=["from a later employee", "from an earlier employee", "by a new employee", "along a chain"],
)
def test_an_address_may_be_taken_from_an_employee_who_gives_it_up(
    moves: dict[int, str], accounts: dict[int, str], depends_on: dict[int, set[int]]
) -> None:
    site = TinyMoodle([at(*one) for one in accounts.items()])

    plan = plan_of(*(moves_to(*one) for one in moves.items()), accounts=site.accounts)

    assert {number: step.depends_on for number, step in plan.items()} == depends_on
    site.apply(list(plan.values()))
    assert {int(one.idnumber): one.email.removesuffix("@acme.example") for one in site.accounts} == moves


@table(
    "moves, accounts, expected",
    ("two exchange", {1: "b", 2: "a"}, [at(1, "a"), at(2, "b")], ["conflict email_swapped"] * 2),
    ("three exchange", {1: "b", 2: "c", 3: "a"}, [at(1, "a"), at(2, "b"), at(3, "c")], ["conflict email_swapped"] * 3),
    (
        "one wants an exchanged address",
        {1: "b", 2: "b", 3: "a"},
        [at(1, "x"), at(2, "a"), at(3, "b")],
        ["conflict email_disputed", "conflict email_disputed", "conflict email_swapped"],
    ),
    (
        "the last one stays",
        {1: "b", 2: "c"},
        [at(1, "a"), at(2, "b"), account(55, email="c@acme.example")],
        ["conflict email_taken"] * 2,
    ),
    (
        "another account is free",
        {1: "sales", 2: "new"},
        [account(55, email="sales@acme.example", firstname="First1"), at(2, "sales")],
        ["update linked", "update differs"],
    ),
)
def test_an_address_that_is_not_given_up_is_refused(
    moves: dict[int, str], accounts: list[Account], expected: list[str]
) -> None:
    assert outcomes(plan_of(*(moves_to(*one) for one in moves.items()), accounts=accounts)) == expected


def test_an_exchange_names_the_other_employee_and_leaves_other_fields_alone() -> None:
    plan = plan_of(moves_to(1, "b", department="Legal"), moves_to(2, "a"), accounts=[at(1, "a"), at(2, "b")])

    assert (writes(plan[1]), code(plan[1].problem)) == ({"department": "Legal"}, "email_swapped")
    assert plan[1].problem is not None
    assert "employee 2" in plan[1].problem.text
    assert "employee 1" in plan[2].reason.text
    assert plan[1].depends_on == frozenset()


@pytest.mark.parametrize(
    ("last_moves_to", "expected"), [("desk1501", "update differs"), ("desk1", "conflict email_swapped")]
)
def test_a_chain_or_a_circle_may_be_as_long_as_the_company(last_moves_to: str, expected: str) -> None:
    company = range(1, 1_501)
    moves = [moves_to(number, f"desk{number + 1}" if number < 1_500 else last_moves_to) for number in company]

    plan = plan_of(*moves, accounts=[at(number, f"desk{number}") for number in company])

    assert set(outcomes(plan)) == {expected}


@pytest.mark.parametrize(
    "holder",
    [leaver(2, work_email="new@acme.example"), unseen(2), unseen(2, deleted=True), listed(2, work_email="invalid")],
    ids=["left", "no evidence", "deleted", "invalid new address"],
)
def test_only_an_active_employee_with_a_valid_new_address_gives_one_up(holder: Employee) -> None:
    plan = plan_of(moves_to(1, "sales"), holder, accounts=[at(1, "old"), at(2, "sales")])

    assert outcome(plan[1]) == "conflict email_taken"


@pytest.mark.parametrize("protected", ["user2", "2"])
def test_a_protected_account_or_employee_gives_no_address_up(protected: str) -> None:
    accounts = [at(1, "old"), at(2, "sales")]

    plan = plan_of(moves_to(1, "sales"), moves_to(2, "new"), accounts=accounts, protected={protected})

    assert outcomes(plan) == ["conflict email_taken", "skip protected"]


def test_an_account_of_another_employee_of_the_run_is_never_linked() -> None:
    accounts = [account_of(8, email="ada@acme.example", username="bob"), account(55, email="bob@acme.example")]

    plan = plan_of(moves_to(7, "ada"), moves_to(8, "bob"), accounts=accounts)

    assert outcomes(plan) == ["conflict email_taken"] * 2


def test_a_refused_address_waits_for_no_other_employee() -> None:
    accounts = [at(1, "old"), at(2, "info")]

    plan = plan_of(moves_to(1, "info"), moves_to(2, "new"), accounts=accounts, colleagues=COLLEAGUE)

    assert (outcome(plan[1]), plan[1].depends_on) == ("conflict email_disputed", frozenset())


# Usernames that move


def test_a_username_may_be_taken_from_an_employee_who_gives_it_up() -> None:
    site = TinyMoodle([named(1, "bob"), named(2, "ada")])

    plan = plan_of(listed(1, first_name="Ada"), listed(2, first_name="Cleo"), accounts=site.accounts, mapping=BY_NAME)

    assert plan[1].depends_on == {2}
    site.apply(list(plan.values()))
    assert [one.username for one in site.accounts] == ["ada", "cleo"]


@pytest.mark.parametrize(
    ("new_address", "protected", "expected"),
    [
        ("p2@acme.example", [], ["create new", "update differs"]),
        ("new@acme.example", ["ada"], ["conflict username_taken", "skip protected"]),
    ],
)
def test_a_new_employee_may_take_a_username_unless_its_account_is_protected(
    new_address: str, protected: list[str], expected: list[str]
) -> None:
    holder = listed(2, first_name="Cleo", work_email=new_address)

    plan = plan_of(
        listed(1, first_name="Ada"), holder, accounts=[named(2, "ada")], mapping=BY_NAME, protected=protected
    )

    assert outcomes(plan) == expected
    assert plan[1].depends_on == (frozenset() if protected else {2})


def test_two_employees_who_exchange_usernames_keep_theirs() -> None:
    accounts = [named(1, "bob"), named(2, "ada")]

    plan = plan_of(listed(1, first_name="Ada"), listed(2, first_name="Bob"), accounts=accounts, mapping=BY_NAME)

    assert [writes(step) for step in plan.values()] == [{"firstname": "Ada"}, {"firstname": "Bob"}]
    assert [code(step.problem) for step in plan.values()] == ["username_taken"] * 2


def test_of_two_new_employees_with_the_same_username_the_lower_id_gets_it() -> None:
    plan = plan_of(listed(3, first_name="Ada"), listed(2, first_name="Ada"), mapping=BY_NAME)

    assert outcomes(plan) == ["create new", "conflict username_taken"]
    assert "employee 2" in plan[3].reason.text


def test_a_new_employee_who_gets_no_account_reserves_no_username() -> None:
    plan = plan_of(listed(2, first_name="Ada", last_name=""), listed(3, first_name="Ada"), mapping=BY_NAME)

    assert outcomes(plan) == ["skip no_name", "create new"]


def test_a_username_is_not_taken_from_an_employee_who_waits_for_the_address_of_the_taker() -> None:
    john = account_of(1, firstname="John", username="john", email="a@acme.example")
    mary = account_of(2, firstname="Mary", username="mary", email="b@acme.example")
    employees = [
        moves_to(1, "b", first_name="John", preferred_name="Peter"),
        moves_to(2, "c", first_name="Mary", preferred_name="John"),
    ]
    by_preferred_name = mapping_of("{first_name}", firstname=["preferred_name", "first_name"])

    plan = plan_of(*employees, accounts=[john, mary], mapping=by_preferred_name)

    assert writes(plan[1]) == {"firstname": "Peter", "email": "b@acme.example", "username": "peter"}
    assert writes(plan[2]) == {"firstname": "John", "email": "c@acme.example"}
    assert code(plan[2].problem) == "username_taken"
    TinyMoodle([john, mary]).apply(list(plan.values()))


def test_a_plan_of_leavers_has_their_employees_and_steps_alone() -> None:
    planner, ended_by = Planner(input_of(listed(7), leaver(8))), TargetError("down")
    look_up(planner, [account_of(leaver(8))])
    plan = planner.plan()

    leavers = plan.of_leavers(ended_by)

    assert [one.employee_id for one in leavers.plan_input.employees] == [8]
    assert leavers.steps == (plan.step(8),)
    assert (outcome(plan.step(8)), leavers.accounts, leavers.ended_by) == ("suspend left", plan.accounts, ended_by)
