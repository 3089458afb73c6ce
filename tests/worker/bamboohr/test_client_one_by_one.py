"""When a key is taken to see no employee: after ten refusals in a row without an answer before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import Script, bamboo_client, transport_to
from worker.bamboohr.client import IDS_PER_CALL
from worker.model.employee import Evidence

REFUSED = Response(403)
ADA = Response.of({"id": "1", "status": "Active"})


def read(people: Sequence[int], *answers: Response) -> tuple[list[int], bool, int]:
    """Of whom evidence was read, whether the key may read none, and how many calls it took."""
    script = Script(*answers)
    answered = bamboo_client(transport_to(script, system="bamboohr")).evidence(people, ["status"])
    return list(answered.rows), answered.refused, len(script.requests)


def test_after_ten_refusals_no_other_employee_is_asked_for() -> None:
    assert read(range(1, 13), REFUSED) == ([], True, 1 + 10)
    assert read(range(1, 10), REFUSED) == ([], True, 1 + 9)


@pytest.mark.parametrize(("first", "rows"), [(ADA, [1]), (Response(404), [])])
def test_a_key_that_had_one_answer_may_read(first: Response, rows: list[int]) -> None:
    assert read(range(1, 13), REFUSED, first, REFUSED) == (rows, False, 1 + 12)


def test_a_key_that_could_list_some_may_read() -> None:
    listed = Response.of({"data": [{"employeeId": "1", "status": "Active"}]})

    assert read(range(1, IDS_PER_CALL + 13), listed, REFUSED) == ([1], False, 2 + 12)


def test_without_employees_nothing_is_refused(logged: list[dict[str, Any]]) -> None:
    assert read([], REFUSED) == ([], False, 0)
    assert logged == []


def test_reading_one_by_one_is_logged_with_the_fix(logged: list[dict[str, Any]]) -> None:
    answered = bamboo_client(transport_to(Script(REFUSED, ADA), system="bamboohr")).evidence([1], ["status"])

    assert answered.rows == {1: Evidence({"status": "Active"})}
    (line,) = logged
    assert (line["level"], line["event"]) == ("WARNING", "bamboohr.list_refused")
    assert "allow the key's user to list employees" in line["advice"]
