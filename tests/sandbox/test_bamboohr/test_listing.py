"""GET /api/v1/employees, List Employees: its rows, pages and cursors."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Bamboo


@pytest.fixture
def many(bamboo: Bamboo) -> Bamboo:
    """Ten employees, 1 to 10."""
    for _ in range(7):
        bamboo.company.hire()
    return bamboo


def _ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [row["employeeId"] for row in answer["data"]]


def _cursor(bamboo: Bamboo, limit: str = "4", **query: str) -> str:
    cursor: str = bamboo.json("employees", page__limit=limit, **query)["meta"]["page"]["nextCursor"]
    return cursor


def test_fields_have_names_of_their_own_and_unknown_ones_are_ignored_silently(bamboo: Bamboo) -> None:
    bamboo.company.edit("2", location="Lyon", country="Korea (South)", city="Seoul", homeEmail="sam@example.net")
    always: dict[str, Any] = {
        "employeeId": "2",
        "firstName": "Sam",
        "lastName": "O'Park",
        "preferredName": "Sammy",
        "photoUrl": None,
        "jobTitleName": "Engineer",
        "status": "Active",
        "_restrictedFields": [],
    }
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
    assert bamboo.rows()["2"] == always
    assert bamboo.rows(fields=asked)["2"] == {**always, **wanted}


@pytest.mark.parametrize(
    ("query", "ids"),
    [({}, ["1", "2", "3"]), ("3,1,3", ["1", "3"]), (["1", "3"], ["3"]), ("1,999", ["1"]), ("0", [])],
)
def test_the_employees_that_the_ids_name(bamboo: Bamboo, query: Any, ids: list[str]) -> None:
    assert list(bamboo.rows(**({"filter__ids": query} if query else {}))) == ids


@pytest.mark.parametrize(
    "query",
    [
        {"filter__ids": "1,x"},
        {"filter__ids": ""},
        {"filter__department": "R&D"},
        {"page__limit": "0"},
        {"page__limit": "2501"},
        {"page__limit": "many"},
    ],
)
def test_another_query_is_a_bad_request(bamboo: Bamboo, query: dict[str, Any]) -> None:
    answer = bamboo.get("employees", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_a_page_has_250_rows_unless_asked_and_2500_at_most(bamboo: Bamboo) -> None:
    for _ in range(2600):
        bamboo.company.hire()
    assert len(bamboo.rows()) == 250
    assert len(bamboo.rows(page__limit="2500")) == 2500
    assert bamboo.json("employees")["meta"]["total"] == 2603


def test_the_cursors_visit_every_employee_once_in_numeric_order(many: Bamboo) -> None:
    pages = list[list[str]]()
    cursor: str | None = ""
    while cursor is not None:
        answer = many.json("employees", page__limit="4", page__after=cursor)
        pages.append(_ids(answer))
        cursor = answer["meta"]["page"]["nextCursor"]
    assert pages == [["1", "2", "3", "4"], ["5", "6", "7", "8"], ["9", "10"]]


def test_a_page_that_ends_with_the_last_employee_leads_no_further(many: Bamboo) -> None:
    only = many.json("employees")
    assert only["meta"] == {"total": 10, "page": {"limit": 250, "nextCursor": None}}
    rest = many.json("employees", page__limit="9", page__after=_cursor(many, "1"))
    assert (len(rest["data"]), rest["meta"]["page"]["nextCursor"]) == (9, None)


def test_the_filter_holds_on_every_page(many: Bamboo) -> None:
    ids = {"filter__ids": "1,2,3,4,6,7,8"}
    second = many.json("employees", page__limit="4", **ids, page__after=_cursor(many, **ids))
    assert (_ids(second), second["meta"]["total"]) == (["6", "7", "8"], 7)


@pytest.mark.parametrize("operation", ["delete", "edit", "terminate"])
def test_a_cursor_goes_stale_when_the_employee_at_the_edge_changes_and_no_other(many: Bamboo, operation: str) -> None:
    cursor = _cursor(many)
    many.clock.advance(seconds=1)
    for employee in ("2", "5"):
        many.company.edit(employee, department="Sales")
    assert _ids(many.json("employees", page__limit="4", page__after=cursor)) == ["5", "6", "7", "8"]

    getattr(many.company, operation)("4")
    assert _is_bad_page(many, cursor)


@pytest.mark.parametrize("cursor", ["4", "bm90IGpzb24=", "W10=", "MTI="])
def test_a_malformed_cursor_is_a_bad_page(many: Bamboo, cursor: str) -> None:
    assert _is_bad_page(many, cursor)


def _is_bad_page(bamboo: Bamboo, cursor: str) -> bool:
    answer = bamboo.get("employees", page__limit="4", page__after=cursor)
    return answer.status_code == 400 and answer.json()["error"]["code"] == "BadPage"
