"""Evidence is listed in batches, or read one by one where the key may not list; ten refusals say that it may read none.

One bad record among the employees: test_isolation, and end_to_end/test_one_bad_record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import Patient, Script, bamboo_client, transport_to
from worker.bamboohr.client import IDS_PER_CALL
from worker.errors import CredentialError
from worker.model.employee import Evidence
from worker.runs.evidence import EvidenceReader

REFUSED = Response(403)
MAY_NOT_LIST = (REFUSED, REFUSED)
"""The answer to a batch, and to a listing of no employee, which tells that it is not for an employee of the batch."""
NOT_FOUND = Response(404)
ADA = Response.of({"id": "1", "status": "Active"})
ADA_LISTED = Response.of({"data": [{"employeeId": "1", "status": "Active"}]})


def read(employees: Sequence[int], script: Script) -> EvidenceReader:
    patient = Patient()
    bamboo = bamboo_client(transport_to(script, system="bamboohr", stopping=patient))
    evidence = EvidenceReader(bamboo, ("status",), patient.wait)
    evidence.read(employees)
    return evidence


def paths(script: Script) -> list[str]:
    """The endpoints that were called; an employee's ends in their id."""
    return [request.path.partition("/employees")[2] for request in script.requests]


def test_employees_are_listed_in_batches() -> None:
    employees = list(range(1, IDS_PER_CALL + 3))
    script = Script(ADA_LISTED)

    evidence = read(employees, script)

    batches = [dict(request.query)["filter[ids]"].split(",") for request in script.requests]
    assert [len(batch) for batch in batches] == [IDS_PER_CALL, 2]
    assert [int(number) for batch in batches for number in batch] == employees
    assert (evidence.rows, evidence.refused) == ({1: Evidence({"status": "Active"})}, False)


def test_a_key_that_may_not_list_reads_later_employees_of_the_run_one_by_one_as_well() -> None:
    patient, script = Patient(), Script(*MAY_NOT_LIST, ADA, Response.of({"id": "2", "status": "Inactive"}))
    evidence = EvidenceReader(
        bamboo_client(transport_to(script, system="bamboohr", stopping=patient)), ("status",), patient.wait
    )

    evidence.read([1])
    evidence.read([2])

    assert evidence.rows == {1: Evidence({"status": "Active"}), 2: Evidence({"status": "Inactive"})}
    assert paths(script) == ["", "", "/1", "/2"]


def test_a_key_that_may_not_list_reads_one_by_one_and_the_fix_is_logged_once(logged: list[dict[str, Any]]) -> None:
    employees = list(range(1, IDS_PER_CALL + 2))
    script = Script(*MAY_NOT_LIST, ADA, NOT_FOUND)

    evidence = read(employees, script)

    assert paths(script) == ["", "", *(f"/{number}" for number in employees)]
    assert (evidence.rows, evidence.refused) == ({1: Evidence({"status": "Active"})}, False)
    (line,) = logged
    assert (line["level"], line["event"]) == ("WARNING", "bamboohr.list_refused")
    assert "allow the key's user to list employees" in line["advice"]


@pytest.mark.parametrize(("employees", "asked"), [(9, 9), (10, 10), (12, 10)])
def test_a_key_that_is_refused_for_each_of_ten_employees_may_read_none(employees: int, asked: int) -> None:
    script = Script(REFUSED)

    evidence = read(range(1, employees + 1), script)

    assert (evidence.rows, evidence.refused) == ({}, True)
    assert len(script.requests) == 2 + asked


@pytest.mark.parametrize("answer", [ADA, NOT_FOUND])
def test_a_key_that_had_one_answer_may_read(answer: Response) -> None:
    script = Script(*MAY_NOT_LIST, answer, REFUSED)

    evidence = read(range(1, 13), script)

    assert not evidence.refused
    assert len(script.requests) == 2 + 12


def test_what_was_listed_before_the_refusal_is_kept_and_tells_that_the_key_may_read() -> None:
    script = Script(ADA_LISTED, REFUSED)

    evidence = read(range(1, IDS_PER_CALL + 13), script)

    assert (evidence.rows, evidence.refused) == ({1: Evidence({"status": "Active"})}, False)
    assert paths(script) == ["", "", "", *(f"/{IDS_PER_CALL + number}" for number in range(1, 13))]


def test_a_key_that_had_an_answer_may_read_also_when_its_rows_have_been_used() -> None:
    patient, script = Patient(), Script(ADA_LISTED, REFUSED)
    bamboo = bamboo_client(transport_to(script, system="bamboohr", stopping=patient))
    evidence = EvidenceReader(bamboo, ("status",), patient.wait)

    evidence.read([1])
    evidence.rows.clear()
    evidence.read(range(2, 14))

    assert not evidence.refused
    assert paths(script) == ["", "", "", *(f"/{number}" for number in range(2, 14))]


def test_an_employee_who_was_listed_in_a_part_of_a_refused_batch_is_not_read_again() -> None:
    """The batch of four is refused, the key's own user is answered, employees 1 and 2 are listed, then none may be."""
    script = Script(Response(400), Response.of({}), ADA_LISTED, *MAY_NOT_LIST, NOT_FOUND)

    evidence = read([1, 2, 3, 4], script)

    assert evidence.rows == {1: Evidence({"status": "Active"})}
    assert paths(script) == ["", "/0", "", "", "", "/2", "/3", "/4"]


def test_without_employees_nothing_is_asked_or_refused(logged: list[dict[str, Any]]) -> None:
    script = Script(REFUSED)

    assert not read([], script).refused
    assert (script.requests, logged) == ([], [])


def test_a_key_that_is_unknown_by_now_ends_the_run_at_the_first_employee() -> None:
    script = Script(Response(401))

    with pytest.raises(CredentialError):
        read([1, 2, 3], script)
    assert paths(script) == ["", "", "/1"]
