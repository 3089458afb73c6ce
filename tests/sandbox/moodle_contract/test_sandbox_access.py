"""Who may not call, and what Moodle says to him: switches that only the sandbox has."""

from __future__ import annotations

import pytest

from tests.sandbox.moodle import DEVELOPER_DEBUG, NORMAL_DEBUG, TOKEN, MoodleApp
from tests.sandbox.moodle_contract.client import INVALID, NO_ACCESS, NO_TOKEN, refusal
from tests.sandbox.moodle_contract.house import House


def test_an_expired_token_is_refused_once_and_unknown_afterwards(house: House) -> None:
    house.site.expire(TOKEN)

    assert refusal(house.moodle.by("username", "guest")) == NO_ACCESS
    assert refusal(house.moodle.by("username", "guest")) == NO_TOKEN


def test_a_token_that_expires_later_works(house: House) -> None:
    house.site.tokens[TOKEN] = house.site.now() + 3600

    assert len(house.moodle.by("username", "guest")) == 1


def test_a_second_token_works_too(house: House) -> None:
    MoodleApp(house.site, token="another")
    house.moodle.token = "another"

    assert len(house.moodle.by("username", "guest")) == 1


@pytest.mark.parametrize("function", ["core_user_get_users", "core_user_delete_users", "core_webservice_get_site_info"])
def test_a_function_that_the_service_does_not_offer(house: House, function: str) -> None:
    house.site.service_functions = {"core_user_get_users_by_field"}

    assert refusal(house.moodle.call(function)) == NO_ACCESS


def test_without_the_right_to_use_the_protocol(house: House) -> None:
    house.site.capabilities.discard("webservice/rest:use")

    assert refusal(house.moodle.by("username", "guest")) == NO_ACCESS


def test_without_the_right_to_create(house: House) -> None:
    house.site.capabilities.discard("moodle/user:create")

    assert refusal(house.moodle.create(house.moodle.new())) == (
        "required_capability_exception",
        "nopermissions",
        "Sorry, but you do not currently have permissions to do that (Create users).",
    )


def test_without_the_right_to_update(house: House) -> None:
    house.site.capabilities.discard("moodle/user:update")

    assert refusal(house.moodle.update({"id": house.moodle.created()})) == (
        "required_capability_exception",
        "nopermissions",
        "Sorry, but you do not currently have permissions to do that (Update user profiles).",
    )


def test_a_suspended_service_user(house: House) -> None:
    house.site.change_user(house.site.service_id, suspended=True)

    assert refusal(house.moodle.by("username", "guest")) == (
        "moodle_exception",
        "wsaccessusersuspended",
        "Refused web service access for suspended username: sync-service",
    )


def test_a_service_user_who_must_change_her_password(house: House) -> None:
    house.site.change_user(house.site.service_id, must_change_password=True)

    assert refusal(house.moodle.by("username", "guest"))[:2] == ("moodle_exception", "nopasswordchangeforced")


def test_maintenance_of_the_pages_is_an_ordinary_error(house: House) -> None:
    house.site.settings.maintenance = "gui"

    assert refusal(house.moodle.by("username", "guest")) == (
        "moodle_exception",
        "sitemaintenance",
        "The site is undergoing maintenance and is currently not available",
    )


@pytest.mark.parametrize("token", [TOKEN, "wrong"])
def test_maintenance_by_the_command_line_is_a_page_with_status_503(house: House, token: str) -> None:
    house.site.settings.maintenance = "cli"
    answer = house.moodle.post([("wstoken", token), ("wsfunction", "core_user_get_users")])

    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")


def test_web_services_that_are_off_answer_403_and_nothing_else(house: House) -> None:
    house.site.settings.webservices = False
    answer = house.moodle.post([("wstoken", TOKEN), ("moodlewsrestformat", "json")])

    assert (answer.status_code, answer.text) == (403, "")
    assert answer.headers["Content-Type"] == "text/html"


def test_a_production_site_says_nothing(house: House) -> None:
    taken = house.moodle.new()
    house.moodle.create(taken)

    assert house.moodle.create(taken) == dict(zip(("exception", "errorcode", "message"), INVALID, strict=True))


def test_a_debugging_site_says_what_was_wrong(house: House) -> None:
    house.site.settings.debug = NORMAL_DEBUG
    taken = house.moodle.new(username="u000001")
    house.moodle.create(taken)

    assert house.moodle.create(taken)["debuginfo"] == "Username already exists: u000001"
    assert house.moodle.create(taken)["message"] == INVALID[2]


def test_a_developers_site_says_it_in_the_message_as_well(house: House) -> None:
    house.site.settings.debug = DEVELOPER_DEBUG
    nobody = house.moodle.update({"id": 77777})

    assert house.moodle.by("id", "x")["message"].startswith(f"{INVALID[2]} (The field 'id' value is invalid")
    assert nobody["warnings"][0]["message"] == "Invalid user ID (Invalid user ID)"


def test_debuginfo_leads_to_the_parameter(house: House) -> None:
    house.site.settings.debug = NORMAL_DEBUG

    assert house.moodle.create(house.moodle.new(username="Ada"))["debuginfo"] == (
        "users => Invalid parameter value detected: username => Invalid parameter value detected: "
        'Invalid external api parameter: the value is "Ada", the server was expecting "username" type'
    )
