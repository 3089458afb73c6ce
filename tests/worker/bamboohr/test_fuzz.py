"""Whatever BambooHR, or a server in front of it, answers: a value or a named end, and never a quotation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.wire import Response
from tests.worker.clients import Script, bamboo_client, end_of, fuzz, quick_end_of, texts, transport_to
from tests.worker.fuzzing import SAID, bodies, hostile
from worker.bamboohr.changes import Feed
from worker.bamboohr.client import BambooHRClient
from worker.bamboohr.directory import Directory
from worker.bamboohr.listing import Listing
from worker.model.employee import Evidence
from worker.timestamps import parse_moment
from worker.transport.json_stream import Malformed

SINCE = parse_moment("2026-11-20T00:00:00Z")
FIELDS = ("first_name", "last_name", "work_email", "status", "hire_date")
PERSON = {"firstName": SAID, "lastName": SAID, "workEmail": SAID, "status": "Inactive", "hireDate": "2020-01-01"}
CHANGED = {
    "latest": "2026-11-20T09:00:00+00:00",
    "employees": {"1": {"id": "1", "action": "Updated", "lastChanged": "2026-11-20T08:00:00+00:00"}, "2": {"id": "2"}},
}
DIRECTORY = {
    "fields": [{"id": "firstName", "type": "text", "name": SAID}, {"id": "workEmail"}],
    "employees": [{"id": "1", **PERSON}, {"id": "2", **PERSON}],
}
LISTED = {
    "data": [{"employeeId": 1, **PERSON, "_restrictedFields": ["hireDate"]}, {"employeeId": "2", **PERSON}],
    "meta": {"total": 2, "page": {"limit": 2, "nextCursor": None}},
}
ONE = {"id": "1", **PERSON}
CUSTOM = ("bamboohr:customGrade", "bamboohr:4310")
GRADED = {"customGrade": SAID, "4310.0": SAID}
REPORT = {
    "title": SAID,
    "fields": [{"id": "customGrade", "type": "text", "name": SAID}, {"id": "4310.0"}],
    "employees": [{"id": "1", **GRADED}, {"id": "2", **GRADED}],
}


def _changed(client: BambooHRClient) -> Feed:
    assert SINCE is not None
    return client.changed_employees(SINCE)


def _is_feed(feed: Feed) -> bool:
    numbers = [change.employee_id for change in feed.changes]
    return numbers == sorted(set(numbers)) and all(number > 0 for number in numbers)


def _is_directory(directory: Directory) -> bool:
    return all(isinstance(text, str) for facts in directory.employees.values() for text in facts.values())


def _is_evidence(found: dict[int, Evidence] | Evidence | None) -> bool:
    rows = found if isinstance(found, dict) else {1: found or Evidence({})}
    return rows.keys() <= {1, 2} and all(
        not row.facts.keys() & row.restricted and all(isinstance(text, str) for text in row.facts.values())
        for row in rows.values()
    )


def _is_custom(shown: dict[str, str] | None) -> bool:
    return {*(shown or {})} <= {*CUSTOM}


PATIENT: dict[str, tuple[object, Callable[[BambooHRClient], Any], Callable[[Any], bool]]] = {
    "changed": (CHANGED, _changed, _is_feed),
    "directory": (DIRECTORY, lambda client: client.directory({1, 2}, FIELDS), _is_directory),
}
QUICK: dict[str, tuple[object, Callable[[BambooHRClient], Any], Callable[[Any], bool]]] = {
    "everybody": (LISTED, lambda client: [*client.list_employees(FIELDS)], lambda pages: pages[0].is_first),
    "batch": (LISTED, lambda client: client.list_batch([1, 2], FIELDS), _is_evidence),
    "employee": (ONE, lambda client: client.get_employee(1, FIELDS), _is_evidence),
    "report": (REPORT, lambda client: client.report([1, 2], CUSTOM).rows, lambda rows: rows.keys() <= {1, 2}),
    "report of all": (REPORT, lambda client: client.report(None, CUSTOM).rows, lambda rows: min(rows, default=1) > 0),
    "custom": ({"id": "1", **GRADED}, lambda client: client.get_custom(1, CUSTOM), _is_custom),
}


@pytest.mark.parametrize("endpoint", [*PATIENT, *QUICK])
@fuzz
@given(data=st.data())
def test_any_answer_is_a_value_or_a_named_end(endpoint: str, data: st.DataObject) -> None:
    document, call, is_right = (PATIENT | QUICK)[endpoint]
    client = bamboo_client(transport_to(Script(Response(200, data.draw(bodies(document)))), system="bamboohr"))
    values: list[object] = []

    end = (end_of if endpoint in PATIENT else quick_end_of)(lambda: values.append(call(client)))

    assert end is None or SAID not in texts(end)
    assert all(map(is_right, values))


@fuzz
@given(hostile(LISTED))
def test_any_object_is_a_page_or_malformed(value: Any) -> None:
    if not isinstance(value, dict):
        return
    told, cursor = "", None
    rows: dict[int, Evidence] = {}
    try:
        rows, cursor = Listing([1, 2], FIELDS).parse(value)
    except Malformed as fault:
        told = texts(fault)

    assert SAID not in told
    assert rows.keys() <= {1, 2}
    assert cursor is None or isinstance(cursor, str)
    json.dumps([row.facts for row in rows.values()])
