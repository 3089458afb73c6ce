"""A day that came is not lost by what befalls its night: a kill, a batch, a rewind, a date that is not shown."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.weeks import account, in_step, next_night, slept, tomorrow
from worker.state.items import KEY
from worker.timestamps import iso

ANN = {"firstName": "Ann", "lastName": "Lee", "workEmail": "ann.lee@example.com", "department": "Sales"}


def in_days(town: Simulation, days: int) -> date:
    return town.company.today() + timedelta(days=days)


def somebody_leaves(town: Simulation, *, in_so_many_days: int) -> None:
    town.company.terminate("4", on=in_days(town, in_so_many_days), stamp=False)


# The night goes wrong


def test_wherever_the_night_of_her_last_day_dies_a_later_one_suspends_her() -> None:
    for dies_at in itertools.count(1):
        town = in_step()
        somebody_leaves(town, in_so_many_days=1)
        tomorrow(town)
        killed = town.night(dies_at=dies_at) is None
        for _ in range(2):
            next_night(town)

        assert account(town, "4")["suspended"], dies_at
        if not killed:
            break
    assert dies_at > 20


def test_a_leaver_by_date_of_whom_moodle_does_not_answer_is_suspended_in_the_next_night() -> None:
    town = in_step()
    somebody_leaves(town, in_so_many_days=1)
    town.to_moodle.faults.append(Fault("reset_before", operation="core_user_update_users", times=0))
    failed = next_night(town)
    town.to_moodle.faults.clear()

    healed = next_night(town)

    assert (failed.exit_code, failed.counts["suspended"]) == (1, 0)
    assert (healed.exit_code, healed.counts["suspended"]) == (0, 1)
    assert account(town, "4")["suspended"]


# A window takes several nights


@pytest.mark.parametrize("days", range(1, 6))
def test_a_last_day_that_comes_while_her_window_is_open_is_taken_up_when_it_closes(days: int) -> None:
    town = in_step(12)
    town.company.terminate("2", on=in_days(town, days))
    town.clock.advance(hours=2)
    for number in range(3, 13):
        town.company.touch(str(number))
    town.settings["BATCH_SIZE"] = "2"
    windows = [slept(town)]
    while windows[-1].next_offset:
        windows.append(next_night(town, touched="12"))

    after = [next_night(town, touched="12") for _ in range(3)]

    assert [one.next_offset for one in windows] == [2, 4, 6, 8, 10, 0]
    assert [one.exit_code for one in (*windows, *after)] == [0] * 9
    assert account(town, "2")["suspended"]


def test_whoever_had_her_turn_earlier_on_the_same_day_is_not_taken_up_again() -> None:
    town = in_step()
    town.company.terminate("4")
    town.company.touch("5")
    town.settings["BATCH_SIZE"] = "2"

    first, last = slept(town), slept(town)

    assert (first.counts["suspended"], first.next_offset) == (1, 2)
    assert (last.counts["processed"], last.counts["arrived_dates"], last.next_offset) == (1, 0, 0)


# BambooHR does not show them


def test_last_days_that_were_hidden_for_some_nights_are_taken_up_when_they_are_shown_again() -> None:
    town = in_step()
    town.company.terminate("7", on=in_days(town, -40), stamp=False)
    somebody_leaves(town, in_so_many_days=2)
    before = next_night(town)
    town.bamboo.settings.list_restricted = frozenset({"terminationDate"})
    hidden = [next_night(town) for _ in range(5)]
    town.bamboo.settings.list_restricted = frozenset()

    again = next_night(town)

    assert (before.warnings, hidden[0].warnings, again.warnings) == ([], ["dates_not_shown"], [])
    assert [one.counts["suspended"] for one in (*hidden, again)] == [0, 0, 0, 0, 0, 1]
    assert account(town, "4")["suspended"]


def test_first_days_that_were_hidden_for_some_nights_are_taken_up_when_they_are_shown_again() -> None:
    town = in_step()
    town.company.edit("7", employmentStatusEffectiveDate="2020-01-01", stamp=False)
    town.clock.advance(days=-40)
    new = town.company.hire_ahead(in_days(town, 42), **ANN)
    town.clock.advance(days=40)
    town.bamboo.settings.list_restricted = frozenset({"hireDate"})
    hidden = [next_night(town) for _ in range(5)]
    town.bamboo.settings.list_restricted = frozenset()

    again = next_night(town)

    assert [one.counts["created"] for one in (*hidden, again)] == [0, 0, 0, 0, 0, 1]
    assert account(town, new)["email"] == ANN["workEmail"]


def test_where_nobody_has_a_last_day_yet_nothing_is_missed() -> None:
    town = in_step()

    quiet = [next_night(town) for _ in range(3)]

    assert [one.warnings for one in quiet] == [[]] * 3


# Somebody with an account waits for her first day, which is hidden for a night


@pytest.fixture
def expecting() -> Simulation:
    """Two people who start in two weeks, with accounts of their own."""
    town = in_step(HIRE_LOOKAHEAD_DAYS="30")
    for number in ("50", "51"):
        address = f"ann{number}@example.com"
        town.company.hire_ahead(in_days(town, 14), number, **{**ANN, "workEmail": address})
    assert next_night(town).counts["created"] == 2
    return town


@pytest.mark.parametrize("may_list", [True, False])
def test_whoever_is_to_start_is_no_leaver_because_the_day_is_hidden(expecting: Simulation, may_list: bool) -> None:
    expecting.bamboo.settings.list_refused = None if may_list else 403
    expecting.bamboo.settings.list_restricted = frozenset({"hireDate"})
    expecting.bamboo.settings.get_restricted = frozenset({"hireDate"})

    hidden = next_night(expecting)

    assert (hidden.exit_code, hidden.counts["suspended"], hidden.listed_ids["no_evidence"]) == (0, 0, [50, 51])


def test_she_starts_as_if_nothing_had_been(expecting: Simulation) -> None:
    expecting.bamboo.settings.list_restricted = frozenset({"hireDate"})
    next_night(expecting)
    expecting.bamboo.settings.list_restricted = frozenset()
    for _ in range(14):
        next_night(expecting)

    assert expecting.company.values("50")["status"] == "Active"
    assert (account(expecting, "50")["suspended"], account(expecting, "50")["department"]) == (False, "Sales")


def test_a_rewind_into_quiet_days_finds_who_left_in_them() -> None:
    town = in_step()
    backup = town.clock.now + timedelta(hours=6)
    town.company.terminate("4", on=in_days(town, 2), stamp=False)
    for _ in range(8):
        town.clock.advance(days=1)
        town.company.dawn(stamp=False)
        slept(town)
    next_night(town)
    assert account(town, "4")["suspended"]
    town.site.change_user(account(town, "4")["id"], suspended=False)
    moved = {KEY: "default", "since": iso(backup), "offset": 0, "updatedAt": iso(town.clock.now)}
    town.rows["default"] = moved

    next_night(town)

    assert account(town, "4")["suspended"]
