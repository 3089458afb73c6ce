"""The two look-ups: whom they find, in what order, and what a record shows."""

from __future__ import annotations

import pytest

from tests.sandbox.moodle_contract.client import INVALID, Moodle, refusal


def test_a_record_shows_all_that_planning_needs(moodle: Moodle) -> None:
    person = moodle.new(department="Sales", city="Split", country="HR", institution="Ada Ltd")
    ((made),) = moodle.create(person)
    user = moodle.read(made["id"])

    assert {name: user[name] for name in person} == person
    assert user["fullname"] == "Ada Byron"
    assert user["suspended"] is False
    assert user["confirmed"] is True
    assert (user["firstaccess"], user["lastaccess"]) == (0, 0)
    assert user["profileimageurl"].startswith("http")


def test_what_is_empty_is_absent_but_a_department_is_there(moodle: Moodle) -> None:
    user = moodle.read(moodle.created(idnumber=""))

    assert not {"idnumber", "city", "country", "institution", "customfields"} & user.keys()
    assert user["department"] == ""


def test_a_record_does_not_say_when_it_changed_or_whether_it_is_deleted(moodle: Moodle) -> None:
    assert not {"timemodified", "deleted"} & moodle.read(moodle.created()).keys()


def test_the_guest_is_a_canary(moodle: Moodle) -> None:
    (guest,) = moodle.by("username", "guest")
    expected = {
        "username": "guest",
        "firstname": "Guest user",
        "lastname": " ",
        "email": "root@localhost",
        "department": "",
        "auth": "manual",
        "suspended": False,
        "confirmed": True,
    }

    assert {name: guest[name] for name in expected} == expected


def test_answers_come_in_the_order_of_ids_and_misses_are_missing(moodle: Moodle) -> None:
    people = [moodle.new() for _ in range(3)]
    ids = [user["id"] for user in moodle.create(*people)]
    numbers = [person["idnumber"] for person in people]
    found = moodle.by("idnumber", numbers[2], "no-such-number", numbers[0], numbers[1])

    assert [user["id"] for user in found] == ids


def test_who_is_asked_for_twice_comes_once(moodle: Moodle) -> None:
    person = moodle.new()
    moodle.create(person)

    assert len(moodle.by("idnumber", person["idnumber"], person["idnumber"].upper())) == 1


@pytest.mark.parametrize(("stored", "asked"), [("AbC", "abc"), ("Zoë-漢字", "zoe-漢字"), ("2", "2 ")])
def test_an_idnumber_is_found_without_regard_to_case_accents_and_trailing_spaces(
    moodle: Moodle, stored: str, asked: str
) -> None:
    word = moodle.unique()
    made = moodle.created(idnumber=word + stored)

    assert [user["id"] for user in moodle.by("idnumber", word + asked)] == [made]


def test_leading_spaces_and_zeros_do_matter(moodle: Moodle) -> None:
    word = moodle.unique()
    moodle.created(idnumber=word)

    assert moodle.by("idnumber", f" {word}", f"0{word}") == []


def test_an_address_is_found_in_any_case(moodle: Moodle) -> None:
    person = moodle.new()
    moodle.create(person)

    assert [user["email"] for user in moodle.by("email", person["email"].upper())] == [person["email"]]


@pytest.mark.parametrize("field", ["idnumber", "username", "email"])
def test_an_empty_value_finds_nobody(moodle: Moodle, field: str) -> None:
    moodle.created(idnumber="")

    assert moodle.by(field, "") == []


def test_no_values_at_all_are_refused(moodle: Moodle) -> None:
    assert refusal(moodle.by("idnumber")) == INVALID


@pytest.mark.parametrize("illegal", ["GUEST", "guest ", "gu est", "guest+x"])
def test_one_illegal_username_fails_the_whole_look_up(moodle: Moodle, illegal: str) -> None:
    assert refusal(moodle.by("username", "guest", illegal)) == INVALID


def test_an_id_that_is_no_number_fails_the_whole_look_up(moodle: Moodle) -> None:
    assert refusal(moodle.by("id", "1", "seven")) == INVALID


@pytest.mark.parametrize("field", ["firstname", "department", "suspended"])
def test_other_fields_cannot_be_looked_up(moodle: Moodle, field: str) -> None:
    assert refusal(moodle.by(field, "Ada"))[:2] == ("coding_exception", "codingerror")


def test_the_idnumber_0_is_invisible(moodle: Moodle) -> None:
    made = moodle.created(idnumber="0")

    assert "idnumber" not in moodle.read(made)
    assert made not in [user["id"] for user in moodle.by("idnumber", "0")]


def test_fifty_people_in_one_look_up(moodle: Moodle) -> None:
    people = [moodle.new() for _ in range(50)]
    moodle.create(*people)

    assert len(moodle.by("email", *(person["email"] for person in people))) == 50


def test_a_search_wants_all_criteria_met(moodle: Moodle) -> None:
    person = moodle.new()
    moodle.create(person)

    assert len(moodle.search(idnumber=person["idnumber"], auth=moodle.auth)["users"]) == 1
    assert moodle.search(idnumber=person["idnumber"], auth="nologin") == {"users": [], "warnings": []}


def test_a_search_for_names_and_addresses_knows_a_joker_and_no_case(moodle: Moodle) -> None:
    word = moodle.unique()
    made = moodle.created(email=f"{word}@example.com", lastname=f"Byron-{word}")

    assert [user["id"] for user in moodle.search(email=f"{word.upper()}@%")["users"]] == [made]
    assert [user["id"] for user in moodle.search(lastname=f"byron-{word}")["users"]] == [made]
    assert moodle.search(lastname=f"-{word}")["users"] == []


def test_a_search_for_an_idnumber_knows_no_joker(moodle: Moodle) -> None:
    person = moodle.new()
    moodle.create(person)

    assert moodle.search(idnumber=f"{person['idnumber'][:-1]}%")["users"] == []


def test_a_criterion_that_moodle_does_not_know_is_dropped_with_a_warning(moodle: Moodle) -> None:
    person = moodle.new()
    moodle.create(person)
    answer = moodle.search(idnumber=person["idnumber"], department="nobody is here")

    assert [user["username"] for user in answer["users"]] == [person["username"]]
    assert answer["warnings"] == [
        {
            "item": "department",
            "warningcode": "invalidfieldparameter",
            "message": "The search key 'department' is not supported, look at the web service documentation",
        }
    ]


def test_a_criterion_may_be_named_once(moodle: Moodle) -> None:
    twice = [{"key": "idnumber", "value": "1"}, {"key": "idnumber", "value": "2"}]
    answer = moodle.call("core_user_get_users", criteria=twice)

    assert refusal(answer)[:2] == ("moodle_exception", "keyalreadyset")


def test_a_search_without_criteria_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.search()) == INVALID
