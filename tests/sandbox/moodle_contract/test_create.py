"""core_user_create_users: what it accepts, and that it creates all of a batch or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.moodle_contract.client import INVALID, NOT_WRITTEN, Moodle, refusal


def test_the_answer_names_every_user_in_the_order_sent(moodle: Moodle) -> None:
    users = [moodle.new() for _ in range(3)]
    answer = moodle.create(*reversed(users))

    assert [set(user) for user in answer] == [{"id", "username"}] * 3
    assert [user["username"] for user in answer] == [user["username"] for user in reversed(users)]
    ids = [user["id"] for user in answer]
    assert ids == sorted(ids)


def test_a_new_account_is_confirmed_and_not_suspended(moodle: Moodle) -> None:
    user = moodle.read(moodle.created())

    assert (user["confirmed"], user["suspended"], user["auth"]) == (True, False, moodle.auth)


def test_the_plugin_is_manual_unless_named(moodle: Moodle) -> None:
    user = moodle.new(password="Str0ng-enough")
    del user["auth"]
    (made,) = moodle.create(user)

    assert moodle.read(made["id"])["auth"] == "manual"


def test_a_disabled_plugin_is_accepted(moodle: Moodle) -> None:
    assert moodle.read(moodle.created(auth="ldap"))["auth"] == "ldap"


@pytest.mark.parametrize("missing", ["username", "firstname", "lastname", "email"])
def test_a_required_field(moodle: Moodle, missing: str) -> None:
    user = moodle.new()
    del user[missing]

    assert refusal(moodle.create(user)) == INVALID


def test_an_empty_list_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.create()) == INVALID


STRONG = {"password": "Str0ng-enough"}
REFUSED: list[dict[str, Any]] = [
    {"suspended": 0},
    {"suspended": 1},
    {"nickname": "Addie"},
    *({"username": value} for value in ("", "Ada", "ada byron", "ada+byron", "o'ada", "zoë", " ada ")),
    {"firstname": ""},
    {"firstname": "  "},
    {"lastname": ""},
    {"lastname": "\t"},
    {"firstname": "<b>Ada</b>"},
    {"firstname": "a <3 b"},
    {"lastname": "Byron <x>"},
    {"department": "R&D <x>"},
    *({"email": value} for value in ("", "a@localhost", "zoë@example.com", "ada@münchen.example", " ada@example.com")),
    {"email": "ada.example.com"},
    {"auth": "telepathy"},
    {"auth": "nologin"},
    {"auth": "manual"},
    {"auth": "mnet", **STRONG},
    {"auth": "webservice", **STRONG},
    {"lang": "xx"},
]


@pytest.mark.parametrize("changes", REFUSED, ids=str)
def test_one_bad_value_refuses_the_whole_batch_without_naming_it(moodle: Moodle, changes: dict[str, Any]) -> None:
    good = moodle.new()

    assert refusal(moodle.create(good, moodle.new(**changes))) == INVALID
    assert moodle.by("username", good["username"]) == []


LIMITS = [("firstname", 100), ("lastname", 100), ("username", 100), ("idnumber", 255), ("department", 255)]


@pytest.mark.parametrize(("field", "limit"), LIMITS)
def test_one_character_too_many_is_a_database_error_for_the_whole_batch(moodle: Moodle, field: str, limit: int) -> None:
    good = moodle.new()
    padded = moodle.unique().ljust(limit, "x")

    assert refusal(moodle.create(good, moodle.new(**{field: padded + "x"}))) == NOT_WRITTEN
    assert moodle.by("username", good["username"]) == []
    assert moodle.read(moodle.created(**{field: padded}))[field] == padded


def test_an_address_of_more_than_100_characters_is_a_database_error(moodle: Moodle) -> None:
    domain = "@" + ".".join(["x" * 30] * 3) + ".example.com"

    assert refusal(moodle.create(moodle.new(email=moodle.unique() + domain))) == NOT_WRITTEN


KEPT = [
    ("firstname", " Ada "),
    ("firstname", "Ada 🙂"),
    ("firstname", "é" * 100),
    ("lastname", "O'Hara & Söhne"),
    ("department", " Sales "),
    ("department", "a < b"),
    ("department", "R&D\nNorth"),
    ("department", "Sa\x01les"),
    ("department", "0"),
    ("department", ""),
    ("timezone", "Mars/X"),
    ("country", "HR"),
    ("city", "Čakovec"),
]


@pytest.mark.parametrize(("field", "value"), KEPT, ids=[f"{field}={value[:9]!r}" for field, value in KEPT])
def test_a_value_that_is_stored_as_sent(moodle: Moodle, field: str, value: str) -> None:
    assert moodle.read(moodle.created(**{field: value}))[field] == value


LOST = [("country", "XX"), ("country", "Croatia"), ("city", "0"), ("institution", "0"), ("idnumber", "0")]


@pytest.mark.parametrize(("field", "value"), LOST)
def test_a_value_that_is_left_out_of_answers_without_an_error(moodle: Moodle, field: str, value: str) -> None:
    assert field not in moodle.read(moodle.created(**{field: value}))


def test_the_case_of_an_address_is_kept(moodle: Moodle) -> None:
    email = f"{moodle.unique().title()}@Example.com"

    assert moodle.read(moodle.created(email=email))["email"] == email


def test_idnumbers_need_not_be_unique(moodle: Moodle) -> None:
    number = moodle.unique()
    first = moodle.created(idnumber=number)
    answer = moodle.create(moodle.new(idnumber=number), moodle.new(idnumber=number))

    assert [user["id"] for user in moodle.by("idnumber", number)] == [first, *(user["id"] for user in answer)]


@pytest.mark.parametrize("taken", ["username", "email"])
def test_a_username_and_an_address_in_any_case_are_given_once(moodle: Moodle, taken: str) -> None:
    first, second = moodle.new(), moodle.new()
    value = second[taken].upper() if taken == "email" else second[taken]
    clash = moodle.new(**{taken: value})

    assert refusal(moodle.create(first, second, clash)) == INVALID
    assert moodle.by("username", first["username"]) == []
    moodle.create(second)
    assert refusal(moodle.create(first, clash)) == INVALID


def test_a_batch_that_is_sent_again_is_refused(moodle: Moodle) -> None:
    users = [moodle.new(), moodle.new()]
    moodle.create(*users)

    assert refusal(moodle.create(*users)) == INVALID
