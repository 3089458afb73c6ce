"""Single employees that fail a call or arrive in a bad row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.wire import Fault

from .conftest import KEY, Bamboo


def status_of_report(bamboo: Bamboo, *ids: int) -> int:
    body: dict[str, Any] = {"fields": ["status"], "filters": {"employeeIds": ids} if ids else {}}
    url = f"{bamboo.url}/api/v1/reports/custom?format=JSON"
    return bamboo.session.post(url, json=body, auth=(KEY, "x"), timeout=30).status_code


def test_a_poisoned_employee_fails_every_call_that_reads_them_and_no_other(bamboo: Bamboo) -> None:
    bamboo.board.faults.append(Fault("status", status=500, times=0, record="employee 2"))

    for path, status in (
        ("employees/2", 500),
        ("employees/3", 200),
        ("employees?filter[ids]=1,2", 500),
        ("employees?filter[ids]=1,3", 200),
        ("employees?page[limit]=1", 200),
        ("employees?page[limit]=2", 500),
        ("employees/directory", 200),
        ("employees/changed?since=2026-11-19T09:00:00Z", 200),
    ):
        assert bamboo.get(path).status_code == status, path
    assert [status_of_report(bamboo), status_of_report(bamboo, 2, 3), status_of_report(bamboo, 3)] == [500, 500, 200]


@pytest.mark.parametrize("status", [429, 500, 502, 520, 530])
def test_any_status_may_come_once(bamboo: Bamboo, status: int) -> None:
    bamboo.board.faults.append(Fault("status", "employees", status=status))

    assert [bamboo.get("employees").status_code for _ in range(2)] == [status, 200]


def report_row(bamboo: Bamboo, id: str) -> Any:
    url, body = f"{bamboo.url}/api/v1/reports/custom?format=JSON", {"fields": ["department", "state"]}
    answer = bamboo.session.post(url, json=body, auth=(KEY, "x"), timeout=30)
    return next(row for row in answer.json()["employees"] if row["id"] == id)


@pytest.mark.parametrize("value", [7, ["a"], {"b": None}, True, "R\ud800D", ""])
def test_one_value_of_one_row_can_be_garbage(bamboo: Bamboo, value: Any) -> None:
    bamboo.settings.garbled = {"2": {"department": value}}

    assert bamboo.shown()["2"]["department"] == value
    assert bamboo.rows(fields="departmentName")["2"]["departmentName"] == value
    assert bamboo.employee("2", "department")["department"] == value
    assert report_row(bamboo, "2")["department"] == value
    assert bamboo.shown()["1"]["department"] == "R&D"


def test_a_lone_surrogate_is_sent_as_its_escape(bamboo: Bamboo) -> None:
    bamboo.settings.garbled = {"2": {"lastName": "\ud83d"}}

    assert b'"lastName":"\\ud83d"' in bamboo.get("employees/directory").content


def test_an_id_can_be_garbage_and_rows_can_be_added(bamboo: Bamboo) -> None:
    bamboo.settings.garbled = {"2": {"id": None}}
    bamboo.settings.garbage_rows = ("no row", None)

    assert [row["id"] for row in bamboo.directory()["employees"][:3]] == ["1", None, "3"]
    assert [row["employeeId"] for row in bamboo.list()["data"][:3]] == ["1", None, "3"]
    assert bamboo.directory()["employees"][3:] == bamboo.list()["data"][3:] == ["no row", None]


def test_two_rows_of_one_employee_can_contradict_each_other(bamboo: Bamboo) -> None:
    bamboo.settings.contradicting = {"2": {"status": "Inactive", "department": "Sales"}}
    listed = [row for row in bamboo.list(fields="departmentName")["data"] if row["employeeId"] == "2"]
    shown = [row["department"] for row in bamboo.directory()["employees"] if row["id"] == "2"]

    assert [(row["status"], row["departmentName"]) for row in listed] == [("Active", "R&D"), ("Inactive", "Sales")]
    assert shown == ["R&D", "Sales"]


def test_json_can_begin_with_a_byte_order_mark(bamboo: Bamboo) -> None:
    bamboo.settings.byte_order_mark = True
    answer = bamboo.get("employees/2", fields="status")

    assert answer.content.startswith(b"\xef\xbb\xbf{")
    assert json.loads(answer.content.decode("utf-8-sig")) == {"id": "2", "status": "Active"}
    assert bamboo.get("employees/999").content == b""


def test_a_state_is_spelled_differently_by_endpoint(bamboo: Bamboo) -> None:
    bamboo.company.edit("2", state="California")
    bamboo.settings.get_states = {"California": "CA"}

    assert bamboo.rows(fields="state")["2"]["state"] == "California"
    assert bamboo.employee("2", "state")["state"] == report_row(bamboo, "2")["state"] == "CA"


def test_the_status_can_be_restricted_in_every_row(bamboo: Bamboo) -> None:
    bamboo.settings.list_restricted = bamboo.settings.get_restricted = frozenset({"status"})

    assert [(row["status"], row["_restrictedFields"]) for row in bamboo.list()["data"]] == [(None, ["status"])] * 3
    assert "status" not in bamboo.employee("2", "status")
