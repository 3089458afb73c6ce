"""Whom a run reads individually, and what it makes of the directory and of their own records.

Whole runs: end_to_end/test_lost_fields, test_partial_directory, test_scope and test_custom_fields.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.wire import Request, Response
from tests.simulation import MemoryItems, Process
from tests.worker.builders import record_of, run_settings
from tests.worker.clients import Patient, Script, bamboo_client, moodle_client, transport_to
from worker.bamboohr.changes import Feed
from worker.bamboohr.directory import Directory
from worker.errors import SourceError
from worker.model.employee import Change, Employee, Evidence
from worker.model.history import EmployeeRecord, FollowUp, History, RunRecord
from worker.planning.baseline import ApiFieldStats
from worker.runs.employee_reader import EmployeeReader
from worker.runs.run_input import AllEmployees, RunInput, RunRequest
from worker.runs.services import Services
from worker.state.store import Store

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ADA = {"first_name": "Ada", "last_name": "King", "work_email": "ada@acme.example", "department": "Sales", "status": ""}
SHOWN = frozenset(ADA) - {"status"}
GRADE = "bamboohr:customGrade"
CUSTOM = {"FIELD_MAPPING": f'{{"profile_field_grade": "{GRADE}"}}'}
FULL_PASS = RunRequest(AllEmployees())
NOBODY = Response.of({"data": []})
REFUSED = Response(403)
SCOPE = '{"department": {"exclude": ["Board"]}}'


def record(number: int = 7, **values: str) -> Response:
    """The answer of List Employees about one employee."""
    theirs = {"first_name": "firstName", "last_name": "lastName", "work_email": "email", "department": "departmentName"}
    return Response.of(
        {"data": [{"employeeId": str(number), **{theirs.get(name, name): value for name, value in values.items()}}]}
    )


def directory(*, shown: Collection[str] = SHOWN, unreliable: Collection[str] = (), **facts: str) -> Directory:
    """A directory with employee 7 alone."""
    row = {**ADA, **facts}
    return Directory(
        row_count=1, ids={7}, shown=frozenset(shown), employees={7: row}, unreliable_fields=frozenset(unreliable)
    )


def reader(
    script: Script,
    listing: Directory,
    *,
    records: Mapping[int, EmployeeRecord] | None = None,
    runs: tuple[RunRecord, ...] = (),
    settings: Mapping[str, str] | None = None,
    **inputs: Any,
) -> EmployeeReader:
    patient = Patient()
    services = Services(
        settings=run_settings(**(settings or {})),
        store=Store(MemoryItems(Process(), {}), "a"),
        bamboohr=bamboo_client(transport_to(script, system="bamboohr", stopping=patient)),
        moodle=moodle_client(transport_to()),
        stop=patient,
        clock=lambda: NOW,
        digest_key="a token",
    )
    history = History(records or {}, runs)
    return EmployeeReader(services, RunInput(history, directory=listing, **inputs))


class OnlyOwnUser(Script):
    """BambooHR fails on everything but the key's own user."""

    def answer(self, request: Request) -> Response:
        return Response(404) if request.path.endswith("/employees/0") else Response(500)


def asked(script: Script) -> list[int]:
    """The employees who were asked for by List Employees."""
    listed = [dict(request.query).get("filter[ids]", "") for request in script.requests]
    return [int(number) for ids in listed for number in ids.split(",") if number]


def read(script: Script, listing: Directory, number: int = 7, **more: Any) -> Employee:
    (employee,) = reader(script, listing, **more).employees([number])
    return employee


# Whom the directory does not settle


@pytest.mark.parametrize(
    ("listing", "settings", "is_read"),
    [
        (directory(), {}, False),
        (directory(department=""), {}, False),
        (directory(last_name=""), {}, False),
        (directory(status="Inactive"), {}, False),
        (directory(status="Inactive", shown=SHOWN | {"status"}), {}, True),
        (directory(status="Active", shown=SHOWN | {"status"}), {}, False),
        (directory(shown=SHOWN - {"department"}), {}, True),
        (directory(unreliable=["department"]), {}, False),
        (directory(unreliable=["department"], department=""), {}, True),
        (directory(status="Active", shown=ADA, unreliable=ADA), {}, False),
        (directory(last_name=""), {"DEFAULT_LAST_NAME": "-"}, True),
        (directory(first_name=""), {"DEFAULT_LAST_NAME": "-"}, True),
        (directory(department=""), {"DEFAULT_LAST_NAME": "-"}, False),
        (directory(), {"DEFAULT_LAST_NAME": "-"}, False),
        (directory(), {"SCOPE": SCOPE}, False),
        (directory(department=""), {"SCOPE": SCOPE}, True),
        (Directory(available=False), {}, True),
        (Directory(row_count=1, ids={8}, shown=SHOWN), {}, True),
    ],
    ids=[
        "all is shown",
        "an empty field",
        "an empty name",
        "a status that is not declared",
        "inactive",
        "active",
        "a field not declared",
        "an unreliable field with a value",
        "an unreliable field without one",
        "only unreliable fields, each shown",
        "a last name that has a default",
        "a first name that completes it",
        "another field than a name",
        "both names",
        "a field of the scope with a value",
        "a field of the scope without one",
        "no directory",
        "not in the directory",
    ],
)
def test_who_is_read_individually(listing: Directory, settings: dict[str, str], is_read: bool) -> None:
    script = Script(NOBODY)

    read(script, replace(listing, employees={**listing.employees}), settings=settings)

    assert asked(script) == ([7] if is_read else [])


def test_a_full_pass_has_read_them_and_asks_for_nobody_again() -> None:
    script = Script(NOBODY)
    row = Evidence({"status": "Active", "first_name": "Augusta", "work_email": "new@acme.example"})
    rows, listing = {7: row}, directory()

    employee = read(script, listing, rows=rows, request=FULL_PASS)

    assert (script.requests, employee.facts["first_name"]) == ([], "Augusta")
    assert (rows, listing.employees) == ({}, {})
    assert (listing.email_index.of("new@acme.example"), listing.email_index.of("ada@acme.example")) == ((7,), ())


def test_whom_a_full_pass_has_read_or_could_not_read_needs_no_directory() -> None:
    script, rows = Script(NOBODY), {7: Evidence({"status": "Active"})}

    employees = reader(
        script, Directory(available=False), rows=rows, refusal_codes={8: "HTTP 500"}, request=FULL_PASS
    ).employees([7, 8])

    assert script.requests == []
    assert (employees[0].facts, employees[1]) == ({"status": "Active"}, Employee(8, refusal_code="HTTP 500"))


def test_employees_are_returned_by_id_and_read_once() -> None:
    script = Script(record(9, status="Inactive"), NOBODY)

    employees = reader(script, directory()).employees({10, 9, 7})

    assert [(one.employee_id, one.in_directory, one.has_evidence) for one in employees] == [
        (7, True, False),
        (9, False, True),
        (10, False, False),
    ]
    assert asked(script) == [9, 10]
    assert dict(script.requests[0].query)["fields"].split(",").count("status") == 1


def test_an_employee_who_was_refused_alone_is_read_apart_from_the_others() -> None:
    script = Script(NOBODY, NOBODY, report(), report())

    reader(script, Directory(available=False), settings=CUSTOM, records={7: record_of(7, FollowUp.ISOLATED)}).employees(
        [7, 8, 9]
    )

    assert [dict(request.query).get("filter[ids]") for request in script.requests[:2]] == ["8,9", "7"]
    assert [b"[7]" in request.body for request in script.requests[2:]] == [False, True]


# What becomes of both


@pytest.mark.parametrize(
    ("reported", "remembered", "expected"),
    [
        (True, False, (True, False)),
        (True, True, (True, False)),
        (None, True, (False, True)),
        (False, True, (False, False)),
        (None, False, (False, False)),
    ],
)
def test_a_deletion_is_of_this_feed_or_of_an_earlier_one(
    reported: bool | None, remembered: bool, expected: tuple[bool, bool]
) -> None:
    feed = Feed(() if reported is None else (Change(7, deleted=reported),), None)
    records = {7: record_of(7, deleted=remembered), 8: record_of(8, deleted=not remembered)}

    employee = read(Script(NOBODY), directory(), feed=feed, records=records)

    assert (employee.deleted, employee.was_deleted) == expected


def test_an_unreliable_field_that_their_own_record_has_is_contradicted() -> None:
    listing = directory(unreliable=["department", "last_name"], department="", last_name="")

    employee = read(Script(record(department="Legal", last_name="")), listing)

    assert (employee.facts["department"], employee.facts["last_name"]) == ("Legal", "")
    assert listing.contradicted == {"department"}


@pytest.mark.parametrize(("theirs", "shown"), [("", None), ("Legal", "Legal")])
def test_an_empty_field_of_the_scope_that_many_have_lost_decides_nothing(theirs: str, shown: str | None) -> None:
    listing = directory(unreliable=["department", "last_name"], department="", last_name="")

    employee = read(Script(record(department=theirs, last_name="")), listing, settings={"SCOPE": SCOPE})

    assert employee.facts.get("department") == shown
    assert employee.facts["last_name"] == ""


def test_an_empty_field_of_the_scope_counts_if_their_own_record_has_it_so_too() -> None:
    employee = read(Script(record(department="", status="Active")), directory(department=""), settings={"SCOPE": SCOPE})

    assert employee.facts["department"] == ""


def test_an_employee_whom_bamboohr_cannot_answer_for_is_only_that() -> None:
    listing = directory(status="Inactive", shown=SHOWN | {"status"})

    employee = read(OnlyOwnUser(), listing, settings=CUSTOM, records={7: record_of(7, FollowUp.ISOLATED)})

    assert employee == Employee(7, refusal_code="HTTP 500")


# Whose empty fields have to be verified

OUT_OF_ORDER = "BambooHR answered HTTP 500 for the key's own user"


def verified(script: Script, **more: Any) -> tuple[Employee, str]:
    """Employee 7, of whom the directory shows two empty fields, and why these could not be verified."""
    verifying = reader(script, directory(department="", last_name=""), **more)
    listed = verifying.employees([7])
    assert script.requests == []
    (employee,) = verifying.verified(listed)
    return employee, verifying.read_error


def test_an_empty_field_is_verified_by_their_own_record() -> None:
    script = Script(record(last_name="", status="Active"))

    employee, read_error = verified(script)

    assert (asked(script), employee.has_evidence, employee.partial_refusal, read_error) == ([7], True, "", "")
    assert (employee.facts["last_name"], employee.facts["status"]) == ("", "Active")
    assert "department" not in employee.facts


@pytest.mark.parametrize(
    ("script", "refusal", "error"),
    [(OnlyOwnUser(), "HTTP 500", ""), (Script(Response(500)), "", OUT_OF_ORDER)],
    ids=["refused for them alone", "no answer for anybody"],
)
def test_an_empty_field_that_cannot_be_verified_is_not_shown(script: Script, refusal: str, error: str) -> None:
    employee, read_error = verified(script)

    assert (employee.has_evidence, employee.partial_refusal, read_error) == (False, refusal, error)
    assert (employee.facts["first_name"], employee.facts.keys() & {"last_name", "department"}) == ("Ada", set())


# What a key may not


def test_a_key_that_may_read_no_employee_has_the_directory_at_least() -> None:
    incomplete = reader(Script(REFUSED), directory(department="", unreliable=["department"]))

    (employee,) = incomplete.employees([7])

    evidence = incomplete.evidence_reader
    assert (evidence.refused, evidence.no_status_shown, employee.in_directory) == (True, False, True)
    incomplete.employees([])
    assert incomplete.evidence_reader.refused
    with pytest.raises(SourceError, match="BambooHR refuses both the directory and single employees"):
        read(Script(REFUSED), Directory(available=False))


def test_employees_who_are_read_one_by_one_without_a_status_are_noticed() -> None:
    one_by_one = reader(Script(REFUSED, REFUSED, Response.of({"id": "9", "firstName": "Eve"})), directory())

    one_by_one.employees([9])

    assert (one_by_one.evidence_reader.refused, one_by_one.evidence_reader.no_status_shown) == (False, True)


@pytest.mark.parametrize(
    ("listing", "deleted", "sees_nobody"),
    [
        (Directory(available=False), False, True),
        (Directory(available=False), True, False),
        (Directory(available=False), None, False),
        (directory(department="", unreliable=["department"]), False, False),
    ],
    ids=["changed", "deleted", "not in the feed", "in the directory"],
)
def test_a_key_that_is_shown_none_of_those_who_changed_sees_nobody(
    listing: Directory, deleted: bool | None, sees_nobody: bool
) -> None:
    changes = () if deleted is None else (Change(7, deleted=deleted),)
    one_by_one = reader(Script(REFUSED, REFUSED, Response(404)), listing, feed=Feed(changes, None))

    one_by_one.employees([7])

    assert (one_by_one.evidence_reader.refused, one_by_one.evidence_reader.no_status_shown) == (False, sees_nobody)


# Custom fields


def report(**grades: str) -> Response:
    rows = [{"id": number[1:], "customGrade": grade} for number, grade in grades.items()]
    return Response.of({"fields": [{"id": "customGrade"}], "employees": rows})


def test_custom_fields_come_from_a_report_unless_the_account_is_only_compared() -> None:
    script = Script(report(_7="G7"))
    custom = reader(script, directory(), settings=CUSTOM)

    (compared,) = custom.employees([7], for_comparison=True)
    assert (script.requests, GRADE in compared.facts) == ([], False)
    (employee,) = reader(script, directory(), settings=CUSTOM).employees([7])
    assert (employee.facts[GRADE], employee.facts["first_name"]) == ("G7", "Ada")


@pytest.mark.parametrize("is_full_pass", [True, False])
def test_a_full_pass_reads_one_report_of_all(is_full_pass: bool) -> None:
    script = Script(report(_7="G7"))

    read(script, directory(), settings=CUSTOM, request=FULL_PASS if is_full_pass else RunRequest())

    (request,) = script.requests
    assert (b"employeeIds" in request.body) is not is_full_pass


def test_a_custom_field_that_was_lost_is_not_shown_rather_than_empty() -> None:
    baseline = RunRecord(
        "r1", 1, "sync", "all", is_baseline=True, successful=True, row_count=9, coverage={GRADE: 10_000}
    )
    listing = directory()
    listing.ids |= set(range(8, 60))
    grades = {f"_{number}": "" for number in range(7, 60)}

    lost = read(Script(report(**grades)), listing, settings=CUSTOM, runs=(baseline,))
    empty = read(Script(report(**grades)), directory(), settings=CUSTOM)

    assert (GRADE in lost.facts, empty.facts[GRADE]) == (False, "")


def test_the_fields_are_counted_for_later_runs() -> None:
    stats = ApiFieldStats()

    read(Script(report(_7="G7")), directory(), settings=CUSTOM, api_field_stats=stats)

    assert (stats.fields, stats.row_count, stats.filled[GRADE]) == ((GRADE,), 1, 1)


def test_an_employee_whose_report_fails_alone_is_incomplete() -> None:
    employee = read(OnlyOwnUser(), directory(), settings=CUSTOM, records={7: record_of(7, FollowUp.ISOLATED)})

    assert (employee.partial_refusal, employee.in_directory) == ("HTTP 500", True)
