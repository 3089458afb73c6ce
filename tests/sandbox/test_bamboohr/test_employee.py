"""GET /api/v1/employees/{id}, Get Employee."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from .conftest import Bamboo


def test_without_fields_there_is_only_the_id(bamboo: Bamboo) -> None:
    assert bamboo.employee("2") == {"id": "2"}


def test_it_gives_the_fields_that_are_asked_for(bamboo: Bamboo) -> None:
    asked = (
        "firstName,lastName,displayName,jobTitle,department,division,workEmail,status,employmentHistoryStatus,"
        "supervisorEId,supervisorId,supervisor,hireDate"
    )
    assert bamboo.employee("2", asked) == {
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
    }


def test_a_boolean_is_a_word(bamboo: Bamboo) -> None:
    bamboo.company.edit("1", photoUrl="https://photos.example.com/1.jpg")
    assert bamboo.employee("1", "photoUploaded")["photoUploaded"] == "true"
    assert bamboo.employee("2", "photoUploaded")["photoUploaded"] == "false"


def test_unknown_names_and_those_of_other_endpoints_are_dropped(bamboo: Bamboo) -> None:
    assert bamboo.employee("2", "departmentName,nonsense,city") == {"id": "2", "city": None}


def test_a_custom_field_is_known_once_anybody_has_it(bamboo: Bamboo) -> None:
    assert bamboo.employee("2", "customBadge") == {"id": "2"}
    bamboo.company.edit("1", customBadge="7")
    assert bamboo.employee("1", "customBadge") == {"id": "1", "customBadge": "7"}
    assert bamboo.employee("2", "customBadge") == {"id": "2", "customBadge": None}


def test_a_forbidden_field_is_dropped_without_a_word(bamboo: Bamboo) -> None:
    bamboo.settings.get_restricted = frozenset({"status"})
    bamboo.settings.restricted_for["2"] = frozenset({"workEmail"})
    assert bamboo.employee("2", "status,workEmail,firstName") == {"id": "2", "firstName": "Sam"}
    assert bamboo.employee("1", "status,workEmail") == {"id": "1", "workEmail": "ava@example.com"}


def test_only_commas_part_the_fields(bamboo: Bamboo) -> None:
    bracketed: dict[str, Any] = {"fields[]": ["firstName", "lastName"]}
    assert bamboo.get("employees/2", **bracketed).json() == {"id": "2"}
    assert bamboo.get("employees/2", fields=["firstName", "lastName"]).json() == {"id": "2", "lastName": "O'Park"}


def test_400_fields_are_the_most(bamboo: Bamboo) -> None:
    assert bamboo.get("employees/2", fields=",".join(["status"] * 400)).status_code == 200
    assert bamboo.get("employees/2", fields=",".join(["status"] * 401)).status_code == 400


def test_an_unset_date_is_zeros_and_an_unset_text_is_null(bamboo: Bamboo) -> None:
    assert bamboo.employee("2", "terminationDate,city") == {"id": "2", "terminationDate": "0000-00-00", "city": None}
    bamboo.settings.get_unset_date = ""
    bamboo.settings.get_unset = ""
    assert bamboo.employee("2", "terminationDate,city") == {"id": "2", "terminationDate": "", "city": ""}


@pytest.mark.parametrize("status", ["", "Third party"])
def test_an_odd_status_is_given_as_it_is(bamboo: Bamboo, status: str) -> None:
    bamboo.company.edit("2", status=status)
    assert bamboo.employee("2", "status")["status"] == status


def test_somebody_who_left_can_be_read(bamboo: Bamboo) -> None:
    bamboo.company.terminate("2")
    answer = bamboo.employee("2", "status,terminationDate,lastChanged")
    assert answer == {
        "id": "2",
        "status": "Inactive",
        "terminationDate": "2026-11-20",
        "lastChanged": "2026-11-20T09:00:00+00:00",
    }


def test_a_future_hire_has_no_job_until_the_future_is_asked_for(bamboo: Bamboo) -> None:
    id = bamboo.company.hire_ahead(date(2026, 12, 1), firstName="Bo", department="R&D")
    assert bamboo.employee(id, "firstName,hireDate,department") == {
        "id": id,
        "firstName": "Bo",
        "hireDate": "2026-12-01",
        "department": None,
    }
    assert bamboo.employee(id, "department", onlyCurrent="false")["department"] == "R&D"
    bamboo.settings.future_jobs_shown = True
    assert bamboo.employee(id, "department")["department"] == "R&D"


def test_whom_the_key_may_not_view_is_a_refusal_that_names_her(bamboo: Bamboo) -> None:
    bamboo.settings.invisible = frozenset({"3"})
    answer = bamboo.get("employees/3", fields="status")
    assert answer.status_code == 403
    assert answer.content == b""
    reason = answer.headers["X-BambooHR-Error-Message"].encode("latin-1").decode()
    assert "Zoë 李" in reason
    assert reason.count("Zoë 李") == 2


@pytest.mark.parametrize("id", ["999", "2", "x"])
def test_whom_there_is_no_record_of_is_not_found(bamboo: Bamboo, id: str) -> None:
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
