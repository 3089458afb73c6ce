"""Accounts that are suspended, and those that are not because it is unsure whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import (
    account,
    account_of,
    leaver,
    new,
    person,
    plan_of,
    step_of,
    told,
    unseen,
)
from worker.model.account import Account
from worker.model.step import Action

GONE = leaver(7, first_name="Ada", last_name="Lovelace", work_email="ada@acme.example")


def unlinked(**different: Any) -> Account:
    """Ada's account, as somebody made it by hand."""
    return account_of(GONE, **{"idnumber": "", "auth": "manual", **different})


@pytest.mark.parametrize("address", ["", "not an address", "new@acme.example"])
def test_no_matching_address_is_needed_to_suspend_somebody_found_by_idnumber(address: str) -> None:
    assert told(step_of(leaver(7, work_email=address), account_of(GONE))) == (Action.SUSPEND, "left")


def test_a_disputed_address_does_not_keep_a_leaver_active() -> None:
    step = step_of(GONE, account_of(GONE), colleagues={9: "ada@acme.example"})

    assert told(step) == (Action.SUSPEND, "left")


def test_a_leavers_account_of_another_system_is_left_alone() -> None:
    theirs = account(55, idnumber="7", auth="manual")

    assert told(step_of(GONE, theirs)) == (Action.CONFLICT, "foreign_account")


def test_of_several_accounts_with_a_leavers_id_none_is_suspended() -> None:
    assert told(step_of(GONE, account_of(GONE), account_of(GONE, number=55))) == (Action.CONFLICT, "several_accounts")


# Found by e-mail only


@pytest.mark.parametrize(
    "agreeing",
    [{}, {"firstname": "Augusta"}, {"lastname": "King"}],
    ids=["both names", "last name", "first name"],
)
def test_a_leaver_found_by_her_address_is_suspended_if_a_name_agrees(agreeing: dict[str, str]) -> None:
    step = step_of(GONE, unlinked(**agreeing))

    assert told(step) == (Action.SUSPEND, "left")
    assert new(step) == {"suspended": "1"}


def test_a_leaver_found_by_her_address_is_held_if_no_name_agrees() -> None:
    step = step_of(GONE, unlinked(firstname="Some", lastname="Body"))

    assert told(step) == (Action.HOLD, "leaver_unsure")
    assert step.waits
    assert not step.is_error


def test_a_leaver_found_by_her_address_is_held_if_a_colleague_has_it_too() -> None:
    assert told(step_of(GONE, unlinked(), colleagues={9: "ADA@acme.example"})) == (Action.HOLD, "leaver_unsure")


def test_two_leavers_with_one_address_are_both_held() -> None:
    twin = leaver(8, first_name="Ada", work_email="ada@acme.example")

    plan = plan_of(GONE, twin, accounts=[unlinked()])

    assert [told(step) for step in plan.values()] == [(Action.HOLD, "leaver_unsure")] * 2


def test_an_account_that_a_colleague_takes_over_in_this_run_is_not_suspended_for_the_leaver() -> None:
    successor = person(8, first_name="Ada", work_email="ada@acme.example")

    plan = plan_of(GONE, successor, accounts=[unlinked()])

    assert told(plan[7]) == (Action.HOLD, "leaver_unsure")
    assert told(plan[8]) == (Action.UPDATE, "linked")


def test_a_leaver_whose_address_belongs_to_a_present_employees_account_has_none() -> None:
    successor = account_of(9, email="ada@acme.example")

    step = step_of(GONE, successor, colleagues={9: "ada@acme.example"})

    assert told(step) == (Action.SKIP, "left_without_account")
    assert not step.waits


def test_a_leaver_whose_address_belongs_to_somebody_of_this_run_who_moves_away_has_none() -> None:
    mover = person(9, work_email="new@acme.example")

    plan = plan_of(GONE, mover, accounts=[account_of(9, email="ada@acme.example")])

    assert told(plan[7]) == (Action.SKIP, "left_without_account")


@pytest.mark.parametrize("idnumber", ["9", "X-9"])
def test_a_leaver_whose_address_belongs_to_an_unknown_idnumber_is_a_conflict(idnumber: str) -> None:
    step = step_of(GONE, account(55, email="ada@acme.example", idnumber=idnumber))

    assert told(step) == (Action.CONFLICT, "email_taken")
    assert step.changes == ()


def test_a_leaver_whose_address_has_several_accounts_is_a_conflict() -> None:
    assert told(step_of(GONE, unlinked(), unlinked(number=55))) == (Action.CONFLICT, "several_accounts")


def test_a_leaver_found_by_her_address_in_a_suspended_account_is_not_written() -> None:
    assert told(step_of(GONE, unlinked(suspended=True))) == (Action.UNCHANGED, "already_suspended")


@pytest.mark.parametrize("address", ["", "ada@localhost"])
def test_nobody_is_found_by_an_address_that_is_none(address: str) -> None:
    gone = leaver(7, work_email=address)

    assert told(step_of(gone, unlinked(email=address))) == (Action.SKIP, "left_without_account")


def test_a_leaver_without_an_address_is_not_found_in_an_account_without_one() -> None:
    plan = plan_of(leaver(7, work_email=""), person(8), accounts=[account_of(8, email="", username="u8")])

    assert told(plan[7]) == (Action.SKIP, "left_without_account")
    theirs = account(55, idnumber="9", email="", username="p8@acme.example")
    assert told(plan_of(leaver(7, work_email=""), person(8), accounts=[theirs])[7]) == told(plan[7])


def test_a_deleted_person_of_whom_nothing_is_shown_is_found_by_idnumber_alone() -> None:
    assert told(step_of(unseen(7, deleted=True), account_of(GONE))) == (Action.SUSPEND, "left")
    assert told(step_of(unseen(7, deleted=True), unlinked())) == (Action.SKIP, "left_without_account")


# A hire date that is not shown


UNDATED = leaver(7, restricted=["hire_date"])
"""Inactive: left, or hired and not here yet."""


def test_somebody_inactive_whose_hire_date_is_not_shown_may_have_yet_to_start() -> None:
    step = step_of(UNDATED)

    assert told(step) == (Action.HOLD, "start_not_shown")
    assert step.waits


def test_somebody_inactive_who_has_an_account_is_suspended_though_her_hire_date_is_not_shown() -> None:
    step = step_of(UNDATED, account_of(7))

    assert told(step) == (Action.SUSPEND, "left")


def test_a_deleted_person_needs_no_hire_date() -> None:
    gone = leaver(7, deleted=True, restricted=["hire_date"])

    assert told(step_of(gone)) == (Action.SKIP, "left_without_account")
