"""What an answer means that is no result, through each way of calling BambooHR: the table of `refusals`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import FIX_COMMAND, NEEDED, PRIVATE, SINCE, Ended, bamboo_client, ended, transport_to
from worker.bamboohr.client import BambooHRClient
from worker.bamboohr.rest_api import UNREADABLE
from worker.errors import SourceError
from worker.transport.refusal import NO_ANSWER


@dataclass(frozen=True)
class Answered:
    """One row.

    Attributes:
        answer: What BambooHR, or what stands before it, answers for ever.
        feed: A part of the message with which the changed feed ends the run.
        batch: How List Employees of some employees ends.
        employee: How Get Employee ends.
        retried: Whether the feed is asked for again.
    """

    answer: Response
    feed: str
    batch: str
    employee: str
    retried: bool = False


PRIVATE_BODY = json.dumps({"error": {"message": PRIVATE}}).encode()
PRIVATE_HEADERS = {
    "X-BambooHR-Error-Message": PRIVATE,
    "X-BambooHR-Message": PRIVATE,
    "Location": f"https://{PRIVATE}/",
}
NO_LIST = "ListRefused: "
UNKNOWN_KEY = "CredentialError: BambooHR does not know the API key (HTTP 401)"


def row(status: int, feed: str, batch: str = "", employee: str = "", *, passing: bool = False) -> Any:
    """A row of a status. By default one of the employees may be the cause."""
    done = " perhaps done" * (status >= 500 or status < 300)
    refused = f"refused HTTP {status}{' passing' * passing}{done}"
    answer = Response(status, PRIVATE_BODY, headers=PRIVATE_HEADERS)
    return pytest.param(Answered(answer, feed, batch or refused, employee or refused, passing), id=str(status))


ANSWERS = [
    row(401, UNKNOWN_KEY, NO_LIST, UNKNOWN_KEY),
    row(403, "CredentialError: BambooHR refuses the list of changed", NO_LIST, "refused HTTP 403 access"),
    row(404, "SourceError: BambooHR has no such address (HTTP 404", NO_LIST, "None"),
    row(405, "HTTP 405 for the list of changed employees", NO_LIST),
    *(row(status, f"BambooHR has no such address (HTTP {status}") for status in (301, 302, 307)),
    *(row(status, "something in front of BambooHR answers the list of changed") for status in (201, 202, 206)),
    *(
        row(status, f"SourceError: BambooHR answered HTTP {status} for the list of changed employees")
        for status in (400, 402, 406, 409, 410, 413, 414, 418, 422, 451, 499, 501)
    ),
    *(row(status, f"BambooHR answered HTTP {status}", passing=True) for status in (500, 502, 503, 504, 598)),
    pytest.param(
        Answered(
            Response(fate="reset"),
            "SourceError: BambooHR could not be read",
            f"refused {NO_ANSWER} passing perhaps done",
            f"refused {NO_ANSWER} passing perhaps done",
            retried=True,
        ),
        id="no answer",
    ),
    *(
        pytest.param(
            Answered(
                Response(200, body),
                "SourceError: BambooHR's answer for the list of changed employees is not the documented JSON",
                f"refused {UNREADABLE}",
                f"refused {UNREADABLE}",
            ),
            id=repr(body),
        )
        for body in (b"", b"<!DOCTYPE html>", b"<?xml version='1.0'?><employees/>", b"null", b"[]", b'"text"', b"7")
    ),
]


def read_feed(bamboo: BambooHRClient) -> object:
    return bamboo.changed_employees(SINCE)


def end_of(call: Callable[[BambooHRClient], object], answer: Response) -> Ended:
    return ended(lambda transport: call(bamboo_client(transport)), answer, system="bamboohr")


@pytest.mark.parametrize("row", ANSWERS)
def test_an_answer_that_is_no_result(row: Answered) -> None:
    feed = end_of(read_feed, row.answer)
    batch = end_of(lambda bamboo: bamboo.list_batch([7, 8], NEEDED), row.answer)
    employee = end_of(lambda bamboo: bamboo.get_employee(7, NEEDED), row.answer)
    end_of(lambda bamboo: bamboo.directory({1}, NEEDED), row.answer)

    assert row.feed in feed.words
    assert feed.was_retried is row.retried
    # What is no document may have been cut.
    assert len(feed.requests) == len(feed.waits) + (2 if row.batch == f"refused {UNREADABLE}" else 1)
    assert batch.words.startswith(row.batch) if row.batch == NO_LIST else batch.words == row.batch
    assert employee.words == row.employee
    # Whether the key may not list at all, a listing of no employee tells.
    assert len(batch.requests) == (2 if row.batch == NO_LIST else 1)
    assert (batch.waits, employee.waits, len(employee.requests)) == ([], [], 1)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, FIX_COMMAND),
        (403, "after a lock-out"),
        (404, "BAMBOO_COMPANY_DOMAIN"),
        (302, "BAMBOO_COMPANY_DOMAIN"),
        (202, "a firewall"),
    ],
)
def test_what_ends_the_run_comes_with_advice(status: int, advice: str) -> None:
    assert advice in end_of(read_feed, Response(status)).advice


def test_an_answer_that_does_not_come_has_advice_about_its_cause_or_else_about_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = "check the network and BAMBOO_COMPANY_DOMAIN; nothing was changed"
    assert end_of(read_feed, Response(fate="reset")).advice.startswith(network)

    monkeypatch.setenv("HTTPS_PROXY", "http://[x")
    with pytest.raises(SourceError) as caught:
        read_feed(bamboo_client(transport_to(system="bamboohr")))
    assert caught.value.advice.startswith("write HTTPS_PROXY as")


@pytest.mark.parametrize(
    ("asked_for", "waits"), [(None, True), ("86400", False)], ids=["its own pause", "a pause of a day"]
)
def test_a_rate_limit_that_stays_ends_the_run(asked_for: str | None, waits: bool) -> None:
    headers = {"Retry-After": asked_for} if asked_for else {}

    end = end_of(read_feed, Response(429, headers=headers))

    said = "HTTP 429 for the list of changed employees"
    assert end.words.endswith(said if waits else f"{said}, and asks for a pause of 24 hours")
    assert (end.was_retried, bool(end.waits)) == (waits, waits)
