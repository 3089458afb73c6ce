"""core_user_update_users: one bad user is a warning, one bad type refuses the batch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.moodle_contract.client import INVALID, Moodle, refusal

DONE: dict[str, list[Any]] = {"warnings": []}


def codes(answer: dict[str, Any]) -> list[tuple[int, str]]:
    assert {warning["item"] for warning in answer["warnings"]} <= {"user"}
    return [(warning["itemid"], warning["warningcode"]) for warning in answer["warnings"]]


@pytest.mark.parametrize("changes", [{"department": "Research"}, {}])
def test_only_the_fields_that_are_sent_change(moodle: Moodle, changes: dict[str, str]) -> None:
    made = moodle.created(department="Sales", city="Split")
    before = moodle.read(made)

    assert moodle.update({"id": made, **changes}) == DONE
    assert moodle.read(made) == {**before, **changes}


ACCEPTED: list[tuple[str, Any, Any]] = [
    ("suspended", 1, True),
    ("suspended", 0, False),
    ("department", "", ""),
    ("firstname", "", ""),
    ("lastname", "  ", "  "),
    ("auth", "manual", "manual"),
]


@pytest.mark.parametrize(("field", "sent", "read"), ACCEPTED)
def test_a_value_that_is_accepted(moodle: Moodle, field: str, sent: Any, read: Any) -> None:
    made = moodle.created(department="Sales")

    assert moodle.update({"id": made, field: sent}) == DONE
    assert moodle.read(made)[field] == read


def test_the_username_can_be_changed(moodle: Moodle) -> None:
    made, name = moodle.created(), moodle.unique()

    assert moodle.update({"id": made, "username": name}) == DONE
    assert moodle.read(made)["username"] == name


def test_a_missing_account_is_a_warning_and_the_others_are_written(moodle: Moodle) -> None:
    made = moodle.created()
    missing = 2**31 - 7
    answer = moodle.update({"id": missing, "city": "Split"}, {"id": made, "city": "Split"}, {"id": 0}, {"id": -5})

    assert codes(answer) == [(missing, "invaliduserid"), (0, "invaliduserid"), (-5, "invaliduserid")]
    assert moodle.read(made)["city"] == "Split"


def test_the_guest_and_an_administrator_cannot_be_updated(moodle: Moodle) -> None:
    (guest,) = moodle.by("username", "guest")
    first_administrator = 2

    assert codes(moodle.update({"id": guest["id"]}, {"id": first_administrator})) == [
        (guest["id"], "usernotupdatedguest"),
        (first_administrator, "usernotupdatedadmin"),
    ]


WARNINGS = [
    ({"email": ""}, "useremailinvalid"),
    ({"email": "a@localhost"}, "useremailinvalid"),
    ({"email": "zoë@example.com"}, "useremailinvalid"),
    ({"email": "TAKEN@EXAMPLE.COM"}, "useremailduplicate"),
    ({"firstname": "x" * 101}, "dmlwriteexception"),
    ({"username": "taken"}, "dmlwriteexception"),
]


@pytest.mark.parametrize(("changes", "code"), WARNINGS, ids=[f"{next(iter(c))}-{code}" for c, code in WARNINGS])
def test_a_value_that_is_a_warning(moodle: Moodle, changes: dict[str, str], code: str) -> None:
    holder = moodle.new()
    moodle.create(holder)
    taken = {"TAKEN@EXAMPLE.COM": holder["email"].upper(), "taken": holder["username"]}
    made, other = moodle.created(city="Split"), moodle.created()
    sent = {name: taken.get(value, value) for name, value in changes.items()}
    answer = moodle.update({"id": made, "city": "Zadar", **sent}, {"id": other, "firstname": "Eva"})

    assert codes(answer) == [(made, code)]
    assert moodle.read(made)["city"] == "Split"
    assert moodle.read(other)["firstname"] == "Eva"


def test_the_case_of_the_own_address_may_change(moodle: Moodle) -> None:
    user = moodle.new()
    ((made),) = moodle.create(user)

    assert moodle.update({"id": made["id"], "email": user["email"].upper()}) == DONE
    assert moodle.read(made["id"])["email"] == user["email"].upper()


def test_two_accounts_cannot_swap_addresses(moodle: Moodle) -> None:
    one, two = moodle.new(), moodle.new()
    first, second = (user["id"] for user in moodle.create(one, two))
    answer = moodle.update({"id": first, "email": two["email"]}, {"id": second, "email": one["email"]})

    assert codes(answer) == [(first, "useremailduplicate"), (second, "useremailduplicate")]


def test_an_address_that_is_given_up_can_be_taken_in_the_same_batch(moodle: Moodle) -> None:
    one = moodle.new()
    first, second = (user["id"] for user in moodle.create(one, moodle.new()))
    free = f"{moodle.unique()}@example.com"

    assert moodle.update({"id": first, "email": free}, {"id": second, "email": one["email"]}) == DONE
    assert moodle.read(second)["email"] == one["email"]
    assert codes(moodle.update({"id": second, "email": free})) == [(second, "useremailduplicate")]


def test_of_two_accounts_that_take_the_same_new_address_the_first_gets_it(moodle: Moodle) -> None:
    first, second = moodle.created(), moodle.created()
    email = f"{moodle.unique()}@example.com"
    answer = moodle.update({"id": first, "email": email}, {"id": second, "email": email})

    assert codes(answer) == [(second, "useremailduplicate")]
    assert moodle.read(first)["email"] == email


REFUSED: list[tuple[str, Any]] = [
    ("confirmed", 1),
    ("nickname", "Addie"),
    ("firstname", "<b>Ada</b>"),
    ("department", "R&D <x>"),
    ("auth", "telepathy"),
    ("lang", "xx"),
    ("username", "Ada"),
    ("suspended", "true"),
    ("suspended", "2"),
    ("suspended", ""),
    ("id", "seven"),
]


@pytest.mark.parametrize(("field", "value"), REFUSED, ids=[f"{field}={value!r}" for field, value in REFUSED])
def test_one_bad_type_refuses_the_batch(moodle: Moodle, field: str, value: Any) -> None:
    good, bad = moodle.created(), moodle.created()

    assert refusal(moodle.update({"id": good, "city": "Zadar"}, {"id": bad, field: value})) == INVALID
    assert "city" not in moodle.read(good)


def test_an_id_and_at_least_one_user_are_required(moodle: Moodle) -> None:
    assert refusal(moodle.update({"city": "Zadar"})) == INVALID
    assert refusal(moodle.update()) == INVALID


def test_the_idnumber_of_another_account_is_accepted(moodle: Moodle) -> None:
    holder = moodle.new()
    moodle.create(holder)
    made = moodle.created()

    assert moodle.update({"id": made, "idnumber": holder["idnumber"]}) == DONE
    assert made in [user["id"] for user in moodle.by("idnumber", holder["idnumber"])]


def test_of_two_updates_of_one_account_the_last_wins(moodle: Moodle) -> None:
    made = moodle.created()

    assert moodle.update({"id": made, "city": "Split"}, {"id": made, "city": "Zadar"}) == DONE
    assert moodle.read(made)["city"] == "Zadar"
