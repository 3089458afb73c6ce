"""How a call travels, and the shape of every answer."""

from __future__ import annotations

import requests

from tests.sandbox.moodle_contract.client import INVALID, NO_TOKEN, Moodle, refusal

LOOK_UP = "core_user_get_users_by_field"
GUEST = [("field", "username"), ("values[0]", "guest")]


def test_an_application_error_is_http_200_and_json(moodle: Moodle) -> None:
    answer = moodle.post([("wstoken", "wrong"), ("wsfunction", LOOK_UP), ("moodlewsrestformat", "json")])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert refusal(answer.json()) == NO_TOKEN


def test_an_empty_or_absent_token_is_as_bad_as_a_wrong_one(moodle: Moodle) -> None:
    for token in ([("wstoken", "")], []):
        answer = moodle.post([*token, ("wsfunction", LOOK_UP), ("moodlewsrestformat", "json")])
        assert refusal(answer.json()) == NO_TOKEN


def test_the_token_in_a_header_is_not_seen(moodle: Moodle) -> None:
    fields = [("wsfunction", LOOK_UP), ("moodlewsrestformat", "json"), *GUEST]
    answer = moodle.post(fields, headers={"Authorization": f"Bearer {moodle.token}"})

    assert refusal(answer.json()) == NO_TOKEN


def test_without_a_format_the_answer_is_xml(moodle: Moodle) -> None:
    answer = moodle.post([("wstoken", moodle.token), ("wsfunction", LOOK_UP), *GUEST])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "<RESPONSE>" in answer.text
    assert '<KEY name="username"><VALUE>guest</VALUE>' in answer.text


def test_without_a_format_errors_are_xml_too(moodle: Moodle) -> None:
    answer = moodle.post([("wstoken", "wrong"), ("wsfunction", LOOK_UP)])

    assert answer.status_code == 200
    assert '<EXCEPTION class="moodle_exception">' in answer.text
    assert "<ERRORCODE>invalidtoken</ERRORCODE>" in answer.text


def test_get_works_too(moodle: Moodle) -> None:
    fields = [("wstoken", moodle.token), ("wsfunction", LOOK_UP), ("moodlewsrestformat", "json"), *GUEST]
    answer = moodle.session.get(moodle.url, params=fields, timeout=60)

    assert [user["username"] for user in answer.json()] == ["guest"]


def test_token_and_function_may_be_in_the_address(moodle: Moodle) -> None:
    head = {"wstoken": moodle.token, "wsfunction": LOOK_UP, "moodlewsrestformat": "json"}

    assert [user["username"] for user in moodle.post(GUEST, params=head).json()] == ["guest"]


def test_a_json_body_is_not_read(moodle: Moodle) -> None:
    head = {"wstoken": moodle.token, "wsfunction": LOOK_UP, "moodlewsrestformat": "json"}
    body = {"field": "username", "values": ["guest"]}
    answer = moodle.session.post(moodle.url, params=head, json=body, timeout=60)

    assert refusal(answer.json()) == INVALID


def test_an_address_of_many_values_is_too_long(moodle: Moodle) -> None:
    values = [(f"values[{number}]", f"{1000 + number}") for number in range(600)]
    fields = [("wstoken", moodle.token), ("wsfunction", LOOK_UP), ("field", "idnumber"), *values]
    answer = moodle.session.get(moodle.url, params=fields, timeout=60)

    assert answer.status_code == requests.codes.request_uri_too_large
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_function_that_moodle_does_not_have(moodle: Moodle) -> None:
    assert refusal(moodle.call("core_user_sing")) == (
        "dml_missing_record_exception",
        "invalidrecord",
        "Can't find data record in database table external_functions.",
    )


def test_a_request_that_lost_its_last_field_the_function_does_nothing(moodle: Moodle) -> None:
    person = moodle.new()
    fields = [(f"users[0][{name}]", value) for name, value in person.items()]
    answer = moodle.post([("wstoken", moodle.token), ("moodlewsrestformat", "json"), *fields])

    assert refusal(answer.json()) == INVALID
    assert moodle.by("username", person["username"]) == []


def test_a_misspelt_argument_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.call(LOOK_UP, field="username", values=["guest"], limit=1)) == INVALID


def test_a_json_body_does_no_harm(moodle: Moodle) -> None:
    fields = [("wstoken", moodle.token), ("wsfunction", LOOK_UP), ("moodlewsrestformat", "json"), *GUEST]
    answer = moodle.session.post(moodle.url, params=fields, json={"limit": 1}, timeout=60)

    assert [user["username"] for user in answer.json()] == ["guest"]


def test_a_list_where_one_value_belongs_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.call(LOOK_UP, field=["username"], values=["guest"])) == INVALID


def test_one_value_where_a_list_belongs_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.call(LOOK_UP, field="username", values="guest")) == INVALID
