"""What an answer of Moodle means that is no answer to the question."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.moodle import TOKEN as SITE_TOKEN
from tests.sandbox.moodle import MoodleSite
from tests.sandbox.wire import Fault, Response, Switchboard
from tests.worker.clients import (
    FIX_COMMAND,
    MOODLE,
    PRIVATE,
    TOKEN,
    Patient,
    Script,
    client_of,
    end_of,
    fuzz,
    moodle_client,
    moodle_error,
    quick_end_of,
    texts,
    transport_to,
)
from worker.errors import CredentialError, TargetError
from worker.moodle.client import MoodleClient, Refused
from worker.moodle.error_codes import ODD_ANSWER
from worker.transport.patience import REQUEST_SECONDS

BY_FIELD = "core_user_get_users_by_field"


@pytest.mark.parametrize("code", ["wsaccessusersuspended", "wsaccessuserdeleted", "nopasswordchangeforced"])
def test_a_refused_service_user_is_told_apart_from_a_wrong_token(
    moodle: MoodleClient, mocked: responses.RequestsMock, code: str
) -> None:
    mocked.post(MOODLE, json=moodle_error(code))

    with pytest.raises(CredentialError, match=code):
        moodle.look_up("idnumber", ["1"])


def test_a_wrong_token_is_reported_with_the_command_and_never_retried(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json=moodle_error("invalidtoken"))

    with pytest.raises(CredentialError, match="does not know the token") as caught:
        moodle.look_up("idnumber", ["1"])

    assert FIX_COMMAND in caught.value.advice
    assert len(responses.calls) == 1


@pytest.mark.parametrize("maintenance", ["gui", "cli"])
def test_maintenance_is_reported_as_what_it_is(site: MoodleSite, board: Switchboard, maintenance: Any) -> None:
    site.settings.maintenance = maintenance

    with pytest.raises(TargetError, match="maintenance"):
        client_of(board).look_up("idnumber", ["1"])


def test_web_services_that_are_off_are_reported_and_never_retried(site: MoodleSite, board: Switchboard) -> None:
    site.settings.webservices = False

    with pytest.raises(TargetError, match="web services or the REST protocol are off"):
        client_of(board).check_visibility()
    assert len(board.calls) == 1


@pytest.mark.parametrize(
    ("status", "said"), [(301, "redirects"), (302, "redirects"), (404, "no Moodle"), (401, "login"), (413, "refuses")]
)
def test_another_status_is_reported_and_never_retried(
    moodle: MoodleClient, mocked: responses.RequestsMock, status: int, said: str
) -> None:
    mocked.post(MOODLE, status=status, headers={"Location": "https://elsewhere.example/?" + PRIVATE})

    with pytest.raises(TargetError, match=said) as caught:
        moodle.check_visibility()

    assert PRIVATE not in texts(caught.value)
    assert len(responses.calls) == 1


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


@pytest.mark.parametrize(
    "body", ["", "<!DOCTYPE html>", "<?xml version='1.0'?><EXCEPTION/>", "<br />\n<b>Warning</b>[]"]
)
def test_what_is_no_json_ends_the_run(moodle: MoodleClient, mocked: responses.RequestsMock, body: str) -> None:
    mocked.post(MOODLE, body=body)

    with pytest.raises(TargetError, match="is not JSON"):
        moodle.check_visibility()


@pytest.mark.parametrize(
    "answer", [None, False, 7, "", {}, {"users": []}, {"error": "x", "errorcode": "codingerror"}, {"errorcode": "x"}]
)
def test_an_answer_of_another_type_is_never_taken_for_no_accounts(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: object
) -> None:
    mocked.post(MOODLE, body=json.dumps(answer))

    with pytest.raises(Refused) as caught:
        moodle.look_up("idnumber", ["1"])
    with pytest.raises(TargetError, match="no list of accounts"):
        moodle.check_visibility()

    assert (caught.value.code, caught.value.may_be_record) == (ODD_ANSWER, True)


@pytest.mark.parametrize("answer", [None, 7, "x", [], {}, {"users": None}, {"users": {}}])
def test_a_search_answer_of_another_type_is_never_taken_for_no_accounts(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: object
) -> None:
    mocked.post(MOODLE, json=moodle_error("accessexception"))
    mocked.post(MOODLE, body=json.dumps(answer))

    with pytest.raises(Refused) as caught:
        moodle.look_up("idnumber", ["1"])

    assert (caught.value.code, caught.value.may_be_record) == (ODD_ANSWER, True)


@pytest.mark.parametrize("code", ["invalidparameter", "<div>Ada Byron</div>", None, 7, [PRIVATE], "x" * 99])
def test_another_refusal_ends_the_run_and_repeats_nothing_but_a_plain_code(
    moodle: MoodleClient, mocked: responses.RequestsMock, code: object
) -> None:
    mocked.post(MOODLE, json=moodle_error(code))

    with pytest.raises(TargetError, match=f"refused {BY_FIELD} ") as caught:
        moodle.check_visibility()

    said = texts(caught.value)
    assert not any(word in said for word in ("Ada", "xxxx", TOKEN))


# Any answer at all


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1", "accessexception"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["users", "exception", "errorcode", "id", "username", "customfields"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)
_ACCOUNT = st.fixed_dictionaries(
    dict.fromkeys(["id", "username", "firstname", "lastname", "email", "auth", "suspended", "department"], _JSON),
    optional={"idnumber": _JSON, "customfields": _JSON},
)


@fuzz
@given(_JSON | st.lists(_ACCOUNT | _JSON, max_size=3))
def test_any_json_is_a_look_up_or_an_end_of_the_run(value: Any) -> None:
    moodle = moodle_client(transport_to(Script(Response.of(value))))

    end_of(moodle.check_visibility)
    quick_end_of(lambda: moodle.look_up("idnumber", ["1"]))


@fuzz
@given(_JSON | st.fixed_dictionaries({"users": st.lists(_ACCOUNT | _JSON, max_size=3) | _JSON}))
def test_any_json_is_a_search_or_an_end_of_the_run(value: Any) -> None:
    moodle = moodle_client(transport_to(Script(Response.of(moodle_error("accessexception")), Response.of(value))))

    quick_end_of(lambda: moodle.look_up("email", ["1"]))
