"""Addresses that somebody else in the company has as well."""

from __future__ import annotations

import pytest

from tests.worker.builders import (
    account,
    account_of,
    code,
    hidden,
    leaver,
    new,
    person,
    plan_of,
    step_of,
    suspended_by_us,
    told,
    unseen,
)
from worker.model.employee import Employee
from worker.model.step import Action

SHARED = "info@acme.example"
COLLEAGUE = {9: SHARED}


def test_a_disputed_address_blocks_a_new_account_and_names_the_other() -> None:
    step = step_of(person(1, work_email=SHARED), colleagues=COLLEAGUE)

    assert told(step) == (Action.CONFLICT, "email_disputed")
    assert step.is_error
    assert step.employee_id == 1
    assert "employee 9" in step.reason.text


def test_a_disputed_address_blocks_a_link() -> None:
    step = step_of(person(1, work_email=SHARED), account(55, email=SHARED), colleagues=COLLEAGUE)

    assert told(step) == (Action.CONFLICT, "email_disputed")
    assert step.changes == ()


def test_a_disputed_address_blocks_a_change_of_address_and_nothing_else() -> None:
    step = step_of(person(1, work_email=SHARED, department="Legal"), account_of(1), colleagues=COLLEAGUE)

    assert new(step) == {"department": "Legal"}
    assert code(step.problem) == "email_disputed"
    assert step.is_error


def test_a_dispute_knows_no_case() -> None:
    step = step_of(person(1, work_email="INFO@acme.example"), colleagues=COLLEAGUE)

    assert told(step) == (Action.CONFLICT, "email_disputed")


def test_two_newcomers_with_one_address_both_get_none() -> None:
    plan = plan_of(person(1, work_email=SHARED), person(2, work_email=SHARED))

    assert [told(step) for step in plan.values()] == [(Action.CONFLICT, "email_disputed")] * 2
    assert "employee 2" in plan[1].reason.text
    assert "employee 1" in plan[2].reason.text


def test_the_newcomers_dispute_is_no_error_of_whoever_holds_the_account() -> None:
    holder = person(1, work_email=SHARED, department="Legal")

    plan = plan_of(holder, person(2, work_email=SHARED), accounts=[account_of(1, email=SHARED)])

    assert new(plan[1]) == {"department": "Legal"}
    assert not plan[1].is_error
    assert told(plan[2]) == (Action.CONFLICT, "email_disputed")


def test_whoever_holds_the_account_is_reactivated_in_spite_of_a_dispute() -> None:
    holder = account_of(1, email=SHARED, suspended=True)

    step = step_of(person(1, work_email=SHARED), holder, colleagues=COLLEAGUE, remembered=suspended_by_us(1))

    assert told(step) == (Action.REACTIVATE, "returned")
    assert not step.is_error


def test_a_leaver_disputes_nothing() -> None:
    plan = plan_of(leaver(1, work_email=SHARED), person(2, work_email=SHARED))

    assert told(plan[2]) == (Action.CREATE, "new")


@pytest.mark.parametrize(
    "other",
    [hidden(2, "", work_email=SHARED), leaver(2, work_email=SHARED, hire_date="2026-12-01")],
    ids=["without evidence", "starts later"],
)
def test_whoever_may_still_work_here_disputes(other: Employee) -> None:
    plan = plan_of(person(1, work_email=SHARED), other)

    assert told(plan[1]) == (Action.CONFLICT, "email_disputed")


def test_somebody_of_whom_nothing_is_shown_disputes_nothing() -> None:
    assert told(plan_of(person(1, work_email=SHARED), unseen(2))[1]) == (Action.CREATE, "new")


def test_a_protected_person_disputes_as_everybody_does() -> None:
    plan = plan_of(person(1, work_email=SHARED), person(2, work_email=SHARED), protected={"2"})

    assert told(plan[1]) == (Action.CONFLICT, "email_disputed")
