"""POST /api/v1/reports/custom."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from .conftest import KEY, Bamboo

JSON = {"Content-Type": "application/json"}


def post(bamboo: Bamboo, body: object, query: str = "?format=JSON&onlyCurrent=false", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = json.dumps(body) if not isinstance(body, str) else body
    url = f"{bamboo.url}/api/v1/reports/custom{query}"
    return bamboo.session.post(url, data=sent, headers={**JSON, **named}, auth=(KEY, "x"), timeout=30)


def rows(bamboo: Bamboo, *fields: str, query: str = "?format=JSON&onlyCurrent=false", **filters: Any) -> Any:
    answer = post(bamboo, {"title": "x", "fields": fields, "filters": filters}, query)
    assert answer.status_code == 200, answer.headers
    return {row["id"]: row for row in answer.json()["employees"]}


def test_it_declares_its_fields_and_gives_active_and_inactive_employees(bamboo: Bamboo) -> None:
    bamboo.company.terminate("3")
    answer = post(bamboo, {"title": "Sync", "fields": ["status", "workEmail", "hireDate", "terminationDate"]}).json()

    assert answer["title"] == "Sync"
    assert {"id": "workEmail", "type": "email", "name": "workEmail"} in answer["fields"]
    assert answer["employees"][1] == {
        "id": "2",
        "status": "Active",
        "workEmail": "sam@example.com",
        "hireDate": "2020-02-29",
        "terminationDate": "0000-00-00",
    }
    assert [row["status"] for row in answer["employees"]] == ["Active", "Active", "Inactive"]


def test_custom_fields_are_named_by_their_api_name(bamboo: Bamboo) -> None:
    bamboo.company.edit("1", customCostCenter="4711")

    assert rows(bamboo, "customCostCenter")["1"] == {"id": "1", "customCostCenter": "4711"}
    assert rows(bamboo, "customCostCenter")["2"] == {"id": "2", "customCostCenter": None}


def test_unknown_and_forbidden_fields_are_left_out_silently(bamboo: Bamboo) -> None:
    bamboo.settings.report_restricted = frozenset({"status"})
    bamboo.settings.restricted_for["2"] = frozenset({"workEmail"})
    answer = post(bamboo, {"fields": ["status", "nonsense", "workEmail"]}).json()

    assert [field["id"] for field in answer["fields"]] == ["workEmail"]
    assert answer["employees"][:2] == [{"id": "1", "workEmail": "ava@example.com"}, {"id": "2", "workEmail": None}]


def test_names_may_change_and_columns_may_be_added(bamboo: Bamboo) -> None:
    bamboo.settings.report_renamed = {"status": "employmentStatus"}
    bamboo.settings.report_extra = ("division",)

    assert rows(bamboo, "status")["2"] == {"id": "2", "employmentStatus": "Active", "division": "Product"}


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, {"1", "2", "3", "9"}),
        ({"employeeIds": [1, "3", 999]}, {"1", "3"}),
        ({"employeeIds": []}, set()),
        ({"lastChanged": {"value": "2026-11-20T09:05:00Z", "includeNull": "no"}}, {"2"}),
        ({"lastChanged": {"value": "2026-11-20T09:05:01Z", "includeNull": "no"}}, set()),
    ],
)
def test_filters(bamboo: Bamboo, filters: dict[str, Any], ids: set[str]) -> None:
    bamboo.company.hire_ahead(date(2026, 12, 1), "9", department="Sales")
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", department="Sales")

    assert set(rows(bamboo, "department", **filters)) == ids


def test_future_hires_are_only_shown_on_request(bamboo: Bamboo) -> None:
    bamboo.company.hire_ahead(date(2026, 12, 1), "9", department="Sales")

    assert "9" not in rows(bamboo, "department", query="?format=JSON")
    assert rows(bamboo, "department")["9"]["department"] == "Sales"


def test_a_report_may_lack_an_employee_or_have_one_twice(bamboo: Bamboo) -> None:
    bamboo.settings.report_lacks = frozenset({"1"})
    bamboo.settings.report_twice = {"2": {"division": "Other"}}
    answer = post(bamboo, {"fields": ["division"]}).json()

    assert [(row["id"], row["division"]) for row in answer["employees"]][:2] == [("2", "Product"), ("2", "Other")]


def test_an_employee_that_the_key_may_not_view_has_no_row(bamboo: Bamboo) -> None:
    bamboo.settings.invisible = frozenset({"2"})

    assert set(rows(bamboo, "status")) == {"1", "3"}


@pytest.mark.parametrize(
    ("query", "accept", "status", "content_type"),
    [
        ("?format=JSON", "*/*", 200, "application/json"),
        ("", "application/json", 200, "application/json"),
        ("", "text/csv", 200, "text/csv"),
        ("", "*/*", 404, "text/html; charset=utf-8"),
        ("", "application/json, text/plain", 404, "text/html; charset=utf-8"),
    ],
)
def test_the_format_is_named_in_the_url_or_by_an_exact_accept_header(
    bamboo: Bamboo, query: str, accept: str, status: int, content_type: str
) -> None:
    answer = post(bamboo, {"fields": ["status"]}, query, Accept=accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ({"fields": ["status"]}, "application/json; charset=UTF-8"),
        ("{no json", "application/json"),
        ([], "application/json"),
        ({}, "application/json"),
        ({"fields": "status"}, "application/json"),
        ({"fields": [f"f{number}" for number in range(401)]}, "application/json"),
        ({"fields": ["status"], "filters": {"employeeIds": list(range(1, 202))}}, "application/json"),
        ({"fields": ["status"], "filters": {"lastChanged": {"value": "yesterday"}}}, "application/json"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_not_a_report_is_a_bad_request(bamboo: Bamboo, body: object, content_type: str) -> None:
    answer = post(bamboo, body, Content_Type=content_type)

    assert (answer.status_code, answer.content) == (400, b"")
    assert post(bamboo, {"fields": [f"f{number}" for number in range(400)]}).status_code == 200


@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_tenant_can_refuse_reports_to_keys(bamboo: Bamboo, status: Any) -> None:
    bamboo.settings.report_refused = status

    assert post(bamboo, {"fields": ["status"]}).status_code == status
    assert bamboo.get("reports/custom").status_code == 405
