"""How a call travels, and the shape of every answer."""

from __future__ import annotations

import pytest

from tests.sandbox.moodle_contract.client import INVALID, NO_TOKEN, Moodle, refusal

LOOK_UP = "core_user_get_users_by_field"
JSON = ("moodlewsrestformat", "json")
FUNCTION = ("wsfunction", LOOK_UP)
GUEST = [("field", "username"), ("values[0]", "guest")]


@pytest.mark.parametrize("token", [[("wstoken", "wrong")], [("wstoken", "")], []])
def test_an_application_error_is_http_200_and_json(moodle: Moodle, token: list[tuple[str, str]]) -> None:
    answer = moodle.post([*token, FUNCTION, JSON])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert refusal(answer.json()) == NO_TOKEN


def test_exception_classes_have_a_namespace_from_4_5_on(moodle: Moodle) -> None:
    invalid = moodle.post([("wstoken", "wrong"), FUNCTION, JSON]).json()["exception"]
    missing = moodle.call("core_user_sing")["exception"]

    assert invalid == ("core\\exception\\" if moodle.release >= (4, 5) else "") + "moodle_exception"
    assert missing == "dml_missing_record_exception"


def test_an_unknown_function_is_a_missing_record(moodle: Moodle) -> None:
    code = "invalidrecordunknown" if moodle.release >= (5, 1) else "invalidrecord"

    assert refusal(moodle.call("core_user_sing")) == code


def test_a_token_in_a_header_is_ignored(moodle: Moodle) -> None:
    answer = moodle.post([FUNCTION, JSON, *GUEST], headers={"Authorization": f"Bearer {moodle.token}"})

    assert refusal(answer.json()) == NO_TOKEN


def test_without_a_format_the_answer_is_xml(moodle: Moodle) -> None:
    answer = moodle.post([("wstoken", moodle.token), FUNCTION, *GUEST])
    error = moodle.post([("wstoken", "wrong"), FUNCTION])

    assert (answer.status_code, error.status_code) == (200, 200)
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "<RESPONSE>" in answer.text
    assert "<ERRORCODE>invalidtoken</ERRORCODE>" in error.text


def test_get_and_arguments_in_the_url_are_accepted(moodle: Moodle) -> None:
    head = [("wstoken", moodle.token), FUNCTION, JSON]
    got = moodle.session.get(moodle.url, params=[*head, *GUEST], timeout=60)
    mixed = moodle.post(GUEST, params=head)

    assert [user["username"] for user in [*got.json(), *mixed.json()]] == ["guest", "guest"]


def test_a_json_body_is_ignored(moodle: Moodle) -> None:
    head = dict([("wstoken", moodle.token), FUNCTION, JSON])
    body = {"field": "username", "values": ["guest"]}

    only = moodle.session.post(moodle.url, params=head, json=body, timeout=60)
    beside = moodle.session.post(moodle.url, params=[*head.items(), *GUEST], json={"limit": 1}, timeout=60)

    assert refusal(only.json()) == INVALID
    assert [user["username"] for user in beside.json()] == ["guest"]


def test_a_request_that_lost_its_last_field_the_function_does_nothing(moodle: Moodle) -> None:
    user = moodle.new()
    fields = [(f"users[0][{name}]", value) for name, value in user.items()]
    answer = moodle.post([("wstoken", moodle.token), JSON, *fields])

    assert refusal(answer.json()) == INVALID
    assert moodle.by("username", user["username"]) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"field": "username", "values": ["guest"], "limit": 1},
        {"field": ["username"], "values": ["guest"]},
        {"field": "username", "values": "guest"},
    ],
)
def test_an_argument_of_another_name_or_shape_is_refused(moodle: Moodle, arguments: dict[str, object]) -> None:
    assert refusal(moodle.call(LOOK_UP, **arguments)) == INVALID
