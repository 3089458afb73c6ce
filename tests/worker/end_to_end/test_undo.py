"""A night is taken back: what it wrote, as far as nobody has changed it since, and nothing else."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.run_harness import Night, Nights
from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation
from tests.worker.end_to_end.weeks import account, in_step, next_night, slept, tomorrow
from worker.runs.summary import Summary

PEOPLE = 40


@pytest.fixture
def wrote(town: Nights) -> Night:
    """A night that made one account, linked one, changed two, suspended one and reactivated one."""
    town.company.add(generate(PEOPLE, seed=1, without_email=0.0))
    town.run()
    town.company.terminate("5")
    assert town.run(REACTIVATE="ours")["suspended"] == 1
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.site.add_user("walkin", firstname="Wal", lastname="Kin", email="walkin@example.com", auth="manual")
    town.company.hire("100", firstName="Wal", lastName="Kin", workEmail="walkin@example.com", department="Sales")
    town.company.hire("101", firstName="New", lastName="Comer", workEmail="new@example.com", department="Sales")
    town.company.edit("1", department="Elsewhere", lastName="Married")
    town.company.edit("2", workEmail="moved@example.com")
    town.company.terminate("3")
    town.company.rehire("5")
    town.before = {user["id"]: user for user in town.site.users()}  # type: ignore[attr-defined]
    night = town.run()
    assert {name: night[name] for name in ("created", "updated", "suspended", "reactivated")} == {
        "created": 1,
        "updated": 3,
        "suspended": 1,
        "reactivated": 1,
    }
    return night


def undo(town: Nights, night: Night, *arguments: str) -> Night:
    return town.run("undo", night["run_id"], "--yes", *arguments)


def changed(town: Nights) -> dict[str, set[str]]:
    """What differs from before the night, by user name."""
    before: dict[int, dict[str, Any]] = town.before  # type: ignore[attr-defined]
    found = {}
    for user in town.site.users():
        old = before.get(user["id"], {})
        fields = {name for name, value in user.items() if value != old.get(name) and not name.startswith("time")}
        if fields:
            found[user["username"]] = fields
    return found


def test_everything_is_as_it_was_but_the_new_account_which_is_suspended(town: Nights, wrote: Night) -> None:
    end = undo(town, wrote)

    assert (end.code, end["command"], end["scope"]) == (0, "undo", "all")
    assert changed(town).keys() == {"new@example.com"}
    assert town.account("101")["suspended"]
    assert {name: end[name] for name in ("updated", "suspended", "reactivated")} == {
        "updated": 3,
        "suspended": 2,
        "reactivated": 1,
    }


def test_what_was_undone_stays_undone_until_bamboohr_changes_the_person(town: Nights, wrote: Night) -> None:
    undo(town, wrote)

    quiet = town.run()
    # The town's clock stands some hours behind; the undo is of this very moment.
    town.company.clock.now = datetime.now(UTC) + timedelta(minutes=1)  # type: ignore[attr-defined]
    town.company.edit("1", department="Yet Elsewhere")
    night = town.run()

    assert (quiet.code, quiet["held_undone"], quiet["updated"]) == (0, 6, 0)
    assert changed(town).keys() == {"new@example.com", town.account("1")["username"]}
    assert (night["updated"], town.account("1")["department"]) == (1, "Yet Elsewhere")


@pytest.mark.parametrize("release", [("parked", "retry", "1"), ("sync", "--employee", "1")])
def test_the_operator_releases_somebody(town: Nights, wrote: Night, release: tuple[str, ...]) -> None:
    undo(town, wrote)

    town.run(*release)
    town.run()

    assert town.account("1")["lastname"] == "Married"
    assert not town.account("3")["suspended"]


def test_whoever_was_changed_since_is_left_and_named(town: Nights, wrote: Night) -> None:
    town.site.change_user(town.account("1")["id"], department="By Hand")
    town.site.change_user(town.account("101")["id"], department="By Hand")

    end = undo(town, wrote)

    assert (end.code, end["edited_since"], end["edited_since_ids"]) == (0, 2, [1, 101])
    assert (town.account("1")["department"], town.account("1")["lastname"]) == (
        "By Hand",
        town.before[town.account("1")["id"]]["lastname"],  # type: ignore[attr-defined]
    )
    assert not town.account("101")["suspended"]
    assert any("department" in note for line in end.log if line.get("employee_id") == 1 for note in line["notes"])


def test_suspensions_only(town: Nights, wrote: Night) -> None:
    end = undo(town, wrote, "--only", "suspensions")

    assert (end.code, end["processed"], end["reactivated"]) == (0, 1, 1)
    assert not town.account("3")["suspended"]
    assert town.account("1")["department"] == "Elsewhere"
    assert not town.account("5")["suspended"]


def test_fields_only(town: Nights, wrote: Night) -> None:
    end = undo(town, wrote, "--only", "fields")

    assert (end.code, end["updated"], end["suspended"], end["reactivated"]) == (0, 3, 0, 0)
    assert town.account("3")["suspended"]
    assert not town.account("101")["suspended"]
    assert [user for user in town.accounts() if user["idnumber"] == "100"] == []


def test_single_people_only(town: Nights, wrote: Night) -> None:
    end = undo(town, wrote, "--employee", "3", "--employee", "1")

    assert (end["scope"], end["processed"]) == ("employees", 2)
    assert not town.account("3")["suspended"]
    assert town.account("101")["suspended"] is False


def test_a_dry_undo_shows_it_and_writes_nothing(town: Nights, wrote: Night) -> None:
    before = town.site.users()

    end = town.run("undo", wrote["run_id"], "--dry-run")

    assert (end.code, end["dry_run"], end["processed"], end["updated"]) == (0, True, 6, 3)
    assert town.site.users() == before
    assert town.run()["held_undone"] == 0


def test_it_may_be_repeated_and_does_nothing_more(town: Nights, wrote: Night) -> None:
    undo(town, wrote)
    after = town.site.users()

    again = undo(town, wrote)

    assert (again.code, again["unchanged"]) == (0, 6)
    assert town.site.users() == after


def test_an_undo_can_be_undone(town: Nights, wrote: Night) -> None:
    undone = undo(town, wrote)

    end = undo(town, undone)

    assert end.code == 0
    assert (town.account("1")["department"], town.account("3")["suspended"]) == ("Elsewhere", True)
    assert not town.account("101")["suspended"]


def test_what_cannot_be_taken_back_is_said_before_any_call(town: Nights, wrote: Night) -> None:
    quiet = town.run("sync", "--employee", "7")
    town.listen()

    unknown, nothing = undo(town, wrote, "--employee", "8"), undo(town, quiet)
    nobody = town.run("undo", "no-such-run", "--yes")
    unasked = town.run("undo", wrote["run_id"])

    assert [end.code for end in (unknown, nothing, nobody, unasked)] == [2, 2, 2, 2]
    assert "wrote nothing" in nothing["message"]
    assert "there is no run no-such-run" in nobody["message"]
    assert "--yes" in unasked["advice"]
    assert town.to_moodle.calls == []


def test_moodle_fails_half_way_and_the_undo_is_repeated(town: Nights, wrote: Night) -> None:
    town.fail_moodle("status", operation="core_user_update_users", status=503, times=0, skip=1)
    failed = town.run("undo", wrote["run_id"], "--yes", MOODLE_BATCH_SIZE="1", MOODLE_CONCURRENCY="1")
    town.heal()

    end = undo(town, wrote)

    assert (failed.code, end.code) == (1, 0)
    assert changed(town).keys() == {"new@example.com"}
    assert town.run()["held_undone"] == 6


def test_a_run_that_holds_the_lock_is_waited_for(town: Nights, wrote: Night) -> None:
    lease = '{"StateId": "default#lock", "owner": "another", "expires": 9999999999}'
    with closing(sqlite3.connect(town.state_file)) as state, state:
        state.execute("INSERT INTO items VALUES ('default#lock', ?)", (lease,))

    assert undo(town, wrote).code == 75


def test_an_expired_journal_is_not_believed(town: Nights, wrote: Night) -> None:
    with closing(sqlite3.connect(town.state_file)) as state, state:
        state.execute("UPDATE items SET body = json_set(body, '$.ExpiresAt', 1) WHERE key LIKE '%#journal#%'")

    assert undo(town, wrote).code == 2


def test_a_leaver_found_by_her_address_alone_is_made_active_again(town: Nights) -> None:
    town.company.add(generate(PEOPLE, seed=1, without_email=0.0))
    town.run()
    town.company.hire("200", firstName="Old", lastName="Timer", workEmail="old@example.com", department="Sales")
    town.site.add_user("old", firstname="Old", lastname="Timer", email="old@example.com", auth="manual")
    town.company.edit("200", hireDate="2020-01-01")
    town.company.terminate("200")
    night = town.run()

    end = undo(town, night)

    assert (night["suspended"], end["reactivated"]) == (1, 1)
    assert not town.site.user_named("old")["suspended"]  # type: ignore[index]


# What BambooHR changes between a run and its undo is no part of that run


def reconciled(town: Simulation) -> Summary:
    """A reconcile that mended an account which was edited by hand."""
    town.site.change_user(account(town, "4")["id"], department="By Hand")
    summary = town.reconcile()
    assert summary is not None
    assert summary.counts["updated"] == 1
    return summary


def taken_in_by_date(town: Simulation) -> Summary:
    """A night that suspended somebody whose last day had come."""
    town.company.terminate("4", on=town.company.today() + timedelta(days=1), stamp=False)
    summary = next_night(town)
    assert summary.listed_ids["suspended"] == [4]
    return summary


def test_whoever_left_after_a_reconcile_is_suspended_though_the_reconcile_was_taken_back() -> None:
    town = in_step()
    reconcile = reconciled(town)
    town.clock.advance(hours=6)
    town.company.terminate("4")
    town.clock.advance(hours=5)
    town.undo(reconcile.run_id)

    night = next_night(town)

    assert (night.counts["held_undone"], night.listed_ids["suspended"]) == (0, [4])


def test_whoever_came_back_after_the_night_of_her_last_day_is_kept_in_step_though_it_was_taken_back() -> None:
    town = in_step()
    wrote = taken_in_by_date(town)
    town.clock.advance(hours=6)
    town.company.rehire("4", department="Elsewhere")
    town.clock.advance(hours=5)
    town.undo(wrote.run_id)

    next_night(town)

    assert (account(town, "4")["suspended"], account(town, "4")["department"]) == (False, "Elsewhere")


def test_what_bamboohr_had_changed_before_the_run_is_left_as_the_undo_left_it() -> None:
    town = in_step()
    town.company.touch("4")
    town.clock.advance(hours=1)
    reconcile = reconciled(town)
    town.clock.advance(hours=6)
    town.undo(reconcile.run_id)

    nights = [slept(town), next_night(town)]

    assert [night.counts["updated"] for night in nights] == [0, 0]
    assert account(town, "4")["department"] == "By Hand"


def test_wherever_the_undo_of_a_suspension_dies_whoever_returns_is_active_again() -> None:
    for dies_at in itertools.count(1):
        town = in_step()
        town.company.terminate("4")
        town.clock.advance(hours=1)
        wrote = slept(town)
        town.clock.advance(hours=1)
        killed = town.undo(wrote.run_id, dies_at=dies_at) is None
        town.clock.advance(days=1)
        town.company.rehire("4")
        tomorrow(town)
        slept(town)

        assert not account(town, "4")["suspended"], dies_at
        if not killed:
            break
    assert dies_at > 10
