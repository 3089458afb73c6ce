"""`people list|retry|drop`: employees about whom something is open."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import advance_clock, employee_lines, in_sync, items, records

PARKING = {"MAX_ATTEMPTS": "1"}


@pytest.fixture
def remembered(harness: RunHarness) -> RunHarness:
    """Employee 40 waits for evidence, 41 was refused by Moodle and parked, 3 was undone, 42 has no address."""
    in_sync(harness, generate(30, seed=81))
    harness.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    since: dict[str, Any] = {"hireDate": "2020-01-01"}
    harness.company.hire(
        "40", hidden=True, firstName="Vorquux", lastName="N", workEmail="q@example.com", status="", **since
    )
    harness.company.hire("41", firstName="A", lastName="B", workEmail="taken@example.com", **since)
    harness.company.hire("42", firstName="C", lastName="D", workEmail="", **since)
    harness.company.edit("3", department="Elsewherequux")
    run = harness.run(**PARKING)
    assert (run.code, run["parked"], run["no_evidence"]) == (0, 1, 1)
    harness.run("undo", run["run_id"], "--yes", "--employee", "3")
    advance_clock(harness, hours=1)
    harness.company.touch("30")
    assert harness.run(**PARKING).code == 0
    harness.forget_calls()
    return harness


def listed(harness: RunHarness) -> dict[int, dict[str, Any]]:
    return {one["employee_id"]: one for one in json.loads(harness.run("people", "list", "--json").stdout)}


def reasons(harness: RunHarness) -> dict[int, str]:
    return {number: one["reason"] for number, one in listed(harness).items()}


# List


def test_every_follow_up_is_listed_with_its_reason(remembered: RunHarness) -> None:
    remembered.company.terminate("5", hireDate="2020-01-01")
    assert remembered.run(MAX_ATTEMPTS="1")["suspended"] == 1, "which is remembered, but needs no attention"

    follow_ups = listed(remembered)

    assert {
        number: (one["reason"], one["note"], one["action"], one["attempts"]) for number, one in follow_ups.items()
    } == {
        3: ("undone", follow_ups[3]["note"], "", 0),
        40: ("waiting", "no_evidence", "hold", 0),
        41: ("parked", "email_taken", "conflict", 3),
        42: ("without_account", "no_email", "", 0),
    }
    assert follow_ups[3]["note"] in items(remembered, "run")


def test_the_list_is_a_table_of_ids_and_reasons_and_explains_each_reason_once(remembered: RunHarness) -> None:
    remembered.company.hire("43", firstName="E", lastName="F", workEmail="", hireDate="2020-01-01")
    remembered.run(**PARKING)

    run = remembered.run("people", "list")

    listed, explained, counted = run.stdout.split("\n\n")
    heads, *rows = (line.split() for line in listed.splitlines())
    assert heads == ["employee", "is", "attempts", "action", "reason", "or", "run"]
    assert [row[:3] for row in rows] == [
        ["3", "undone", "-"],
        ["40", "waiting", "-"],
        ["41", "parked", "3"],
        ["42", "without_account", "-"],
        ["43", "without_account", "-"],
    ]
    assert [line.split()[0] for line in explained.splitlines()[1:]] == [
        "email_taken",
        "no_email",
        "no_evidence",
        "undone",
    ]
    assert (
        "the e-mail address belongs to another account; which, and what to do: python -m worker explain --employee 41"
        in explained
    )
    assert "no work e-mail, and no account can be created without one; enter it in BambooHR" in explained
    assert "python -m worker people retry 3" in explained
    assert counted == "1 waiting, 1 parked, 1 undone, 2 without_account\n"
    assert (run.code, run.stderr) == (0, "")
    assert "quux" not in run.stdout


def test_why_moodle_refused_an_employee_is_found_in_words(healthy: RunHarness) -> None:
    """The words of a refused write are in the log of the run: the state and `explain` do not know them."""
    healthy.company.edit("3", department="Elsewhere")
    user = healthy.account("3")["id"]
    healthy.fail_moodle("status", operation="core_user_update_users", record=f"account {user}", status=500, times=0)
    for _ in range(2):
        healthy.run(MAX_ATTEMPTS="2")

    one = listed(healthy)[3]
    explanation = json.loads(healthy.run("explain", "--employee", "3", "--json", MAX_ATTEMPTS="2").stdout)

    assert (one["reason"], one["note"]) == ("parked", "refused")
    assert one["text"] == "Moodle, its web server or a firewall refuses to write this employee alone"
    assert "try the employee alone: python -m worker sync --employee 3" in one["advice"]
    held = explanation["What holds it"]
    assert [*held] == ["parked"]
    assert held["parked"].startswith("parked after 2 runs in which they were refused (refused): Moodle, its web server")
    assert one["advice"] in held["parked"]
    assert held["parked"].endswith("to have it reported again: python -m worker people retry 3")


@pytest.mark.parametrize(("kind", "numbers"), [("without_account", [42]), ("parked", [41]), ("held", [])])
def test_the_list_of_one_kind(remembered: RunHarness, kind: str, numbers: list[int]) -> None:
    found = json.loads(remembered.run("people", "list", "--only", kind, "--json").stdout)

    assert [one["employee_id"] for one in found] == numbers


def test_what_a_sync_holds_is_not_on_the_list_which_names_the_run(remembered: RunHarness) -> None:
    remembered.company.terminate("5")
    run = remembered.run(MAX_SUSPENSIONS="0", **PARKING)

    listed = remembered.run("people", "list", "--only", "held").stdout
    command = f"approve {run['run_id']} --dry-run"

    assert run["held_ids"] == [5]
    assert listed.splitlines() == [
        "No employee is remembered as held.",
        f"The last run held changes of 1 employee; to see them: python -m worker {command}",
    ]
    assert employee_lines(remembered.run(*command.split())).keys() == {5}


def test_the_former_name_of_the_command_works(remembered: RunHarness) -> None:
    assert remembered.run("parked", "list").stdout == remembered.run("people", "list").stdout
    assert remembered.run("parked", "retry", "41").stdout == "The next run takes employee 41.\n"
    assert remembered.run("parked", "nonsense").stdout == ""


# Retry


def test_a_retried_employee_counts_as_an_error_again_until_moodle_accepts_them(remembered: RunHarness) -> None:
    command = remembered.run("people", "retry", "41")
    refused = remembered.run(MAX_ATTEMPTS="2")
    remembered.site.change_user(remembered.account("999")["id"], email="other@example.com")

    taken = remembered.run(MAX_ATTEMPTS="2")

    assert (command.code, command.stdout) == (0, "The next run takes employee 41.\n")
    assert (refused.code, refused["errors_ids"], refused["parked"]) == (1, [41], 0)
    assert (taken.code, taken["created"]) == (0, 1)
    assert 41 not in listed(remembered)


def test_retry_forgets_no_start_date(harness: RunHarness) -> None:
    """An inactive employee whose hire date is hidden later is no leaver as long as the state knows that they start."""
    harness.company.add(generate(30, seed=81))
    start: dict[str, Any] = {"hireDate": f"{date.today() + timedelta(days=5)}", "status": "Inactive"}
    harness.company.hire("41", firstName="Jo", lastName="Doe", workEmail="jo@example.com", **start)
    assert harness.run(HIRE_LOOKAHEAD_DAYS="14").code == 0
    harness.bamboo.settings.list_restricted = frozenset({"hireDate"})
    assert harness.run("people", "retry", "41").code == 0

    run = harness.run(HIRE_LOOKAHEAD_DAYS="14")

    assert (run.code, run["suspended"], harness.account("41")["suspended"]) == (0, 0, False)


def test_retry_releases_an_undone_employee(remembered: RunHarness) -> None:
    left_alone = remembered.run("reconcile", "--yes", **PARKING)
    remembered.run("people", "retry", "3")

    run = remembered.run(**PARKING)

    assert left_alone["held_undone"] == 1
    assert (run.code, run["updated"]) == (0, 1)
    assert remembered.account("3")["department"] == "Elsewherequux"
    assert 3 not in listed(remembered)


def test_several_employees_are_retried_at_once(remembered: RunHarness) -> None:
    command = remembered.run("people", "retry", "41", "3", "41", "40")

    assert command.stdout == "The next run takes employees 3, 40, 41.\n"
    assert reasons(remembered) == {3: "waiting", 40: "waiting", 41: "waiting", 42: "without_account"}


# Drop


def test_a_dropped_employee_is_not_retried(remembered: RunHarness) -> None:
    command = remembered.run("people", "drop", "40", "41", "3", "42")
    remembered.forget_calls()
    run = remembered.run(**PARKING)

    assert command.stdout.startswith("Forgotten: employees 3, 40, 41, 42. ")
    assert (listed(remembered), records(remembered)) == ({}, {})
    assert remembered.run("people", "list").stdout == "No employee is remembered.\n"
    assert (run.code, run["no_evidence"], run["parked"], run["updated"], run["without_account"]) == (0, 0, 0, 0, 0)


def test_a_change_brings_a_dropped_employee_back(remembered: RunHarness) -> None:
    remembered.run("people", "drop", "40", "41", "3")
    for number in ("40", "41", "3"):
        remembered.company.touch(number)

    run = remembered.run(**PARKING)

    assert (run["no_evidence"], run["parked"], run["updated"]) == (1, 1, 1)


def test_drop_keeps_the_record_of_our_suspension(remembered: RunHarness) -> None:
    remembered.company.terminate("5", hireDate="2020-01-01")
    assert remembered.run(**PARKING)["suspended"] == 1
    remembered.company.edit("5", status="")
    remembered.run(**PARKING)
    assert reasons(remembered)[5] == "waiting"

    remembered.run("people", "drop", "5")
    remembered.company.rehire("5")

    assert remembered.run(**PARKING)["reactivated"] == 1
