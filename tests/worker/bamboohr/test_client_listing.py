"""All employees, active and inactive, as List Employees returns them page by page."""

from __future__ import annotations

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import Script, bamboo_client, transport_to
from worker.bamboohr.client import NO_EMPLOYEE, ROWS_PER_PAGE, Page, Refused
from worker.errors import ListRefused
from worker.model.employee import Evidence


def page(*people: int, after: str | None = None) -> Response:
    rows = [{"employeeId": str(number), "status": "Active"} for number in people]
    return Response.of({"data": rows, "meta": {"total": len(rows), "page": {"nextCursor": after}}})


def rows(*people: int) -> dict[int, Evidence]:
    return {number: Evidence({"status": "Active"}) for number in people}


def read(script: Script) -> list[Page]:
    return list(bamboo_client(transport_to(script, system="bamboohr")).list_employees(["status"]))


def test_all_employees_come_page_by_page_in_the_longest_pages() -> None:
    script = Script(page(1, 2, after="next"), page(3))

    assert read(script) == [Page(rows(1, 2), is_first=True), Page(rows(3), is_first=False)]
    first, second = (dict(request.query) for request in script.requests)
    assert first == {"fields": "status", "page[limit]": str(ROWS_PER_PAGE)}
    assert second == {**first, "page[after]": "next"}


def test_a_listing_that_changed_meanwhile_begins_again_with_another_first_page() -> None:
    script = Script(page(1, after="next"), Response(400), page(2, after="next"), page(3))

    assert [(page.is_first, list(page.rows)) for page in read(script)] == [(True, [1]), (True, [2]), (False, [3])]


def test_a_key_that_may_not_list_employees_is_reported_with_the_fix() -> None:
    with pytest.raises(ListRefused, match="does not let the key list employees") as caught:
        read(Script(Response(403)))

    assert "list all employees" in caught.value.advice


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_page_that_is_refused_while_nobody_can_be_listed_is_refused_for_an_employee_of_it(status: int) -> None:
    script = Script(page(1, after="next"), Response(status), page())

    with pytest.raises(Refused, match=f"HTTP {status}"):
        read(script)

    asked = dict(script.requests[-1].query)
    assert asked == {"filter[ids]": str(NO_EMPLOYEE), "fields": "status", "page[limit]": "1"}


def test_a_listing_of_nobody_that_fails_is_not_tried_again() -> None:
    script = Script(Response(403), Response(500))

    with pytest.raises(ListRefused):
        read(script)

    assert len(script.requests) == 2
