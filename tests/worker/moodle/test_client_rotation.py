"""A token that is replaced while a run is on its way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.moodle import TOKEN as SITE_TOKEN
from tests.sandbox.moodle import MoodleSite
from tests.sandbox.wire import Response, Switchboard
from tests.worker.clients import Script, client_of, moodle_client, moodle_error, rotated, transport_to
from worker.errors import CredentialError
from worker.moodle.client import Refused

CALLS = {
    "look_up": lambda moodle: moodle.look_up("idnumber", ["1"]),
    "list_accounts": lambda moodle: moodle.list_accounts("oidc"),
    "update": lambda moodle: moodle.update([{"id": 99, "department": "Sales"}]),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_token_that_was_rotated_is_read_again_and_the_call_is_made(
    board: Switchboard, call: str, logged: list[dict[str, Any]]
) -> None:
    moodle = client_of(board, token=rotated("MOODLE_TOKEN", "f" * 32, SITE_TOKEN))

    CALLS[call](moodle)
    CALLS[call](moodle)

    assert len(board.calls) == 3, "refused once, made twice"
    assert [(line["event"], line["secret"]) for line in logged] == [("credential.renewed", "sync/MOODLE_TOKEN")]
    assert SITE_TOKEN not in json.dumps(logged)


@pytest.mark.parametrize("now", ["f" * 32, "e" * 32])
def test_a_token_that_is_wrong_in_its_secret_too_ends_the_run(board: Switchboard, now: str) -> None:
    with pytest.raises(CredentialError, match="does not know the token"):
        client_of(board, token=rotated("MOODLE_TOKEN", "f" * 32, now)).look_up("idnumber", ["1"])

    assert len(board.calls) == (1 if now == "f" * 32 else 2)


def test_a_token_that_expires_meanwhile_is_read_again(site: MoodleSite, board: Switchboard) -> None:
    """Its last call is answered as a missing right (measured); only the one after that tells."""
    answers = Script(
        Response.of([]),
        Response.of(moodle_error("accessexception")),
        Response.of(moodle_error("invalidtoken")),
        Response.of([]),
    )
    moodle = moodle_client(transport_to(answers), token=rotated("MOODLE_TOKEN", "f" * 32, SITE_TOKEN))

    moodle.look_up("idnumber", ["1"])
    moodle.look_up("idnumber", ["1"])

    assert [SITE_TOKEN.encode() in request.body for request in answers.requests] == [False, False, False, True]


def test_a_right_that_is_taken_away_meanwhile_is_a_missing_right() -> None:
    answers = Script(Response.of({"warnings": []}), Response.of(moodle_error("accessexception")))
    moodle = moodle_client(transport_to(answers))
    moodle.update([{"id": 7}])

    with pytest.raises(Refused) as caught:
        moodle.update([{"id": 7}])

    assert caught.value.is_access
