"""Addresses that move between people in one night: judged against Moodle as it will be."""

from __future__ import annotations

import pytest

from tests.worker.builders import account, account_of, code, leaver, new, person, plan_of, told, unseen
from tests.worker.planning.tiny_moodle import TinyMoodle
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.step import Action, Step


def lives_at(employee_id: int, address: str) -> Employee:
    return person(employee_id, work_email=f"{address}@acme.example")


def lived_at(employee_id: int, address: str) -> Account:
    return account_of(employee_id, email=f"{address}@acme.example", username=f"user{employee_id}")


def written(plan: dict[int, Step], accounts: list[Account]) -> dict[str, str]:
    """Who has which address when the plan was written."""
    site = TinyMoodle(accounts)
    site.apply(list(plan.values()))
    return {one.idnumber: one.email.removesuffix("@acme.example") for one in site.accounts}


@pytest.mark.parametrize(("taker", "giver"), [(1, 2), (2, 1)])
def test_an_address_may_be_taken_from_somebody_who_gives_it_up(taker: int, giver: int) -> None:
    accounts = [lived_at(taker, "old"), lived_at(giver, "sales")]

    plan = plan_of(lives_at(taker, "sales"), lives_at(giver, "new"), accounts=accounts)

    assert told(plan[taker]) == (Action.UPDATE, "differs")
    assert plan[taker].depends_on == {giver}
    assert plan[giver].depends_on == frozenset()
    assert written(plan, accounts) == {str(taker): "sales", str(giver): "new"}


def test_a_newcomer_may_take_an_address_that_somebody_gives_up() -> None:
    accounts = [lived_at(2, "sales")]

    plan = plan_of(lives_at(1, "sales"), lives_at(2, "new"), accounts=accounts)

    assert told(plan[1]) == (Action.CREATE, "new")
    assert plan[1].depends_on == {2}
    assert written(plan, accounts) == {"1": "sales", "2": "new"}


def test_addresses_may_move_along_a_chain() -> None:
    accounts = [lived_at(1, "a"), lived_at(2, "b"), lived_at(3, "c"), lived_at(4, "d")]

    plan = plan_of(lives_at(1, "b"), lives_at(2, "c"), lives_at(3, "d"), lives_at(4, "e"), accounts=accounts)

    assert [sorted(plan[number].depends_on) for number in (1, 2, 3, 4)] == [[2], [3], [4], []]
    assert written(plan, accounts) == {"1": "b", "2": "c", "3": "d", "4": "e"}


def test_a_chain_may_be_as_long_as_the_company() -> None:
    everybody = range(1, 1_501)
    accounts = [lived_at(number, f"desk{number}") for number in everybody]

    plan = plan_of(*(lives_at(number, f"desk{number + 1}") for number in everybody), accounts=accounts)

    assert all(told(step) == (Action.UPDATE, "differs") for step in plan.values())
    assert plan[1].depends_on == {2}


def test_a_circle_may_be_as_long_as_the_company() -> None:
    everybody = range(1_500)
    accounts = [lived_at(number + 1, f"desk{number}") for number in everybody]

    plan = plan_of(*(lives_at(number + 1, f"desk{(number + 1) % 1_500}") for number in everybody), accounts=accounts)

    assert {told(step) for step in plan.values()} == {(Action.CONFLICT, "email_swapped")}


def test_a_chain_that_ends_at_somebody_who_stays_is_a_conflict_for_everybody_in_it() -> None:
    accounts = [lived_at(1, "a"), lived_at(2, "b"), account(55, email="c@acme.example")]

    plan = plan_of(lives_at(1, "b"), lives_at(2, "c"), accounts=accounts)

    assert [told(step) for step in plan.values()] == [(Action.CONFLICT, "email_taken")] * 2
    assert "account 55" in plan[2].reason.text


def test_two_people_who_swap_addresses_are_a_conflict_that_names_both() -> None:
    plan = plan_of(lives_at(1, "b"), lives_at(2, "a"), accounts=[lived_at(1, "a"), lived_at(2, "b")])

    assert [told(step) for step in plan.values()] == [(Action.CONFLICT, "email_swapped")] * 2
    assert "employee 2" in plan[1].reason.text
    assert "employee 1" in plan[2].reason.text


def test_addresses_that_go_round_among_three_are_a_conflict_for_all_three() -> None:
    accounts = [lived_at(1, "a"), lived_at(2, "b"), lived_at(3, "c")]

    plan = plan_of(lives_at(1, "b"), lives_at(2, "c"), lives_at(3, "a"), accounts=accounts)

    assert [told(step) for step in plan.values()] == [(Action.CONFLICT, "email_swapped")] * 3


def test_somebody_who_wants_the_address_of_one_who_swaps_does_not_get_it() -> None:
    accounts = [lived_at(1, "x"), lived_at(2, "a"), lived_at(3, "b")]

    # Both of the second and the third stay where they are, so nobody else can have what they have.
    plan = plan_of(person(1, work_email="b@acme.example"), lives_at(2, "b"), lives_at(3, "a"), accounts=accounts)

    assert {step.action for step in plan.values()} == {Action.CONFLICT}


def test_all_other_fields_of_somebody_who_swaps_go_on() -> None:
    legal = person(1, work_email="b@acme.example", department="Legal")

    plan = plan_of(legal, lives_at(2, "a"), accounts=[lived_at(1, "a"), lived_at(2, "b")])

    assert new(plan[1]) == {"department": "Legal"}
    assert code(plan[1].problem) == "email_swapped"
    assert plan[1].depends_on == frozenset()


@pytest.mark.parametrize(
    "giver",
    [leaver(2, work_email="new@acme.example"), unseen(2), unseen(2, deleted=True)],
    ids=["leaver", "without evidence", "deleted"],
)
def test_nobody_but_those_who_work_here_gives_an_address_up(giver: Employee) -> None:
    plan = plan_of(lives_at(1, "sales"), giver, accounts=[lived_at(1, "old"), lived_at(2, "sales")])

    assert told(plan[1]) == (Action.CONFLICT, "email_taken")


def test_a_protected_account_gives_no_address_up() -> None:
    accounts = [lived_at(1, "old"), lived_at(2, "sales")]

    plan = plan_of(lives_at(1, "sales"), lives_at(2, "new"), accounts=accounts, protected={"user2"})

    assert told(plan[1]) == (Action.CONFLICT, "email_taken")
    assert told(plan[2]) == (Action.SKIP, "protected")


def test_somebody_whose_new_address_is_invalid_gives_none_up() -> None:
    plan = plan_of(lives_at(1, "b"), person(2, work_email="invalid"), accounts=[lived_at(1, "a"), lived_at(2, "b")])

    assert told(plan[1]) == (Action.CONFLICT, "email_taken")


def test_whoever_is_refused_her_address_waits_for_nobody() -> None:
    plan = plan_of(
        lives_at(1, "sales"),
        lives_at(2, "new"),
        accounts=[lived_at(1, "old"), lived_at(2, "sales")],
        colleagues={9: "sales@acme.example"},
    )

    assert told(plan[1]) == (Action.CONFLICT, "email_disputed")
    assert plan[1].depends_on == frozenset()


def test_an_account_is_linked_though_another_one_with_its_address_moves_away() -> None:
    linked = account(55, email="sales@acme.example")

    plan = plan_of(lives_at(1, "sales"), lives_at(2, "new"), accounts=[linked, lived_at(2, "sales")])

    assert told(plan[1]) == (Action.UPDATE, "linked")
    assert plan[1].account == linked
