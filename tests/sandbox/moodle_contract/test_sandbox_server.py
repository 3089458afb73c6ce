"""The sandbox server behind its socket: threads, PHP's forms and JSON, and the suite's own client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.moodle.forms import nest
from tests.sandbox.moodle_contract.client import INVALID, Moodle, refusal
from tests.sandbox.moodle_contract.sandbox import Sandbox
from tests.sandbox.wire import Request

LOOK_UP = [("wstoken", TOKEN), ("moodlewsrestformat", "json"), ("wsfunction", "core_user_get_users_by_field")]
SEARCH = "core_user_get_users"


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (Request("POST", "/x", body=b"wstoken=a&wsfunction=core_user_get_users"), SEARCH),
        (Request("GET", "/x", query=(("wsfunction", SEARCH),)), SEARCH),
        (Request("POST", "/x", body=b"wstoken=a"), "/x"),
    ],
)
def test_the_operation_is_the_function_in_body_or_url(request_: Request, operation: str) -> None:
    assert MoodleApp(MoodleSite()).operation(request_) == operation


def test_of_many_concurrent_creates_of_a_username_one_succeeds(sandbox: Sandbox) -> None:
    def create(_: int) -> bool:
        with requests.Session() as session:
            client = Moodle(session, sandbox.moodle.base, TOKEN)
            return isinstance(client.create(client.new(), client.new(username="wanted")), list)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1
    assert len(sandbox.site.users()) == 3 + 2


def test_a_request_excludes_all_others_while_it_works(sandbox: Sandbox) -> None:
    entered = []

    def clock() -> float:
        with ThreadPoolExecutor(1) as other:
            entered.append(other.submit(sandbox.site.lock.acquire, blocking=False).result())
        return 1_700_000_000

    sandbox.site.clock = clock
    sandbox.moodle.created()

    assert set(entered) == {False}


def test_json_is_written_as_php_writes_it(sandbox: Sandbox) -> None:
    sandbox.site.add_user("zoe", firstname="Zoë")
    text = sandbox.moodle.post([*LOOK_UP, ("field", "username"), ("values[0]", "zoe")]).text

    assert '"firstname":"Zo\\u00eb"' in text
    assert '"profileimageurl":"https:\\/\\/moodle.example.com\\/' in text


def test_another_page_is_not_found(sandbox: Sandbox) -> None:
    page = sandbox.moodle.session.get(sandbox.moodle.url.replace("rest/server", "soap/server"), timeout=60)

    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_strings_of_broken_utf8_are_refused(sandbox: Sandbox) -> None:
    body = "&".join(f"{name}={value}" for name, value in [*LOOK_UP, ("field", "idnumber"), ("values[0]", "%ff")])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = sandbox.moodle.session.post(sandbox.moodle.url, data=body, headers=form, timeout=60)

    assert refusal(answer.json()) == INVALID


@pytest.mark.parametrize("values", [[("values[]", "1"), ("values[]", "2")], [("values[x]", "2"), ("values[7]", "1")]])
def test_the_last_of_two_equal_names_wins_and_keys_of_a_list_do_not_matter(
    sandbox: Sandbox, values: list[tuple[str, str]]
) -> None:
    answer = sandbox.moodle.post([*LOOK_UP, ("field", "username"), ("field", "id"), *values])

    assert [user["id"] for user in answer.json()] == [1, 2]


def test_empty_brackets_take_the_next_index() -> None:
    assert nest([("a[][x]", "1"), ("a[][x]", "2"), ("b[7]", "3"), ("b[]", "4"), ("b[", "5")]) == {
        "a": {"0": {"x": "1"}, "1": {"x": "2"}},
        "b": {"7": "3", "8": "4"},
        "b_": "5",
    }


@pytest.mark.parametrize("may_delete", [True, False])
def test_the_suite_deletes_its_accounts_or_suspends_and_names_them(sandbox: Sandbox, may_delete: bool) -> None:
    if may_delete:
        sandbox.site.service_functions.add("core_user_delete_users")
        sandbox.site.capabilities.add("moodle/user:delete")
    user = sandbox.moodle.new()
    made = sandbox.moodle.create(user)[0]["id"]

    assert sandbox.moodle.clean_up() == ([] if may_delete else [user["username"]])
    left = sandbox.site.user(made)
    assert (left["deleted"], left["suspended"]) == (may_delete, not may_delete)
