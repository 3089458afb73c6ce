"""One quick attempt: the site is waited for, and a record is not. The answers: test_client_answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Fault, Response, Switchboard
from tests.worker.clients import (
    MOODLE,
    PRIVATE,
    Patient,
    Script,
    client_of,
    is_retry_pause,
    moodle_client,
    moodle_error,
    texts,
    transport_to,
)
from worker.errors import TargetError
from worker.moodle.client import MoodleClient, Refused
from worker.moodle.refusals import UNREADABLE_ROW
from worker.transport.patience import REQUEST_SECONDS

ADA = {"id": 7, "username": "ada", "firstname": "A", "lastname": "B", "email": PRIVATE, "auth": "oidc"}
ADA = {**ADA, "department": "", "suspended": False, "idnumber": "1"}


def look_up(moodle: MoodleClient) -> Any:
    return moodle.look_up("idnumber", ["1", "2"])


# Perhaps about one record


@pytest.mark.parametrize(
    "rows",
    [
        [{**ADA, "email": {"x": 1}}],
        [{"id": 7, "username": "ada", "email": PRIVATE}],
        [7],
        [None],
        [{}],
        [ADA, {**ADA, "idnumber": "2"}],
        [{**ADA, "id": "7"}],
        [{**ADA, "idnumber": None}],
        [{name: value for name, value in ADA.items() if name != "idnumber"}],
    ],
)
def test_a_row_that_cannot_be_trusted_may_be_about_one_record(
    moodle: MoodleClient, mocked: responses.RequestsMock, rows: list[object]
) -> None:
    mocked.post(MOODLE, json=rows)

    with pytest.raises(Refused) as refused:
        look_up(moodle)

    assert (refused.value.code, refused.value.may_be_record) == (UNREADABLE_ROW, True)
    assert PRIVATE not in texts(refused.value)


# About the site


@pytest.mark.parametrize("call", [MoodleClient.check_visibility, lambda moodle: moodle.list_accounts("oidc")])
@pytest.mark.parametrize("code", ["dmlreadexception", "dmlwriteexception", "dbconnectionfailed", "ex_unabletolock"])
def test_a_request_that_concerns_no_record_waits_for_the_site(
    site: MoodleSite, patient: Patient, code: str, call: Callable[[MoodleClient], object], logged: list[dict[str, Any]]
) -> None:
    board = Switchboard(MoodleApp(site))
    board.faults.append(Fault("answer", times=4, status=200, body=json.dumps(moodle_error(code))))

    call(client_of(board, stopping=patient))

    assert len(board.calls) == 5
    assert [is_retry_pause(pause) for pause in patient.waits] == [True] * 4
    assert [line["fault"] for line in logged] == [f"answered {code}"] * 4


@pytest.mark.parametrize(
    "fault", [{"status": 408}, {"status": 425}, {"status": 429}, {"status": 503, "headers": {"Retry-After": "20"}}]
)
def test_a_busy_site_is_waited_for(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock, fault: dict[str, Any]
) -> None:
    mocked.post(MOODLE, **fault)
    mocked.post(MOODLE, json=[ADA])

    assert [account.id for account in look_up(moodle)] == [7]
    (wait,) = patient.waits
    assert wait == 20 if "headers" in fault else is_retry_pause(wait)


def test_a_connection_that_is_not_made_is_waited_for(
    moodle: MoodleClient, patient: Patient, logged: list[dict[str, Any]]
) -> None:
    with responses.mock as mock:
        mock.post(MOODLE, body=requests.ConnectTimeout())
        with pytest.raises(TargetError, match="could not be read"):
            look_up(moodle)

    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)
    assert all(line["fault"] and line["status"] is None for line in logged)


# Which of the two: the guest decides


def test_a_site_that_shows_the_guest_answers(board: Switchboard) -> None:
    assert client_of(board).site_answers()
    assert len(board.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Response(500),
        Response(403),
        Response(403, b"<html>"),
        Response(fate="reset"),
        Response(200, b"<html>"),
        Response.of(moodle_error("invalidresponse")),
        Response.of(moodle_error("sitemaintenance")),
        Response.of([]),
        Response.of("text"),
    ],
)
def test_a_site_that_does_not_show_the_guest_does_not_answer(answer: Response) -> None:
    script, patient = Script(answer), Patient()

    assert not moodle_client(transport_to(script, stopping=patient)).site_answers()
    assert (len(script.requests), patient.waits) == (1, [])


def test_a_site_in_trouble_is_waited_for(board: Switchboard) -> None:
    board.faults.append(Fault("status", status=500, times=4))
    patient = Patient()

    client_of(board, stopping=patient).check_visibility()

    assert len(patient.waits) == 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response(500), "HTTP 500: the site's server fails"),
        (Response.of([]), "does not see accounts"),
        (Response.of(moodle_error("invalidresponse")), "invalidresponse"),
    ],
)
def test_a_site_that_stays_in_trouble_ends_the_run(answer: Response, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        moodle_client(transport_to(Script(answer))).check_visibility()


# A batch


def test_a_batch_is_looked_up_as_it_is(site: MoodleSite, board: Switchboard) -> None:
    for number in range(1, 4):
        site.add_user(f"u{number}", firstname="F", lastname="L", email=f"u{number}@x.example", idnumber=str(number))
    moodle = client_of(board)

    assert [account.idnumber for account in moodle.look_up("idnumber", ["1", "3", "9"])] == ["1", "3"]
    assert moodle.look_up("username", ["not a name", ""]) == []
    assert len(board.calls) == 1


def test_a_function_that_the_site_does_not_know_is_replaced_by_the_other(board: Switchboard) -> None:
    script = Script(
        Response.of(moodle_error("invalidrecordunknown")), Response.of({"users": [{**ADA, "username": "guest"}]})
    )
    moodle = moodle_client(transport_to(script))

    moodle.check_visibility()
    moodle.check_visibility()

    assert [b"core_user_get_users_by_field" in request.body for request in script.requests] == [True, False, False]
