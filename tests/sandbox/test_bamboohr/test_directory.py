"""GET /api/v1/employees/directory."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from tests.sandbox.bamboohr import generate

from .conftest import Bamboo


def test_it_declares_its_fields_and_gives_them_for_everybody(bamboo: Bamboo) -> None:
    answer = bamboo.directory()
    names = [field["id"] for field in answer["fields"]]
    assert {"id": "workEmail", "type": "email", "name": "Work Email"} in answer["fields"]
    assert [list(row) for row in answer["employees"]] == [["id", *names]] * 3
    assert "status" not in names


def test_a_row_has_text_true_booleans_and_null(bamboo: Bamboo) -> None:
    row = bamboo.shown()["2"]
    assert row["displayName"] == "Sammy O'Park"
    assert row["department"] == "R&D"
    assert row["supervisor"] == "Ava Nguyen"
    assert row["workPhone"] is None
    assert row["photoUploaded"] is False
    assert row["canUploadPhoto"] == 1
    assert bamboo.shown()["3"]["lastName"] == "李"


def test_who_left_is_not_shown_and_who_comes_back_is(bamboo: Bamboo) -> None:
    bamboo.company.terminate("2")
    assert set(bamboo.shown()) == {"1", "3"}
    bamboo.company.rehire("2")
    assert set(bamboo.shown()) == {"1", "2", "3"}


def test_who_is_hidden_is_not_shown_and_still_active(bamboo: Bamboo) -> None:
    bamboo.company.hide("2")
    assert set(bamboo.shown()) == {"1", "3"}
    assert bamboo.rows(filter__ids="2")["2"]["status"] == "Active"
    bamboo.company.unhide("2")
    assert set(bamboo.shown()) == {"1", "2", "3"}


@pytest.mark.parametrize("status", ["", "Third party", "active", None])
def test_only_the_exact_word_active_is_shown(bamboo: Bamboo, status: str | None) -> None:
    bamboo.company.edit("2", status=status)
    assert set(bamboo.shown()) == {"1", "3"}


def test_an_erased_record_is_not_shown(bamboo: Bamboo) -> None:
    bamboo.company.delete("2")
    assert set(bamboo.shown()) == {"1", "3"}


def test_only_current_false_adds_active_people_who_start_later_and_no_inactive_ones(bamboo: Bamboo) -> None:
    bamboo.company.hire("8", hireDate="2026-12-01")
    bamboo.company.hire_ahead(date(2026, 12, 1), "9")
    bamboo.company.terminate("2")
    assert set(bamboo.shown()) == {"1", "3"}
    assert set(bamboo.shown(onlyCurrent="false")) == {"1", "3", "8"}
    bamboo.clock.advance(days=11)
    assert set(bamboo.shown()) == {"1", "3", "8"}
    bamboo.company.dawn()
    assert set(bamboo.shown()) == {"1", "3", "8", "9"}


def test_no_sharing_is_a_refusal_with_the_reason_in_a_header(bamboo: Bamboo) -> None:
    bamboo.settings.directory_sharing = "off"
    answer = bamboo.get("employees/directory")
    assert answer.status_code == 403
    assert answer.content == b""
    assert "robin.sync@example.com" in answer.headers["X-BambooHR-Error-Message"]


def test_an_empty_directory_is_not_found(bamboo: Bamboo) -> None:
    for id in ("1", "2", "3"):
        bamboo.company.hide(id)
    assert bamboo.get("employees/directory").status_code == 404


def test_sharing_the_organisation_chart_only_reduces_the_fields(bamboo: Bamboo) -> None:
    bamboo.settings.directory_sharing = "org_chart"
    answer = bamboo.directory()
    assert "workEmail" not in [field["id"] for field in answer["fields"]]
    assert "workEmail" not in answer["employees"][0]
    assert answer["employees"][0]["displayName"] == "Ava Nguyen"


def test_the_fieldset_is_what_the_company_configured(bamboo: Bamboo) -> None:
    bamboo.company.edit("1", customCostCentre="4711")
    bamboo.settings.directory_fields = ("workEmail", "status", "customCostCentre")
    answer = bamboo.directory()
    assert [field["id"] for field in answer["fields"]] == ["workEmail", "status", "customCostCentre"]
    assert answer["employees"][0] == {
        "id": "1",
        "workEmail": "ava@example.com",
        "status": "Active",
        "customCostCentre": "4711",
    }


def test_a_field_can_be_missing_altogether(bamboo: Bamboo) -> None:
    bamboo.settings.directory_lacks = frozenset({"department"})
    answer = bamboo.directory()
    assert "department" not in [field["id"] for field in answer["fields"]]
    assert all("department" not in row for row in answer["employees"])


def test_a_field_can_be_declared_and_null_for_everybody(bamboo: Bamboo) -> None:
    bamboo.settings.directory_nulls = frozenset({"department"})
    answer = bamboo.directory()
    assert "department" in [field["id"] for field in answer["fields"]]
    assert [row["department"] for row in answer["employees"]] == [None] * 3


def test_a_field_can_be_unreadable_of_certain_people(bamboo: Bamboo) -> None:
    bamboo.settings.restricted_for["1"] = frozenset({"workEmail"})
    rows = bamboo.shown()
    assert (rows["1"]["workEmail"], rows["2"]["workEmail"]) == (None, "sam@example.com")


def test_an_unset_value_can_be_null_or_absent(bamboo: Bamboo) -> None:
    assert bamboo.shown()["3"]["workEmail"] is None
    bamboo.settings.directory_unset = "absent"
    rows = bamboo.shown()
    assert "workEmail" not in rows["3"]
    assert rows["2"]["workEmail"] == "sam@example.com"


def test_whom_the_key_may_not_view_is_still_shown(bamboo: Bamboo) -> None:
    bamboo.settings.invisible = frozenset({"2"})
    assert set(bamboo.shown()) == {"1", "2", "3"}


@pytest.mark.parametrize(("keeps", "count"), [(1.0, 103), (0.5, 51), (0.1, 10), (0.0, 0)])
def test_a_bad_read_loses_rows_and_looks_like_a_good_one(bamboo: Bamboo, keeps: float, count: int) -> None:
    for _ in range(100):
        bamboo.company.hire()
    bamboo.settings.directory_keeps = keeps
    assert len(bamboo.shown()) == count


def test_every_change_of_people_or_switches_shows_at_once(bamboo: Bamboo) -> None:
    bamboo.shown()
    bamboo.company.edit("1", stamp=False, lastName="Nguyen-Park")
    assert bamboo.shown()["1"]["displayName"] == "Ava Nguyen-Park"
    assert bamboo.shown()["2"]["supervisor"] == "Ava Nguyen-Park"
    bamboo.settings.directory_unset = "absent"
    assert "workPhone" not in bamboo.shown()["1"]


def test_it_is_xml_unless_json_is_asked_for(bamboo: Bamboo) -> None:
    answer = bamboo.get("employees/directory", accept=None)
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    assert [field.text for field in root.iterfind("fieldset/field[@id='workEmail']")] == ["Work Email"]
    values = {field.get("id"): field.text for field in root.iterfind("employees/employee[@id='2']/field")}
    assert (values["lastName"], values["department"], values["canUploadPhoto"]) == ("O'Park", "R&D", "yes")
    assert (values["workPhone"], values["photoUploaded"]) == (None, "no")


def test_json_may_be_one_wish_of_several(bamboo: Bamboo) -> None:
    answer = bamboo.get("employees/directory", accept="application/json, text/plain;q=0.5")
    assert len(answer.json()["employees"]) == 3


def test_a_large_company_arrives_whole(bamboo: Bamboo) -> None:
    people = generate(5_000)
    for person in people:
        person["id"] = str(int(person["id"] or "") + 3)
        person["supervisorEId"] = "1"
    bamboo.company.add(people)
    rows = bamboo.shown()
    assert len(rows) == 5_003
    assert rows["5003"]["workEmail"] == people[-1]["workEmail"]
