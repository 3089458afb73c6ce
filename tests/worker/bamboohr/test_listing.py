"""What a page of List Employees is asked for, and what it says. How it is read: test_bamboohr_evidence."""

from __future__ import annotations

from typing import Any

import pytest

from worker.bamboohr.listing import facts, parse, query
from worker.model.employee import Evidence
from worker.model.field_catalogue import DATES, FIELDS
from worker.transport.json_stream import Malformed


def page(*rows: object, cursor: object = None) -> dict[str, Any]:
    return {"data": list(rows), "meta": {"page": {"nextCursor": cursor}}}


def test_a_page_of_some_people_names_them_and_one_of_everybody_nobody() -> None:
    asked = query([7, 12], ("first_name", "department"), 200, "")

    assert asked == {"fields": "firstName,departmentName", "page[limit]": "200", "filter[ids]": "7,12"}
    assert query(None, DATES, 2500, "") == {
        "fields": "hireDate,terminationDate,employmentStatusEffectiveDate",
        "page[limit]": "2500",
    }


def test_nobody_is_not_everybody() -> None:
    assert query([], ("status",), 200, "")["filter[ids]"] == ""
    assert parse(page({"employeeId": "7"}), [], ("status",))[0] == {}


def test_a_further_page_is_asked_for_by_its_cursor() -> None:
    assert query(None, ("status",), 2500, "abc")["page[after]"] == "abc"
    assert "page[after]" not in query(None, ("status",), 2500, "")


def test_every_field_has_a_name_here() -> None:
    """List Employees shows all fields that a mapping may use, some of them alone."""
    assert len(query(None, tuple(FIELDS), 1, "")["fields"].split(",")) == len(FIELDS)


def test_a_page_of_everybody_has_everybody_on_it() -> None:
    rows, cursor = parse(page({"employeeId": "7", "status": "Active"}, {"employeeId": 12}), None, ("status",))

    assert rows == {7: Evidence({"status": "Active"}), 12: Evidence({})}
    assert cursor is None


@pytest.mark.parametrize("number", ["0", "-1", "07", "x", None, 1.5, True, "9" * 30])
def test_a_row_without_an_id_is_left_out(number: object) -> None:
    assert parse(page({"employeeId": number}, {"employeeId": "7"}), None, ("status",))[0].keys() == {7}


@pytest.mark.parametrize("cursor", ["", None, 7, ["x"]])
def test_what_is_no_cursor_ends_the_listing(cursor: object) -> None:
    assert parse(page(cursor=cursor), None, ("status",)) == ({}, None)


@pytest.mark.parametrize("data", [None, {}, "x", 7])
def test_an_answer_without_rows_is_not_believed(data: object) -> None:
    with pytest.raises(Malformed):
        parse({"data": data}, None, ("status",))


@pytest.mark.parametrize("row", [None, [], "x", 7])
def test_a_row_of_another_form_is_not_believed(row: object) -> None:
    with pytest.raises(Malformed):
        parse(page({"employeeId": "7"}, row), None, ("status",))


def test_what_a_row_does_not_have_is_not_empty() -> None:
    names = {"status": "status", "hire_date": "hireDate", "department": "departmentName"}

    assert facts({"status": None, "hireDate": "", "other": 1}, names) == {"status": "", "hire_date": ""}


def test_a_value_of_another_form_is_not_shown() -> None:
    names = {"status": "status", "department": "departmentName"}

    assert facts({"status": {"value": "Active"}, "departmentName": ["Sales"]}, names) == {}
