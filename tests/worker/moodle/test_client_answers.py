"""What an answer means that is no result, through each way of calling Moodle: the table of `refusals`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import responses

from tests.sandbox.moodle import TOKEN as SITE_TOKEN
from tests.sandbox.moodle import MoodleSite
from tests.sandbox.wire import Fault, Response, Switchboard
from tests.worker.clients import (
    FIX_COMMAND,
    MOODLE,
    PRIVATE,
    Ended,
    Patient,
    client_of,
    ended,
    moodle_client,
    moodle_error,
    transport_to,
)
from worker.errors import TargetError
from worker.moodle.client import MoodleClient
from worker.moodle.refusals import NO_JSON, UNDOCUMENTED
from worker.transport.patience import REQUEST_SECONDS
from worker.transport.refusal import NO_ANSWER

PAGE = b"<html>The requested URL was rejected</html>"
BY_FIELD = "core_user_get_users_by_field"
Call = Callable[[MoodleClient], object]


def canary(moodle: MoodleClient) -> None:
    moodle.check_visibility()


def look_up(moodle: MoodleClient) -> list[Any]:
    return moodle.look_up("idnumber", ["1", "2"])


def update(moodle: MoodleClient) -> object:
    return moodle.update([{"id": 7, "department": "Select and Union"}])


@dataclass(frozen=True)
class Answered:
    """One row.

    Attributes:
        answer: What Moodle, or what stands before it, answers for ever.
        patient: A part of the message with which the canary ends the run.
        quick: How a look-up ends; "" where it ends the run with the same message. The canary waits for what may pass.
        write: How an update ends; "" where it ends the run with the same message.
        advice: A part of the advice beside the message.
    """

    answer: Response
    patient: str
    quick: str
    write: str
    advice: str = ""


def row(name: str, answer: Response | str, patient: str, quick: str = "", write: str | None = None, **more: Any) -> Any:
    """A row; an answer that is a text is Moodle's errorcode. By default a write ends as a look-up."""
    answer = Response.of(moodle_error(answer)) if isinstance(answer, str) else answer
    return pytest.param(Answered(answer, patient, quick, quick if write is None else write, **more), id=name)


REDIRECTS = "the site redirects requests"
CHALLENGE = "something in front of Moodle answers in its place"
FIREWALL = "the web server or a firewall in front of Moodle refuses the request"
SAID_OF_STATUS = {
    401: "a web server or proxy asks for a login of its own",
    403: "web services or the REST protocol are off",
    404: "there is no Moodle web service",
    407: "a web server or proxy asks for a login of its own",
}
ACCEPTED_NOWHERE = sorted({*range(400, 500)} - {408, 425, 429})
ELSEWHERE = {"Location": "https://elsewhere.example/?" + PRIVATE}
NO_JSONS = (b"", b"{", b"<!DOCTYPE html>", b"<?xml version='1.0'?><EXCEPTION/>", b"<br />\n<b>Warning</b>[]")
SERVICE_USER = {
    "wsaccessusersuspended": "active again",
    "wsaccessuserdeleted": "create another service user and its token",
    "wsaccessuserunconfirmed": "confirm",
    "wsaccessuserexpired": "change the service user's password",
    "wsaccessusernologin": "other than nologin",
    "nopasswordchangeforced": "change the service user's password",
    "forcepasswordchangenotice": "change the service user's password",
    "usernotfullysetup": "e-mail address and the required profile fields",
    "sitepolicynotagreed": "agree to the site policy",
}
NO_CODES = ("<div>Ada Byron</div>", "Ada Byron", None, 7, [PRIVATE], "x" * 99)
OTHER_FORMS: tuple[object, ...] = (None, False, 7, "", {}, {"users": []}, {"error": "x", "errorcode": "invalidtoken"})
IN_A_NAMESPACE = {**moodle_error("invalidresponse"), "exception": "core_external\\exception\\odd"}
IN_DATABASE = "is missing a database record"
NO_LIST = "is JSON, but no list of accounts"


def status_row(status: int, said: str, body: bytes = b"", *, failing: bool = False, passing: bool = False) -> Any:
    quick = f"refused HTTP {status}{' passing' * passing}{' perhaps done' * failing}"
    answer = Response(status, body, headers=ELSEWHERE)
    exempt = "exempt /webservice/rest/server.php" if said in (FIREWALL, CHALLENGE) else ""
    message = f"HTTP {status}: {said}"
    return row(f"{status} {body!r}", answer, message, quick, advice=exempt)


ANSWERS = [
    # A firewall may answer with any status for a value that its rules match.
    *(status_row(status, REDIRECTS) for status in (300, 301, 302, 303, 305, 307, 308)),
    *(status_row(status, SAID_OF_STATUS.get(status, FIREWALL)) for status in ACCEPTED_NOWHERE),
    *(status_row(status, FIREWALL, PAGE) for status in (400, 403, 406)),
    # PHP may fail on one record, and a write may have been done.
    status_row(500, "the site's server fails", PAGE, failing=True, passing=True),
    status_row(501, "the site's server fails", PAGE, failing=True),
    status_row(502, "the site's server fails", PAGE, failing=True, passing=True),
    status_row(503, "the site is in maintenance or overloaded", PAGE, failing=True, passing=True),
    status_row(504, "the site took longer than its web server waits", PAGE, failing=True, passing=True),
    status_row(520, "the site's server fails", PAGE, failing=True, passing=True),
    # A firewall's challenge page.
    *(status_row(status, CHALLENGE, failing=True) for status in (201, 202, 204, 206)),
    row(
        *("the connection is cut", Response(fate="reset"), "could not be read"),
        f"refused {NO_ANSWER} passing perhaps done",
    ),
    *(
        row(f"{body!r}", Response(200, body), "is not JSON", f"refused {NO_JSON} passing perhaps done")
        for body in NO_JSONS
    ),
    # Moodle's own codes, perhaps about one record.
    row("a value", "invalidparameter", f"refused {BY_FIELD} (invalidparameter)", "refused invalidparameter"),
    row("a plugin's", "plugins_code", f"refused {BY_FIELD} (plugins_code)", "refused plugins_code passing"),
    row(
        *("a deadlock", "dmlwriteexception", "(dmlwriteexception)", "refused dmlwriteexception passing"),
        advice="web server's error logs",
    ),
    row("a comparison", "dmlreadexception", "(dmlreadexception)", "refused dmlreadexception passing"),
    row("before 5.1", "invalidrecord", IN_DATABASE, "refused invalidrecord", advice="administrator"),
    row("from 5.1 on", "invalidrecordunknown", IN_DATABASE, "refused invalidrecordunknown", advice="administrator"),
    row(
        *("a value that Moodle cannot return", "invalidresponse", "cannot return the accounts"),
        "refused invalidresponse perhaps done",
        advice="authentication plugin",
    ),
    row(
        *("a class in a namespace, from 4.5 on", Response.of(IN_A_NAMESPACE), "cannot return the accounts"),
        "refused invalidresponse perhaps done",
    ),
    *(row(f"{code!r}", Response.of(moodle_error(code)), "(unknown)", "refused unknown passing") for code in NO_CODES),
    # About the whole site.
    row("maintenance", "sitemaintenance", "is in maintenance"),
    row("the token", "invalidtoken", "CredentialError: Moodle does not know the token", advice=FIX_COMMAND),
    *(
        row(f"the user: {code}", code, f"CredentialError: Moodle refuses the token's user ({code})", advice=advice)
        for code, advice in SERVICE_USER.items()
    ),
    *(
        row(
            f"a right: {code}",
            code,
            "CredentialError: the Moodle token may call neither",
            "",
            f"refused {code} access",
            advice=FIX_COMMAND,
        )
        for code in ("accessexception", "nopermissions")
    ),
    *(
        row(f"another form: {value!r}", Response.of(value), NO_LIST, f"refused {UNDOCUMENTED} perhaps done")
        for value in OTHER_FORMS
    ),
]


def end_of(call: Call, answer: Response) -> Ended:
    return ended(lambda transport: call(moodle_client(transport)), answer)


@pytest.mark.parametrize("row", ANSWERS)
def test_an_answer_that_is_no_result(row: Answered) -> None:
    patient, quick, write = (end_of(call, row.answer) for call in (canary, look_up, update))

    assert row.patient in patient.words
    assert patient.words.startswith("CredentialError") is row.patient.startswith("CredentialError")
    assert row.advice in patient.advice
    assert patient.was_retried is ("passing" in row.quick)
    assert quick.words == (row.quick or patient.words)
    assert write.words == (row.write or patient.words)
    assert (quick.waits, write.waits) == ([], [])
    assert sum(b"core_user_update_users" in request.body for request in write.requests) == 1, "a write is sent once"


# A fault that passes


@pytest.mark.parametrize("maintenance", ["gui", "cli"])
def test_maintenance_is_reported_as_what_it_is(site: MoodleSite, board: Switchboard, maintenance: Any) -> None:
    site.settings.maintenance = maintenance

    with pytest.raises(TargetError, match="maintenance"):
        client_of(board).look_up("idnumber", ["1"])


def test_a_look_up_is_repeated_after_the_pause_that_the_server_asks_for(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, status=503, headers={"Retry-After": "21"})
    mocked.post(MOODLE, status=429, headers={"Retry-After": "5"})
    mocked.post(MOODLE, json=[])

    assert moodle.look_up("idnumber", ["1"]) == []
    assert patient.waits == [21, 5]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "hang", "trickle", "truncate"])
def test_a_canary_without_an_answer_is_repeated_and_then_given_up(board: Switchboard, kind: Any) -> None:
    patient = Patient()
    moodle = moodle_client(transport_to(board, stopping=patient), token=SITE_TOKEN)
    board.faults.append(Fault(kind, times=2))
    moodle.check_visibility()
    assert (len(board.calls), len(patient.waits)) == (3, 2)

    patient.waits.clear()
    board.faults[:] = [Fault(kind, times=0)]
    with pytest.raises(TargetError, match="could not be read"):
        moodle.check_visibility()
    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)
