"""All accounts of a site in one call, and which functions a token may call at all."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from tests.sandbox.moodle import FOUR_FUNCTIONS, MoodleSite
from tests.sandbox.wire import Fault, Response, Switchboard
from tests.worker.clients import (
    TOKEN,
    Patient,
    Script,
    client_of,
    moodle_client,
    moodle_error,
    noted_deadlines,
    transport_to,
)
from worker.errors import CredentialError, TargetError
from worker.model.account import AccountRef
from worker.moodle.client import LISTING_SECONDS

SEARCH = "core_user_get_users"
ADA = {"id": 107, "username": "ada", "idnumber": "7", "auth": "oidc", "suspended": False}


def all_accounts(*answers: Response) -> list[AccountRef] | None:
    return moodle_client(transport_to(Script(*answers))).list_accounts("oidc")


# All accounts


def test_all_accounts_of_one_authentication_are_asked_for_at_once() -> None:
    script = Script(Response.of({"users": [ADA]}))

    found = moodle_client(transport_to(script)).list_accounts("oidc")

    assert found == [AccountRef(107, "ada", "7", suspended=False)]
    (request,) = script.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert parse_qsl(request.body.decode()) == [
        ("wstoken", TOKEN),
        ("moodlewsrestformat", "json"),
        ("criteria[0][key]", "auth"),
        ("criteria[0][value]", "oidc"),
        ("wsfunction", SEARCH),
    ]


@pytest.mark.parametrize(
    ("names", "full_name"),
    [
        ({"firstname": "Ada", "lastname": "King"}, "Ada King"),
        ({"firstname": None, "lastname": "King"}, "King"),
        ({"firstname": "Ada"}, "Ada"),
        ({}, ""),
    ],
)
def test_the_names_of_an_account_that_is_nobodys_are_kept(names: dict[str, object], full_name: str) -> None:
    found = all_accounts(Response.of({"users": [{**ADA, "idnumber": "", **names}]}))

    assert found == [AccountRef(107, "ada", "", suspended=False, full_name=full_name)]


def test_it_may_take_longer_than_an_ordinary_request(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = transport_to(Script(Response.of({"users": []})))
    deadlines = noted_deadlines(transport, monkeypatch)

    moodle_client(transport).list_accounts("oidc")

    assert deadlines == [LISTING_SECONDS]


def test_an_answer_that_does_not_come_is_asked_for_again() -> None:
    assert all_accounts(Response(502), Response.of({"users": []})) == []
    with pytest.raises(TargetError, match="HTTP 502"):
        all_accounts(Response(502))


@pytest.mark.parametrize(
    ("status", "body", "what", "advice"),
    [
        (303, b"", "redirects", "set MOODLE_BASE_URL to the address it redirects to"),
        (400, b"", "a firewall in front of Moodle refuses the request", "exempt /webservice/rest/server.php"),
        (401, b"", "asks for a login of its own", "to let requests through"),
        (403, b"", "web services or the REST protocol are off", "to switch them on"),
        (403, b"Blocked", "a firewall in front of Moodle refuses the request", "exempt /webservice/rest/server.php"),
        (404, b"", "there is no Moodle web service", "check MOODLE_BASE_URL"),
        (407, b"", "asks for a login of its own", "to let requests through"),
        (429, b"", "limits the rate of requests", "set MOODLE_CONCURRENCY to 1"),
        (500, b"", "the site's server fails", "error logs"),
        (503, b"", "in maintenance or overloaded", ""),
        (504, b"", "took longer than its web server waits", "to allow 300 s"),
    ],
)
def test_each_status_says_what_is_wrong_and_who_can_change_it(status: int, body: bytes, what: str, advice: str) -> None:
    with pytest.raises(TargetError, match=f"HTTP {status}: .*{what}") as caught:
        all_accounts(Response(status, body=body))

    assert advice in caught.value.advice


def test_a_token_that_may_not_search_gets_none_and_no_error(site: MoodleSite, board: Switchboard) -> None:
    site.service_functions.remove(SEARCH)

    with pytest.raises(TargetError, match="may not use core_user_get_users") as caught:
        client_of(board).list_accounts("oidc")

    assert "to add core_user_get_users to the token's service" in caught.value.advice


@pytest.mark.parametrize("answer", [{"users": None}, [], "text"])
def test_a_malformed_answer_is_not_taken_for_no_accounts(answer: object) -> None:
    with pytest.raises(TargetError, match="no list of accounts"):
        all_accounts(Response.of(answer))


def test_another_refusal_is_reported_with_the_function_and_the_code() -> None:
    with pytest.raises(TargetError, match=f"refused {SEARCH} \\(dmlreadexception\\)"):
        all_accounts(Response.of(moodle_error("dmlreadexception")))
    with pytest.raises(CredentialError, match="does not know the token"):
        all_accounts(Response.of(moodle_error("invalidtoken")))


# What a token may call


def test_a_fault_that_passes_is_no_refusal_of_a_function(board: Switchboard) -> None:
    board.faults.append(Fault("status", SEARCH, status=502))
    patient = Patient()

    access = client_of(board, stopping=patient).access_refusals()

    assert (set(access.values()), len(patient.waits)) == ({""}, 1)


@pytest.mark.parametrize("function", [SEARCH, "core_user_create_users"])
@pytest.mark.parametrize("code", ["dmlreadexception", "of_a_plugin"])
def test_a_fault_of_one_function_hides_nothing_about_the_others_while_the_site_answers(
    site: MoodleSite, board: Switchboard, code: str, function: str
) -> None:
    site.service_functions.remove("core_user_update_users")
    board.faults.append(Fault("answer", function, status=200, body=json.dumps(moodle_error(code)), times=0))

    access = client_of(board, stopping=Patient()).access_refusals()

    assert access == {**dict.fromkeys(FOUR_FUNCTIONS, ""), "core_user_update_users": "accessexception"}


def test_a_fault_that_lasts_is_no_function_that_may_be_called() -> None:
    board = Script(Response.of(moodle_error("dmlreadexception")))

    with pytest.raises(TargetError, match="dmlreadexception"):
        moodle_client(transport_to(board, stopping=Patient())).access_refusals()


def test_a_token_with_every_function_is_refused_none_and_writes_nothing(site: MoodleSite, board: Switchboard) -> None:
    before = site.users()

    assert client_of(board).access_refusals() == dict.fromkeys(FOUR_FUNCTIONS, "")

    assert site.users() == before


@pytest.mark.parametrize("function", FOUR_FUNCTIONS)
def test_a_function_that_is_not_the_tokens_is_reported_with_the_code(
    site: MoodleSite, board: Switchboard, function: str
) -> None:
    site.service_functions.remove(function)

    assert client_of(board).access_refusals() == {**dict.fromkeys(FOUR_FUNCTIONS, ""), function: "accessexception"}


def test_the_calls_that_ask_can_write_nothing_whatever_the_site_is() -> None:
    script = Script(Response.of(moodle_error("invalidparameter")))

    moodle_client(transport_to(script)).access_refusals()

    sent = [parse_qsl(request.body.decode())[2:] for request in script.requests]
    assert sent == [
        [("field", "username"), ("values[0]", "guest"), ("wsfunction", "core_user_get_users_by_field")],
        [("criteria[0][key]", "username"), ("criteria[0][value]", "guest"), ("wsfunction", SEARCH)],
        [
            ("users[0][username]", "guest"),
            ("users[0][firstname]", "-"),
            ("users[0][lastname]", "-"),
            ("users[0][email]", "none@localhost"),
            ("wsfunction", "core_user_create_users"),
        ],
        [("users[0][id]", "0"), ("wsfunction", "core_user_update_users")],
    ]


def test_a_listing_that_takes_longer_than_the_gateway_waits_is_not_asked_for_again() -> None:
    """nginx waits for 60 s by default; the same search takes as long the next time."""
    script = Script(Response(504))

    with pytest.raises(TargetError, match="HTTP 504: the site took longer") as caught:
        moodle_client(transport_to(script)).list_accounts("oidc")

    assert len(script.requests) == 1
    assert "allow 300 s" in caught.value.advice
