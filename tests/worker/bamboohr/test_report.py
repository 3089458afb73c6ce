"""Reports: what is asked for, and what of an answer is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import Script, bamboo_client, noted_deadlines, transport_to
from worker.bamboohr.client import DIRECTORY_SECONDS
from worker.bamboohr.report import column_of, read_report
from worker.bamboohr.rest_api import UNREADABLE
from worker.errors import ReportRefused
from worker.transport.json_stream import Malformed
from worker.transport.refusal import Refused

FIELDS = ("bamboohr:customGrade", "bamboohr:4310")
DECLARED = [{"id": "customGrade", "type": "text", "name": "Grade"}, {"id": "4310", "type": "text", "name": "Centre"}]


def parsed(*rows: Any, fields: Any = DECLARED, employees: Any = (7, 8), **more: Any) -> Any:
    answer = {"title": "x", "fields": fields, "employees": list(rows), **more}
    return read_report([json.dumps(answer).encode()], employees, FIELDS)


def row(number: object = "7", **values: Any) -> dict[str, Any]:
    return {"id": number, "customGrade": "G4", "4310": "C1", **values}


def grades(*rows: Any, **more: Any) -> dict[int, str | None]:
    return {number: shown.get("bamboohr:customGrade") for number, shown in parsed(*rows, **more).rows.items()}


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([row()], {7: "G4"}),
        ([row(7), row("8")], {7: "G4", 8: "G4"}),
        ([row(customGrade=" G\u00a04 ")], {7: "G 4"}),
        ([row(customGrade=None)], {7: ""}),
        ([row(customGrade="0000-00-00")], {7: ""}),
        ([row(customGrade=True)], {7: "true"}),
        ([row(customGrade=4)], {7: "4"}),
        ([row(customGrade=["G4"])], {7: None}),
        ([{"id": "7"}], {7: None}),
        ([row(), row()], {7: "G4"}),
        ([row(), row(customGrade="G5"), row("8")], {8: "G4"}),
        ([row("9"), row("0"), row("x"), row(None), "row", None, 7, row()], {7: "G4"}),
    ],
)
def test_the_rows_of_a_report(rows: list[Any], shown: dict[int, str | None]) -> None:
    assert grades(*rows) == shown


def test_what_is_not_believed_is_logged(logged: list[dict[str, Any]]) -> None:
    parsed(row(8), "row", None, 7, row(), row(customGrade="G5"), row(8))

    unreadable, contradiction = logged
    assert unreadable == {
        "level": "WARNING",
        "event": "bamboohr.unreadable_rows",
        "count": 3,
        "reason": "the report: not an object",
    }
    assert (contradiction["event"], contradiction["employee_id"]) == ("bamboohr.contradiction", 7)
    assert contradiction["reason"].startswith("the report has rows for this employee that contradict each other")


def test_a_report_of_rows_that_are_no_objects_has_no_row() -> None:
    assert parsed("row").rows == {}


def test_of_all_employees_every_row_counts() -> None:
    assert grades(row("9"), row("7"), employees=None) == {9: "G4", 7: "G4"}


@pytest.mark.parametrize("fields", [[], {}, None, [{"id": "other"}, "customGrade", {"id": 7}]])
def test_a_field_that_is_not_declared_is_not_shown(fields: Any) -> None:
    report = parsed(row(), fields=fields)

    assert (report.rows, report.shown) == ({7: {}}, frozenset())
    assert parsed(row(), fields=[*DECLARED[:1], *(fields or [])]).shown == {"bamboohr:customGrade"}
    assert parsed(row()).shown == set(FIELDS)


def test_a_column_that_was_not_asked_for_is_dropped() -> None:
    report = parsed(row(homeEmail="private"), fields=[*DECLARED, {"id": "homeEmail"}])

    assert report.rows == {7: {"bamboohr:customGrade": "G4", "bamboohr:4310": "C1"}}


def test_declarations_may_follow_the_rows() -> None:
    answer = json.dumps({"employees": [row()], "fields": DECLARED[:1]}).encode()

    assert read_report([answer], None, FIELDS).rows == {7: {"bamboohr:customGrade": "G4"}}


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        (["4310"], "4310"),
        (["4310.0"], "4310.0"),
        (["4310.0", "4310"], "4310"),
        (["4310.x", "43100", "4310."], None),
        ([], None),
    ],
)
def test_a_field_that_is_named_by_its_number_has_a_column_of_that_number(columns: list[str], column: str) -> None:
    assert column_of("4310", columns) == column
    assert column_of("customGrade", ["customGrade.0"]) is None


def test_a_report_may_have_no_row() -> None:
    assert parsed().rows == {}


@pytest.mark.parametrize(
    "answer", ["", "<report/>", "[]", "{}", '{"error": "x"}', '{"employees": null}', '{"employees": [{']
)
def test_what_is_no_report_is_not_taken_for_one(answer: str) -> None:
    with pytest.raises(Malformed):
        read_report([answer.encode()], None, FIELDS)


# The client


def test_a_report_is_asked_for_in_the_one_form_that_is_read_as_json() -> None:
    script = Script(Response.of({"fields": DECLARED, "employees": [row(), row(9)]}))

    found = bamboo_client(transport_to(script)).report([7, 8], FIELDS)

    (asked,) = script.requests
    assert found.rows.keys() == {7}
    assert (asked.method, asked.path) == ("POST", "/api/v1/reports/custom")
    assert dict(asked.query) == {"format": "JSON", "onlyCurrent": "false"}
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {
        "title": "LXP sync",
        "fields": ["customGrade", "4310"],
        "filters": {"employeeIds": [7, 8]},
    }


def test_a_report_of_all_employees_has_no_filter_and_may_take_as_long_as_the_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script(Response.of({"fields": DECLARED, "employees": []}))
    transport = transport_to(script)
    deadlines = noted_deadlines(transport, monkeypatch)
    bamboo = bamboo_client(transport)

    bamboo.report(None, FIELDS)
    bamboo.report([7], FIELDS)

    assert ["filters" in json.loads(request.body) for request in script.requests] == [False, True]
    assert deadlines == [DIRECTORY_SECONDS, None]


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410])
def test_a_key_that_may_run_no_report_is_told_from_a_failure(status: int) -> None:
    bamboo = bamboo_client(transport_to(Script(Response.of({"employees": []}), Response(status))))
    bamboo.site_answers()

    with pytest.raises(ReportRefused):
        bamboo.report([7], FIELDS)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(500), "HTTP 500"),
        (Response(400), "HTTP 400"),
        (Response(406), "HTTP 406"),
        (Response(200, b"<report/>", "text/xml"), UNREADABLE),
        (Response(200, b"<html>Sign in</html>", "text/html"), UNREADABLE),
    ],
)
def test_a_report_that_one_employee_may_have_broken_is_refused_at_once(answer: Response, code: str) -> None:
    script = Script(answer)

    with pytest.raises(Refused) as refused:
        bamboo_client(transport_to(script)).report([7, 8], FIELDS)

    assert (refused.value.code, refused.value.may_be_record, len(script.requests)) == (code, True, 1)


def test_get_employee_shows_the_same_fields_and_those_of_future_hires() -> None:
    script = Script(Response.of({"id": "7", "customGrade": "G4", "4310.0": "C1", "homeEmail": "private"}))

    shown = bamboo_client(transport_to(script)).get_custom(7, FIELDS)

    assert shown == {"bamboohr:customGrade": "G4", "bamboohr:4310": "C1"}
    assert dict(script.requests[0].query) == {"fields": "customGrade,4310", "onlyCurrent": "false"}
