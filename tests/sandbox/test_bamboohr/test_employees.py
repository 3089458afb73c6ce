"""GET /api/v1/employees, List Employees."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.sandbox.bamboohr.fields import LISTED_ON_REQUEST_EARLIER

from .conftest import Bamboo

ALWAYS: dict[str, Any] = {
    "employeeId": "2",
    "firstName": "Sam",
    "lastName": "O'Park",
    "preferredName": "Sammy",
    "photoUrl": None,
    "jobTitleName": "Engineer",
    "status": "Active",
    "_restrictedFields": [],
}


def test_fields_have_names_of_their_own_and_unknown_ones_are_ignored_silently(bamboo: Bamboo) -> None:
    bamboo.company.edit("2", location="Lyon", country="Korea (South)", city="Seoul", homeEmail="sam@example.net")
    wanted = {
        "departmentName": "R&D",
        "divisionName": "Product",
        "locationName": "Lyon",
        "employmentStatusName": "Full-Time",
        "reportsToId": "1",
        "reportsToName": "Ava Nguyen",
        "workEmail": "sam@example.com",
        "bestEmail": "sam@example.com",
        "hireDate": "2020-02-29",
        "terminationDate": None,
        "country": "Korea (South)",
        "city": "Seoul",
        "displayName": "Sammy O'Park",
    }
    asked = ",".join([*wanted, "department", "jobTitle", "supervisorEId", "nonsense"])
    assert bamboo.rows()["2"] == ALWAYS
    assert bamboo.rows(fields=asked)["2"] == {**ALWAYS, **wanted}
    bamboo.settings.list_knows = LISTED_ON_REQUEST_EARLIER
    earlier = {name: wanted[name] for name in wanted if name in LISTED_ON_REQUEST_EARLIER}
    assert bamboo.rows(fields=asked)["2"] == {**ALWAYS, **earlier}
    assert "country" not in earlier


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["1", "2", "3"]),
        ({"filter__status": "active"}, ["1"]),
        ({"filter__status": "inactive"}, ["2"]),
        ({"filter__ids": "3,1"}, ["1", "3"]),
        ({"filter[ids][]": ["3", "1"]}, ["1", "3"]),
        ({"filter__ids": ["1", "3"]}, ["3"]),
        ({"filter__ids": "1,999"}, ["1"]),
        ({"filter__ids": "0"}, []),
        ({"filter__lastName": "park"}, ["2"]),
        ({"filter__jobTitleName": "ENGIN", "filter__firstName": "z"}, ["3"]),
        ({"sort": "-employeeId"}, ["3", "2", "1"]),
        ({"sort": "preferredName,-lastName"}, ["3", "1", "2"]),
        ({"sort": "-preferredName,lastName"}, ["2", "1", "3"]),
    ],
)
def test_the_rows_that_a_query_returns(bamboo: Bamboo, query: dict[str, Any], ids: list[str]) -> None:
    bamboo.company.terminate("2")
    bamboo.company.edit("3", status="Third party")
    assert list(bamboo.rows(**query)) == ids


def test_an_erased_or_invisible_employee_has_no_row(bamboo: Bamboo) -> None:
    bamboo.company.delete("1")
    bamboo.settings.invisible = frozenset({"2"})
    assert set(bamboo.rows(filter__ids="1,2,3")) == {"3"}


@pytest.mark.parametrize(
    "query",
    [
        {"filter__ids": "1,x"},
        {"filter__ids": ""},
        {"filter__status": "Active"},
        {"filter__department": "R&D"},
        {"page__limit": "0"},
        {"page__limit": "2501"},
        {"page__limit": "many"},
        {"sort": "hireDate"},
    ],
)
def test_another_query_is_a_bad_request(bamboo: Bamboo, query: dict[str, str]) -> None:
    answer = bamboo.get("employees", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_a_restricted_field_is_null_and_named(bamboo: Bamboo) -> None:
    bamboo.settings.list_restricted = frozenset({"department", "jobTitle"})
    bamboo.settings.restricted_for["3"] = frozenset({"status"})
    rows = bamboo.rows(fields="departmentName,workEmail")
    assert (rows["2"]["departmentName"], rows["2"]["jobTitleName"]) == (None, None)
    assert (rows["2"]["workEmail"], rows["2"]["status"]) == ("sam@example.com", "Active")
    assert rows["2"]["_restrictedFields"] == ["jobTitleName", "departmentName"]
    assert (rows["3"]["status"], rows["3"]["_restrictedFields"][1]) == (None, "status")
    assert bamboo.rows()["2"]["_restrictedFields"] == ["jobTitleName"]


def test_an_employee_whose_filter_or_sort_field_is_restricted_is_left_out(bamboo: Bamboo) -> None:
    bamboo.settings.restricted_for["2"] = frozenset({"status", "lastName"})
    assert set(bamboo.rows(filter__status="active")) == {"1", "3"}
    assert set(bamboo.rows(sort="lastName")) == {"1", "3"}
    assert set(bamboo.rows(filter__ids="2")) == {"2"}


def test_unset_dates_can_be_zeros(bamboo: Bamboo) -> None:
    bamboo.settings.list_unset_date = "0000-00-00"
    assert bamboo.rows(fields="terminationDate")["2"]["terminationDate"] == "0000-00-00"


def test_a_future_hire_has_a_hire_date_and_no_job_yet(bamboo: Bamboo) -> None:
    id = bamboo.company.hire_ahead(date(2026, 12, 1), jobTitle="Engineer", department="R&D", workEmail="bo@example.com")
    asked = "hireDate,departmentName,workEmail"
    row = bamboo.rows(filter__ids=id, fields=asked)[id]
    assert (row["status"], row["hireDate"], row["workEmail"]) == ("Inactive", "2026-12-01", "bo@example.com")
    assert (row["departmentName"], row["jobTitleName"], row["_restrictedFields"]) == (None, None, [])
    bamboo.settings.future_jobs_shown = True
    assert bamboo.rows(filter__ids=id, fields=asked)[id]["departmentName"] == "R&D"


@pytest.mark.parametrize("status", [401, 403])
def test_a_tenant_can_refuse_the_endpoint_to_keys(bamboo: Bamboo, status: Any) -> None:
    bamboo.settings.list_refused = status
    answer = bamboo.get("employees")
    assert (answer.status_code, answer.content) == (status, b"")
    assert bamboo.get("employees/1").status_code == 200


def test_a_url_of_thousands_of_ids_is_too_long(bamboo: Bamboo) -> None:
    assert bamboo.get("employees", filter__ids=",".join(["99999"] * 500)).status_code == 200
    assert bamboo.get("employees", filter__ids=",".join(["99999"] * 2500)).status_code == 414
