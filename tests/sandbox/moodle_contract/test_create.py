"""core_user_create_users: what it takes, and that it takes all of a batch or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.moodle_contract.client import INVALID, NOT_WRITTEN, Moodle, refusal


def test_the_answer_names_everybody_in_the_order_sent(moodle: Moodle) -> None:
    people = [moodle.new() for _ in range(3)]
    answer = moodle.create(*reversed(people))

    assert [set(user) for user in answer] == [{"id", "username"}] * 3
    assert [user["username"] for user in answer] == [person["username"] for person in reversed(people)]
    ids = [user["id"] for user in answer]
    assert ids == sorted(ids)


def test_somebody_new_is_confirmed_and_not_suspended(moodle: Moodle) -> None:
    user = moodle.read(moodle.created())

    assert (user["confirmed"], user["suspended"], user["auth"]) == (True, False, moodle.auth)


def test_a_password_is_needed_where_moodle_keeps_it(moodle: Moodle) -> None:
    assert refusal(moodle.create(moodle.new(auth="manual"))) == INVALID


def test_the_plugin_is_manual_unless_named(moodle: Moodle) -> None:
    person = moodle.new(password="Str0ng-enough")
    del person["auth"]
    (made,) = moodle.create(person)

    assert moodle.read(made["id"])["auth"] == "manual"


def test_a_weak_password_answers_with_html_for_an_error_code(moodle: Moodle) -> None:
    exception, code, _ = refusal(moodle.create(moodle.new(auth="manual", password="x")))

    assert exception == "moodle_exception"
    assert code.startswith("<div>")


def test_a_plugin_that_is_switched_off_is_good_enough(moodle: Moodle) -> None:
    assert moodle.read(moodle.created(auth="ldap"))["auth"] == "ldap"


@pytest.mark.parametrize("auth", ["mnet", "webservice"])
def test_two_plugins_are_not_for_people_even_with_a_password(moodle: Moodle, auth: str) -> None:
    assert refusal(moodle.create(moodle.new(auth=auth, password="Str0ng-enough"))) == INVALID


@pytest.mark.parametrize("missing", ["username", "firstname", "lastname", "email"])
def test_what_has_to_be_sent(moodle: Moodle, missing: str) -> None:
    person = moodle.new()
    del person[missing]

    assert refusal(moodle.create(person)) == INVALID


def test_nobody_at_all_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.create()) == INVALID


REFUSED: list[tuple[str, Any]] = [
    ("suspended", 0),
    ("suspended", 1),
    ("nickname", "Addie"),
    ("username", ""),
    ("username", "Ada"),
    ("username", "ada byron"),
    ("username", "ada+byron"),
    ("username", "o'ada"),
    ("username", "zoë"),
    ("username", " ada "),
    ("firstname", ""),
    ("firstname", "  "),
    ("lastname", ""),
    ("lastname", "\t"),
    ("firstname", "<b>Ada</b>"),
    ("firstname", "a <3 b"),
    ("lastname", "Byron <x>"),
    ("department", "R&D <x>"),
    ("email", ""),
    ("email", "a@localhost"),
    ("email", "zoë@example.com"),
    ("email", "ada@münchen.example"),
    ("email", " ada@example.com"),
    ("email", "ada.example.com"),
    ("auth", "telepathy"),
    ("auth", "nologin"),
    ("lang", "xx"),
]


@pytest.mark.parametrize(("field", "value"), REFUSED, ids=[f"{field}={value!r}" for field, value in REFUSED])
def test_one_bad_value_refuses_the_whole_batch_and_says_nothing(moodle: Moodle, field: str, value: Any) -> None:
    good = moodle.new()

    assert refusal(moodle.create(good, moodle.new(**{field: value}))) == INVALID
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


def test_characters_are_counted_and_not_bytes(moodle: Moodle) -> None:
    assert moodle.read(moodle.created(firstname="é" * 100))["firstname"] == "é" * 100


KEPT = [
    ("firstname", " Ada "),
    ("firstname", "Ada 🙂"),
    ("lastname", "O'Hara & Söhne"),
    ("department", " Sales "),
    ("department", "a < b"),
    ("department", "R&D\nNorth"),
    ("department", ""),
    ("timezone", "Mars/X"),
    ("country", "HR"),
    ("city", "Čakovec"),
]


@pytest.mark.parametrize(("field", "value"), KEPT, ids=[f"{field}={value!r}" for field, value in KEPT])
def test_what_is_kept_as_it_was_sent(moodle: Moodle, field: str, value: str) -> None:
    assert moodle.read(moodle.created(**{field: value}))[field] == value


def test_the_case_of_an_address_is_kept(moodle: Moodle) -> None:
    email = f"{moodle.unique().title()}@Example.com"

    assert moodle.read(moodle.created(email=email))["email"] == email


def test_a_control_character_is_dropped(moodle: Moodle) -> None:
    assert moodle.read(moodle.created(department="Sa\x01les"))["department"] == "Sales"


@pytest.mark.parametrize("unknown", ["XX", "Croatia"])
def test_a_country_that_moodle_does_not_know_is_lost_without_a_word(moodle: Moodle, unknown: str) -> None:
    assert "country" not in moodle.read(moodle.created(country=unknown))


def test_an_unknown_profile_field_is_ignored(moodle: Moodle) -> None:
    made = moodle.created(customfields=[{"type": moodle.unique(), "value": "North"}])

    assert "customfields" not in moodle.read(made)


def test_idnumbers_need_not_be_unique(moodle: Moodle) -> None:
    number = moodle.unique()
    first = moodle.created(idnumber=number)
    answer = moodle.create(moodle.new(idnumber=number), moodle.new(idnumber=number))

    assert [user["id"] for user in moodle.by("idnumber", number)] == [first, *(user["id"] for user in answer)]


def test_a_username_is_given_once(moodle: Moodle) -> None:
    taken = moodle.new()
    moodle.create(taken)

    assert refusal(moodle.create(moodle.new(username=taken["username"]))) == INVALID


def test_a_username_is_given_once_within_a_batch(moodle: Moodle) -> None:
    first = moodle.new()

    assert refusal(moodle.create(first, moodle.new(username=first["username"]))) == INVALID
    assert moodle.by("username", first["username"]) == []


def test_an_address_is_given_once_whatever_its_case(moodle: Moodle) -> None:
    taken = moodle.new()
    moodle.create(taken)

    assert refusal(moodle.create(moodle.new(email=taken["email"].upper()))) == INVALID


def test_an_address_is_given_once_within_a_batch(moodle: Moodle) -> None:
    first = moodle.new()

    assert refusal(moodle.create(first, moodle.new(email=first["email"].upper()))) == INVALID
    assert moodle.by("username", first["username"]) == []


def test_a_batch_that_is_sent_again_is_refused(moodle: Moodle) -> None:
    people = [moodle.new(), moodle.new()]
    moodle.create(*people)

    assert refusal(moodle.create(*people)) == INVALID
