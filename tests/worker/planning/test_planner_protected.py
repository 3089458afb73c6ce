"""Accounts and people to which nothing is ever written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account_of, leaver, person, plan_of, step_of, suspended_by_us, told, unseen
from worker.model.employee import Employee
from worker.model.step import Action

RESERVED: list[dict[str, Any]] = [
    {"username": "guest"},
    {"username": "admin"},
    {"auth": "nologin"},
    {"auth": "webservice"},
    {"auth": "mnet"},
    {"username": "svc-sync"},
]
PEOPLE = [person(department="Legal"), leaver(), unseen(deleted=True)]


@pytest.mark.parametrize("reserved", RESERVED, ids=str)
@pytest.mark.parametrize("someone", PEOPLE, ids=["works here", "left", "deleted"])
def test_a_protected_account_is_skipped_whatever_became_of_its_owner(
    someone: Employee, reserved: dict[str, Any]
) -> None:
    step = step_of(someone, account_of(1, **reserved), protected={"svc-sync"})

    assert told(step) == (Action.SKIP, "protected")
    assert step.changes == ()
    assert not step.is_error


@pytest.mark.parametrize("reserved", RESERVED, ids=str)
@pytest.mark.parametrize("someone", [person(), leaver()], ids=["works here", "left"])
def test_a_protected_account_found_by_its_address_is_skipped(someone: Employee, reserved: dict[str, Any]) -> None:
    step = step_of(someone, account_of(1, idnumber="", **reserved), protected={"svc-sync"})

    assert told(step) == (Action.SKIP, "protected")


def test_a_protected_account_is_not_reactivated() -> None:
    step = step_of(
        person(),
        account_of(1, auth="nologin", suspended=True),
        remembered=suspended_by_us(1),
        reactivate_all=True,
    )

    assert told(step) == (Action.SKIP, "protected")


def test_a_protected_account_whose_owner_moved_is_skipped() -> None:
    step = step_of(person(work_email="new@acme.example"), account_of(1, auth="nologin"))

    assert told(step) == (Action.SKIP, "protected")


def test_a_protected_account_of_another_system_with_her_id_is_a_skip_and_no_conflict() -> None:
    theirs = account_of(1, username="svc-sync", auth="manual", email="x@other.example", firstname="S", lastname="B")

    assert told(step_of(person(), theirs, protected={"svc-sync"})) == (Action.SKIP, "protected")


@pytest.mark.parametrize("someone", [*PEOPLE, unseen()])
def test_a_protected_person_is_skipped_whatever_became_of_her(someone: Employee) -> None:
    for accounts in ([], [account_of(1)], [account_of(1, idnumber="")]):
        step = step_of(someone, *accounts, protected={"1"})

        assert told(step) == (Action.SKIP, "protected")
        assert not step.waits


def test_a_protected_persons_account_is_not_touched_for_anybody_else() -> None:
    successor = person(2, work_email="p1@acme.example")

    plan = plan_of(person(1, work_email="new@acme.example"), successor, accounts=[account_of(1)], protected={"1"})

    assert told(plan[2]) == (Action.CONFLICT, "email_taken")


def test_everybody_else_goes_on() -> None:
    plan = plan_of(person(1), person(2), protected={"1"})

    assert told(plan[2]) == (Action.CREATE, "new")
