"""`parked list|retry|drop`: whoever is waiting, parked or undone, and letting them go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.run_harness import Night, Nights
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.previews import everything, forward, hold_lock, items

PARKING = {"MAX_ATTEMPTS": "1"}


@pytest.fixture
def remembered(town: Nights) -> Nights:
    """Number 40 waits for a word of BambooHR, 41 was refused by Moodle and parked, 3 was taken back."""
    town.company.add(generate(30, seed=81))
    assert town.run().code == 0
    forward(town, hours=1)
    town.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    since: dict[str, Any] = {"hireDate": "2020-01-01"}
    town.company.hire(
        "40", hidden=True, firstName="Vorquux", lastName="N", workEmail="q@example.com", status="", **since
    )
    town.company.hire("41", firstName="A", lastName="B", workEmail="taken@example.com", **since)
    town.company.edit("3", department="Elsewherequux")
    night = town.run(**PARKING)
    assert (night.code, night["parked"], night["no_evidence"]) == (0, 1, 1)
    town.run("undo", night["run_id"], "--yes", "--employee", "3")
    forward(town, hours=1)
    town.company.touch("30")
    assert town.run(**PARKING).code == 0
    town.listen()
    return town


def listed(town: Nights) -> dict[int, dict[str, Any]]:
    return {one["employee_id"]: one for one in json.loads(town.run("parked", "list", "--json").stdout)}


def reasons(town: Nights) -> dict[int, str]:
    return {number: one["reason"] for number, one in listed(town).items()}


# List


def test_everybody_who_is_remembered_is_listed_with_the_reason(remembered: Nights) -> None:
    told = listed(remembered)

    assert {number: (one["reason"], one["note"], one["action"], one["attempts"]) for number, one in told.items()} == {
        3: ("undone", told[3]["note"], "", 0),
        40: ("waiting", "no_evidence", "hold", 0),
        41: ("parked", "email_taken", "conflict", 2),
    }
    assert told[3]["note"] in {run["run_id"] for run in runs(remembered)}


def runs(town: Nights) -> list[dict[str, Any]]:
    return [{"run_id": run_id, **run} for run_id, run in items(town, "run").items()]


def test_the_list_is_a_table_of_ids_and_reasons(remembered: Nights) -> None:
    night = remembered.run("parked", "list")

    heads, *rows = (line.split() for line in night.stdout.splitlines())
    assert heads == ["employee", "is", "attempts", "action", "reason", "or", "run"]
    assert [row[:3] for row in rows] == [["3", "undone", "0"], ["40", "waiting", "0"], ["41", "parked", "2"]]
    assert (night.code, night.stderr) == (0, "")
    assert "quux" not in night.stdout


def test_a_list_of_nobody_says_so(town: Nights) -> None:
    assert town.run("parked", "list").stdout == "No employee is waiting, parked or undone.\n"
    assert json.loads(town.run("parked", "list", "--json").stdout) == []


def test_the_list_needs_nothing_but_the_state_and_no_lock(remembered: Nights) -> None:
    hold_lock(remembered)
    before = everything(remembered)

    assert set(listed(remembered)) == {3, 40, 41}
    assert everything(remembered) == before


def test_somebody_suspended_by_this_product_is_not_open(remembered: Nights) -> None:
    remembered.company.terminate("5", hireDate="2020-01-01")
    assert remembered.run(**PARKING)["suspended"] == 1

    assert set(listed(remembered)) == {3, 40, 41}


# Retry


def test_whoever_is_retried_counts_as_an_error_again_until_moodle_takes_her(remembered: Nights) -> None:
    told = remembered.run("parked", "retry", "41")
    refused = remembered.run(MAX_ATTEMPTS="2")
    remembered.site.change_user(remembered.account("999")["id"], email="other@example.com")

    taken = remembered.run(MAX_ATTEMPTS="2")

    assert (told.code, told.stdout) == (0, "The next run takes employee 41.\n")
    assert (refused.code, refused["errors_ids"], refused["parked"]) == (1, [41], 0)
    assert (taken.code, taken["created"]) == (0, 1)
    assert 41 not in listed(remembered)


def test_whoever_was_taken_back_is_released(remembered: Nights) -> None:
    left_alone = remembered.run("reconcile", "--yes", **PARKING)
    remembered.run("parked", "retry", "3")

    night = remembered.run(**PARKING)

    assert left_alone["held_undone"] == 1
    assert (night.code, night["updated"]) == (0, 1)
    assert remembered.account("3")["department"] == "Elsewherequux"
    assert 3 not in listed(remembered)


def test_several_are_retried_at_once_and_each_once(remembered: Nights) -> None:
    told = remembered.run("parked", "retry", "41", "3", "41", "40")

    assert told.stdout == "The next run takes employees 3, 40, 41.\n"
    assert reasons(remembered) == {3: "waiting", 40: "waiting", 41: "waiting"}


# Drop


def test_whoever_is_dropped_is_not_asked_about_again(remembered: Nights) -> None:
    told = remembered.run("parked", "drop", "40", "41", "3")
    remembered.listen()
    night = remembered.run(**PARKING)

    assert told.stdout.startswith("Forgotten: employees 3, 40, 41. ")
    assert listed(remembered) == {}
    assert (night.code, night["no_evidence"], night["parked"], night["updated"]) == (0, 0, 0, 0)


def test_of_whoever_is_dropped_nothing_is_kept(remembered: Nights) -> None:
    remembered.run("parked", "drop", "40", "41", "3")

    assert items(remembered, "person") == {}


def test_a_change_brings_back_whoever_was_dropped(remembered: Nights) -> None:
    remembered.run("parked", "drop", "40", "41", "3")
    for number in ("40", "41", "3"):
        remembered.company.touch(number)

    night = remembered.run(**PARKING)

    assert (night["no_evidence"], night["parked"], night["updated"]) == (1, 1, 1)


def test_who_was_suspended_by_this_product_stays_known(remembered: Nights) -> None:
    remembered.company.terminate("5", hireDate="2020-01-01")
    assert remembered.run(**PARKING)["suspended"] == 1
    remembered.company.edit("5", status="")
    remembered.run(**PARKING)
    assert reasons(remembered)[5] == "waiting"

    remembered.run("parked", "drop", "5")
    remembered.company.rehire("5")

    assert remembered.run(**PARKING)["reactivated"] == 1


# Refusals


@pytest.mark.parametrize("verb", ["retry", "drop"])
@pytest.mark.parametrize("people", [["77", "41", "78"], ["5"]])
def test_whoever_is_not_remembered_is_named_and_nothing_is_changed(
    remembered: Nights, verb: str, people: list[str]
) -> None:
    before = everything(remembered)

    night = remembered.run("parked", verb, *people)

    named = "77, 78" if "77" in people else "5"
    assert (night.code, night.stdout) == (2, "")
    assert f"neither waiting, parked nor undone: {named}; nothing was changed" in night.stderr
    assert "see: parked list" in night.stderr
    assert everything(remembered) == before


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_while_a_run_is_at_work_nothing_is_changed(remembered: Nights, verb: str) -> None:
    hold_lock(remembered)
    before = everything(remembered)

    night = remembered.run("parked", verb, "41")

    assert (night.code, night.stdout) == (75, "")
    assert "another run (another-run) holds the lock" in night.stderr
    assert everything(remembered) == before


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_the_lock_is_given_back_at_once(remembered: Nights, verb: str) -> None:
    remembered.run("parked", verb, "41")
    remembered.run("parked", verb, "77")

    assert "default#lock" not in items(remembered)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["retry"], ["drop", "x"], ["retry", "0"], ["list", "41"]])
def test_what_is_not_understood_is_said_to_the_reader(remembered: Nights, arguments: list[str]) -> None:
    night = remembered.run("parked", *arguments)

    assert (night.code, night.stdout) == (2, "")
    assert night.stderr.startswith("worker: ")


def with_only_the_state(town: Nights, *arguments: str) -> Night:
    only = {"STATE_FILE": town.environment["STATE_FILE"]}
    nothing = dict.fromkeys(town.environment.keys() - only.keys(), "")
    return town.run(*arguments, **nothing)


def test_it_needs_no_variable_but_the_states(remembered: Nights) -> None:
    assert with_only_the_state(remembered, "parked", "list").code == 0
    assert with_only_the_state(remembered, "parked", "retry", "41").code == 0
    assert with_only_the_state(remembered, "parked", "drop", "41").code == 0
    night = remembered.run("parked", "list", STATE_FILE="")
    assert night.code == 3
    assert "STATE_TABLE or STATE_FILE must be set" in night.stderr
