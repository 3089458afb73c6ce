"""Get Employee and reports: which fields they give, and in which notation."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import JSON, Bamboo

SAM: dict[str, Any] = {
    "id": "2",
    "firstName": "Sam",
    "lastName": "O'Park",
    "displayName": "Sammy O'Park",
    "jobTitle": "Engineer",
    "department": "R&D",
    "division": "Product",
    "workEmail": "sam@example.com",
    "status": "Active",
    "employmentHistoryStatus": "Full-Time",
    "supervisorEId": "1",
    "supervisorId": "E77",
    "supervisor": "Ava Nguyen",
    "hireDate": "2020-02-29",
    "photoUploaded": "false",
    "city": None,
    "terminationDate": "0000-00-00",
    "lastChanged": "2026-11-20T09:00:00+00:00",
}


def test_both_give_the_fields_that_are_asked_for_and_always_the_id(bamboo: Bamboo) -> None:
    assert bamboo.employee("2") == {"id": "2"}
    assert bamboo.employee("2", ",".join(SAM)) == bamboo.report(*SAM)["2"] == SAM


def test_a_custom_field_is_known_by_its_api_name_once_an_employee_has_it(bamboo: Bamboo) -> None:
    assert bamboo.employee("2", "customBadge,nonsense") == bamboo.report("customBadge", "nonsense")["2"] == {"id": "2"}
    bamboo.company.edit("1", customBadge="7")
    for id, badge in (("1", "7"), ("2", None)):
        expected = {"id": id, "customBadge": badge}
        assert bamboo.employee(id, "customBadge") == bamboo.report("customBadge")[id] == expected


def test_a_state_is_spelled_differently_by_endpoint(bamboo: Bamboo) -> None:
    bamboo.company.edit("2", state="California")
    bamboo.settings.get_states = {"California": "CA"}
    assert bamboo.rows(fields="state")["2"]["state"] == "California"
    assert bamboo.employee("2", "state")["state"] == bamboo.report("state")["2"]["state"] == "CA"


def test_only_commas_separate_the_fields_of_an_employee_and_400_are_the_limit(bamboo: Bamboo) -> None:
    assert bamboo.get("employees/2?fields[]=firstName&fields[]=lastName").json() == {"id": "2"}
    assert bamboo.get("employees/2", fields=["firstName", "lastName"]).json() == {"id": "2", "lastName": "O'Park"}
    for count, status in ((400, 200), (401, 400)):
        names = [f"f{number}" for number in range(count)]
        assert bamboo.get("employees/2", fields=",".join(names)).status_code == status
        assert bamboo.post_report({"fields": names}).status_code == status


@pytest.mark.parametrize("id", ["999", "x"])
def test_an_id_without_a_record_is_not_found(bamboo: Bamboo, id: str) -> None:
    answer = bamboo.get(f"employees/{id}", fields="status")
    assert (answer.status_code, answer.content) == (404, b"")


def test_zero_is_the_owner_of_the_key(bamboo: Bamboo) -> None:
    assert bamboo.employee("0", "firstName") == {"id": "0"}
    bamboo.settings.key_owner = "1"
    assert bamboo.employee("0", "firstName") == {"id": "1", "firstName": "Ava"}
    bamboo.settings.key_owner = "999"
    assert bamboo.get("employees/0").status_code == 404


def test_a_report_declares_its_fields_and_may_rename_and_add_some(bamboo: Bamboo) -> None:
    bamboo.settings.report_renamed = {"status": "employmentStatus"}
    bamboo.settings.report_extra = ("division",)
    answer = bamboo.post_report({"title": "Sync", "fields": ["status", "workEmail"]}).json()
    assert answer["title"] == "Sync"
    assert [field["id"] for field in answer["fields"]] == ["employmentStatus", "workEmail", "division"]
    assert {"id": "workEmail", "type": "email", "name": "workEmail"} in answer["fields"]
    row = {"id": "2", "employmentStatus": "Active", "workEmail": "sam@example.com", "division": "Product"}
    assert answer["employees"][1] == row


@pytest.mark.parametrize(
    ("filters", "ids"),
    [({}, ["1", "2", "3"]), ({"employeeIds": [1, "3", 999]}, ["1", "3"]), ({"employeeIds": []}, [])],
)
def test_the_employees_of_a_report(bamboo: Bamboo, filters: dict[str, Any], ids: list[str]) -> None:
    assert list(bamboo.report("department", **filters)) == ids


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("?format=JSON", "*/*", 200),
        ("", JSON, 200),
        ("", "*/*", 404),
        ("", "application/json, text/plain", 404),
    ],
)
def test_the_format_is_named_in_the_url_or_by_an_exact_accept_header(
    bamboo: Bamboo, query: str, accept: str, status: int
) -> None:
    assert bamboo.post_report({"fields": ["status"]}, query, accept=accept).status_code == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"fields": ["status"]}, "application/json; charset=UTF-8"),
        ("{no json", JSON),
        ([], JSON),
        ({}, JSON),
        ({"fields": "status"}, JSON),
        ({"fields": ["status"], "filters": {"employeeIds": list(range(1, 202))}}, JSON),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_not_a_report_is_a_bad_request(bamboo: Bamboo, body: object, kind: str) -> None:
    answer = bamboo.post_report(body, kind=kind)
    assert (answer.status_code, answer.content) == (400, b"")
