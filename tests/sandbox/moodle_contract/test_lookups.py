"""The two look-ups: which accounts they find, in what order, and what a record shows."""

from __future__ import annotations

import pytest

from tests.sandbox.moodle_contract.client import INVALID, Moodle, refusal


def test_a_record_shows_all_that_planning_needs(moodle: Moodle) -> None:
    user = moodle.new(department="Sales", city="Split", country="HR", institution="Ada Ltd")
    ((made),) = moodle.create(user)
    shown = moodle.read(made["id"])

    assert {name: shown[name] for name in user} == user
    assert (shown["fullname"], shown["suspended"], shown["confirmed"]) == ("Ada Byron", False, True)
    assert (shown["firstaccess"], shown["lastaccess"]) == (0, 0)
    assert shown["profileimageurl"].startswith("http")
    assert not {"timemodified", "deleted", "phone1", "middlename"} & shown.keys()


def test_empty_values_are_left_out_except_the_department(moodle: Moodle) -> None:
    shown = moodle.read(moodle.created(idnumber=""))

    assert not {"idnumber", "city", "country", "institution"} & shown.keys()
    assert shown["department"] == ""


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


def test_answers_come_in_the_order_of_ids_without_misses_and_repetitions(moodle: Moodle) -> None:
    users = [moodle.new() for _ in range(3)]
    ids = [user["id"] for user in moodle.create(*users)]
    numbers = [user["idnumber"] for user in users]
    found = moodle.by("idnumber", numbers[2], "no-such-number", numbers[0], numbers[1], numbers[0])

    assert [user["id"] for user in found] == ids


FOLDED = [("idnumber", "AbC", "abc"), ("idnumber", "Zoë-漢字", "zoe-漢字"), ("idnumber", "2", "2 ")]


@pytest.mark.parametrize(
    ("field", "stored", "asked"), [*FOLDED, ("email", ".Bee@Corp.example.com", ".bee@corp.example.com")]
)
def test_mariadb_ignores_case_accents_and_trailing_blanks_and_postgresql_does_not(
    moodle: Moodle, field: str, stored: str, asked: str
) -> None:
    word = moodle.unique()
    made = moodle.created(**{field: word + stored})

    assert [user["id"] for user in moodle.by(field, word + stored)] == [made]
    assert [user["id"] for user in moodle.by(field, word + asked)] == ([] if moodle.exact else [made])


def test_a_search_for_an_idnumber_compares_as_the_database_does(moodle: Moodle) -> None:
    word = moodle.unique()
    made = moodle.created(idnumber=f"{word}AbC")

    assert [user["id"] for user in moodle.search(idnumber=f"{word}abc")["users"]] == ([] if moodle.exact else [made])
    assert moodle.search(idnumber=f"{word}%")["users"] == []


def test_leading_spaces_and_zeros_are_significant(moodle: Moodle) -> None:
    word = moodle.unique()
    moodle.created(idnumber=word)

    assert moodle.by("idnumber", f" {word}", f"0{word}") == []


@pytest.mark.parametrize("field", ["idnumber", "username", "email"])
def test_an_empty_value_finds_no_account(moodle: Moodle, field: str) -> None:
    moodle.created(idnumber="")

    assert moodle.by(field, "") == []


BAD_VALUES = [
    ("idnumber", ()),
    ("id", ("1", "seven")),
    ("email", ("ada@example.com ",)),
    *(("username", ("guest", bad)) for bad in ("GUEST", "guest ", "gu est", "guest+x")),
]


@pytest.mark.parametrize(("field", "values"), BAD_VALUES)
def test_one_bad_value_fails_the_whole_look_up(moodle: Moodle, field: str, values: tuple[str, ...]) -> None:
    assert refusal(moodle.by(field, *values)) == INVALID


@pytest.mark.parametrize("field", ["firstname", "department", "suspended"])
def test_other_fields_cannot_be_looked_up(moodle: Moodle, field: str) -> None:
    assert refusal(moodle.by(field, "Ada")) == "codingerror"


def test_the_idnumber_0_is_not_found(moodle: Moodle) -> None:
    made = moodle.created(idnumber="0")

    assert made not in [user["id"] for user in moodle.by("idnumber", "0")]


def test_fifty_users_in_one_look_up(moodle: Moodle) -> None:
    users = [moodle.new() for _ in range(50)]
    moodle.create(*users)

    assert len(moodle.by("email", *(user["email"] for user in users))) == 50


def test_an_account_meets_all_criteria_of_a_search(moodle: Moodle) -> None:
    user = moodle.new()
    moodle.create(user)

    assert len(moodle.search(idnumber=user["idnumber"], auth=moodle.auth)["users"]) == 1
    assert moodle.search(idnumber=user["idnumber"], auth="nologin") == {"users": [], "warnings": []}


def test_a_search_for_an_address_or_a_name_ignores_case_on_every_database(moodle: Moodle) -> None:
    word = moodle.unique()
    made = moodle.created(email=f"{word}.Bee@Corp.example.com", lastname=f"Zoë-{word}")

    for criteria, found in (
        ({"email": f"{word}.bee@corp.EXAMPLE.com"}, True),
        ({"email": f"{word.upper()}.%"}, True),
        ({"email": f"{word}_bee@corp.example.com"}, True),
        ({"email": f"{word}\\_bee@corp.example.com"}, False),
        ({"email": f"{word}\\.bee@corp.example.com"}, True),
        ({"lastname": f"zoë-{word}"}, True),
        ({"lastname": f"zoe-{word}"}, False),
        ({"lastname": f"zoë-{word} "}, False),
        ({"lastname": f"-{word}"}, False),
    ):
        assert [user["id"] for user in moodle.search(**criteria)["users"]] == [made] * found, criteria


def test_a_pattern_that_ends_in_a_backslash_is_an_error_on_postgresql(moodle: Moodle) -> None:
    word = moodle.unique()
    moodle.created(email=f"{word}@example.com")
    answer = moodle.search(email=f"{word}\\")

    if moodle.exact:
        assert refusal(answer) == "dmlreadexception"
    else:
        assert answer["users"] == []


def test_an_unknown_criterion_is_dropped_with_a_warning(moodle: Moodle) -> None:
    user = moodle.new()
    moodle.create(user)
    answer = moodle.search(idnumber=user["idnumber"], department="no such department")

    assert [found["username"] for found in answer["users"]] == [user["username"]]
    assert [(warning["item"], warning["warningcode"]) for warning in answer["warnings"]] == [
        ("department", "invalidfieldparameter")
    ]


def test_a_criterion_may_be_named_once_and_one_is_required(moodle: Moodle) -> None:
    twice = [{"key": "idnumber", "value": "1"}, {"key": "idnumber", "value": "2"}]

    assert refusal(moodle.call("core_user_get_users", criteria=twice)) == "keyalreadyset"
    assert refusal(moodle.search()) == INVALID
