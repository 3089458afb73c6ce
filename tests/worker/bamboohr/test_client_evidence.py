"""What List Employees and Get Employee say of single employees. How they refuse: test_client_quick."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from tests.sandbox.wire import Response
from tests.worker.clients import BAMBOO, Script, bamboo_client, fuzz, transport_to
from worker.bamboohr.client import BambooHRClient, Refused
from worker.errors import SyncError
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


def test_a_row_becomes_facts_under_the_canonical_names(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7)))

    assert bamboo.list_batch([7], FIELDS) == {
        7: Evidence(
            {
                "first_name": "Jo",
                "work_email": "p7@acme.example",
                "department": "Sales",
                "status": "Active",
                "hire_date": "2020-01-01",
            }
        )
    }


def test_employees_are_asked_for_by_id_and_fields_by_this_endpoints_names(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page())

    bamboo.list_batch([7, 8], FIELDS)

    assert asked() == {
        "filter[ids]": "7,8",
        "fields": "firstName,workEmail,departmentName,status,hireDate",
        "page[limit]": "2",
    }


def test_a_restricted_field_is_not_shown_whatever_the_row_says_of_it(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7, "departmentName", "status", status="Inactive")))

    evidence = bamboo.list_batch([7], FIELDS)[7]

    assert evidence.restricted == {"department", "status"}
    assert evidence.facts.keys() == {"first_name", "work_email", "hire_date"}


def test_an_empty_field_is_shown_and_a_missing_one_is_not(bamboo: BambooHRClient) -> None:
    shown = row(7, departmentName=None, hireDate="")
    del shown["workEmail"]
    responses.get(LIST, json=page(shown))

    facts = bamboo.list_batch([7], FIELDS)[7].facts

    assert (facts["department"], facts["hire_date"]) == ("", "")
    assert "work_email" not in facts


@pytest.mark.parametrize("hidden", ["status", {"status": True}, 7, True])
def test_malformed_restrictions_restrict_every_field(bamboo: BambooHRClient, hidden: object) -> None:
    responses.get(LIST, json=page({**row(7), "_restrictedFields": hidden}))

    evidence = bamboo.list_batch([7], FIELDS)[7]

    assert (evidence.facts, evidence.restricted) == ({}, frozenset(FIELDS))


def test_an_employee_without_a_row_has_no_evidence(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7)))

    assert bamboo.list_batch([7, 8], FIELDS).keys() == {7}


def test_rows_that_were_not_asked_for_are_ignored(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7), row(8, status="Inactive"), row(0), row("me"), row(9)))

    assert bamboo.list_batch([7], FIELDS).keys() == {7}


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


@pytest.mark.parametrize("meta", [None, [], "x", {"page": None}, {"page": []}, {"page": {"nextCursor": 7}}, {}])
def test_a_listing_without_a_cursor_is_its_last_page(bamboo: BambooHRClient, meta: object) -> None:
    responses.get(LIST, json={"data": [row(1)], "meta": meta})

    assert bamboo.list_batch([1], FIELDS).keys() == {1}
    assert len(responses.calls) == 1


# Get Employee


def employee(number: object) -> dict[str, object]:
    """An answer of Get Employee, in that endpoint's own names."""
    ordinary = {"firstName": "Jo", "workEmail": f"p{number}@acme.example", "department": "Sales", "status": "Active"}
    return {"id": str(number), **ordinary, "hireDate": "0000-00-00"}


def test_a_record_becomes_facts_under_the_canonical_names(bamboo: BambooHRClient) -> None:
    responses.get(ONE, json=employee(7))

    assert bamboo.get_employee(7, FIELDS) == Evidence(
        {
            "first_name": "Jo",
            "work_email": "p7@acme.example",
            "department": "Sales",
            "status": "Active",
            "hire_date": "",
        }
    )
    assert asked() == {"fields": "firstName,workEmail,department,status,hireDate"}


def test_a_state_is_spelled_by_the_country_which_is_read_with_it(bamboo: BambooHRClient) -> None:
    responses.get(ONE, json={"id": "7", "state": "WA", "country": "Australia"})
    responses.get(LIST, json={"data": [{"employeeId": "7", "state": "Western Australia", "country": "Australia"}]})
    spelled = Evidence({"state": "Western Australia"})

    assert (bamboo.get_employee(7, ("state",)), bamboo.list_batch([7], ("state",))) == (spelled, {7: spelled})
    assert asked()["fields"] == "state,country"


@pytest.mark.parametrize(
    "country", [{}, {"country": None, "_restrictedFields": ["country"]}, {"country": "Italy", "_restrictedFields": 7}]
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


# Any answer at all


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["1", "Inactive", "status"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["data", "meta", "page", "nextCursor", "employeeId", "id", "status", "_restrictedFields"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_ROW = st.fixed_dictionaries(
    {"employeeId": st.sampled_from([1, "1", "2", None]), "status": _JSON, "_restrictedFields": _JSON}
)


def survives(answer: Response, read: Callable[[BambooHRClient], dict[int, Evidence]]) -> None:
    try:
        rows = read(bamboo_client(transport_to(Script(answer), system="bamboohr")))
    except (Refused, SyncError):
        return
    assert set(rows) <= {1, 2}
    for evidence in rows.values():
        assert not evidence.facts.keys() & evidence.restricted
        assert all(isinstance(value, str) for value in evidence.facts.values())


@fuzz
@given(_JSON | st.fixed_dictionaries({"data": st.lists(_ROW | _JSON, max_size=4), "meta": _JSON}))
def test_any_json_is_a_listing_or_a_refusal(value: Any) -> None:
    survives(Response.of(value), lambda bamboo: bamboo.list_batch([1, 2], FIELDS))


@fuzz
@given(_JSON | st.fixed_dictionaries({"id": st.just("1"), "status": _JSON, "firstName": _JSON}))
def test_any_json_is_a_record_or_a_refusal(value: Any) -> None:
    def read(bamboo: BambooHRClient) -> dict[int, Evidence]:
        evidence = bamboo.get_employee(1, FIELDS)
        return {} if evidence is None else {1: evidence}

    survives(Response.of(value), read)
