"""Too many leavers: held, read by an operator, and let through by her alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

import pytest

from tests.run_harness import Night, Nights
from tests.sandbox.bamboohr import generate

PEOPLE = 90


@pytest.fixture
def held(town: Nights) -> Night:
    """A night after which eleven people are held."""
    town.company.add(generate(PEOPLE, seed=1, without_email=0.0))
    town.run()
    leave(town, range(1, 12))
    night = town.run()
    assert (night.code, night["suspended"], night["held_suspensions"]) == (4, 0, 11)
    return night


def leave(town: Nights, people: Iterable[int]) -> None:
    for number in people:
        town.company.terminate(str(number))


def suspended(town: Nights) -> set[str]:
    return {user["idnumber"] for user in town.accounts() if user["suspended"]}


def row(town: Nights) -> str:
    with closing(sqlite3.connect(town.state_file)) as state:
        return str(state.execute("SELECT body FROM items WHERE key = 'default'").fetchone()[0])


def test_the_held_night_names_the_command(held: Night) -> None:
    assert "11 suspensions" in held["message"]
    assert f"approve {held['run_id']}" in held["advice"]
    told = [line for line in held.log if line.get("code") == "suspension_held"]
    assert len(told) == 11
    assert all(f"approve {held['run_id']}" in line["advice"] for line in told)


def test_an_approval_suspends_those_on_the_list_at_once_and_leaves_the_state(town: Nights, held: Night) -> None:
    before = row(town)

    end = town.run("approve", held["run_id"])

    assert (end.code, end["command"], end["scope"], end["suspended"]) == (0, "approve", "employees", 11)
    assert suspended(town) == {str(number) for number in range(1, 12)}
    assert row(town) == before
    assert town.run().code == 0


def test_it_adds_nobody(town: Nights, held: Night) -> None:
    leave(town, [20])
    town.company.edit("21", department="Elsewhere")

    end = town.run("approve", held["run_id"])

    assert end["suspended"] == 11
    assert "20" not in suspended(town)
    assert town.account("21")["department"] != "Elsewhere"


def test_whoever_is_back_is_left_alone(town: Nights, held: Night) -> None:
    town.company.rehire("3", department="Another")

    end = town.run("approve", held["run_id"])

    assert (end.code, end["suspended"], end["not_due"]) == (0, 10, 1)
    assert end.told("3") == ["not_due"]
    assert not town.account("3")["suspended"]
    assert town.account("3")["department"] != "Another"


def test_it_may_be_repeated(town: Nights, held: Night) -> None:
    town.run("approve", held["run_id"])

    again = town.run("approve", held["run_id"])

    assert (again.code, again["suspended"], again["unchanged"]) == (0, 0, 11)


def test_what_is_approved_does_not_count_to_the_limits(town: Nights, held: Night) -> None:
    town.run("approve", held["run_id"])
    leave(town, range(20, 25))

    night = town.run()

    assert (night.code, night["suspended"]) == (0, 5)


def test_an_approval_holds_where_every_suspension_is_to_be_held(town: Nights) -> None:
    town.company.add(generate(PEOPLE, seed=1, without_email=0.0))
    town.run(MAX_SUSPENSIONS="0")
    leave(town, [1])

    night = town.run(MAX_SUSPENSIONS="0")
    end = town.run("approve", night["run_id"], MAX_SUSPENSIONS="0")

    assert (night["held_suspensions"], end["suspended"]) == (1, 1)


def test_a_dry_approval_shows_who_is_due_and_writes_nothing(town: Nights, held: Night) -> None:
    town.listen()

    end = town.run("approve", held["run_id"], "--dry-run")

    assert (end.code, end["suspended"], end["dry_run"]) == (0, 11, True)
    assert town.writes() == []
    assert suspended(town) == set()


@pytest.mark.parametrize("run", ["no-such-run", ""])
def test_an_unknown_run_is_refused_and_the_right_one_named(town: Nights, held: Night, run: str) -> None:
    town.listen()

    end = town.run("approve", run)

    assert (end.code, end["outcome"]) == (2, "usage_error")
    assert held["run_id"] in end["advice"]
    assert (town.to_bamboo.calls, town.to_moodle.calls) == ([], [])


def test_a_run_that_held_nobody_is_refused(town: Nights) -> None:
    town.company.add(generate(PEOPLE, seed=1))
    night = town.run()

    end = town.run("approve", night["run_id"])

    assert (end.code, end["message"]) == (2, f"the run {night['run_id']} held no suspension")


def test_a_list_older_than_a_day_is_refused(town: Nights, held: Night) -> None:
    with closing(sqlite3.connect(town.state_file)) as state, state:
        state.execute(
            "UPDATE items SET body = json_set(body, '$.ended_at', json_extract(body, '$.ended_at') - 90000000)"
            " WHERE key LIKE '%#run#%'"
        )

    end = town.run("approve", held["run_id"])

    assert end.code == 2
    assert "older than a day" in end["message"]
    assert suspended(town) == set()


def test_an_approval_waits_for_nobody_it_ends_where_a_run_holds_the_lock(town: Nights, held: Night) -> None:
    lease = '{"StateId": "default#lock", "owner": "another", "expires": 9999999999}'
    with closing(sqlite3.connect(town.state_file)) as state, state:
        state.execute("INSERT INTO items VALUES ('default#lock', ?)", (lease,))

    end = town.run("approve", held["run_id"])

    assert (end.code, end["outcome"]) == (75, "locked")
    assert suspended(town) == set()


def test_moodle_fails_and_the_approval_is_repeated(town: Nights, held: Night) -> None:
    town.fail_moodle("status", operation="core_user_update_users", status=503, times=0)
    failed = town.run("approve", held["run_id"])
    town.heal()

    end = town.run("approve", held["run_id"])

    assert (failed.code, end.code) == (1, 0)
    assert len(suspended(town)) == 11


def test_a_directory_that_lost_its_rows_holds_and_an_operator_may_overrule_it(town: Nights) -> None:
    town.company.add(generate(PEOPLE, seed=1, without_email=0.0))
    town.run()
    for number in range(30, 60):
        town.company.hide(str(number))
    leave(town, [1])

    night = town.run()
    end = town.run("approve", night["run_id"])

    assert (night["held_suspensions"], end["suspended"], suspended(town)) == (1, 1, {"1"})
