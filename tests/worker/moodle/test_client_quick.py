"""One quick attempt: what may be about one record is reported at once, and what is about the site is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from tests.sandbox.moodle import MoodleSite
from tests.sandbox.wire import Fault, Response, Switchboard
from tests.worker.clients import (
    MOODLE,
    PRIVATE,
    TOKEN,
    Patient,
    Script,
    client_of,
    is_retry_pause,
    moodle_client,
    moodle_error,
    texts,
    transport_to,
)
from worker.errors import CredentialError, TargetError
from worker.moodle.client import MoodleClient, Refused, TryAgain, Undecided
from worker.moodle.error_codes import NO_JSON, UNREADABLE_ROW
from worker.transport.http import NotSent
from worker.transport.patience import REQUEST_SECONDS
from worker.transport.refusal import NO_ANSWER

PAGE = "<html>The requested URL was rejected</html>"
ADA = {"id": 7, "username": "ada", "firstname": "A", "lastname": "B", "email": PRIVATE, "auth": "oidc"}
ADA = {**ADA, "department": "", "suspended": False, "idnumber": "1"}
Call = Callable[[MoodleClient], Any]


def look_up(moodle: MoodleClient) -> Any:
    return moodle.look_up_batch("idnumber", ["1", "2"])


def write(moodle: MoodleClient) -> Any:
    moodle.update([{"id": 7, "department": "Select and Union"}])


# Perhaps about one record


@pytest.mark.parametrize("call", [look_up, write])
@pytest.mark.parametrize(
    ("code", "passing"),
    [
        ("invalidparameter", False),
        ("invalidrecord", False),
        ("invalidrecordunknown", False),
        ("dmlwriteexception", True),
        ("dmlreadexception", True),
        ("a_code_of_a_plugin", False),
    ],
)
def test_a_refusal_of_moodle_may_be_about_one_record(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock, call: Call, code: str, passing: bool
) -> None:
    mocked.post(MOODLE, json=moodle_error(code))

    with pytest.raises(Refused) as caught:
        call(moodle)

    assert (caught.value.code, caught.value.may_be_record, caught.value.is_passing) == (code, True, passing)
    assert (len(responses.calls), patient.waits) == (1, [])


@pytest.mark.parametrize("call", [look_up, write])
@pytest.mark.parametrize("body", [PAGE, ""])
@pytest.mark.parametrize("status", sorted({300, 301, 302, 303, 305, 307, 308, *range(400, 500)} - {408, 425, 429}))
def test_any_status_of_a_firewall_may_be_about_one_record(
    moodle: MoodleClient, mocked: responses.RequestsMock, call: Call, status: int, body: str
) -> None:
    mocked.post(MOODLE, status=status, body=body, headers={"Location": "https://x.example/?" + PRIVATE})

    with pytest.raises(Refused) as caught:
        call(moodle)

    assert (caught.value.code, caught.value.may_be_record) == (f"HTTP {status}", True)
    assert len(responses.calls) == 1
    assert not any(secret in texts(caught.value) for secret in (PRIVATE, TOKEN))


@pytest.mark.parametrize("call", [look_up, write])
@pytest.mark.parametrize("status", [413, 414])
def test_half_of_a_request_that_is_too_long_may_pass(
    moodle: MoodleClient, mocked: responses.RequestsMock, call: Call, status: int
) -> None:
    mocked.post(MOODLE, status=status)

    with pytest.raises(Refused) as caught:
        call(moodle)

    assert caught.value.may_be_record


@pytest.mark.parametrize(
    ("status", "passing"), [(500, True), (502, True), (503, True), (504, True), (520, True), (501, False)]
)
def test_a_failing_server_may_fail_on_one_record_and_a_write_may_have_been_done(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock, status: int, passing: bool
) -> None:
    mocked.post(MOODLE, status=status, body=PAGE)

    with pytest.raises(Refused) as refused:
        look_up(moodle)
    with pytest.raises(Undecided) as undecided:
        write(moodle)

    for fault in (refused.value, undecided.value):
        assert (fault.code, fault.may_be_record, fault.is_passing) == (f"HTTP {status}", True, passing)
    assert patient.waits == []


def test_moodle_refuses_its_own_answer_after_a_write_was_done(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json=moodle_error("invalidresponse"))

    with pytest.raises(Refused) as refused:
        look_up(moodle)
    with pytest.raises(Undecided) as undecided:
        write(moodle)

    assert (refused.value.code, undecided.value.code) == ("invalidresponse", "invalidresponse")
    assert (refused.value.may_be_record, undecided.value.may_be_record) == (True, True)


def test_exception_classes_do_not_matter(moodle: MoodleClient, mocked: responses.RequestsMock) -> None:
    """They have a namespace from Moodle 4.5 on."""
    error = {**moodle_error("invalidresponse"), "exception": "core_external\\exception\\invalid_response_exception"}
    mocked.post(MOODLE, json=error)

    with pytest.raises(Refused, match="invalidresponse"):
        look_up(moodle)


def test_a_request_without_an_answer_may_be_about_one_record() -> None:
    patient = Patient()
    moodle = moodle_client(transport_to(Script(Response(fate="reset")), stopping=patient))

    with pytest.raises(Refused) as caught:
        look_up(moodle)

    assert (caught.value.code, caught.value.may_be_record, caught.value.is_passing) == (NO_ANSWER, True, True)
    assert patient.waits == []


def test_a_page_instead_of_json_may_be_about_one_record(moodle: MoodleClient, mocked: responses.RequestsMock) -> None:
    mocked.post(MOODLE, body=PAGE)

    with pytest.raises(Refused) as refused:
        look_up(moodle)
    with pytest.raises(Undecided) as undecided:
        write(moodle)

    assert (refused.value.code, undecided.value.code) == (NO_JSON, NO_JSON)


@pytest.mark.parametrize(
    "rows", [[{**ADA, "email": {"x": 1}}], [{"id": 7}], [7], [ADA, {**ADA, "idnumber": "2"}], [{**ADA, "id": "7"}]]
)
def test_a_row_that_cannot_be_trusted_may_be_about_one_record(
    moodle: MoodleClient, mocked: responses.RequestsMock, rows: list[object]
) -> None:
    mocked.post(MOODLE, json=rows)

    with pytest.raises(Refused) as caught:
        look_up(moodle)

    assert (caught.value.code, caught.value.may_be_record) == (UNREADABLE_ROW, True)
    with pytest.raises(TargetError, match="Moodle shows an account"):
        moodle.look_up("idnumber", ["1"])


# About the site


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


@pytest.mark.parametrize(
    ("answer", "end", "words"),
    [
        ({"json": moodle_error("sitemaintenance")}, TargetError, "maintenance"),
        ({"json": moodle_error("invalidtoken")}, CredentialError, "does not know the token"),
        ({"json": moodle_error("wsaccessuserunconfirmed")}, CredentialError, "refuses the token's user"),
        ({"json": moodle_error("forcepasswordchangenotice")}, CredentialError, "refuses the token's user"),
    ],
)
def test_what_is_about_the_site_ends_the_run(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: dict[str, Any], end: type[Exception], words: str
) -> None:
    mocked.post(MOODLE, **answer)

    for call in (look_up, write):
        with pytest.raises(end, match=words):
            call(moodle)


def test_a_missing_right_is_no_record(moodle: MoodleClient, mocked: responses.RequestsMock) -> None:
    mocked.post(MOODLE, json=moodle_error("nopermissions"))

    with pytest.raises(Refused) as caught:
        write(moodle)

    assert (caught.value.is_access, caught.value.may_be_record) == (True, False)


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

    assert [account.id for account in moodle.look_up_batch("idnumber", ["1", "3", "9"])] == [
        account.id for account in moodle.look_up("idnumber", ["1", "3"])
    ]
    assert moodle.look_up_batch("username", ["not a name", ""]) == []
    assert len(board.calls) == 2


def test_a_function_that_the_site_does_not_know_is_replaced_by_the_other(board: Switchboard) -> None:
    script = Script(
        Response.of(moodle_error("invalidrecordunknown")), Response.of({"users": [{**ADA, "username": "guest"}]})
    )
    moodle = moodle_client(transport_to(script))

    moodle.check_visibility()
    moodle.check_visibility()

    assert [b"core_user_get_users_by_field" in request.body for request in script.requests] == [True, False, False]


# Patience of the ordinary look-up


@pytest.mark.parametrize(
    ("code", "words", "advice"),
    [
        ("invalidresponse", "cannot return the accounts", "authentication plugin"),
        ("invalidrecord", "is missing a database record", "administrator"),
        ("invalidrecordunknown", "is missing a database record", "administrator"),
        ("dmlreadexception", "refused core_user_get_users_by_field", "RUNBOOK"),
    ],
)
def test_a_look_up_that_cannot_be_isolated_ends_the_run_with_what_it_means(
    moodle: MoodleClient, mocked: responses.RequestsMock, code: str, words: str, advice: str
) -> None:
    mocked.post(MOODLE, json=moodle_error(code))

    with pytest.raises(TargetError, match=words) as caught:
        moodle.look_up("idnumber", ["1"])

    assert advice in caught.value.advice
    assert code in caught.value.message


def test_a_firewall_is_named_with_whom_to_ask(moodle: MoodleClient, mocked: responses.RequestsMock) -> None:
    mocked.post(MOODLE, status=406, body=PAGE)

    with pytest.raises(TargetError, match="HTTP 406: the web server or a firewall") as caught:
        moodle.look_up("idnumber", ["1"])

    assert "firewall to exempt /webservice/rest/server.php" in caught.value.advice


def test_a_fault_of_the_site_that_passes_costs_nothing(board: Switchboard) -> None:
    board.faults.append(Fault("status", status=520, times=3))
    patient = Patient()

    assert client_of(board, stopping=patient).look_up("idnumber", ["1"]) == []
    assert len(patient.waits) == 3


# The retries of a write are the caller's


def test_the_attempts_of_one_batch_share_their_patience(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, status=429)
    retries = moodle.retries()

    def ends_in_try_again() -> bool:
        with pytest.raises(NotSent) as caught:
            moodle.update([{"id": 7}], retries)
        return isinstance(caught.value, TryAgain)

    while ends_in_try_again():
        assert len(responses.calls) < 50

    assert len(patient.waits) == len(responses.calls) - 1
    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)
