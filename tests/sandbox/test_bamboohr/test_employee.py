"""GET /api/v1/employees/{id}, Get Employee."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from .conftest import Bamboo

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


def test_it_gives_the_fields_that_are_asked_for_and_always_the_id(bamboo: Bamboo) -> None:
    assert bamboo.employee("2") == {"id": "2"}
    assert bamboo.employee("2", ",".join(SAM)) == SAM


def test_a_boolean_is_a_word(bamboo: Bamboo) -> None:
    bamboo.company.edit("1", photoUrl="https://photos.example.com/1.jpg")
    assert bamboo.employee("1", "photoUploaded")["photoUploaded"] == "true"


def test_unknown_and_forbidden_fields_are_left_out_silently(bamboo: Bamboo) -> None:
    bamboo.settings.get_restricted = frozenset({"status"})
    bamboo.settings.restricted_for["2"] = frozenset({"workEmail"})
    asked = "departmentName,nonsense,status,workEmail,firstName"
    assert bamboo.employee("2", asked) == {"id": "2", "firstName": "Sam"}
    assert bamboo.employee("1", asked) == {"id": "1", "workEmail": "ava@example.com", "firstName": "Ava"}


def test_a_custom_field_is_known_once_an_employee_has_it(bamboo: Bamboo) -> None:
    assert bamboo.employee("2", "customBadge") == {"id": "2"}
    bamboo.company.edit("1", customBadge="7")
    assert bamboo.employee("1", "customBadge") == {"id": "1", "customBadge": "7"}
    assert bamboo.employee("2", "customBadge") == {"id": "2", "customBadge": None}


def test_only_commas_separate_the_fields_and_400_are_the_limit(bamboo: Bamboo) -> None:
    bracketed: dict[str, Any] = {"fields[]": ["firstName", "lastName"]}
    assert bamboo.get("employees/2", **bracketed).json() == {"id": "2"}
    assert bamboo.get("employees/2", fields=["firstName", "lastName"]).json() == {"id": "2", "lastName": "O'Park"}
    assert bamboo.get("employees/2", fields=",".join(["status"] * 400)).status_code == 200
    assert bamboo.get("employees/2", fields=",".join(["status"] * 401)).status_code == 400


def test_unset_values_can_be_empty(bamboo: Bamboo) -> None:
    bamboo.settings.get_unset_date = ""
    bamboo.settings.get_unset = ""
    assert bamboo.employee("2", "terminationDate,city") == {"id": "2", "terminationDate": "", "city": ""}


def test_a_leaver_and_an_odd_status_can_be_read(bamboo: Bamboo) -> None:
    bamboo.company.terminate("2")
    leaver = {"id": "2", "status": "Inactive", "terminationDate": "2026-11-20"}
    assert bamboo.employee("2", "status,terminationDate") == leaver
    for status in ("", "Third party"):
        bamboo.company.edit("2", status=status)
        assert bamboo.employee("2", "status")["status"] == status


def test_a_future_hire_has_no_job_until_the_future_is_asked_for(bamboo: Bamboo) -> None:
    id = bamboo.company.hire_ahead(date(2026, 12, 1), firstName="Bo", department="R&D")
    asked = "firstName,hireDate,department"
    now = {"id": id, "firstName": "Bo", "hireDate": "2026-12-01", "department": None}
    assert bamboo.employee(id, asked) == now
    assert bamboo.employee(id, asked, onlyCurrent="false") == {**now, "department": "R&D"}
    bamboo.settings.future_jobs_shown = True
    assert bamboo.employee(id, asked) == {**now, "department": "R&D"}


def test_the_refusal_of_an_invisible_employee_names_them(bamboo: Bamboo) -> None:
    bamboo.settings.invisible = frozenset({"3"})
    answer = bamboo.get("employees/3", fields="status")
    assert (answer.status_code, answer.content) == (403, b"")
    assert answer.headers["X-BambooHR-Error-Message"].encode("latin-1").decode().count("Zoë 李") == 2


@pytest.mark.parametrize("id", ["999", "2", "x"])
def test_an_id_without_a_record_is_not_found(bamboo: Bamboo, id: str) -> None:
    bamboo.company.delete("2")
    answer = bamboo.get(f"employees/{id}", fields="status")
    assert (answer.status_code, answer.content) == (404, b"")


def test_zero_is_the_owner_of_the_key(bamboo: Bamboo) -> None:
    assert bamboo.employee("0", "firstName") == {"id": "0"}
    bamboo.settings.key_owner = "1"
    assert bamboo.employee("0", "firstName") == {"id": "1", "firstName": "Ava"}
    bamboo.settings.key_owner = "999"
    assert bamboo.get("employees/0").status_code == 404


def test_it_is_xml_unless_json_is_asked_for(bamboo: Bamboo) -> None:
    answer = bamboo.get("employees/2", fields="department,city", accept=None)
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.attrib) == ("employee", {"id": "2"})
    assert [(field.get("id"), field.text) for field in root] == [("department", "R&D"), ("city", None)]
