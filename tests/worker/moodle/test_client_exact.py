"""A database that tells upper from lower case in addresses (PostgreSQL) hides no account."""

from __future__ import annotations

import dataclasses
import json
from urllib.parse import parse_qs

import pytest

from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Fault, Request, Response, Switchboard
from tests.worker.clients import Patient, client_of
from worker.errors import CredentialError
from worker.moodle.client import Refused

BY_FIELD, SEARCH = "core_user_get_users_by_field", "core_user_get_users"


class ExactMoodle(MoodleApp):
    """A site whose look-ups by field compare exactly; its search ignores the case, as Moodle's does everywhere."""

    def answer(self, request: Request) -> Response:
        answer = super().answer(request)
        form = parse_qs(request.body.decode(), keep_blank_values=True)
        if form["wsfunction"] != [BY_FIELD]:
            return answer
        (key,) = form["field"]
        values = {value for name, several in form.items() if name.startswith("values") for value in several}
        rows = [row for row in json.loads(answer.body) if str(row.get(key)) in values]
        return dataclasses.replace(answer, body=json.dumps(rows).encode())


@pytest.fixture
def board(site: MoodleSite) -> Switchboard:
    return Switchboard(ExactMoodle(site))


def add(site: MoodleSite, name: str, email: str) -> None:
    site.add_user(name, firstname="F", lastname="L", email=email)


def test_the_guest_tells_how_the_database_compares(site: MoodleSite, board: Switchboard) -> None:
    exact, folding = client_of(board), client_of(Switchboard(MoodleApp(site)))

    assert (exact.compares_exactly, folding.compares_exactly) == (True, False)


def test_the_guests_address_is_asked_for_once(board: Switchboard) -> None:
    moodle = client_of(board)
    moodle.check_visibility()

    assert (moodle.compares_exactly, moodle.compares_exactly) == (True, True)
    assert board.calls == [BY_FIELD, BY_FIELD]


@pytest.mark.parametrize("body", ["null", '{"exception": "x", "errorcode": "invalidresponse"}', "<html>Blocked</html>"])
def test_a_guest_whose_address_cannot_be_looked_up_is_about_no_employee(
    site: MoodleSite, patient: Patient, body: str
) -> None:
    """The addresses of the batch are answered at once, and each that was not found is searched for."""
    board = Switchboard(MoodleApp(site))
    board.faults.append(Fault("answer", BY_FIELD, status=200, text="ROOT@LOCALHOST", body=body, times=0))
    add(site, "dora", "dora@corp.example.com")
    moodle = client_of(board, stopping=patient)

    found = moodle.look_up("email", ["dora@corp.example.com", "none@corp.example.com"])

    assert ([account.username for account in found], patient.waits) == (["dora"], [])
    assert (moodle.compares_exactly, board.calls.count(SEARCH)) == (True, 1)


def test_an_address_is_found_in_any_case(site: MoodleSite, board: Switchboard) -> None:
    add(site, "carl", "Carl.Bee@Corp.Example.com")
    add(site, "dora", "dora@corp.example.com")
    wanted = ["carl.bee@corp.example.com", "dora@corp.example.com", "none@corp.example.com"]
    moodle = client_of(board)
    moodle.check_visibility()
    board.calls.clear()

    assert {account.username for account in moodle.look_up("email", wanted)} == {"carl", "dora"}

    assert board.calls == [BY_FIELD, BY_FIELD, SEARCH, SEARCH], "only what was not found, after the canary"


def test_a_wildcard_in_an_address_finds_no_other_account(site: MoodleSite, board: Switchboard) -> None:
    add(site, "jxdoe", "jxdoe@corp.example.com")
    add(site, "jdoe", "J_Doe@corp.example.com")

    found = client_of(board).look_up("email", ["j_doe@corp.example.com", "%@corp.example.com"])

    assert [account.username for account in found] == ["jdoe"]


def test_a_folding_database_is_asked_no_more(site: MoodleSite) -> None:
    board = Switchboard(MoodleApp(site))
    moodle = client_of(board)
    moodle.check_visibility()
    board.calls.clear()

    assert moodle.look_up("email", ["a@corp.example.com", "b@corp.example.com"]) == []
    assert board.calls == [BY_FIELD, BY_FIELD], "the look-up and the canary"


def test_addresses_that_are_all_found_cost_nothing(site: MoodleSite, board: Switchboard) -> None:
    add(site, "dora", "dora@corp.example.com")

    client_of(board).look_up("email", ["dora@corp.example.com"])

    assert board.calls == [BY_FIELD]


def test_a_token_that_may_not_search_creates_no_second_account(site: MoodleSite, board: Switchboard) -> None:
    site.service_functions.remove(SEARCH)

    with pytest.raises(CredentialError, match="created a second time") as caught:
        client_of(board).look_up("email", ["a@corp.example.com"])

    assert SEARCH in caught.value.advice


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Response.of({"exception": "x", "errorcode": "invalidresponse", "message": ""}), "invalidresponse"),
        (Response(500), "HTTP 500"),
    ],
)
def test_a_search_that_cannot_be_answered_refuses_its_batch(
    site: MoodleSite, board: Switchboard, refusal: Response, code: str
) -> None:
    moodle = client_of(board)
    moodle.check_visibility()
    assert moodle.compares_exactly
    answer = board.app.answer
    board.app.answer = lambda request: refusal if SEARCH.encode() + b"&" in request.body + b"&" else answer(request)  # type: ignore[method-assign]

    with pytest.raises(Refused) as caught:
        moodle.look_up("email", ["a@corp.example.com"])

    assert (caught.value.code, caught.value.may_be_record) == (code, True)
