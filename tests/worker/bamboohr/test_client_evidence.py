"""What List Employees and Get Employee say of single employees. How they refuse: test_client_refusals."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from requests import PreparedRequest

from tests.worker.clients import BAMBOO
from worker.bamboohr.client import BambooHRClient, Refused
from worker.model.employee import Evidence

LIST, ONE = f"{BAMBOO}/employees", f"{BAMBOO}/employees/7"
FIELDS = ("first_name", "work_email", "department", "status", "hire_date")


pytestmark = pytest.mark.usefixtures("mocked")


def row(number: object, *hidden: str, **different: object) -> dict[str, object]:
    """A row of List Employees, in that endpoint's own names."""
    ordinary: dict[str, object] = {
        "firstName": "Jo",
        "workEmail": f"p{number}@acme.example",
        "departmentName": "Sales",
        "status": "Active",
        "hireDate": "2020-01-01",
    }
    shown = {**ordinary, **dict.fromkeys(hidden), **different}
    return {"employeeId": str(number), **shown, "_restrictedFields": list(hidden)}


def page(*rows: object, after: object = None) -> dict[str, object]:
    return {"data": list(rows), "meta": {"total": len(rows), "page": {"limit": 250, "nextCursor": after}}}


def asked(number: int = -1) -> dict[str, str]:
    url = responses.calls[number].request.url
    assert url is not None
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


# List Employees


SHOWN = {
    "first_name": "Jo",
    "work_email": "p7@acme.example",
    "department": "Sales",
    "status": "Active",
    "hire_date": "2020-01-01",
}


def without(*names: str, **different: str) -> dict[str, str]:
    return {name: value for name, value in {**SHOWN, **different}.items() if name not in names}


@pytest.mark.parametrize(
    ("shown", "evidence"),
    [
        (row(7), Evidence(SHOWN)),
        (
            row(7, "departmentName", "status", status="Inactive"),
            Evidence(without("department", "status"), frozenset({"department", "status"})),
        ),
        (row(7, departmentName=None, hireDate=""), Evidence(without(department="", hire_date=""))),
        ({name: value for name, value in row(7).items() if name != "workEmail"}, Evidence(without("work_email"))),
        *(
            ({**row(7), "_restrictedFields": hidden}, Evidence({}, frozenset(FIELDS)))
            for hidden in ("status", {"status": True}, 7, True)
        ),
    ],
    ids=[
        "canonical names",
        "restricted, whatever the row says",
        "empty is shown",
        "missing is not shown",
        *["malformed restrictions restrict every field"] * 4,
    ],
)
def test_a_row_becomes_evidence(bamboo: BambooHRClient, shown: dict[str, object], evidence: Evidence) -> None:
    responses.get(LIST, json=page(shown))

    assert bamboo.list_batch([7], FIELDS) == {7: evidence}


def test_employees_are_asked_for_by_id_and_fields_by_this_endpoints_names(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page())

    bamboo.list_batch([7, 8], FIELDS)

    assert asked() == {
        "filter[ids]": "7,8",
        "fields": "firstName,workEmail,departmentName,status,hireDate",
        "page[limit]": "2",
    }


def test_only_employees_who_were_asked_for_and_have_a_row_have_evidence(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7), row(9, status="Inactive"), row(0), row("me")))

    assert bamboo.list_batch([7, 8], FIELDS).keys() == {7}


def test_further_pages_are_read_until_there_is_none(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(1), after="two"))
    responses.get(LIST, json=page(row(2), after="three"))
    responses.get(LIST, json=page(row(3), after=""))

    assert bamboo.list_batch([1, 2, 3], FIELDS).keys() == {1, 2, 3}
    assert [asked(at).get("page[after]") for at in range(3)] == [None, "two", "three"]


def test_a_page_that_went_stale_restarts_the_listing_and_forgets_what_was_read(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(1, status="Active"), after="two"))
    responses.get(LIST, json={"error": {"code": "BadPage"}}, status=400)
    responses.get(LIST, json=page(row(2, status="Inactive")))

    rows = bamboo.list_batch([1, 2], FIELDS)

    assert rows.keys() == {2}
    assert "page[after]" not in asked()


def test_a_listing_that_goes_stale_again_and_again_is_refused(bamboo: BambooHRClient) -> None:
    def stale(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        later = "after" in (request.url or "")
        return (400 if later else 200), {}, json.dumps({"error": {"code": "BadPage"}} if later else page(after="two"))

    responses.add_callback(responses.GET, LIST, callback=stale)

    with pytest.raises(Refused, match="three times"):
        bamboo.list_batch([1], FIELDS)
    assert len(responses.calls) == 6


def test_a_listing_that_goes_round_in_a_circle_is_refused(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(1), after="again"))

    with pytest.raises(Refused, match="unreadable answer"):
        bamboo.list_batch([1], FIELDS)
    assert len(responses.calls) == 2


@pytest.mark.parametrize(
    "meta",
    [None, [], "x", {"page": None}, {"page": []}, {"page": {"nextCursor": 7}}, {"page": {"nextCursor": ["x"]}}, {}],
)
def test_a_listing_without_a_cursor_is_its_last_page(bamboo: BambooHRClient, meta: object) -> None:
    responses.get(LIST, json={"data": [row(1)], "meta": meta})

    assert bamboo.list_batch([1], FIELDS).keys() == {1}
    assert len(responses.calls) == 1


# Get Employee


def employee(number: object) -> dict[str, object]:
    """An answer of Get Employee, in that endpoint's own names."""
    ordinary = {"firstName": "Jo", "workEmail": f"p{number}@acme.example", "department": "Sales", "status": "Active"}
    return {"id": str(number), **ordinary, "hireDate": "0000-00-00"}


def test_a_record_becomes_evidence(bamboo: BambooHRClient) -> None:
    responses.get(ONE, json=employee(7))

    assert bamboo.get_employee(7, FIELDS) == Evidence(without(hire_date=""))
    assert asked() == {"fields": "firstName,workEmail,department,status,hireDate"}


def test_a_state_is_spelled_by_the_country_which_is_read_with_it(bamboo: BambooHRClient) -> None:
    responses.get(ONE, json={"id": "7", "state": "WA", "country": "Australia"})
    responses.get(LIST, json={"data": [{"employeeId": "7", "state": "Western Australia", "country": "Australia"}]})
    spelled = Evidence({"state": "Western Australia"})

    assert (bamboo.get_employee(7, ("state",)), bamboo.list_batch([7], ("state",))) == (spelled, {7: spelled})
    assert asked()["fields"] == "state,country"


@pytest.mark.parametrize(
    "country",
    [
        {},
        {"country": None, "_restrictedFields": ["country"]},
        {"country": "Italy", "_restrictedFields": ["country"]},
        {"country": "Italy", "_restrictedFields": 7},
    ],
)
def test_a_state_is_not_shown_where_the_country_that_decides_is_not(
    bamboo: BambooHRClient, country: dict[str, object]
) -> None:
    responses.get(LIST, json={"data": [{"employeeId": "7", "state": "WA", **country}]})

    assert bamboo.list_batch([7], ("state",))[7].facts == {}


@pytest.mark.parametrize("record", [employee(3), employee(0), {"status": "Inactive"}])
def test_a_record_of_another_employee_is_not_trusted(bamboo: BambooHRClient, record: dict[str, object]) -> None:
    """Number 0 stands for the key's own user; their status must not be taken for another employee's."""
    responses.get(ONE, json=record)

    assert bamboo.get_employee(7, FIELDS) is None


def test_a_field_that_is_silently_left_out_is_not_shown(bamboo: BambooHRClient) -> None:
    responses.get(ONE, json={"id": "7", "firstName": "Jo"})

    assert bamboo.get_employee(7, FIELDS) == Evidence({"first_name": "Jo"})
