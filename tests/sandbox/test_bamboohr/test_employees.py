"""GET /api/v1/employees, List Employees."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sandbox.bamboohr.fields import LISTED_ON_REQUEST_EARLIER

from .conftest import Bamboo


def test_a_row_always_has_the_same_eight_values(bamboo: Bamboo) -> None:
    assert bamboo.list()["data"][1] == {
        "employeeId": "2",
        "firstName": "Sam",
        "lastName": "O'Park",
        "preferredName": "Sammy",
        "photoUrl": None,
        "jobTitleName": "Engineer",
        "status": "Active",
        "_restrictedFields": [],
    }


def test_fields_have_names_of_their_own_here(bamboo: Bamboo) -> None:
    bamboo.company.edit("2", location="Lyon", country="Korea (South)", city="Seoul", homeEmail="sam@example.net")
    asked = (
        "departmentName,divisionName,locationName,employmentStatusName,reportsToId,reportsToName,"
        "workEmail,bestEmail,hireDate,country,city,displayName"
    )
    row = bamboo.rows(fields=asked)["2"]
    assert {name: row[name] for name in asked.split(",")} == {
        "departmentName": "R&D",
        "divisionName": "Product",
        "locationName": "Lyon",
        "employmentStatusName": "Full-Time",
        "reportsToId": "1",
        "reportsToName": "Ava Nguyen",
        "workEmail": "sam@example.com",
        "bestEmail": "sam@example.com",
        "hireDate": "2020-02-29",
        "country": "Korea (South)",
        "city": "Seoul",
        "displayName": "Sammy O'Park",
    }


def test_unknown_names_are_ignored_without_a_word(bamboo: Bamboo) -> None:
    row = bamboo.rows(fields="department,jobTitle,supervisorEId,nonsense,workEmail")["2"]
    assert set(row) - set(bamboo.rows()["2"]) == {"workEmail"}


def test_the_fields_that_are_known_can_be_those_of_an_earlier_time(bamboo: Bamboo) -> None:
    bamboo.settings.list_knows = LISTED_ON_REQUEST_EARLIER
    row = bamboo.rows(fields="departmentName,terminationDate,country")["2"]
    assert "departmentName" in row
    assert not {"terminationDate", "country"} & set(row)


def test_leavers_are_listed_and_the_status_can_be_asked_for(bamboo: Bamboo) -> None:
    bamboo.company.terminate("2")
    bamboo.company.edit("3", status="Third party")
    assert {id: row["status"] for id, row in bamboo.rows().items()} == {
        "1": "Active",
        "2": "Inactive",
        "3": "Third party",
    }
    assert set(bamboo.rows(filter__status="active")) == {"1"}
    assert set(bamboo.rows(filter__status="inactive")) == {"2"}


def test_ids_are_given_with_commas_or_with_brackets(bamboo: Bamboo) -> None:
    assert list(bamboo.rows(filter__ids="3,1")) == ["1", "3"]
    assert list(bamboo.rows(**{"filter[ids][]": ["3", "1"]})) == ["1", "3"]


def test_of_repeated_plain_keys_only_the_last_is_heard(bamboo: Bamboo) -> None:
    assert set(bamboo.rows(filter__ids=["1", "3"])) == {"3"}


def test_an_id_that_is_erased_unknown_or_invisible_has_no_row(bamboo: Bamboo) -> None:
    bamboo.company.delete("1")
    bamboo.settings.invisible = frozenset({"2"})
    assert set(bamboo.rows(filter__ids="1,2,3,999")) == {"3"}
    assert bamboo.list(filter__ids="999")["data"] == []
    assert bamboo.list(filter__ids="0")["data"] == []


def test_names_are_found_by_a_part_of_them(bamboo: Bamboo) -> None:
    assert set(bamboo.rows(filter__lastName="park")) == {"2"}
    assert set(bamboo.rows(filter__jobTitleName="ENGIN", filter__firstName="z")) == {"3"}


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
def test_a_query_that_makes_no_sense_is_a_bad_request(bamboo: Bamboo, query: dict[str, str]) -> None:
    answer = bamboo.get("employees", **query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"


def test_a_restricted_field_is_null_and_named(bamboo: Bamboo) -> None:
    bamboo.settings.list_restricted = frozenset({"department", "jobTitle"})
    row = bamboo.rows(fields="departmentName,workEmail")["2"]
    assert (row["departmentName"], row["jobTitleName"], row["workEmail"]) == (None, None, "sam@example.com")
    assert row["_restrictedFields"] == ["jobTitleName", "departmentName"]
    assert bamboo.rows()["2"]["_restrictedFields"] == ["jobTitleName"]


def test_a_field_can_be_restricted_for_certain_people(bamboo: Bamboo) -> None:
    bamboo.settings.restricted_for["2"] = frozenset({"status"})
    rows = bamboo.rows()
    assert (rows["2"]["status"], rows["2"]["_restrictedFields"]) == (None, ["status"])
    assert (rows["1"]["status"], rows["1"]["_restrictedFields"]) == ("Active", [])


def test_who_cannot_be_judged_by_a_filter_or_a_sort_is_dropped(bamboo: Bamboo) -> None:
    bamboo.settings.restricted_for["2"] = frozenset({"status", "lastName"})
    assert set(bamboo.rows(filter__status="active")) == {"1", "3"}
    assert set(bamboo.rows(sort="lastName")) == {"1", "3"}
    assert set(bamboo.rows(filter__ids="2")) == {"2"}


def test_unset_dates_are_null_unless_switched(bamboo: Bamboo) -> None:
    assert bamboo.rows(fields="terminationDate")["2"]["terminationDate"] is None
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


def test_rows_can_be_sorted_with_nulls_first(bamboo: Bamboo) -> None:
    assert list(bamboo.rows(sort="-employeeId")) == ["3", "2", "1"]
    assert list(bamboo.rows(sort="preferredName,-lastName")) == ["3", "1", "2"]
    assert list(bamboo.rows(sort="-preferredName,lastName")) == ["2", "1", "3"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_tenant_can_refuse_the_endpoint_to_keys(bamboo: Bamboo, status: int) -> None:
    bamboo.settings.list_refused = 401 if status == 401 else 403
    answer = bamboo.get("employees")
    assert answer.status_code == status
    assert answer.content == b""
    assert bamboo.get("employees/1").status_code == 200


def test_a_url_of_thousands_of_ids_is_too_long(bamboo: Bamboo) -> None:
    assert bamboo.get("employees", filter__ids=",".join(["99999"] * 500)).status_code == 200
    assert bamboo.get("employees", filter__ids=",".join(["99999"] * 2500)).status_code == 414
