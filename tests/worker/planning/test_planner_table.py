"""The table "who becomes what": each row, with an account in Moodle already and without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import (
    TOMORROW,
    account_of,
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
from worker.model.account import Account
from worker.model.employee import Employee, Evidence
from worker.model.step import Action, FieldChange

WITHOUT_EVIDENCE = [
    unseen(),
    hidden(1, ""),
    hidden(1, None, restricted=["status"]),
    hidden(1, "Terminated"),
    hidden(1, "inactive"),
    person(status="INACTIVE"),
]
UNCLEAR = [
    person(deleted=True),
    person(deleted=True, status="Inactive"),
    hidden(1, "Active", deleted=True),
]
LEAVERS = [
    unseen(deleted=True),
    leaver(deleted=True),
    leaver(),
    person(status="Inactive"),
]


# In the directory, nothing says inactive


def test_somebody_in_the_directory_gets_what_differs() -> None:
    step = step_of(person(department="Legal"), account_of(1))

    assert told(step) == (Action.UPDATE, "differs")
    assert new(step) == {"department": "Legal"}


def test_somebody_in_the_directory_who_was_suspended_by_us_is_reactivated() -> None:
    step = step_of(person(), account_of(1, suspended=True), remembered=suspended_by_us(1))

    assert told(step) == (Action.REACTIVATE, "returned")
    assert step.changes == (FieldChange("suspended", "1", "0"),)


def test_somebody_in_the_directory_whose_account_is_in_step_is_not_written() -> None:
    assert told(step_of(person(), account_of(1))) == (Action.UNCHANGED, "in_step")


def test_somebody_in_the_directory_without_an_account_gets_one() -> None:
    assert told(step_of(person())) == (Action.CREATE, "new")


# Hidden from the directory, status exactly Active


def test_somebody_hidden_but_active_gets_what_the_evidence_shows() -> None:
    step = step_of(hidden(1, "Active", department="Legal"), account_of(1))

    assert told(step) == (Action.UPDATE, "differs")
    assert new(step) == {"department": "Legal"}


def test_somebody_hidden_but_active_is_reactivated_too() -> None:
    step = step_of(hidden(1, "Active"), account_of(1, suspended=True), remembered=suspended_by_us(1))

    assert told(step) == (Action.REACTIVATE, "returned")


def test_somebody_hidden_but_active_without_an_account_gets_one() -> None:
    assert told(step_of(hidden(1, "Active"))) == (Action.CREATE, "new")


# Deleted, or status exactly Inactive


@pytest.mark.parametrize("someone", LEAVERS)
def test_a_leavers_account_is_suspended_and_nothing_else_about_it_changes(someone: Employee) -> None:
    step = step_of(someone, account_of(1, firstname="Other", department="Other", email="other@acme.example"))

    assert told(step) == (Action.SUSPEND, "left")
    assert step.changes == (FieldChange("suspended", "0", "1"),)


@pytest.mark.parametrize("someone", LEAVERS)
def test_a_leaver_whose_account_is_suspended_already_is_not_written(someone: Employee) -> None:
    assert told(step_of(someone, account_of(1, suspended=True))) == (Action.UNCHANGED, "already_suspended")


@pytest.mark.parametrize("someone", [unseen(deleted=True), leaver(deleted=True), leaver(), leaver(hire_date="")])
def test_a_leaver_without_an_account_is_skipped(someone: Employee) -> None:
    step = step_of(someone)

    assert told(step) == (Action.SKIP, "left_without_account")
    assert not step.waits


# Status Inactive, hire date in the future


@pytest.mark.parametrize("suspended", [False, True])
def test_the_account_of_somebody_who_starts_later_is_left_as_it_is(suspended: bool) -> None:
    starter = leaver(hire_date=TOMORROW, department="Legal")

    step = step_of(starter, account_of(1, suspended=suspended), remembered=suspended_by_us(1))

    assert told(step) == (Action.HOLD, "starts_later")
    assert step.changes == ()
    assert step.waits


def test_somebody_who_starts_later_waits_for_her_account() -> None:
    step = step_of(leaver(hire_date=TOMORROW))

    assert told(step) == (Action.HOLD, "starts_later")
    assert step.waits


def test_somebody_who_starts_within_the_look_ahead_gets_her_account_already() -> None:
    starter = leaver(hire_date="2026-11-25")

    assert told(step_of(starter, hire_lookahead_days=3)) == (Action.CREATE, "new")
    assert told(step_of(starter, hire_lookahead_days=2)) == (Action.HOLD, "starts_later")


def test_an_account_with_her_address_is_not_linked_before_she_starts() -> None:
    step = step_of(leaver(hire_date=TOMORROW), account_of(1, idnumber=""), hire_lookahead_days=30)

    assert told(step) == (Action.HOLD, "starts_later")
    assert step.waits


# Before her first day


@pytest.mark.parametrize(
    ("accounts", "action"),
    [
        ([], Action.CREATE),
        ([account_of(1, department="Legal")], Action.UPDATE),
        ([account_of(1)], Action.UNCHANGED),
    ],
)
def test_somebody_active_before_her_first_day_is_looked_at_again_until_then(
    accounts: list[Account], action: Action
) -> None:
    ahead, begun = (step_of(hidden(1, hire_date=day), *accounts) for day in (TOMORROW, "2026-11-21"))

    assert (ahead.action, ahead.waits) == (action, True)
    assert (begun.action, begun.waits) == (action, False)


def test_somebody_who_cannot_be_written_before_her_first_day_is_not_looked_at_again() -> None:
    assert not step_of(hidden(1, hire_date=TOMORROW, work_email="")).waits


# Whose account it is about


@pytest.mark.parametrize(
    ("someone", "different"),
    [
        (person(), {"auth": "nologin"}),
        (person(), {"auth": "nologin", "idnumber": ""}),
        (person(), {"idnumber": "9"}),
        (leaver(), {"suspended": True}),
        (leaver(), {"idnumber": "9"}),
        (leaver(), {"idnumber": "", "auth": "nologin"}),
        (leaver(), {"idnumber": "", "firstname": "Some", "lastname": "Body"}),
        (leaver(hire_date=TOMORROW), {}),
        (leaver(hire_date=TOMORROW), {"idnumber": ""}),
    ],
)
def test_a_step_that_writes_nothing_names_the_account_all_the_same(
    someone: Employee, different: dict[str, Any]
) -> None:
    known = account_of(1, **different)

    assert step_of(someone, known, hire_lookahead_days=30).account == known


# Anything else


@pytest.mark.parametrize("someone", WITHOUT_EVIDENCE)
def test_nothing_is_written_about_somebody_without_evidence(someone: Employee) -> None:
    for step in (step_of(someone, account_of(1, department="Other")), step_of(someone)):
        assert told(step) == (Action.HOLD, "no_evidence")
        assert step.changes == ()
        assert step.waits
        assert not step.is_error


@pytest.mark.parametrize("someone", UNCLEAR)
def test_nothing_is_written_about_somebody_who_is_deleted_but_still_shown(someone: Employee) -> None:
    for step in (step_of(someone, account_of(1, department="Other")), step_of(someone)):
        assert told(step) == (Action.HOLD, "deleted_but_shown")
        assert step.changes == ()
        assert step.waits
        assert not step.is_error


def test_absence_from_the_directory_suspends_nobody_and_renames_nobody() -> None:
    everybody = range(1, 51)
    accounts = [account_of(number, firstname="Old") for number in everybody]

    plan = plan_of(*(unseen(number) for number in everybody), accounts=accounts)

    assert {told(step) for step in plan.values()} == {(Action.HOLD, "no_evidence")}


def test_somebody_whom_the_directory_shows_and_whose_row_says_inactive_has_left() -> None:
    listed = Employee.seen(1, deleted=False, listing=person().facts, evidence=Evidence({"status": "Inactive"}))

    assert told(step_of(listed, account_of(1))) == (Action.SUSPEND, "left")
