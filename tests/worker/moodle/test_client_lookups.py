"""Moodle's look-ups: what is sent, what is trusted, and what an answer of another form means."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from tests.sandbox.moodle import TOKEN as SITE_TOKEN
from tests.sandbox.moodle import MoodleApp, MoodleSite, Settings
from tests.sandbox.wire import Fault, Switchboard
from tests.worker.clients import (
    MOODLE,
    TOKEN,
    client_of,
    moodle_error,
    sent_form,
)
from worker.errors import CredentialError, TargetError
from worker.moodle.client import MoodleClient, Refused
from worker.moodle.refusals import UNDOCUMENTED, UNREADABLE_ROW

BY_FIELD = "core_user_get_users_by_field"
SEARCH = "core_user_get_users"
FOUND = {"id": 2, "username": "u2", "firstname": "F", "lastname": "L", "email": "u2@x.example", "auth": "oidc"}
FOUND = {**FOUND, "department": "", "suspended": False, "idnumber": "2"}
OTHER_FORMS: tuple[object, ...] = (7, "x", [], {}, {"users": None}, {"users": {}})


def people(site: MoodleSite, count: int) -> None:
    for number in range(1, count + 1):
        site.add_user(f"u{number}", firstname="F", lastname="L", email=f"u{number}@x.example", idnumber=str(number))


# The request


def test_the_function_is_the_last_field_so_that_a_request_that_is_cut_does_nothing(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json=[])

    moodle.look_up("idnumber", ["1", "2"])

    assert sent_form() == [
        ("wstoken", TOKEN),
        ("moodlewsrestformat", "json"),
        ("field", "idnumber"),
        ("values[0]", "1"),
        ("values[1]", "2"),
        ("wsfunction", BY_FIELD),
    ]
    assert responses.calls[0].request.url == MOODLE, "the token is never part of an address"


def test_no_values_take_no_call_and_a_value_is_asked_for_once(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json=[])

    moodle.look_up("email", [])
    moodle.look_up("email", ["", ""])
    assert len(responses.calls) == 0

    moodle.look_up("idnumber", ["1", "", "2", "1"])
    assert [value for name, value in sent_form() if name.startswith("values")] == ["1", "2"]


@pytest.mark.parametrize("spoils", ["Upper", "with space", "plus+sign", "ümlaut", "o'brien", " padded"])
def test_a_username_that_would_fail_the_whole_batch_is_not_sent(
    site: MoodleSite, board: Switchboard, spoils: str
) -> None:
    people(site, 2)

    found = client_of(board).look_up("username", ["u1", spoils, "u2"])

    assert [account.username for account in found] == ["u1", "u2"]


def test_a_look_up_gives_what_moodle_takes_for_the_same(site: MoodleSite, board: Switchboard) -> None:
    """Moodle compares without case, accents and trailing blanks; a caller that needs it exact compares again."""
    site.add_user("zoe", firstname="Z", lastname="L", email="zoe@x.example", idnumber="Zoë")

    found = client_of(board).look_up("idnumber", ["zoe"])

    assert [account.idnumber for account in found] == ["Zoë"]


# The canary


def test_a_token_that_sees_the_guest_with_every_key_sees_accounts(board: Switchboard) -> None:
    client_of(board).check_visibility()


@pytest.mark.parametrize(
    ("capability", "unseen"),
    [
        ("moodle/user:viewdetails", "does not see accounts at all"),
        ("moodle/user:viewalldetails", "does not see accounts at all"),
        ("moodle/site:viewuseridentity", "email"),
        ("moodle/site:viewfullnames", "firstname, lastname"),
    ],
)
def test_a_missing_capability_is_reported_although_moodle_is_silent(
    site: MoodleSite, board: Switchboard, capability: str, unseen: str
) -> None:
    site.capabilities.remove(capability)

    with pytest.raises(TargetError, match=unseen) as caught:
        client_of(board).check_visibility()

    assert "viewfullnames" in caught.value.advice


@pytest.mark.parametrize("hidden", ["suspended", "email"])
def test_a_hidden_field_that_planning_needs_is_reported(hidden: str) -> None:
    board = Switchboard(MoodleApp(MoodleSite(Settings(hiddenuserfields=(hidden,)))))

    with pytest.raises(TargetError, match=hidden):
        client_of(board).check_visibility()


def test_the_canary_works_where_only_the_search_is_allowed(site: MoodleSite, board: Switchboard) -> None:
    site.service_functions.remove(BY_FIELD)
    client_of(board).check_visibility()

    site.capabilities.remove("moodle/site:viewfullnames")
    with pytest.raises(TargetError, match="firstname"):
        client_of(board).check_visibility()

    refusal = json.dumps(moodle_error("invalidrecord"))
    board.faults.append(Fault("answer", "core_user_get_users", status=200, body=refusal))
    with pytest.raises(TargetError, match=r"core_user_get_users needs"):
        client_of(board).check_visibility()


@pytest.mark.parametrize("answer", [[], [None], ["guest"], [{}], [{"username": "Guest"}]])
def test_an_answer_without_the_guest_is_no_visibility(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: object
) -> None:
    mocked.post(MOODLE, json=answer)

    with pytest.raises(TargetError, match="does not see accounts"):
        moodle.check_visibility()


# Without the batched function


def test_where_the_batched_function_is_not_allowed_each_is_searched_for(site: MoodleSite, board: Switchboard) -> None:
    people(site, 3)
    site.service_functions.remove(BY_FIELD)
    moodle = client_of(board, concurrency=2)

    found = moodle.look_up("idnumber", ["1", "2", "9"])
    again = moodle.look_up("email", ["U3@X.example"])

    assert [account.idnumber for account in found] == ["1", "2"]
    assert [account.idnumber for account in again] == ["3"]
    assert board.calls == [BY_FIELD] + [SEARCH] * 4, "the refusal is remembered"


@pytest.mark.parametrize("wildcard", ["u_@x.example", "%", "%@x.example", "u%"])
def test_the_wildcards_of_the_search_find_no_account(site: MoodleSite, board: Switchboard, wildcard: str) -> None:
    people(site, 3)
    site.service_functions.remove(BY_FIELD)

    assert client_of(board).look_up("email", [wildcard]) == []


def test_a_search_that_returns_every_account_finds_only_the_wanted_ones(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    everybody = [{**FOUND, "id": number, "idnumber": idnumber} for number, idnumber in ((1, "1"), (2, "2"), (3, "02"))]
    mocked.post(MOODLE, json=moodle_error("accessexception"))
    mocked.post(MOODLE, json={"users": everybody, "warnings": [{"warningcode": "invalidfieldparameter"}]})

    assert [account.id for account in moodle.look_up("idnumber", ["2"])] == [2]


@pytest.mark.parametrize("row", [None, 7, {}, {**FOUND, "email": None}, {**FOUND, "email": ""}, {**FOUND, "email": []}])
def test_a_row_of_a_search_that_cannot_be_compared_is_not_taken_for_no_account(
    moodle: MoodleClient, mocked: responses.RequestsMock, row: object
) -> None:
    mocked.post(MOODLE, json=moodle_error("accessexception"))
    mocked.post(MOODLE, json={"users": [row]})

    with pytest.raises(Refused, match=UNREADABLE_ROW):
        moodle.look_up("email", ["u2@x.example"])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (moodle_error("dmlreadexception"), "dmlreadexception"),
        *((answer, UNDOCUMENTED) for answer in OTHER_FORMS),
    ],
)
def test_a_search_that_is_not_answered_is_never_taken_for_no_accounts(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: object, code: str
) -> None:
    mocked.post(MOODLE, json=moodle_error("accessexception"))
    mocked.post(MOODLE, body=json.dumps(answer))

    with pytest.raises(Refused) as caught:
        moodle.look_up("idnumber", ["1"])

    assert (caught.value.code, caught.value.may_be_record) == (code, True)


@pytest.mark.parametrize(
    ("headers", "told"), [({"Retry-After": "3600"}, ", and asks for a pause of 60 minutes"), ({}, "")]
)
def test_a_site_that_limits_the_requests_is_reported_with_the_pause_it_asks_for(
    moodle: MoodleClient, mocked: responses.RequestsMock, headers: dict[str, str], told: str
) -> None:
    mocked.post(MOODLE, status=429, headers=headers)

    with pytest.raises(TargetError, match=f"HTTP 429: its web server limits the rate of requests{told}$"):
        moodle.look_up("idnumber", ["1"])


def test_a_look_up_that_is_asked_for_again_is_logged_under_its_system(
    moodle: MoodleClient, mocked: responses.RequestsMock, logged: list[dict[str, Any]]
) -> None:
    mocked.post(MOODLE, status=502)
    mocked.post(MOODLE, json=[{**FOUND, "username": "guest"}])

    moodle.check_visibility()

    assert [(line["event"], line["system"]) for line in logged] == [("http.retry", "moodle")]


def test_the_guest_is_searched_for_again_if_the_site_fails_for_a_moment(site: MoodleSite, board: Switchboard) -> None:
    site.service_functions.remove(BY_FIELD)
    board.faults.append(Fault("status", "core_user_get_users", status=502))

    client_of(board).check_visibility()

    assert board.calls == [BY_FIELD, "core_user_get_users", "core_user_get_users"]


def test_a_token_that_has_just_expired_is_reported_as_what_it_is(site: MoodleSite, board: Switchboard) -> None:
    """Its first call is an access error, by which Moodle deletes it; only the next one says "invalid token"."""
    site.expire(SITE_TOKEN)

    with pytest.raises(CredentialError, match="does not know the token"):
        client_of(board).look_up("idnumber", ["1"])
