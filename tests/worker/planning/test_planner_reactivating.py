"""Accounts that are suspended though their owner works here."""

from __future__ import annotations

import pytest

from tests.worker.builders import (
    TOMORROW,
    account_of,
    code,
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
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.step import Action

SUSPENDED = account_of(1, suspended=True)


def test_whoever_we_suspended_is_reactivated_when_she_works_here_again() -> None:
    step = step_of(person(), SUSPENDED, remembered=suspended_by_us(1))

    assert told(step) == (Action.REACTIVATE, "returned")
    assert new(step) == {"suspended": "0"}


def test_whoever_returns_gets_what_differs_as_well() -> None:
    step = step_of(person(department="Legal"), SUSPENDED, remembered=suspended_by_us(1))

    assert new(step) == {"department": "Legal", "suspended": "0"}


@pytest.mark.parametrize("address", ["", "invalid"])
def test_no_address_is_needed_to_return(address: str) -> None:
    step = step_of(person(work_email=address), SUSPENDED, remembered=suspended_by_us(1))

    assert told(step) == (Action.REACTIVATE, "returned")


def test_whoever_somebody_else_suspended_is_left_so_and_reported() -> None:
    step = step_of(person(), SUSPENDED)

    assert told(step) == (Action.UNCHANGED, "in_step")
    assert [code(note) for note in step.notes] == ["suspended_elsewhere"]


def test_an_account_that_somebody_else_suspended_gets_its_other_fields() -> None:
    step = step_of(person(department="Legal"), SUSPENDED)

    assert told(step) == (Action.UPDATE, "differs")
    assert new(step) == {"department": "Legal"}
    assert [code(note) for note in step.notes] == ["suspended_elsewhere"]


def test_whoever_is_remembered_for_another_reason_was_not_suspended_by_us() -> None:
    waiting = {1: EmployeeRecord(1).flagged(FollowUp.WAITING)}

    assert told(step_of(person(), SUSPENDED, remembered=waiting)) == (Action.UNCHANGED, "in_step")


def test_what_is_remembered_of_one_reactivates_nobody_else() -> None:
    assert told(step_of(person(), SUSPENDED, remembered=suspended_by_us(2))) == (Action.UNCHANGED, "in_step")


def test_the_setting_reactivates_everybody_who_works_here() -> None:
    assert told(step_of(person(), SUSPENDED, reactivate_all=True)) == (Action.REACTIVATE, "reactivated")


def test_the_operator_reactivates_those_whom_she_names() -> None:
    plan = plan_of(person(1), person(2), accounts=[SUSPENDED, account_of(2, suspended=True)], reactivate={2})

    assert told(plan[1]) == (Action.UNCHANGED, "in_step")
    assert told(plan[2]) == (Action.REACTIVATE, "reactivated")


@pytest.mark.parametrize("someone", [leaver(), unseen(), unseen(deleted=True), leaver(hire_date=TOMORROW)])
def test_nothing_reactivates_somebody_who_does_not_work_here(someone: Employee) -> None:
    step = step_of(someone, SUSPENDED, remembered=suspended_by_us(1), reactivate_all=True, reactivate={1})

    assert step.changes == ()


def test_an_account_that_is_not_suspended_is_not_reactivated() -> None:
    step = step_of(person(), account_of(1), remembered=suspended_by_us(1), reactivate_all=True)

    assert told(step) == (Action.UNCHANGED, "in_step")


def test_whoever_returns_to_an_address_that_is_taken_is_reactivated_all_the_same() -> None:
    step = step_of(
        person(work_email="new@acme.example"),
        SUSPENDED,
        account_of(9, email="new@acme.example"),
        remembered=suspended_by_us(1),
    )

    assert new(step) == {"suspended": "0"}
    assert code(step.problem) == "email_taken"
