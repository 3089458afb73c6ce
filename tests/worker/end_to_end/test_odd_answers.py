"""BambooHR's answers as they should not be: each fault costs the employee or the value it is in, and is reported."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.wire import Request, Response
from tests.worker.end_to_end.doctor_report import run_doctor
from tests.worker.end_to_end.tools import advance_clock
from worker.bamboohr.client import ROWS_PER_PAGE

Kind = Literal["status", "firewall", "html"]
REFUSALS: list[tuple[Kind, int]] = [
    ("status", 500),
    ("status", 404),
    ("status", 401),
    ("firewall", 403),
    ("firewall", 406),
    ("html", 200),
]


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync; since then employee 8 has left, on a day that no change was entered."""
    harness.company.add(generate(30, seed=5))
    # The feed is read with an overlap: after two further changes it names none of the others.
    for number in ("1", "2"):
        assert harness.run().code == 0
        advance_clock(harness, minutes=40)
        harness.company.touch(number)
    assert harness.run().code == 0
    advance_clock(harness, minutes=40)
    harness.company.terminate("8", hireDate="2020-01-01", stamp=False)
    return harness


def edit_answers(harness: RunHarness, operation: str, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Have BambooHR answer an operation with what `edit` makes of the document: another, or bytes."""
    answer = harness.bamboo.answer

    def edited(request: Request) -> Response:
        response = answer(request)
        if harness.bamboo.operation(request) != operation or response.status != 200:
            return response
        document = edit(json.loads(response.body))
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return dataclasses.replace(response, body=body)

    harness.bamboo.answer = edited  # type: ignore[method-assign]


def move(harness: RunHarness, *numbers: str) -> None:
    for number in numbers:
        harness.company.edit(number, department="Moved")


def moved(harness: RunHarness) -> list[str]:
    return [user["idnumber"] for user in harness.accounts() if user["department"] == "Moved"]


# All employees


def test_a_key_that_sees_no_single_employee_is_the_cause_where_the_list_fails_as_well(staffed: RunHarness) -> None:
    """The pages of the list fail; the same employees by their ids, and one by one, are refused."""
    staffed.fail_bamboo("status", operation="employees", text="page[limit]=2500", times=0, status=500)
    staffed.fail_bamboo("status", operation="employees", times=0, status=403)
    staffed.fail_bamboo("status", operation="employee", times=0, status=403)

    run = staffed.run("reconcile", "--yes")

    assert (run.code, run["outcome"]) == (1, "bamboohr_error")
    assert "refuses to show single ones to the key" in run["message"]
    assert "access level that sees all employees" in run["advice"]


@pytest.mark.parametrize(("kind", "status"), REFUSALS)
def test_an_employee_whom_the_list_cannot_return_costs_one_employee(
    staffed: RunHarness, kind: Kind, status: int
) -> None:
    staffed.company.terminate("5", hireDate="2020-01-01", stamp=False)
    staffed.company.edit("9", department="Moved", stamp=False)
    staffed.fail_bamboo(kind, operation="employees", record="employee 5", times=0, status=status)

    sync, reconcile = staffed.run(), staffed.run("reconcile", "--yes")
    doctor = staffed.run("doctor")
    suspended = [staffed.account(number)["suspended"] for number in ("5", "8")]
    staffed.heal()
    healed = staffed.run()

    assert [(run.code, run["errors"], run.reason_codes("5")) for run in (sync, reconcile)] == [
        (1, 1, ["unreadable_employee"])
    ] * 2
    assert sync["suspended"] == 1
    assert (suspended, moved(staffed)) == ([False, True], ["9"])
    assert (doctor.code, "does not answer for 1 employee: 5" in doctor.stdout) == (1, True)
    assert (healed.code, bool(staffed.account("5")["suspended"])) == (0, True)


@pytest.mark.parametrize("row", [None, [], "x", {}])
def test_a_stray_row_costs_nothing(harness: RunHarness, row: object) -> None:
    harness.company.add(generate(12, seed=5))
    harness.bamboo.settings.directory_sharing = "off"
    harness.bamboo.settings.garbage_rows = (row,)

    runs = [harness.run(), harness.run("reconcile", "--yes")]

    assert [(run.code, run["created"], run["unchanged"]) for run in runs] == [(0, 12, 0), (0, 0, 12)]


@pytest.mark.parametrize("total", [30, "30", None, "many"])
def test_a_list_that_ends_too_early_is_not_taken_for_the_company(staffed: RunHarness, total: object) -> None:
    def cut(document: dict[str, Any]) -> dict[str, Any]:
        is_by_ids = document["meta"]["page"]["limit"] < ROWS_PER_PAGE
        meta = {**document["meta"], "total": total}
        return document if is_by_ids else {"data": document["data"][:7], "meta": meta}

    edit_answers(staffed, "employees", cut)

    assert staffed.run()["suspended"] == 1


# The list of changes


@pytest.mark.parametrize("entry", [None, [], "Updated", 7, {"id": None}, {"id": 3.0}, {"id": "x"}])
def test_a_change_that_does_not_say_whom_it_is_about_is_taken_by_its_key(staffed: RunHarness, entry: object) -> None:
    move(staffed, "1", "2", "3")
    edit_answers(staffed, "changed", lambda feed: {**feed, "employees": {**feed["employees"], "3": entry}})

    run = staffed.run()

    assert (run.code, run["warnings"], moved(staffed)) == (0, [], ["1", "2", "3"])


@pytest.mark.parametrize("entry", [None, 7, {"id": "x"}])
def test_a_change_of_nobody_makes_a_full_pass_due(staffed: RunHarness, entry: object) -> None:
    move(staffed, "1", "2")
    edit_answers(staffed, "changed", lambda feed: {**feed, "employees": [*feed["employees"].values(), entry]})

    run = staffed.run()
    staffed.company.edit("3", department="Moved", stamp=False)
    later = staffed.run("reconcile", "--yes")

    assert (run.code, run["warnings"], run["reconcile_due"]) == (0, ["changes_dropped"], True)
    assert (later.code, later["reconcile_due"], moved(staffed)) == (0, False, ["1", "2", "3"])


def test_a_feed_without_a_time_loses_nothing_and_is_named_in_every_run(staffed: RunHarness) -> None:
    staffed.bamboo.settings.changed_latest = "2026-11-22T01:02:03"
    stood = set()
    for number in ("1", "2"):
        move(staffed, number)
        run = staffed.run()
        stood.add(run["next_since"])

        assert (run.code, run["warnings"]) == (0, ["latest_unreadable"])
    staffed.bamboo.settings.changed_latest = None
    healed = staffed.run()

    assert (healed.code, healed["warnings"], moved(staffed)) == (0, [], ["1", "2"])
    assert [since < healed["next_since"] for since in stood] == [True]


# The status


def with_status(word: Callable[[int, str], str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        rows = [{**row, "status": word(int(row["employeeId"]), row["status"])} for row in document["data"]]
        return {**document, "data": rows}

    return edit


Edit = Callable[[dict[str, Any]], dict[str, Any]]
SEES_NOBODY: list[tuple[Edit, Literal["full", "off"]]] = [
    (with_status(lambda _, word: word.upper()), "full"),
    (with_status(lambda *_: "Third party"), "full"),
    (lambda _: {"data": []}, "full"),
    (lambda _: {"data": []}, "off"),
]


@pytest.mark.parametrize(("edit", "sharing"), SEES_NOBODY)
def test_a_run_that_sees_of_no_employee_whether_they_left_is_an_error(
    staffed: RunHarness, edit: Edit, sharing: Literal["full", "off"]
) -> None:
    edit_answers(staffed, "employees", edit)
    staffed.bamboo.settings.directory_sharing = sharing

    runs = [staffed.run(), staffed.run("reconcile", "--yes")]

    assert [(run.code, "status_not_shown" in run["warnings"]) for run in runs] == [(1, True)] * 2
    assert staffed.run("doctor").code == 1


def test_a_key_to_which_every_employee_is_unknown_is_an_error(staffed: RunHarness) -> None:
    move(staffed, "1")
    for operation in ("directory", "employees", "employee"):
        staffed.fail_bamboo("status", operation=operation, status=404, times=0)

    run, doctor = staffed.run(), staffed.run("doctor")

    assert (run.code, "status_not_shown" in run["warnings"]) == (1, True)
    assert (doctor.code, "directory is refused or empty" in doctor.stdout) == (1, True)


def test_an_unknown_status_of_some_employees_is_a_warning_that_shows_the_company_s_words_only(
    staffed: RunHarness,
) -> None:
    words = {1: "Third party", 2: "Third party", 3: "Ann Lee"}
    edit_answers(staffed, "employees", with_status(lambda number, word: words.get(number, word)))

    run, doctor = staffed.run(), staffed.run("doctor")

    assert (run.code, run["warnings"], run["suspended"]) == (0, ["status_unknown"], 1)
    assert doctor.code == 0
    for output in (run.stderr, doctor.stdout):
        assert "Third party" in output
        assert "Ann Lee" not in output


# The directory and its values


@pytest.mark.parametrize("value", ['"Mo\tved"', '"Mo\x00ved"', "NaN", "-Infinity", "9" * 5_000, "1e999"])
@pytest.mark.parametrize("operation", ["directory", "employees"])
def test_a_value_that_is_none_costs_itself(staffed: RunHarness, operation: str, value: str) -> None:
    move(staffed, "1", "2")
    if operation == "employees":
        staffed.bamboo.settings.directory_sharing = "off"
    replaced: list[bool] = []

    def edit(document: dict[str, Any]) -> bytes:
        text = json.dumps(document)
        replaced.append('"Moved"' in text)
        return text.replace('"Moved"', value, 1).encode()

    edit_answers(staffed, operation, edit)

    run = staffed.run("sync", "--employee", "1", "--employee", "2")

    assert (run.code, any(replaced), moved(staffed)) == (0, True, ["2"])


@pytest.mark.parametrize(("kind", "status"), [("status", 500), ("status", 418), ("html", 200), ("reset_before", 0)])
def test_a_directory_that_cannot_be_read_is_like_one_that_is_refused(
    staffed: RunHarness, kind: Any, status: int
) -> None:
    move(staffed, "1")
    staffed.fail_bamboo(kind, operation="directory", times=0, status=status)

    run = staffed.run()

    assert (run["outcome"], run["warnings"], run["held_ids"]) == (
        "held",
        ["directory_unavailable", "changes_held"],
        [8],
    )
    assert moved(staffed) == ["1"]
    assert "every employee is read individually" in run.stderr


# Hire dates that keep the accounts of leavers active


def with_dates(style: str, *, but: tuple[str, ...] = ()) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return an edit of a page of List Employees: the hire dates of all employees, or of all `but` some, in a style."""

    def edit(document: dict[str, Any]) -> dict[str, Any]:
        for row in document["data"]:
            if row.get("hireDate") and str(row["employeeId"]) not in but:
                row["hireDate"] = f"{date.fromisoformat(row['hireDate']):{style}}"
        return document

    return edit


@pytest.mark.parametrize("command", [["sync"], ["reconcile", "--yes"]])
def test_hire_dates_of_which_none_can_be_read_are_an_error(staffed: RunHarness, command: list[str]) -> None:
    edit_answers(staffed, "employees", with_dates("%m/%d/%Y"))

    run, doctor = staffed.run(*command), run_doctor(staffed)

    assert (run.code, run["suspended"], run["error_reasons"]) == (1, 0, {"hire_dates_unreadable": 1})
    assert doctor["BambooHR field hire_date"] == ("failed", "cannot be read as a date (YYYY-MM-DD) for 29 of 29")


@pytest.mark.parametrize(("odd", "code", "errors"), [(2, 0, {}), (3, 1, {"hire_dates_unreadable": 1})])
def test_a_few_odd_hire_dates_are_no_error_where_the_others_are_hidden(
    staffed: RunHarness, odd: int, code: int, errors: dict[str, int]
) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        for row in document["data"]:
            row["hireDate"] = "2020" if int(row["employeeId"]) in range(8, 8 + odd) else None
        return document

    edit_answers(staffed, "employees", edit)
    staffed.company.touch("8")

    run = staffed.run()

    assert (run.code, run["error_reasons"], run["suspended"]) == (code, errors, 0)
    assert "hire_date_unreadable" in run["warnings"]


def test_one_hire_date_that_cannot_be_read_is_a_warning_that_names_the_employee(staffed: RunHarness) -> None:
    edit_answers(staffed, "employees", with_dates("%m/%d/%Y", but=tuple(str(n) for n in range(1, 31) if n != 8)))

    run = staffed.run("--employee", "8")

    assert (run.code, run["suspended"], run["warnings"]) == (0, 0, ["hire_date_unreadable"])
    (warning,) = [line["reason"] for line in run.log if line.get("event") == "sync.warning"]
    assert warning.endswith("correct it in BambooHR: 8")


@pytest.mark.parametrize(("ended", "warnings"), [(0, ["hired_later"]), (3, ["hired_later"]), (-3, []), (None, [])])
def test_a_leaver_whose_hire_date_is_in_the_future_is_named(
    staffed: RunHarness, ended: int | None, warnings: list[str]
) -> None:
    today = staffed.company.today()
    end = "" if ended is None else (today - timedelta(days=ended)).isoformat()
    staffed.company.edit("8", hireDate=(today + timedelta(days=60)).isoformat(), terminationDate=end)

    run = staffed.run("--employee", "8")

    assert (run.code, run["waiting_for_start"], run["warnings"]) == (0, 1, warnings)
    staffed.site.change_user(staffed.account("8")["id"], suspended=True)
    assert staffed.run("--employee", "8")["warnings"] == []
