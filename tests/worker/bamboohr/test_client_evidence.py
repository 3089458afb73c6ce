"""Evidence about single employees: List Employees, and the per-employee endpoint where that is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from tests.sandbox.wire import Response
from tests.worker.clients import BAMBOO, Patient, Script, bamboo_client, fuzz, transport_to
from worker.bamboohr.client import IDS_PER_CALL, Answered, BambooHRClient
from worker.errors import CredentialError, SourceError, SyncError
from worker.model.employee import Evidence

LIST = f"{BAMBOO}/employees"
ONE = re.compile(re.escape(BAMBOO) + r"/employees/(\d+)\?.*")
FIELDS = ("first_name", "work_email", "department", "status", "hire_date")


@pytest.fixture
def bamboo() -> BambooHRClient:
    return bamboo_client(transport_to(system="bamboohr", stopping=Patient()))


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

    assert bamboo.evidence([7], FIELDS) == Answered(
        {
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
    )


def test_employees_are_asked_for_by_id_in_batches_and_fields_by_this_endpoints_names(bamboo: BambooHRClient) -> None:
    people = list(range(1, IDS_PER_CALL + 3))
    responses.get(LIST, json=page())

    bamboo.evidence(people, FIELDS)

    assert len(responses.calls) == 2
    assert [number for at in (0, 1) for number in asked(at)["filter[ids]"].split(",")] == [str(n) for n in people]
    assert asked()["fields"] == "firstName,workEmail,departmentName,status,hireDate"
    assert "page[after]" not in asked()


def test_no_employees_take_no_call(bamboo: BambooHRClient) -> None:
    assert bamboo.evidence([], FIELDS) == Answered({})


def test_a_restricted_field_is_not_shown_whatever_the_row_says_of_it(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7, "departmentName", "status", status="Inactive")))

    evidence = bamboo.evidence([7], FIELDS).rows[7]

    assert evidence.restricted == {"department", "status"}
    assert evidence.facts.keys() == {"first_name", "work_email", "hire_date"}


def test_an_empty_field_is_shown_and_a_missing_one_is_not(bamboo: BambooHRClient) -> None:
    shown = row(7, departmentName=None, hireDate="")
    del shown["workEmail"]
    responses.get(LIST, json=page(shown))

    facts = bamboo.evidence([7], FIELDS).rows[7].facts

    assert (facts["department"], facts["hire_date"]) == ("", "")
    assert "work_email" not in facts


@pytest.mark.parametrize("hidden", ["status", {"status": True}, 7, True])
def test_malformed_restrictions_restrict_every_field(bamboo: BambooHRClient, hidden: object) -> None:
    responses.get(LIST, json=page({**row(7), "_restrictedFields": hidden}))

    evidence = bamboo.evidence([7], FIELDS).rows[7]

    assert (evidence.facts, evidence.restricted) == ({}, frozenset(FIELDS))


def test_an_employee_without_a_row_has_no_evidence(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7)))

    assert bamboo.evidence([7, 8], FIELDS).rows.keys() == {7}


def test_rows_that_were_not_asked_for_are_ignored(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(7), row(8, status="Inactive"), row(0), row("me"), row(9)))

    assert bamboo.evidence([7], FIELDS).rows.keys() == {7}


def test_further_pages_are_read_until_there_is_none(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(1), after="two"))
    responses.get(LIST, json=page(row(2), after="three"))
    responses.get(LIST, json=page(row(3), after=""))

    assert bamboo.evidence([1, 2, 3], FIELDS).rows.keys() == {1, 2, 3}
    assert [asked(at).get("page[after]") for at in range(3)] == [None, "two", "three"]


def test_a_page_that_went_stale_restarts_the_listing_and_forgets_what_was_read(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(1, status="Active"), after="two"))
    responses.get(LIST, json={"error": {"code": "BadPage"}}, status=400)
    responses.get(LIST, json=page(row(2, status="Inactive")))

    rows = bamboo.evidence([1, 2], FIELDS).rows

    assert rows.keys() == {2}
    assert "page[after]" not in asked()


def test_a_listing_that_goes_stale_again_and_again_ends_the_run(bamboo: BambooHRClient) -> None:
    def stale(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        later = "after" in (request.url or "")
        return (400 if later else 200), {}, json.dumps({"error": {"code": "BadPage"}} if later else page(after="two"))

    responses.add_callback(responses.GET, LIST, callback=stale)

    with pytest.raises(SourceError, match="three times"):
        bamboo.evidence([1], FIELDS)
    assert len(responses.calls) == 6


def test_a_listing_that_goes_round_in_a_circle_ends_the_run(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json=page(row(1), after="again"))

    with pytest.raises(SourceError, match="List Employees"):
        bamboo.evidence([1], FIELDS)
    assert len(responses.calls) == 2


def test_a_first_page_that_is_no_good_request_is_a_fault_of_ours(bamboo: BambooHRClient) -> None:
    responses.get(LIST, json={"error": {"code": "BadRequest"}}, status=400)

    with pytest.raises(SourceError, match="400"):
        bamboo.evidence([1], FIELDS)
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    "body", ["", "<html>", "null", "[]", "{}", '{"data":null}', '{"data":{"1":{}}}', '{"data":[1]}', '{"data":[null]}']
)
def test_a_listing_of_another_form_is_not_trusted(bamboo: BambooHRClient, body: str) -> None:
    responses.get(LIST, body=body)

    with pytest.raises(SourceError, match="List Employees"):
        bamboo.evidence([1], FIELDS)


@pytest.mark.parametrize("meta", [None, [], "x", {"page": None}, {"page": []}, {"page": {"nextCursor": 7}}, {}])
def test_a_listing_without_a_cursor_is_its_last_page(bamboo: BambooHRClient, meta: object) -> None:
    responses.get(LIST, json={"data": [row(1)], "meta": meta})

    assert bamboo.evidence([1], FIELDS).rows.keys() == {1}
    assert len(responses.calls) == 1


# One by one


def employee(number: object, **different: object) -> dict[str, object]:
    """An answer of Get Employee, in that endpoint's own names."""
    ordinary = {"firstName": "Jo", "workEmail": f"p{number}@acme.example", "department": "Sales", "status": "Active"}
    return {"id": str(number), **ordinary, "hireDate": "0000-00-00", **different}


def one_by_one(answers: dict[int, tuple[int, object]], refused: int = 403) -> list[int]:
    """List Employees is refused; each employee answers as given, 404 by default. Returns the ids that are asked for."""
    seen: list[int] = []

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        found = ONE.fullmatch(request.url or "")
        assert found is not None
        seen.append(int(found[1]))
        status, body = answers.get(seen[-1], (404, None))
        return status, {}, json.dumps(body)

    responses.get(LIST, status=refused)
    responses.add_callback(responses.GET, ONE, callback=answer)
    return seen


@pytest.mark.parametrize("refused", [401, 403, 404, 405])
def test_where_listing_is_refused_each_is_asked_for_alone(bamboo: BambooHRClient, refused: int) -> None:
    seen = one_by_one({7: (200, employee(7)), 8: (200, employee(8))}, refused)

    answered = bamboo.evidence([7, 8], FIELDS)

    assert seen == [7, 8]
    assert answered.refused is False
    assert answered.rows[7].facts == {
        "first_name": "Jo",
        "work_email": "p7@acme.example",
        "department": "Sales",
        "status": "Active",
        "hire_date": "0000-00-00",
    }
    assert asked()["fields"] == "firstName,workEmail,department,status,hireDate"


def test_listing_is_not_retried_once_it_was_refused(bamboo: BambooHRClient) -> None:
    people = list(range(1, IDS_PER_CALL + 2))
    seen = one_by_one({})

    bamboo.evidence(people, FIELDS)

    assert seen == people
    assert sum(1 for call in responses.calls if "filter" in (call.request.url or "")) == 1


def test_what_was_listed_before_the_refusal_is_kept_and_not_read_again(bamboo: BambooHRClient) -> None:
    people = list(range(1, IDS_PER_CALL + 3))
    responses.get(LIST, json=page(row(1), row(2)))
    seen = one_by_one({IDS_PER_CALL + 1: (403, None), IDS_PER_CALL + 2: (200, employee(IDS_PER_CALL + 2))})

    answered = bamboo.evidence(people, FIELDS)

    assert (set(answered.rows), answered.refused) == ({1, 2, IDS_PER_CALL + 2}, False)
    assert seen == people[IDS_PER_CALL:]


def test_a_record_of_another_employee_is_not_trusted(bamboo: BambooHRClient) -> None:
    """Number 0 stands for the key's own user; their status must not be taken for another employee's."""
    one_by_one({7: (200, employee(3)), 8: (200, employee(0)), 9: (200, {"status": "Inactive"})})

    assert bamboo.evidence([7, 8, 9], FIELDS).rows == {}


def test_a_field_that_is_silently_left_out_is_not_shown(bamboo: BambooHRClient) -> None:
    one_by_one({7: (200, {"id": "7", "firstName": "Jo"})})

    assert bamboo.evidence([7], FIELDS).rows[7].facts == {"first_name": "Jo"}


def test_an_employee_who_is_not_found_or_not_shown_has_no_evidence_and_the_others_have(bamboo: BambooHRClient) -> None:
    one_by_one({6: (403, None), 7: (404, None), 8: (200, employee(8))})

    answered = bamboo.evidence([6, 7, 8], FIELDS)

    assert (set(answered.rows), answered.refused) == ({8}, False)


def test_a_key_that_may_see_no_employee_is_reported_after_a_few_refusals_and_does_not_hammer(
    bamboo: BambooHRClient,
) -> None:
    seen = one_by_one(dict.fromkeys(range(1, 500), (403, None)))

    answered = bamboo.evidence(list(range(1, 500)), FIELDS)

    assert answered.refused is True
    assert len(seen) <= 10


def test_many_refusals_end_nothing_where_one_employee_was_answered(bamboo: BambooHRClient) -> None:
    people = list(range(1, 41))
    seen = one_by_one({**dict.fromkeys(people, (403, None)), 1: (200, employee(1)), 40: (200, employee(40))})

    answered = bamboo.evidence(people, FIELDS)

    assert seen == people
    assert (set(answered.rows), answered.refused) == ({1, 40}, False)


def test_a_key_that_is_unknown_by_now_ends_the_run(bamboo: BambooHRClient) -> None:
    seen = one_by_one(dict.fromkeys(range(1, 5), (401, None)), 401)

    with pytest.raises(CredentialError):
        bamboo.evidence([1, 2, 3, 4], FIELDS)
    assert seen == [1]


@pytest.mark.parametrize("body", [None, [], "x", 7])
def test_a_record_of_another_form_is_not_trusted(bamboo: BambooHRClient, body: object) -> None:
    one_by_one({7: (200, body)})

    with pytest.raises(SourceError, match="Get Employee"):
        bamboo.evidence([7], FIELDS)


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


def survives(*answers: Response, people: Sequence[int] = (1, 2)) -> None:
    try:
        answered = bamboo_client(transport_to(Script(*answers), system="bamboohr")).evidence(people, FIELDS)
    except SyncError:
        return
    assert set(answered.rows) <= set(people)
    for evidence in answered.rows.values():
        assert not evidence.facts.keys() & evidence.restricted
        assert all(isinstance(value, str) for value in evidence.facts.values())


@fuzz
@given(_JSON | st.fixed_dictionaries({"data": st.lists(_ROW | _JSON, max_size=4), "meta": _JSON}))
def test_any_json_is_a_listing_or_an_end_of_the_run(value: Any) -> None:
    survives(Response.of(value))


@fuzz
@given(_JSON | st.fixed_dictionaries({"id": st.just("1"), "status": _JSON, "firstName": _JSON}))
def test_any_json_is_a_record_or_an_end_of_the_run(value: Any) -> None:
    survives(Response(403), Response.of(value))
