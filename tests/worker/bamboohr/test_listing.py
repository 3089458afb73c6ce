"""What a page of List Employees is asked for, and what it says. How it is read: test_client_evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from worker.bamboohr.listing import Listing, facts, query
from worker.model.employee import Evidence
from worker.model.field_catalogue import DATES, FIELDS
from worker.transport.json_stream import Malformed


def page(*rows: object, cursor: object = None, **meta: object) -> dict[str, Any]:
    return {"data": list(rows), "meta": {"total": len(rows), "page": {"nextCursor": cursor}, **meta}}


def parse(answer: dict[str, Any], employees: Collection[int] | None, fields: Sequence[str]) -> Any:
    return Listing(employees, fields).parse(answer)


def test_a_page_of_some_employees_names_them_and_one_of_all_names_none() -> None:
    asked = query([7, 12], ("first_name", "department"), 200, "")

    assert asked == {"fields": "firstName,departmentName", "page[limit]": "200", "filter[ids]": "7,12"}
    assert query(None, DATES, 2500, "") == {
        "fields": "hireDate,terminationDate,employmentStatusEffectiveDate",
        "page[limit]": "2500",
    }


def test_no_employees_are_not_all_employees() -> None:
    assert query([], ("status",), 200, "")["filter[ids]"] == ""
    assert parse(page({"employeeId": "7"}), [], ("status",))[0] == {}


def test_a_further_page_is_asked_for_by_its_cursor() -> None:
    assert query(None, ("status",), 2500, "abc")["page[after]"] == "abc"
    assert "page[after]" not in query(None, ("status",), 2500, "")


def test_every_field_has_a_name_here() -> None:
    """List Employees shows all fields that a mapping may use, some of them alone."""
    assert len(query(None, tuple(FIELDS), 1, "")["fields"].split(",")) == len(FIELDS)


def test_a_page_of_all_employees_keeps_every_row() -> None:
    rows, cursor = parse(page({"employeeId": "7", "status": "Active"}, {"employeeId": 12}), None, ("status",))

    assert rows == {7: Evidence({"status": "Active"}), 12: Evidence({})}
    assert cursor is None


@pytest.mark.parametrize("number", ["0", "-1", "07", "x", None, 1.5, True, "9" * 30])
def test_a_row_without_an_id_is_left_out(number: object) -> None:
    rows, _ = parse(page({"employeeId": number}, {"employeeId": "7"}, total=1), None, ("status",))

    assert rows.keys() == {7}


@pytest.mark.parametrize("data", [None, {}, "x", 7])
def test_an_answer_without_rows_is_not_trusted(data: object) -> None:
    with pytest.raises(Malformed):
        parse({"data": data}, None, ("status",))


SEVEN, EIGHT = {"employeeId": "7"}, {"employeeId": "8"}
STRAYS: list[object] = [None, [], "x", 7]
ALL_THERE: list[tuple[list[int] | None, list[object], object]] = [
    ([7, 8], [SEVEN, EIGHT], None),
    ([7, 8], [SEVEN], 1),
    (None, [SEVEN, EIGHT], 2),
    (None, [SEVEN, EIGHT], 1),
]


@pytest.mark.parametrize("stray", STRAYS)
@pytest.mark.parametrize(("employees", "rows", "total"), ALL_THERE)
def test_a_stray_row_beside_all_others_costs_nothing(
    employees: list[int] | None, rows: list[object], total: object, stray: object, logged: list[dict[str, Any]]
) -> None:
    found, _ = parse(page(*rows, stray, total=total), employees, ("status",))

    assert len(found) == len(rows)
    assert [(line["event"], line["count"]) for line in logged] == [("bamboohr.unreadable_rows", 1)]


@pytest.mark.parametrize("stray", STRAYS)
@pytest.mark.parametrize(
    ("employees", "rows", "total"),
    [([7, 8], [SEVEN], None), ([7, 8], [SEVEN], 2), (None, [SEVEN], None), (None, [], 1)],
)
def test_a_stray_row_that_may_be_an_employee_refuses_the_answer(
    employees: list[int] | None, rows: list[object], total: object, stray: object
) -> None:
    """Isolation finds the employee that it belongs to."""
    for answer in (page(*rows, stray, total=total), page(stray, *rows, total=total)):
        with pytest.raises(Malformed):
            parse(answer, employees, ("status",))


def test_a_row_without_an_id_may_be_an_employee_of_all_and_is_none_of_those_asked_for() -> None:
    answer = page({"employeeId": "x"}, SEVEN)

    assert parse(answer, [7, 8], ("status",))[0].keys() == {7}
    with pytest.raises(Malformed):
        parse(answer, None, ("status",))


def test_a_listing_of_all_employees_with_fewer_rows_than_it_says_is_not_whole() -> None:
    listing = Listing(None, ("status",))
    listing.parse(page(SEVEN, cursor="next", total=3))

    with pytest.raises(Malformed):
        listing.parse(page(EIGHT, total=3))
    assert parse(page(SEVEN, total=3), [7, 8, 9], ("status",))[0].keys() == {7}


@pytest.mark.parametrize(
    ("total", "is_whole"), [(2, True), ("2", True), ("1", True), ("3", False), ("9" * 9999, False)]
)
def test_a_total_in_digits_is_a_total(total: str, is_whole: bool) -> None:
    assert is_whole_with({"total": total}) is is_whole


@pytest.mark.parametrize("meta", [None, {}, {"total": None}, {"total": "many"}, {"total": True}, {"total": 2.0}])
def test_a_listing_of_all_employees_without_a_total_is_not_whole(meta: object) -> None:
    """Whatever the number of its rows: one that lost its cursor looks the same."""
    assert not is_whole_with(meta)
    assert parse({"data": [SEVEN], "meta": meta}, [7], ("status",))[0].keys() == {7}


def is_whole_with(meta: object) -> bool:
    try:
        return len(parse({"data": [SEVEN, EIGHT], "meta": meta}, None, ("status",))[0]) == 2
    except Malformed:
        return False


def test_two_rows_that_contradict_each_other_are_no_evidence(logged: list[dict[str, Any]]) -> None:
    active, inactive = {"employeeId": "7", "status": "Active"}, {"employeeId": 7, "status": "Inactive"}

    rows, _ = parse(page(active, {"employeeId": "8", "status": "Active"}, inactive, active), None, ("status",))

    assert rows == {7: Evidence({}, frozenset({"status"})), 8: Evidence({"status": "Active"})}
    assert {(line["event"], line["employee_id"]) for line in logged} == {("bamboohr.contradiction", 7)}
    assert "List Employees has rows for this employee that contradict each other" in logged[0]["reason"]


def test_rows_that_contradict_each_other_on_two_pages_are_no_evidence_either() -> None:
    listing = Listing(None, ("status",))
    listing.parse(page({"employeeId": "7", "status": "Active"}, cursor="next"))

    rows, _ = listing.parse(page({"employeeId": "7", "status": "Inactive"}))

    assert rows == {7: Evidence({}, frozenset({"status"}))}


def test_two_rows_that_are_the_same_are_one() -> None:
    row = {"employeeId": "7", "status": "Active"}

    assert parse(page(row, row), None, ("status",))[0] == {7: Evidence({"status": "Active"})}


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"status": None, "hireDate": "", "other": 1}, {"status": "", "hire_date": ""}),
        ({"status": {"value": "Active"}, "departmentName": ["Sales"]}, {}),
        *(
            ({"status": "Act" + char, "hireDate": ""}, {"status": "Act\ufffd", "hire_date": ""})
            for char in (chr(0xD800), chr(0xFFFD))
        ),
        *(({"status": value, "hireDate": ""}, {"hire_date": ""}) for value in (float("nan"), float("inf"))),
    ],
)
def test_what_a_row_does_not_have_or_cannot_be_read_is_not_empty(row: dict[str, Any], shown: dict[str, str]) -> None:
    names = {"status": "status", "hire_date": "hireDate", "department": "departmentName"}

    assert facts(row, names) == shown
    assert parse(page({"employeeId": "7", **row}), None, tuple(names))[0] == {7: Evidence(shown)}
