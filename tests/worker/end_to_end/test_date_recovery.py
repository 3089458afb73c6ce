"""An arrived date is not lost by a killed run, a batched window, a rewind, or a date that is not shown."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest

from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import account, advance_to_next_day, completed_run, in_sync, next_day_run
from worker.state.items import KEY
from worker.timestamps import iso

ANN: dict[str, Any] = {"firstName": "Ann", "lastName": "Lee", "workEmail": "ann.lee@example.com", "department": "Sales"}


def in_days(simulation: Simulation, days: int) -> date:
    return simulation.company.today() + timedelta(days=days)


def enter_leaver(simulation: Simulation, *, days: int) -> None:
    simulation.company.terminate("4", on=in_days(simulation, days), stamp=False)


# The run fails


def test_a_leaver_is_suspended_wherever_the_run_of_the_last_day_is_killed() -> None:
    for dies_at in itertools.count(1):
        simulation = in_sync()
        enter_leaver(simulation, days=1)
        advance_to_next_day(simulation)
        killed = simulation.sync(dies_at=dies_at) is None
        for _ in range(2):
            next_day_run(simulation)

        assert account(simulation, "4")["suspended"], dies_at
        if not killed:
            break
    assert dies_at > 20


def test_a_leaver_by_date_is_suspended_in_the_run_after_a_moodle_failure() -> None:
    simulation = in_sync()
    enter_leaver(simulation, days=1)
    simulation.to_moodle.faults.append(Fault("reset_before", operation="core_user_update_users", times=0))
    failed = next_day_run(simulation)
    simulation.to_moodle.faults.clear()

    recovered = next_day_run(simulation)

    assert (failed.exit_code, failed.counts["suspended"]) == (1, 0)
    assert (recovered.exit_code, recovered.counts["suspended"]) == (0, 1)
    assert account(simulation, "4")["suspended"]


# A window takes several runs


@pytest.mark.parametrize("days", range(1, 6))
def test_a_last_day_that_arrives_during_an_open_window_is_applied_when_it_closes(days: int) -> None:
    simulation = in_sync(12)
    simulation.company.terminate("2", on=in_days(simulation, days))
    simulation.clock.advance(hours=2)
    for number in range(3, 13):
        simulation.company.touch(str(number))
    simulation.settings["BATCH_SIZE"] = "2"
    windows = [completed_run(simulation)]
    while windows[-1].next_offset:
        windows.append(next_day_run(simulation, touched="12"))

    after = [next_day_run(simulation, touched="12") for _ in range(3)]

    assert [one.next_offset for one in windows] == [2, 4, 6, 8, 10, 0]
    assert [one.exit_code for one in (*windows, *after)] == [0] * 9
    assert account(simulation, "2")["suspended"]


def test_an_employee_processed_earlier_on_the_same_day_is_not_processed_again() -> None:
    simulation = in_sync()
    simulation.company.terminate("4")
    simulation.company.touch("5")
    simulation.settings["BATCH_SIZE"] = "2"

    first, last = completed_run(simulation), completed_run(simulation)

    assert (first.counts["suspended"], first.next_offset) == (1, 2)
    assert (last.counts["processed"], last.counts["arrived_dates"], last.next_offset) == (1, 0, 0)


# BambooHR does not show the dates


@pytest.mark.parametrize(("field", "counter"), [("terminationDate", "suspended"), ("hireDate", "created")])
def test_dates_that_are_hidden_for_days_are_applied_when_they_are_shown_again(field: str, counter: str) -> None:
    simulation = in_sync()
    simulation.company.terminate("7", on=in_days(simulation, -40), stamp=False)
    enter_leaver(simulation, days=2)
    simulation.clock.advance(days=-40)
    simulation.company.hire_ahead(in_days(simulation, 42), **ANN)
    simulation.clock.advance(days=40)
    before = next_day_run(simulation)
    simulation.bamboo.settings.list_restricted = frozenset({field})
    hidden = [next_day_run(simulation) for _ in range(5)]
    simulation.bamboo.settings.list_restricted = frozenset()

    shown_again = next_day_run(simulation)

    assert (before.warnings, hidden[0].warnings, shown_again.warnings) == ([], ["dates_not_shown"], [])
    assert [one.counts[counter] for one in (*hidden, shown_again)] == [0, 0, 0, 0, 0, 1]


def test_a_company_without_any_last_day_causes_no_warning() -> None:
    simulation = in_sync()

    quiet = [next_day_run(simulation) for _ in range(3)]

    assert [one.warnings for one in quiet] == [[]] * 3


# An employee with an account waits for the start date, which is hidden for a run


@pytest.fixture
def expecting() -> Simulation:
    """Two employees with accounts who start in two weeks."""
    simulation = in_sync(HIRE_LOOKAHEAD_DAYS="30")
    for number in ("50", "51"):
        address = f"ann{number}@example.com"
        simulation.company.hire_ahead(in_days(simulation, 14), number, **{**ANN, "workEmail": address})
    assert next_day_run(simulation).counts["created"] == 2
    return simulation


@pytest.mark.parametrize("may_list", [True, False])
def test_an_employee_who_is_yet_to_start_is_no_leaver_when_the_date_is_hidden(
    expecting: Simulation, may_list: bool
) -> None:
    expecting.bamboo.settings.list_refused = None if may_list else 403
    expecting.bamboo.settings.list_restricted = frozenset({"hireDate"})
    expecting.bamboo.settings.get_restricted = frozenset({"hireDate"})

    hidden = next_day_run(expecting)

    assert (hidden.exit_code, hidden.counts["suspended"], hidden.listed_ids["no_evidence"]) == (0, 0, [50, 51])


def test_an_employee_starts_as_planned_after_the_date_was_hidden(expecting: Simulation) -> None:
    assert account(expecting, "50")["department"] == "", "BambooHR shows it from the start date on"
    expecting.bamboo.settings.list_restricted = frozenset({"hireDate"})
    next_day_run(expecting)
    expecting.bamboo.settings.list_restricted = frozenset()
    for _ in range(14):
        next_day_run(expecting)

    assert expecting.company.values("50")["status"] == "Active"
    assert (account(expecting, "50")["suspended"], account(expecting, "50")["department"]) == (False, "Sales")
    assert not {50, 51} & expecting.memory().records.keys(), "they no longer wait"


def test_an_account_created_ahead_is_suspended_if_the_employee_never_starts() -> None:
    simulation = in_sync(HIRE_LOOKAHEAD_DAYS="14")
    never = simulation.company.hire(**ANN, status="Inactive", hireDate=in_days(simulation, 10).isoformat())
    next_day_run(simulation)
    ahead = account(simulation, never)["suspended"]
    simulation.clock.advance(days=12)

    next_day_run(simulation)

    assert (ahead, account(simulation, never)["suspended"]) == (False, True)


def test_a_rewind_finds_the_leavers_of_days_without_changes() -> None:
    simulation = in_sync()
    backup = simulation.clock.now + timedelta(hours=6)
    simulation.company.terminate("4", on=in_days(simulation, 2), stamp=False)
    for _ in range(8):
        simulation.clock.advance(days=1)
        simulation.company.dawn(stamp=False)
        completed_run(simulation)
    next_day_run(simulation)
    assert account(simulation, "4")["suspended"]
    simulation.site.change_user(account(simulation, "4")["id"], suspended=False)
    moved = {KEY: "default", "since": iso(backup), "offset": 0, "updatedAt": iso(simulation.clock.now)}
    simulation.rows["default"] = moved

    next_day_run(simulation)

    assert account(simulation, "4")["suspended"]
