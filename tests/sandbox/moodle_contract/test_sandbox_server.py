"""The sandbox behind the shared wire: faults, threads, and the suite's own client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.moodle.forms import nest
from tests.sandbox.moodle_contract.client import INVALID, Moodle, refusal
from tests.sandbox.moodle_contract.house import House
from tests.sandbox.wire import Fault, InProcess, Request, Switchboard, serve


def test_the_operation_is_the_function_wherever_it_stands() -> None:
    app = MoodleApp(MoodleSite())

    assert (
        app.operation(Request("POST", "/x", body=b"wstoken=a&wsfunction=core_user_get_users")) == "core_user_get_users"
    )
    assert app.operation(Request("GET", "/x", query=(("wsfunction", "core_user_get_users"),))) == "core_user_get_users"
    assert app.operation(Request("POST", "/x", body=b"wstoken=a")) == "/x"


def test_whoever_hangs_up_does_not_stop_the_request() -> None:
    switchboard = Switchboard(MoodleApp(MoodleSite()))
    switchboard.faults.append(Fault("reset_after", operation="core_user_create_users"))
    with serve(switchboard) as url, requests.Session() as session:
        moodle = Moodle(session, url, TOKEN)
        person = moodle.new()
        with pytest.raises(requests.ConnectionError):
            moodle.create(person)

        assert len(moodle.by("username", person["username"])) == 1
        assert refusal(moodle.create(person)) == INVALID


def test_the_sandbox_answers_without_a_socket_as_well() -> None:
    with requests.Session() as session:
        session.mount("http://moodle.test", InProcess(Switchboard(MoodleApp(MoodleSite()))))

        assert Moodle(session, "http://moodle.test", TOKEN).created() == 4


def test_of_many_who_want_a_username_at_once_one_gets_it(house: House) -> None:
    def create(number: int) -> bool:
        with requests.Session() as session:
            client = Moodle(session, house.moodle.url.removesuffix("/webservice/rest/server.php"), TOKEN)
            return isinstance(client.create(client.new(), client.new(username="wanted")), list)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1
    assert len(house.site.users()) == 3 + 2


def test_a_request_excludes_all_others_while_it_works(house: House) -> None:
    entered = []

    def clock() -> float:
        with ThreadPoolExecutor(1) as other:
            entered.append(other.submit(house.site.lock.acquire, blocking=False).result())
        return 1_700_000_000

    house.site.clock = clock
    house.moodle.created()

    assert set(entered) == {False}


def test_json_is_written_as_php_writes_it(house: House) -> None:
    house.site.add_user("zoe", firstname="Zoë")
    head = [("wstoken", TOKEN), ("moodlewsrestformat", "json"), ("wsfunction", "core_user_get_users_by_field")]
    text = house.moodle.post([*head, ("field", "username"), ("values[0]", "zoe")]).text

    assert '"firstname":"Zo\\u00eb"' in text
    assert '"profileimageurl":"https:\\/\\/moodle.example.com\\/' in text


def test_another_page_of_the_site_is_not_there(house: House) -> None:
    answer = house.moodle.session.get(house.moodle.url.replace("rest/server", "soap/server"), timeout=60)

    assert answer.status_code == 404


def test_strings_of_broken_utf8_are_refused(house: House) -> None:
    body = (
        f"wstoken={TOKEN}&moodlewsrestformat=json&wsfunction=core_user_get_users_by_field&field=idnumber&values[0]=%ff"
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = house.moodle.session.post(house.moodle.url, data=body, headers=form, timeout=60)

    assert refusal(answer.json()) == INVALID


def test_fields_are_nested_as_php_does(house: House) -> None:
    head = [("wstoken", TOKEN), ("moodlewsrestformat", "json"), ("wsfunction", "core_user_get_users_by_field")]

    for values in ([("values[]", "1"), ("values[]", "2")], [("values[x]", "2"), ("values[7]", "1")]):
        answer = house.moodle.post([*head, ("field", "username"), ("field", "id"), *values])
        assert [user["id"] for user in answer.json()] == [1, 2]


def test_empty_brackets_count_on() -> None:
    assert nest([("a[][x]", "1"), ("a[][x]", "2"), ("b[7]", "3"), ("b[]", "4"), ("b[", "5")]) == {
        "a": {"0": {"x": "1"}, "1": {"x": "2"}},
        "b": {"7": "3", "8": "4"},
        "b_": "5",
    }


def test_cleaning_up_deletes_where_the_token_may(house: House) -> None:
    house.site.service_functions.add("core_user_delete_users")
    house.site.capabilities.add("moodle/user:delete")
    made = [house.moodle.created() for _ in range(2)]

    assert house.moodle.clean_up() == []
    assert [house.site.user(user_id)["deleted"] for user_id in made] == [True, True]


def test_cleaning_up_suspends_and_names_where_the_token_may_not_delete(house: House) -> None:
    person = house.moodle.new()
    made = house.moodle.create(person)[0]["id"]

    assert house.moodle.clean_up() == [person["username"]]
    assert house.site.user(made)["suspended"] is True
