"""Custom fields come from one source in a run: reports, or Get Employee where the key may run none.

Over HTTP, with one bad record among the employees: end_to_end/test_custom_fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.sandbox.wire import Request, Response
from tests.worker.clients import Patient, Script, bamboo_client, transport_to
from worker.bamboohr.client import IDS_PER_CALL
from worker.planning.baseline import ApiFieldStats
from worker.runs.api_fields import ApiFieldReader

GRADE = "bamboohr:customGrade"
ANSWERED = Response.of({"employees": []})
"""An answer to a first call, which the key was accepted for."""


def report(*numbers: int) -> Response:
    return Response.of(
        {"fields": [{"id": "customGrade"}], "employees": [{"id": str(n), "customGrade": f"G{n}"} for n in numbers]}
    )


def one(number: int) -> Response:
    return Response.of({"id": str(number), "customGrade": f"G{number}"})


def reader(script: Script, **more: Any) -> ApiFieldReader:
    patient = Patient()
    bamboo = bamboo_client(transport_to(script, system="bamboohr", stopping=patient))
    return ApiFieldReader(bamboo, ApiFieldStats((GRADE,)), patient.wait, **more)


def read(employees: Sequence[int], script: Script, **more: Any) -> tuple[ApiFieldReader, dict[int, Mapping[str, str]]]:
    fields = reader(script, **more)
    fields.read(employees)
    return fields, {number: shown for number in employees if (shown := fields.pop(number))}


def ids(request: Request) -> list[int]:
    filters = json.loads(request.body).get("filters") or {}
    return list(filters.get("employeeIds", ()))


def test_the_rest_of_the_first_report_is_a_spread_sample_of_which_only_the_number_of_values_is_kept() -> None:
    script = Script(report(7, 1_000))

    fields, shown = read([7], script, sample=range(1, 1_001))

    (asked,) = script.requests
    assert shown == {7: {GRADE: "G7"}}
    assert fields.pop(1_000) == {}
    assert 150 < len(ids(asked)) <= IDS_PER_CALL
    assert (ids(asked)[0], len(set(ids(asked)))) == (7, len(ids(asked)))
    assert max(ids(asked)) > 900


@pytest.mark.parametrize(("employees", "reports"), [(1, 1), (IDS_PER_CALL, 1), (IDS_PER_CALL + 1, 2), (450, 3)])
def test_reports_have_200_employees_each(employees: int, reports: int) -> None:
    script = Script(report(1))

    read(range(1, employees + 1), script, sample=range(1, 1_001))

    assert len(script.requests) == reports
    assert max(len(ids(request)) for request in script.requests) <= IDS_PER_CALL


def test_a_full_pass_asks_once_for_all() -> None:
    script = Script(report(1, 2))

    fields, shown = read([1, 2, 3], script, reads_all=True)
    fields.read([4])

    assert shown == {1: {GRADE: "G1"}, 2: {GRADE: "G2"}}
    assert [ids(request) for request in script.requests] == [[]]


def test_a_key_that_may_run_no_report_reads_one_by_one_to_the_end_of_the_run(logged: list[dict[str, Any]]) -> None:
    script = Script(Response(403), one(1), one(2), one(3))

    fields, shown = read([1, 2], script, reads_all=True)
    fields.read([3])

    assert shown == {1: {GRADE: "G1"}, 2: {GRADE: "G2"}}
    assert fields.pop(3) == {GRADE: "G3"}
    assert [request.method for request in script.requests] == ["POST", "GET", "GET", "GET"]
    assert [line["event"] for line in logged] == ["bamboohr.report_refused"]


def test_reports_that_are_refused_in_the_middle_of_a_run_are_not_replaced_by_another_source() -> None:
    script = Script(report(1), Response(403))

    fields, shown = read(range(1, IDS_PER_CALL + 2), script)

    assert shown.keys() == {1}
    assert fields.read_error
    assert [request.method for request in script.requests] == ["POST", "POST"]


@pytest.mark.parametrize(("employees", "asked"), [(9, 9), (12, 10)])
def test_a_key_that_may_read_no_employee_either_is_refused_ten_times_at_most(employees: int, asked: int) -> None:
    script = Script(Response(403))

    fields, shown = read(range(1, employees + 1), script)

    assert (shown, fields.refused, fields.read_error) == ({}, True, "")
    assert len(script.requests) == 1 + asked


def test_an_employee_without_a_record_is_not_shown_and_no_refusal() -> None:
    fields, shown = read([1, 2], Script(Response(403), Response(404), one(2)))

    assert (shown, fields.refused, fields.refusal_codes) == ({2: {GRADE: "G2"}}, False, {})


def test_an_employee_who_was_isolated_is_asked_for_last_and_alone() -> None:
    script = Script(report(1, 2, 3))

    read([1, 2, 3], script, isolated={2})

    assert [ids(request) for request in script.requests] == [[1, 3], [2]]


def test_without_custom_fields_nothing_is_asked_for() -> None:
    script = Script(ANSWERED)
    bamboo = bamboo_client(transport_to(script))

    ApiFieldReader(bamboo, ApiFieldStats(), Patient().wait).read([1])

    assert script.requests == []
