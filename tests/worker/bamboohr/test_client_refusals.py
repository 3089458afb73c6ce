"""What a refusal of BambooHR means, and what is said of it."""

from __future__ import annotations

import json

import pytest
import responses

from tests.sandbox.wire import Response
from tests.worker.clients import (
    BAMBOO,
    CHANGED,
    DIRECTORY,
    FIX_COMMAND,
    KEY,
    NEEDED,
    PRIVATE,
    SINCE,
    Patient,
    Script,
    bamboo_client,
    end_of,
    quick_end_of,
    texts,
    transport_to,
)
from worker.bamboohr.client import BambooHRClient
from worker.errors import CredentialError, SourceError
from worker.transport.patience import REQUEST_SECONDS

pytestmark = pytest.mark.usefixtures("mocked")


def read_anything(bamboo: BambooHRClient) -> None:
    bamboo.changed_employees(SINCE)


def test_an_unknown_key_is_reported_with_the_command_that_sets_it_and_never_retried(
    bamboo: BambooHRClient, patient: Patient
) -> None:
    responses.get(CHANGED, status=401)

    with pytest.raises(CredentialError, match="does not know the API key") as caught:
        read_anything(bamboo)

    assert FIX_COMMAND in caught.value.advice
    assert (len(responses.calls), patient.waits) == (1, [])


def test_a_refusal_is_reported_with_its_three_causes_and_never_retried(
    bamboo: BambooHRClient, patient: Patient
) -> None:
    responses.get(CHANGED, status=403)

    with pytest.raises(CredentialError, match="no right") as caught:
        read_anything(bamboo)

    assert "locked" in str(caught.value)
    assert "disabled" in str(caught.value)
    assert (len(responses.calls), patient.waits) == (1, [])


@pytest.mark.parametrize("status", [404, 301, 302])
def test_a_wrong_address_is_reported_with_the_setting(bamboo: BambooHRClient, status: int) -> None:
    responses.get(CHANGED, status=status, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(SourceError) as caught:
        read_anything(bamboo)

    assert "BAMBOO_COMPANY_DOMAIN" in caught.value.advice
    assert len(responses.calls) == 1


@pytest.mark.parametrize("status", [400, 406, 413, 422, 501])
def test_another_refusal_is_not_retried(bamboo: BambooHRClient, status: int) -> None:
    responses.get(CHANGED, status=status)

    with pytest.raises(SourceError, match=f"HTTP {status} for the list of changed employees$"):
        read_anything(bamboo)

    assert len(responses.calls) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 598])
def test_a_passing_fault_that_stays_ends_the_run_after_three_minutes(
    bamboo: BambooHRClient, patient: Patient, status: int
) -> None:
    responses.get(CHANGED, status=status)

    with pytest.raises(SourceError, match=str(status)):
        read_anything(bamboo)

    assert len(responses.calls) == len(patient.waits) + 1
    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)


def test_a_pause_that_is_too_long_is_reported_and_not_made(bamboo: BambooHRClient, patient: Patient) -> None:
    responses.get(CHANGED, status=429, headers={"Retry-After": "86400"})

    with pytest.raises(SourceError, match="86400 s"):
        read_anything(bamboo)

    assert patient.waits == []


def test_a_company_that_cannot_be_reached_is_reported_after_some_patience() -> None:
    script, patient = Script(Response(fate="reset")), Patient()

    with pytest.raises(SourceError, match="could not be read"):
        read_anything(bamboo_client(transport_to(script, system="bamboohr", stopping=patient)))

    assert len(script.requests) == len(patient.waits) + 1
    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 406, 418, 429, 500, 503])
def test_no_message_repeats_what_bamboohr_says_or_the_key(bamboo: BambooHRClient, status: int) -> None:
    told = {"X-BambooHR-Error-Message": PRIVATE, "X-BambooHR-Message": PRIVATE, "Location": f"https://{PRIVATE}/"}
    for path in (CHANGED, DIRECTORY, f"{BAMBOO}/employees", f"{BAMBOO}/employees/1"):
        responses.get(path, status=status, body=json.dumps({"error": {"message": PRIVATE}}), headers=told)

    ends = [
        end_of(lambda: bamboo.changed_employees(SINCE)),
        end_of(lambda: bamboo.directory({1}, NEEDED)),
        quick_end_of(lambda: bamboo.list_batch([1], NEEDED)),
        quick_end_of(lambda: bamboo.get_employee(1, NEEDED)),
    ]

    said = " ".join(texts(end) for end in ends if end is not None)
    assert said
    assert PRIVATE not in said
    assert KEY not in said
