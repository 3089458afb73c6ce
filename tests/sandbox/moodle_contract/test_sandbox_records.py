"""Single records that fail a whole call: what a site stores or deletes by hand, and faults that follow a record."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.moodle_contract.client import Moodle, refusal
from tests.sandbox.moodle_contract.sandbox import Sandbox
from tests.sandbox.wire import Fault, InProcess, Switchboard

UNRETURNABLE: list[dict[str, Any]] = [
    *({"username": name} for name in ("Ada", "ada byron", "ada+byron", "zoë")),
    {"firstname": "a <3 b"},
    {"lastname": "<Byron"},
    {"department": "R <x"},
    {"city": "<x"},
    {"institution": "<x"},
    {"auth": "gone"},
    {"country": "h1"},
    {"timezone": "Mars X!"},
    {"email": " ada@example.com"},
]


@pytest.mark.parametrize("stored", UNRETURNABLE, ids=str)
def test_an_account_whose_value_is_not_of_its_type_fails_every_answer_with_it(
    sandbox: Sandbox, stored: dict[str, Any]
) -> None:
    bad, good = sandbox.site.add_user("bad", auth="oidc", idnumber="1"), sandbox.moodle.created()
    sandbox.site.change_user(bad, **stored)

    assert refusal(sandbox.moodle.by("id", good, bad)) == "invalidresponse"
    assert refusal(sandbox.moodle.search(idnumber="1")) == "invalidresponse"
    assert sandbox.moodle.read(good)["id"] == good


RETURNED: list[dict[str, Any]] = [
    {"department": "a < b"},
    {"department": "x\x01"},
    {"email": "no address"},
    {"idnumber": "<b>"},
    {"lang": "xx"},
    {"theme": "gone"},
]


@pytest.mark.parametrize("stored", RETURNED, ids=str)
def test_an_odd_value_that_its_type_allows_fails_no_answer(sandbox: Sandbox, stored: dict[str, Any]) -> None:
    made = sandbox.site.add_user("odd", **stored)
    ((name, value),) = stored.items()

    assert sandbox.moodle.read(made)[name] == ("" if name in ("lang", "theme") else value)


def test_extended_usernames_can_be_returned_where_they_are_allowed(sandbox: Sandbox) -> None:
    made = sandbox.site.add_user("ada byron")
    sandbox.site.settings.extendedusernamechars = True

    assert sandbox.moodle.read(made)["username"] == "ada byron"


def test_a_listing_fails_for_one_account_and_every_look_up_without_the_plugin(sandbox: Sandbox) -> None:
    made = [sandbox.moodle.created() for _ in range(3)]
    sandbox.site.change_user(made[1], city="<x")
    assert refusal(sandbox.moodle.search(auth="oidc")) == "invalidresponse"

    sandbox.site.settings.auth_plugins = ("manual",)
    assert [refusal(sandbox.moodle.by("id", user_id)) for user_id in made] == ["invalidresponse"] * 3


def test_an_account_deleted_by_sql_is_found_by_look_ups_and_blocks_its_address(sandbox: Sandbox) -> None:
    user = sandbox.moodle.new()
    made = sandbox.moodle.create(user)[0]["id"]
    sandbox.site.delete_by_sql(made)

    for field in ("idnumber", "email", "username"):
        assert [found["id"] for found in sandbox.moodle.by(field, user[field])] == [made]
    assert sandbox.moodle.search(email=user["email"])["users"] == []
    (warning,) = sandbox.moodle.update({"id": made, "city": "Split"})["warnings"]
    assert warning["warningcode"] == "usernotupdateddeleted"
    assert refusal(sandbox.moodle.create(sandbox.moodle.new(email=user["email"]))) == "invalidparameter"


def test_an_account_deleted_by_sql_with_its_context_fails_every_look_up_that_finds_it(sandbox: Sandbox) -> None:
    made, good = sandbox.moodle.created(), sandbox.moodle.created()
    sandbox.site.delete_by_sql(made, keeps_context=False)

    assert refusal(sandbox.moodle.by("id", good, made)) == "invaliduser"


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault("status", status=500, times=0), 500, ""),
        (Fault("status", status=520, times=0), 520, ""),
        (Fault("firewall", status=403, times=0), 403, "Not Acceptable!"),
        (Fault("firewall", status=406, times=0), 406, "Mod_Security"),
        (Fault("answer", status=200, times=0, body='{"errorcode":"dmlreadexception"}'), 200, "dmlreadexception"),
    ],
)
def test_a_fault_follows_a_record_through_look_ups_and_writes(
    sandbox: Sandbox, fault: Fault, status: int, text: str
) -> None:
    made = sandbox.site.add_user("ada", email="ada@example.com", idnumber="17", auth="oidc")
    sandbox.board.faults.append(fault)

    for record in (f"account {made}", "employee 17"):
        fault.record = record
        for function, arguments in (
            ("core_user_get_users_by_field", {"field": "email", "values": ["eva@example.com", "ada@example.com"]}),
            ("core_user_get_users_by_field", {"field": "id", "values": [1, made]}),
            ("core_user_get_users", {"criteria": [{"key": "email", "value": "ada%"}]}),
            ("core_user_update_users", {"users": [{"id": 1}, {"id": made, "city": "Split"}]}),
        ):
            answer = sandbox.call(function, **arguments)
            assert (answer.status_code, text in answer.text) == (status, True), function
    assert sandbox.moodle.by("email", "eva@example.com") == []
    assert sandbox.site.user(made)["city"] == ""


def test_a_fault_follows_an_employee_who_has_no_account_yet(sandbox: Sandbox) -> None:
    sandbox.board.faults.append(Fault("status", status=500, times=0, record="employee 17"))

    assert sandbox.call("core_user_create_users", users=[sandbox.moodle.new(idnumber="17")]).status_code == 500
    assert sandbox.call("core_user_get_users_by_field", field="idnumber", values=["17"]).status_code == 500
    assert sandbox.call("core_user_create_users", users=[sandbox.moodle.new(idnumber="18")]).status_code == 200


def test_a_fault_follows_a_text_and_a_connection_that_is_cut_does_not_stop_the_request(sandbox: Sandbox) -> None:
    sandbox.board.faults.append(Fault("reset_after", text="Select and Union", times=0))
    user = sandbox.moodle.new(department="Select and Union")

    with pytest.raises(requests.ConnectionError):
        sandbox.moodle.create(user)
    assert len(sandbox.moodle.by("username", user["username"])) == 1
    assert isinstance(sandbox.moodle.create(sandbox.moodle.new(department="Sales")), list)


def test_a_late_answer_waits_for_its_gate_or_for_the_clock(sandbox: Sandbox) -> None:
    gate, answers = threading.Event(), list[Any]()
    sandbox.board.faults.append(Fault("late", "core_user_get_users", text="auth", gate=gate))
    asking = threading.Thread(target=lambda: answers.append(sandbox.moodle.search(auth="manual")))
    asking.start()
    assert sandbox.moodle.by("username", "guest")[0]["id"] == 1
    assert answers == []
    gate.set()
    asking.join(10)
    assert len(answers[0]["users"]) == 3


def test_without_a_socket_a_late_answer_moves_the_clock_or_times_out() -> None:
    board, waited = Switchboard(MoodleApp(MoodleSite())), list[float]()
    board.faults.append(Fault("late", times=0, seconds=35))
    with requests.Session() as session:
        session.mount("http://moodle.test", InProcess(board, elapse=waited.append))
        moodle = Moodle(session, "http://moodle.test", TOKEN)
        assert moodle.by("username", "guest")[0]["id"] == 1
        with pytest.raises(requests.ReadTimeout):
            session.post(moodle.url, timeout=(3, 30))
    assert waited == [35]
