"""GET /api/v1/employees/directory."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from tests.sandbox.bamboohr import generate

from .conftest import Bamboo


def test_it_declares_its_fields_and_gives_them_for_every_employee(bamboo: Bamboo) -> None:
    answer = bamboo.directory()
    names = [field["id"] for field in answer["fields"]]
    assert {"id": "workEmail", "type": "email", "name": "Work Email"} in answer["fields"]
    assert [list(row) for row in answer["employees"]] == [["id", *names]] * 3
    assert "status" not in names


def test_a_row_has_text_true_booleans_and_null(bamboo: Bamboo) -> None:
    expected = {
        "displayName": "Sammy O'Park",
        "department": "R&D",
        "supervisor": "Ava Nguyen",
        "workPhone": None,
        "photoUploaded": False,
        "canUploadPhoto": 1,
    }
    row = bamboo.shown()["2"]
    assert {name: row[name] for name in expected} == expected
    assert bamboo.shown()["3"]["lastName"] == "李"


def test_leavers_hidden_employees_and_erased_records_are_not_shown(bamboo: Bamboo) -> None:
    company = bamboo.company
    for gone, back in ((company.terminate, company.rehire), (company.hide, company.unhide)):
        gone("2")
        assert set(bamboo.shown()) == {"1", "3"}
        back("2")
        assert set(bamboo.shown()) == {"1", "2", "3"}
    company.hide("1")
    assert bamboo.rows(filter__ids="1")["1"]["status"] == "Active"
    company.delete("2")
    assert set(bamboo.shown()) == {"3"}
    company.hide("3")
    assert bamboo.get("employees/directory").status_code == 404


@pytest.mark.parametrize("status", ["", "Third party", "active", None])
def test_only_the_exact_word_active_is_shown(bamboo: Bamboo, status: str | None) -> None:
    bamboo.company.edit("2", status=status)
    assert set(bamboo.shown()) == {"1", "3"}


def test_only_current_false_adds_active_employees_who_start_later_and_no_inactive_ones(bamboo: Bamboo) -> None:
    bamboo.company.hire("8", hireDate="2026-12-01")
    bamboo.company.hire_ahead(date(2026, 12, 1), "9")
    bamboo.company.terminate("2")
    assert set(bamboo.shown()) == {"1", "3"}
    assert set(bamboo.shown(onlyCurrent="false")) == {"1", "3", "8"}
    bamboo.clock.advance(days=11)
    assert set(bamboo.shown()) == {"1", "3", "8"}
    bamboo.company.dawn()
    assert set(bamboo.shown()) == {"1", "3", "8", "9"}


def test_sharing_can_be_off_or_limited_to_the_organisation_chart(bamboo: Bamboo) -> None:
    bamboo.settings.directory_sharing = "org_chart"
    answer = bamboo.directory()
    assert "workEmail" not in [field["id"] for field in answer["fields"]]
    assert "workEmail" not in answer["employees"][0]
    assert answer["employees"][0]["displayName"] == "Ava Nguyen"
    bamboo.settings.directory_sharing = "off"
    refusal = bamboo.get("employees/directory")
    assert (refusal.status_code, refusal.content) == (403, b"")
    assert "robin.sync@example.com" in refusal.headers["X-BambooHR-Error-Message"]


def test_the_fieldset_is_what_the_company_configured(bamboo: Bamboo) -> None:
    bamboo.company.edit("1", customCostCentre="4711")
    bamboo.settings.directory_fields = ("workEmail", "status", "customCostCentre", "department", "division")
    bamboo.settings.directory_lacks = frozenset({"department"})
    bamboo.settings.directory_nulls = frozenset({"division"})
    answer = bamboo.directory()
    assert [field["id"] for field in answer["fields"]] == ["workEmail", "status", "customCostCentre", "division"]
    assert answer["employees"][0] == {
        "id": "1",
        "workEmail": "ava@example.com",
        "status": "Active",
        "customCostCentre": "4711",
        "division": None,
    }


def test_an_unset_value_or_one_that_the_key_may_not_read_is_null_or_absent(bamboo: Bamboo) -> None:
    bamboo.settings.restricted_for["1"] = frozenset({"workEmail"})
    bamboo.settings.invisible = frozenset({"2"})
    assert [row["workEmail"] for row in bamboo.shown().values()] == [None, "sam@example.com", None]
    bamboo.settings.directory_unset = "absent"
    assert ["workEmail" in row for row in bamboo.shown().values()] == [False, True, False]


@pytest.mark.parametrize(("keeps", "count"), [(1.0, 103), (0.5, 51), (0.1, 10), (0.0, 0)])
def test_a_bad_read_loses_rows_and_looks_like_a_good_one(bamboo: Bamboo, keeps: float, count: int) -> None:
    for _ in range(100):
        bamboo.company.hire()
    bamboo.settings.directory_keeps = keeps
    assert len(bamboo.shown()) == count


def test_every_change_of_employees_or_switches_shows_at_once(bamboo: Bamboo) -> None:
    bamboo.shown()
    bamboo.company.edit("1", stamp=False, lastName="Nguyen-Park")
    assert bamboo.shown()["1"]["displayName"] == "Ava Nguyen-Park"
    assert bamboo.shown()["2"]["supervisor"] == "Ava Nguyen-Park"
    bamboo.settings.garbled["1"] = {"workPhone": 7}
    assert bamboo.shown()["1"]["workPhone"] == 7


def test_it_is_xml_unless_json_is_asked_for(bamboo: Bamboo) -> None:
    answer = bamboo.get("employees/directory", accept=None)
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    assert [field.text for field in root.iterfind("fieldset/field[@id='workEmail']")] == ["Work Email"]
    values = {field.get("id"): field.text for field in root.iterfind("employees/employee[@id='2']/field")}
    assert (values["lastName"], values["department"], values["canUploadPhoto"]) == ("O'Park", "R&D", "yes")
    assert (values["workPhone"], values["photoUploaded"]) == (None, "no")
    several = bamboo.get("employees/directory", accept="application/json, text/plain;q=0.5")
    assert len(several.json()["employees"]) == 3


def test_a_large_company_arrives_whole(bamboo: Bamboo) -> None:
    employees = generate(5_000)
    for values in employees:
        values["id"] = str(int(values["id"] or "") + 3)
        values["supervisorEId"] = "1"
    bamboo.company.add(employees)
    rows = bamboo.shown()
    assert len(rows) == 5_003
    assert rows["5003"]["workEmail"] == employees[-1]["workEmail"]
