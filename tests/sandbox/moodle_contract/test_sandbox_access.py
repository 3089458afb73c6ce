"""Who may not call, and how Moodle refuses it: switches that only the sandbox server has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sandbox.moodle import DEVELOPER_DEBUG, NORMAL_DEBUG, TOKEN, MoodleApp, MoodleSite
from tests.sandbox.moodle_contract.client import INVALID, NO_ACCESS, NO_TOKEN, refusal
from tests.sandbox.moodle_contract.sandbox import Sandbox


def test_an_expired_token_is_refused_once_and_unknown_afterwards(sandbox: Sandbox) -> None:
    sandbox.site.expire(TOKEN)

    assert refusal(sandbox.moodle.by("username", "guest")) == NO_ACCESS
    assert refusal(sandbox.moodle.by("username", "guest")) == NO_TOKEN


def test_a_token_that_expires_later_and_a_second_token_work(sandbox: Sandbox) -> None:
    sandbox.site.tokens[TOKEN] = sandbox.site.now() + 3600
    MoodleApp(sandbox.site, token="another")

    for token in (TOKEN, "another"):
        sandbox.moodle.token = token
        assert len(sandbox.moodle.by("username", "guest")) == 1


@pytest.mark.parametrize("function", ["core_user_get_users", "core_user_delete_users", "core_webservice_get_site_info"])
def test_a_function_that_the_service_does_not_offer(sandbox: Sandbox, function: str) -> None:
    sandbox.site.service_functions = {"core_user_get_users_by_field"}

    assert refusal(sandbox.moodle.call(function)) == NO_ACCESS


Change = Callable[[MoodleSite], object]
BARRED: list[tuple[Change, str, str]] = [
    (lambda site: site.change_user(3, suspended=True), "wsaccessusersuspended", "suspended username: sync-service"),
    (lambda site: site.capabilities.discard("webservice/rest:use"), NO_ACCESS, "Access control exception"),
    (lambda site: setattr(site.settings, "maintenance", "gui"), "sitemaintenance", "undergoing"),
    (lambda site: setattr(site.settings, "login_refused", "usernotfullysetup"), "usernotfullysetup", ""),
    (lambda site: site.capabilities.discard("moodle/user:create"), "nopermissions", "(Create users)"),
]


@pytest.mark.parametrize(("change", "code", "message"), BARRED, ids=[code for _, code, _ in BARRED])
def test_what_keeps_a_service_user_out(sandbox: Sandbox, change: Change, code: str, message: str) -> None:
    change(sandbox.site)
    answer = sandbox.moodle.create(sandbox.moodle.new())

    assert refusal(answer) == code
    assert message in answer["message"]


def test_the_right_to_update_is_a_right_of_its_own(sandbox: Sandbox) -> None:
    made = sandbox.moodle.created()
    sandbox.site.capabilities.discard("moodle/user:update")

    assert refusal(sandbox.moodle.update({"id": made})) == "nopermissions"


@pytest.mark.parametrize("token", [TOKEN, "wrong"])
def test_cli_maintenance_is_a_page_with_status_503(sandbox: Sandbox, token: str) -> None:
    sandbox.site.settings.maintenance = "cli"
    answer = sandbox.moodle.post([("wstoken", token), ("wsfunction", "core_user_get_users")])

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_disabled_web_services_answer_403_with_an_empty_body(sandbox: Sandbox) -> None:
    sandbox.site.settings.webservices = False
    answer = sandbox.moodle.post([("wstoken", TOKEN), ("moodlewsrestformat", "json")])

    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (403, "", "text/html")


def test_site_info_names_the_release_and_the_service_user(sandbox: Sandbox) -> None:
    sandbox.site.service_functions.add("core_webservice_get_site_info")
    sandbox.site.settings.version = "4.5"
    info = sandbox.moodle.call("core_webservice_get_site_info")

    assert (info["release"][:3], info["userid"], info["username"]) == ("4.5", sandbox.site.service_id, "sync-service")
    assert "core_user_get_users" in [function["name"] for function in info["functions"]]


@pytest.mark.parametrize(
    ("debug", "detail", "message"),
    [
        (0, None, "Invalid parameter value detected"),
        (NORMAL_DEBUG, "Username already exists: guest", "Invalid parameter value detected"),
        (DEVELOPER_DEBUG, "Username already exists: guest", "detected (Username already exists: guest)"),
    ],
)
def test_only_a_debugging_site_says_what_was_wrong(
    sandbox: Sandbox, debug: int, detail: str | None, message: str
) -> None:
    sandbox.site.settings.debug = debug
    answer = sandbox.moodle.create(sandbox.moodle.new(username="guest"))

    assert (refusal(answer), answer.get("debuginfo")) == (INVALID, detail)
    assert answer["message"].endswith(message)


def test_the_detail_names_the_parameter(sandbox: Sandbox) -> None:
    sandbox.site.settings.debug = NORMAL_DEBUG

    assert sandbox.moodle.create(sandbox.moodle.new(username="Ada"))["debuginfo"] == (
        "users => Invalid parameter value detected: username => Invalid parameter value detected: "
        'Invalid external api parameter: the value is "Ada", the server was expecting "username" type'
    )


def test_a_site_starts_with_its_own_three_accounts() -> None:
    assert [user["username"] for user in MoodleSite().users()] == ["guest", "admin", "sync-service"]
