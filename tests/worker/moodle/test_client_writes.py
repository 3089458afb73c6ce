"""Moodle's create and update: what is sent, what a result says, and what may have happened without one.

The answers that are no result: test_client_answers.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from tests.sandbox.moodle import TOKEN as SITE_TOKEN
from tests.sandbox.moodle import MoodleApp, MoodleSite, ProfileField, Settings
from tests.sandbox.wire import Fault, Switchboard, serve
from tests.worker.clients import (
    MOODLE,
    PRIVATE,
    TOKEN,
    Patient,
    is_retry_pause,
    moodle_client,
    sent_form,
    transport_to,
)
from worker.errors import LockLost, Terminated
from worker.moodle.client import MoodleClient, Payload, Refused
from worker.transport.http import NotSent
from worker.transport.patience import REQUEST_SECONDS

CREATE, UPDATE = "core_user_create_users", "core_user_update_users"


def record(number: int = 1, **more: str) -> Payload:
    names = {"auth": "oidc", "idnumber": str(number), "username": f"u{number}", "firstname": "Ada", "lastname": "B"}
    return {**names, **more, "email": f"u{number}@x.example"}


def made(*numbers: int) -> list[dict[str, object]]:
    return [{"id": 100 + number, "username": f"u{number}"} for number in numbers]


# The request


def test_a_records_fields_are_sent_in_its_order_and_the_function_after_all(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json=made(1, 2))

    moodle.create([record(1), record(2, department="R&D")])

    names = ("auth", "idnumber", "username", "firstname", "lastname")
    assert [name for name, _ in sent_form()] == [
        "wstoken",
        "moodlewsrestformat",
        *[f"users[0][{name}]" for name in (*names, "email")],
        *[f"users[1][{name}]" for name in (*names, "department", "email")],
        "wsfunction",
    ]
    assert sent_form()[0] == ("wstoken", TOKEN)
    assert sent_form()[-1] == ("wsfunction", CREATE)
    assert ("users[1][department]", "R&D") in sent_form()
    assert responses.calls[0].request.url == MOODLE, "the token is never part of an address"


def test_custom_profile_fields_are_numbered_pairs_under_their_short_names(
    moodle: MoodleClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json={"warnings": []})

    customs = {"profile_field_site": "Berlin", "city": "B", "profile_field_team": "A & B", "profile_field_shift": "2"}
    moodle.update([{"id": 7, **customs}])

    assert sent_form()[2:] == [
        ("users[0][id]", "7"),
        ("users[0][customfields][0][type]", "site"),
        ("users[0][customfields][0][value]", "Berlin"),
        ("users[0][city]", "B"),
        ("users[0][customfields][1][type]", "team"),
        ("users[0][customfields][1][value]", "A & B"),
        ("users[0][customfields][2][type]", "shift"),
        ("users[0][customfields][2][value]", "2"),
        ("wsfunction", UPDATE),
    ]


def test_what_is_written_is_what_moodle_holds() -> None:
    site = MoodleSite(Settings(profile_fields=(ProfileField("site"),)))
    moodle = moodle_client(transport_to(MoodleApp(site)), token=SITE_TOKEN)

    moodle.create([record(1, firstname="Zoë 漢字", department="R&D = 100 %+", profile_field_site="Köln & Bonn")])
    (account,) = moodle.look_up("idnumber", ["1"])
    moodle.update([{"id": account.id, "department": "", "suspended": "1"}])
    (later,) = moodle.look_up("idnumber", ["1"])

    assert (account.values["firstname"], account.values["department"]) == ("Zoë 漢字", "R&D = 100 %+")
    assert account.values["profile_field_site"] == "Köln & Bonn"
    assert (later.values["department"], later.suspended) == ("", True)


def test_a_batch_that_php_cuts_creates_no_account() -> None:
    site = MoodleSite(Settings(max_input_vars=60))
    moodle = moodle_client(transport_to(MoodleApp(site)), token=SITE_TOKEN)
    before = len(site.users())

    with pytest.raises(Refused):
        moodle.create([record(number) for number in range(1, 21)])

    assert len(site.users()) == before


# Create


@pytest.mark.parametrize(
    "answer", [made(1), made(1, 2, 3), [], {}, None, "x", 7, {"warnings": []}, [None] * 2, [{}] * 2]
)
def test_an_answer_that_does_not_name_every_account_leaves_a_creation_undecided(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: object
) -> None:
    mocked.post(MOODLE, json=answer)

    with pytest.raises(Refused) as refused:
        moodle.create([record(1), record(2)])
    code = "no JSON" if answer is None else "undocumented answer"
    end = refused.value
    assert (end.code, end.may_be_done, end.may_be_record, end.is_transient) == (code, True, True, answer is None)


# Update


def test_warnings_say_who_was_not_updated(moodle: MoodleClient, mocked: responses.RequestsMock) -> None:
    warnings = [
        {"item": "user", "itemid": 4, "warningcode": "useremailduplicate", "message": PRIVATE},
        {"item": "user", "itemid": 2, "warningcode": "<b>Ada</b>", "message": PRIVATE},
    ]
    mocked.post(MOODLE, json={"warnings": warnings})

    answer = moodle.update([{"id": 2}, {"id": 3}, {"id": 4}])

    assert answer == {4: "useremailduplicate", 2: "unknown"}


def test_an_update_without_warnings_updated_every_account(moodle: MoodleClient, mocked: responses.RequestsMock) -> None:
    mocked.post(MOODLE, json={"warnings": []})

    assert moodle.update([{"id": 2}]) == {}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        7,
        {},
        {"warnings": None},
        {"warnings": {}},
        {"warnings": ["x"]},
        {"warnings": [{"warningcode": "x"}]},
        {"warnings": [{"itemid": "4", "warningcode": "x"}]},
        {"warnings": [{"itemid": [4], "warningcode": "x"}]},
        {"warnings": [{"itemid": 5, "warningcode": "invaliduserid"}]},
        {"warnings": [{"itemid": 4, "warningcode": "x"}, {"itemid": 5, "warningcode": "x"}]},
    ],
)
def test_an_answer_of_another_form_leaves_an_update_undecided(
    moodle: MoodleClient, mocked: responses.RequestsMock, answer: object
) -> None:
    mocked.post(MOODLE, json=answer)

    with pytest.raises(Refused) as refused:
        moodle.update([{"id": 4}])
    code = "no JSON" if answer is None else "undocumented answer"
    end = refused.value
    assert (end.code, end.may_be_done, end.may_be_record, end.is_transient) == (code, True, True, answer is None)


# Without an answer


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "hang", "trickle"])
def test_a_write_without_an_answer_is_undecided_and_not_sent_again(kind: Any) -> None:
    board = Switchboard(MoodleApp(MoodleSite()))
    board.faults.append(Fault(kind, times=0, seconds=0.05 if kind == "trickle" else 60))
    with serve(board) as url:
        moodle = moodle_client(
            transport_to(timeout=1.0), endpoint=f"{url}/webservice/rest/server.php", token=SITE_TOKEN
        )
        with pytest.raises(Refused) as refused:
            moodle.create([record(1)])

    assert refused.value.may_be_done
    assert board.calls == [CREATE]


def test_a_write_that_was_not_sent_is_sent_after_a_pause_if_the_check_allows_it(
    moodle: MoodleClient, patient: Patient, logged: list[dict[str, Any]]
) -> None:
    checks: list[int] = []
    with responses.mock as mock:
        mock.post(MOODLE, body=requests.ConnectTimeout())
        mock.post(MOODLE, json=made(1))
        moodle.create([record(1)], lambda: checks.append(len(responses.calls)))
        assert logged[0]["reason"].startswith("moodle: ")
        assert checks == [0, 1], "each attempt has to be allowed"
        assert len(responses.calls) == 2

    assert len(patient.waits) == 1
    assert is_retry_pause(patient.waits[0])


def test_a_write_is_not_sent_again_once_the_check_forbids_it(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, status=429)

    def allowed_once() -> None:
        if patient.waits:
            raise LockLost("another run holds the lock")

    with pytest.raises(LockLost):
        moodle.update([{"id": 1}], allowed_once)
    assert len(responses.calls) == 1


def test_a_write_that_was_limited_is_sent_after_the_pause_that_is_asked_for(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, status=429, headers={"Retry-After": "42"})
    mocked.post(MOODLE, json={"warnings": []})

    assert moodle.update([{"id": 1}]) == {}
    assert (patient.waits, len(responses.calls)) == ([42], 2)


def test_the_attempts_of_one_batch_share_their_patience(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, status=429)

    with pytest.raises(NotSent, match="HTTP 429"):
        moodle.update([{"id": 7}])
    assert len(patient.waits) == len(responses.calls) - 1
    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)


def test_a_write_that_was_limited_for_too_long_is_given_up(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, status=429, headers={"Retry-After": "86400"})

    with pytest.raises(NotSent):
        moodle.update([{"id": 1}])
    assert (patient.waits, len(responses.calls)) == ([], 1)


def test_nothing_is_written_once_the_run_was_asked_to_stop(
    moodle: MoodleClient, patient: Patient, mocked: responses.RequestsMock
) -> None:
    mocked.post(MOODLE, json=made(1))
    patient.ask()

    with pytest.raises(Terminated):
        moodle.create([record(1)])
    assert len(responses.calls) == 0
