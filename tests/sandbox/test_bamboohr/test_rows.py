"""What the endpoints show of one employee: after each change of the company, and under each switch of the tenant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.sandbox.bamboohr import Company, Settings, generate
from tests.sandbox.bamboohr.fields import DIRECTORY

from .conftest import Bamboo

DEPARTMENT = frozenset({"department"})
NO_FIELD = "(the row has no such field)"
R_AND_D, NULL, ABSENT, NO_ROW = ["R&D"], [None], [NO_FIELD], list[str]()
TWICE = {"2": {"department": "Sales"}}
GARBAGE: list[Any] = [7, ["a"], {"b": None}, True, "R\ud800D", ""]
# The switches, and Sam's department in each row of: the directory, List Employees, Get Employee, a report.
SWITCHES: list[tuple[dict[str, Any], list[Any], list[Any], list[Any], list[Any]]] = [
    ({}, R_AND_D, R_AND_D, R_AND_D, R_AND_D),
    ({"directory_lacks": DEPARTMENT}, ABSENT, R_AND_D, R_AND_D, R_AND_D),
    ({"directory_nulls": DEPARTMENT}, NULL, R_AND_D, R_AND_D, R_AND_D),
    ({"list_restricted": DEPARTMENT}, R_AND_D, NULL, R_AND_D, R_AND_D),
    ({"get_restricted": DEPARTMENT}, R_AND_D, R_AND_D, ABSENT, R_AND_D),
    ({"report_restricted": DEPARTMENT}, R_AND_D, R_AND_D, R_AND_D, ABSENT),
    ({"restricted_for": {"2": DEPARTMENT}}, NULL, NULL, ABSENT, NULL),
    ({"restricted_for": {"1": DEPARTMENT}}, R_AND_D, R_AND_D, R_AND_D, R_AND_D),
    ({"invisible": frozenset({"2"})}, R_AND_D, NO_ROW, NO_ROW, NO_ROW),
    ({"report_lacks": frozenset({"2"})}, R_AND_D, R_AND_D, R_AND_D, NO_ROW),
    ({"contradicting": TWICE}, ["R&D", "Sales"], ["R&D", "Sales"], R_AND_D, ["R&D", "Sales"]),
    ({"garbled": {"1": {"department": 7}}}, R_AND_D, R_AND_D, R_AND_D, R_AND_D),
    *(({"garbled": {"2": {"department": value}}}, [value], [value], [value], [value]) for value in GARBAGE),
]


@pytest.mark.parametrize(("switches", "in_directory", "in_list", "alone", "in_report"), SWITCHES, ids=str)
def test_what_a_switch_does_at_each_endpoint(
    bamboo: Bamboo,
    switches: dict[str, Any],
    in_directory: list[Any],
    in_list: list[Any],
    alone: list[Any],
    in_report: list[Any],
) -> None:
    bamboo.app.settings = Settings(**switches)

    directory = bamboo.json("employees/directory")["employees"]
    listing = bamboo.json("employees", fields="departmentName")["data"]
    single = bamboo.get("employees/2", fields="department")
    report = bamboo.post_report({"fields": ["department"]}).json()["employees"]

    assert [row.get("department", NO_FIELD) for row in directory if row["id"] == "2"] == in_directory
    assert [row["departmentName"] for row in listing if row["employeeId"] == "2"] == in_list
    assert ([single.json().get("department", NO_FIELD)] if single.ok else []) == alone
    assert [row.get("department", NO_FIELD) for row in report if row["id"] == "2"] == in_report


def test_a_restricted_field_is_named_in_the_row_and_a_lacking_one_is_not_declared(bamboo: Bamboo) -> None:
    bamboo.settings.list_restricted = frozenset({"department", "jobTitle"})
    bamboo.settings.restricted_for["3"] = frozenset({"status"})
    bamboo.settings.directory_lacks = bamboo.settings.report_restricted = DEPARTMENT

    rows = bamboo.rows(fields="departmentName")
    assert rows["2"]["_restrictedFields"] == ["jobTitleName", "departmentName"]
    assert rows["3"]["_restrictedFields"] == ["jobTitleName", "status", "departmentName"]
    for declared in (bamboo.json("employees/directory"), bamboo.post_report({"fields": ["department"]}).json()):
        assert "department" not in [field["id"] for field in declared["fields"]]


Do = Callable[[Company], object]
GONE = "(there is no row)"
# What happens to Sam, and then: the feed's action, whether the directory shows them, and the other endpoints' status.
CHANGES: dict[str, tuple[list[Do], str, bool, str | None]] = {
    "nothing": ([], "Inserted", True, "Active"),
    "edited": ([lambda company: company.edit("2", city="Lyon")], "Updated", True, "Active"),
    "hidden": ([lambda company: company.hide("2")], "Updated", False, "Active"),
    "unhidden": ([lambda company: company.hide("2"), lambda company: company.unhide("2")], "Updated", True, "Active"),
    "left": ([lambda company: company.terminate("2")], "Updated", False, "Inactive"),
    "back": ([lambda company: company.terminate("2"), lambda company: company.rehire("2")], "Updated", True, "Active"),
    "deleted": ([lambda company: company.delete("2")], "Deleted", False, GONE),
    "a wrong feed": ([lambda company: company.touch("2", "Deleted")], "Deleted", True, "Active"),
    "no status": ([lambda company: company.edit("2", status=None)], "Updated", False, None),
    "a blank status": ([lambda company: company.edit("2", status="")], "Updated", False, ""),
    "another status": ([lambda company: company.edit("2", status="Third party")], "Updated", False, "Third party"),
    "another case": ([lambda company: company.edit("2", status="active")], "Updated", False, "active"),
}


@pytest.mark.parametrize(("changes", "action", "in_directory", "status"), CHANGES.values(), ids=list(CHANGES))
def test_what_a_change_does_at_each_endpoint(
    bamboo: Bamboo, changes: list[Do], action: str, in_directory: bool, status: str | None
) -> None:
    for change in changes:
        change(bamboo.company)

    assert bamboo.changed()["employees"]["2"]["action"] == action
    assert ("2" in bamboo.directory()) == in_directory
    assert bamboo.rows().get("2", {"status": GONE})["status"] == status
    assert bamboo.report("status").get("2", {"status": GONE})["status"] == status
    single = bamboo.get("employees/2", fields="status")
    assert (single.json()["status"] if single.ok else GONE) == status


def test_a_future_hire_has_no_job_yet_and_is_in_no_directory(bamboo: Bamboo) -> None:
    id = bamboo.company.hire_ahead(date(2026, 12, 1), jobTitle="Engineer", department="R&D")
    asked, now = "hireDate,department", {"id": id, "hireDate": "2026-12-01", "department": None}

    row = bamboo.rows(filter__ids=id, fields="hireDate,departmentName")[id]
    assert (row["status"], row["hireDate"], row["departmentName"]) == ("Inactive", "2026-12-01", None)
    assert (row["jobTitleName"], row["_restrictedFields"]) == (None, [])
    assert bamboo.employee(id, asked) == now
    assert bamboo.employee(id, asked, onlyCurrent="false") == {**now, "department": "R&D"}
    assert id not in bamboo.report("department", query="?format=JSON")
    assert bamboo.report("department")[id]["department"] == "R&D"

    bamboo.clock.advance(days=11)
    assert id not in bamboo.directory()
    bamboo.company.dawn()
    assert bamboo.directory()[id]["department"] == "R&D"


def test_only_current_false_adds_active_employees_who_start_later(bamboo: Bamboo) -> None:
    bamboo.company.hire("8", hireDate="2026-12-01")
    bamboo.company.hire_ahead(date(2026, 12, 1), "9")
    assert set(bamboo.directory()) == {"1", "2", "3"}
    assert set(bamboo.directory(onlyCurrent="false")) == {"1", "2", "3", "8"}


def test_the_directory_declares_its_fields_and_has_text_true_booleans_and_null(bamboo: Bamboo) -> None:
    answer = bamboo.json("employees/directory")
    assert {"id": "workEmail", "type": "email", "name": "Work Email"} in answer["fields"]
    assert [field["id"] for field in answer["fields"]] == list(DIRECTORY)
    assert [list(row) for row in answer["employees"]] == [["id", *DIRECTORY]] * 3
    expected = {
        "displayName": "Sammy O'Park",
        "supervisor": "Ava Nguyen",
        "workPhone": None,
        "photoUploaded": False,
        "canUploadPhoto": 1,
    }
    row = bamboo.directory()["2"]
    assert {name: row[name] for name in expected} == expected


def test_the_directory_can_be_limited_to_the_organisation_chart(bamboo: Bamboo) -> None:
    bamboo.settings.directory_sharing = "org_chart"
    answer = bamboo.json("employees/directory")
    assert answer["employees"][0]["displayName"] == "Ava Nguyen"
    for row in (*answer["employees"], {field["id"]: None for field in answer["fields"]}):
        assert "workEmail" not in row


def test_an_empty_directory_is_not_found(bamboo: Bamboo) -> None:
    for id in ("1", "2", "3"):
        bamboo.company.hide(id)
    assert bamboo.get("employees/directory").status_code == 404


@pytest.mark.parametrize(("keeps", "count"), [(1.0, 103), (0.5, 51), (0.1, 10), (0.0, 0)])
def test_a_bad_read_loses_rows_and_looks_like_a_good_one(bamboo: Bamboo, keeps: float, count: int) -> None:
    for _ in range(100):
        bamboo.company.hire()
    bamboo.settings.directory_keeps = keeps
    assert len(bamboo.directory()) == count


def test_a_switch_and_a_change_without_a_stamp_show_at_once(bamboo: Bamboo) -> None:
    bamboo.directory()
    bamboo.company.edit("1", stamp=False, lastName="Nguyen-Park")
    assert bamboo.directory()["1"]["displayName"] == "Ava Nguyen-Park"
    assert bamboo.directory()["2"]["supervisor"] == "Ava Nguyen-Park"
    bamboo.settings.garbled["1"] = {"workPhone": 7}
    assert bamboo.directory()["1"]["workPhone"] == 7


def test_a_lone_surrogate_is_sent_as_its_escape(bamboo: Bamboo) -> None:
    bamboo.settings.garbled = {"2": {"lastName": "\ud83d"}}
    assert b'"lastName":"\\ud83d"' in bamboo.get("employees/directory").content


def test_an_id_can_be_garbage_and_rows_can_be_added(bamboo: Bamboo) -> None:
    bamboo.settings.garbled = {"2": {"id": None}}
    bamboo.settings.garbage_rows = ("no row", None)
    shown, listed = bamboo.json("employees/directory")["employees"], bamboo.json("employees")["data"]
    assert [row["id"] for row in shown[:3]] == [row["employeeId"] for row in listed[:3]] == ["1", None, "3"]
    assert shown[3:] == listed[3:] == ["no row", None]


def test_unset_dates_of_list_employees_can_be_zeros(bamboo: Bamboo) -> None:
    bamboo.settings.list_unset_date = "0000-00-00"
    assert bamboo.rows(fields="terminationDate")["2"]["terminationDate"] == "0000-00-00"


def test_a_large_company_arrives_whole(bamboo: Bamboo) -> None:
    employees = generate(5_000)
    for values in employees:
        values["id"] = str(int(values["id"] or "") + 3)
        values["supervisorEId"] = "1"
    bamboo.company.add(employees)
    rows = bamboo.directory()
    assert len(rows) == 5_003
    assert rows["5003"]["workEmail"] == employees[-1]["workEmail"]
