"""Who is parked: refused by name in several consecutive runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worker.builders import record_of
from tests.worker.planning.memory_cases import (
    CREATE,
    NOTHING,
    PARKED,
    TO_START,
    after,
)
from worker.model import reasons
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.step import Action, Status, Step, StepResult
from worker.planning.memory import (
    park,
)

# Parked


def parked(
    records: list[EmployeeRecord], status: Status = Status.REFUSED, *, max_attempts: int = 3, company: int = 100
) -> dict[int, EmployeeRecord]:
    known = {record.employee_id: record for record in records}
    results = {
        number: StepResult(Step(number, Action.CREATE, reasons.NEW), status, reasons.NO_NAME) for number in known
    }
    return park(known, results, max_attempts=max_attempts, company_size=company)


def refused(*attempts: int) -> list[EmployeeRecord]:
    return [record_of(number, attempts=times) for number, times in enumerate(attempts, start=1)]


def test_an_employee_who_was_refused_often_enough_is_parked_with_reason_and_action() -> None:
    assert parked(refused(2, 3, 4)) == {
        2: record_of(2, FollowUp.PARKED, "no_name", "create", attempts=3),
        3: record_of(3, FollowUp.PARKED, "no_name", "create", attempts=4),
    }


@pytest.mark.parametrize(("max_attempts", "expected"), [(1, {2, 3}), (0, set())])
def test_the_setting_says_how_often_and_zero_switches_parking_off(max_attempts: int, expected: set[int]) -> None:
    assert set(parked(refused(0, 1, 9), max_attempts=max_attempts)) == expected


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.HELD, Status.NOT_EDITABLE])
def test_only_a_refusal_parks(status: Status) -> None:
    assert parked(refused(9), status) == {}


@pytest.mark.parametrize(("company", "most"), [(0, 5), (100, 5), (599, 5), (600, 6), (20_000, 200)])
def test_more_than_five_or_one_per_cent_at_once_are_not_parked_at_all(company: int, most: int) -> None:
    assert len(parked(refused(*[3] * most), company=company)) == most
    assert parked(refused(*[3] * (most + 1)), company=company) == {}


def test_employees_who_are_parked_already_stay_parked_and_do_not_count_as_new() -> None:
    before = [record_of(number, FollowUp.PARKED, "invalid_email", "update", attempts=9) for number in range(1, 9)]
    new = [record_of(number, attempts=3) for number in range(11, 17)]

    assert set(parked([*before, *new[:5]], company=0)) == {*range(1, 9), *range(11, 16)}
    assert set(parked([*before, *new], company=0)) == set(range(1, 9))


def test_a_parked_employee_has_the_reason_and_action_of_the_latest_run() -> None:
    before = record_of(7, FollowUp.PARKED, "invalid_email", "update", attempts=9)

    assert parked([before]) == {7: PARKED}


def test_a_parked_employee_is_released_once_the_write_succeeds() -> None:
    assert after(PARKED, CREATE, may_be_written=True, max_attempts=3) == NOTHING
    assert parked([NOTHING], Status.DONE) == {}


def test_a_parked_employee_stays_parked_over_a_run_that_could_not_try() -> None:
    assert after(PARKED, CREATE, Status.FAILED, max_attempts=3) == PARKED


def test_a_waiting_employee_who_is_refused_often_enough_is_parked_instead() -> None:
    record = after(replace(TO_START, attempts=2), CREATE, Status.REFUSED, max_attempts=3)

    assert parked([record]) == {7: replace(PARKED, attempts=3)}
