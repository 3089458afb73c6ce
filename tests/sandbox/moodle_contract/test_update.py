"""core_user_update_users: one bad user is a warning, one bad type refuses everybody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.moodle_contract.client import INVALID, Moodle, refusal

DONE: dict[str, list[Any]] = {"warnings": []}


def codes(answer: dict[str, Any]) -> list[tuple[int, str]]:
    assert {warning["item"] for warning in answer["warnings"]} <= {"user"}
    return [(warning["itemid"], warning["warningcode"]) for warning in answer["warnings"]]


def test_only_what_is_sent_changes(moodle: Moodle) -> None:
    made = moodle.created(department="Sales", city="Split")
    before = moodle.read(made)

    assert moodle.update({"id": made, "department": "Research"}) == DONE
    assert moodle.read(made) == {**before, "department": "Research"}


def test_nothing_to_change_is_no_error(moodle: Moodle) -> None:
    made = moodle.created()
    before = moodle.read(made)

    assert moodle.update({"id": made}) == DONE
    assert moodle.read(made) == before


def test_whoever_is_missing_is_a_warning_and_the_others_are_written(moodle: Moodle) -> None:
    made = moodle.created()
    nobody = 2**31 - 7
    answer = moodle.update({"id": nobody, "city": "Split"}, {"id": made, "city": "Split"}, {"id": 0}, {"id": -5})

    assert codes(answer) == [(nobody, "invaliduserid"), (0, "invaliduserid"), (-5, "invaliduserid")]
    assert moodle.read(made)["city"] == "Split"


def test_the_guest_cannot_be_updated(moodle: Moodle) -> None:
    (guest,) = moodle.by("username", "guest")

    assert codes(moodle.update({"id": guest["id"]})) == [(guest["id"], "usernotupdatedguest")]


def test_an_administrator_cannot_be_updated(moodle: Moodle) -> None:
    first_administrator = 2

    assert codes(moodle.update({"id": first_administrator})) == [(first_administrator, "usernotupdatedadmin")]


@pytest.mark.parametrize("email", ["", "a@localhost", "zoë@example.com"])
def test_a_bad_address_is_a_warning(moodle: Moodle, email: str) -> None:
    made = moodle.created(city="Split")

    assert codes(moodle.update({"id": made, "email": email, "city": "Zadar"})) == [(made, "useremailinvalid")]
    assert moodle.read(made)["city"] == "Split"


def test_a_taken_address_is_a_warning_whatever_its_case(moodle: Moodle) -> None:
    holder = moodle.new()
    moodle.create(holder)
    made = moodle.created()
    answer = moodle.update({"id": made, "email": holder["email"].upper()})

    assert codes(answer) == [(made, "useremailduplicate")]


def test_the_case_of_ones_own_address_may_change(moodle: Moodle) -> None:
    person = moodle.new()
    ((made),) = moodle.create(person)

    assert moodle.update({"id": made["id"], "email": person["email"].upper()}) == DONE
    assert moodle.read(made["id"])["email"] == person["email"].upper()


def test_two_who_swap_addresses_both_fail(moodle: Moodle) -> None:
    one, two = moodle.new(), moodle.new()
    first, second = (user["id"] for user in moodle.create(one, two))
    answer = moodle.update({"id": first, "email": two["email"]}, {"id": second, "email": one["email"]})

    assert codes(answer) == [(first, "useremailduplicate"), (second, "useremailduplicate")]


def test_an_address_that_one_gives_up_the_next_may_take(moodle: Moodle) -> None:
    one = moodle.new()
    first, second = (user["id"] for user in moodle.create(one, moodle.new()))
    answer = moodle.update(
        {"id": first, "email": f"{moodle.unique()}@example.com"}, {"id": second, "email": one["email"]}
    )

    assert answer == DONE
    assert moodle.read(second)["email"] == one["email"]


def test_of_two_who_take_the_same_new_address_the_first_gets_it(moodle: Moodle) -> None:
    first, second = moodle.created(), moodle.created()
    email = f"{moodle.unique()}@example.com"
    answer = moodle.update({"id": first, "email": email}, {"id": second, "email": email})

    assert codes(answer) == [(second, "useremailduplicate")]
    assert moodle.read(first)["email"] == email


def test_too_long_is_a_warning_and_the_others_are_written(moodle: Moodle) -> None:
    first, second = moodle.created(city="Split"), moodle.created()
    answer = moodle.update({"id": first, "city": "Zadar", "firstname": "x" * 101}, {"id": second, "firstname": "Eva"})

    assert codes(answer) == [(first, "dmlwriteexception")]
    assert moodle.read(first)["city"] == "Split"
    assert moodle.read(second)["firstname"] == "Eva"


def test_a_taken_username_is_a_database_error(moodle: Moodle) -> None:
    holder = moodle.new()
    moodle.create(holder)
    made = moodle.created()

    assert codes(moodle.update({"id": made, "username": holder["username"]})) == [(made, "dmlwriteexception")]


def test_a_new_username_is_taken_over(moodle: Moodle) -> None:
    made, name = moodle.created(), moodle.unique()

    assert moodle.update({"id": made, "username": name}) == DONE
    assert moodle.read(made)["username"] == name


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
def test_one_bad_type_refuses_everybody(moodle: Moodle, field: str, value: Any) -> None:
    good, bad = moodle.created(), moodle.created()

    assert refusal(moodle.update({"id": good, "city": "Zadar"}, {"id": bad, field: value})) == INVALID
    assert "city" not in moodle.read(good)


def test_an_id_has_to_be_sent(moodle: Moodle) -> None:
    assert refusal(moodle.update({"city": "Zadar"})) == INVALID


def test_nobody_at_all_is_refused(moodle: Moodle) -> None:
    assert refusal(moodle.update()) == INVALID


def test_suspending_and_reactivating(moodle: Moodle) -> None:
    made = moodle.created()

    assert moodle.update({"id": made, "suspended": 1}) == DONE
    assert moodle.read(made)["suspended"] is True
    assert moodle.update({"id": made, "suspended": 0}) == DONE
    assert moodle.read(made)["suspended"] is False


def test_a_department_can_be_cleared(moodle: Moodle) -> None:
    made = moodle.created(department="Sales")
    moodle.update({"id": made, "department": ""})

    assert moodle.read(made)["department"] == ""


def test_a_blank_name_is_accepted_and_blanks_it(moodle: Moodle) -> None:
    made = moodle.created()

    assert moodle.update({"id": made, "firstname": "", "lastname": "  "}) == DONE
    user = moodle.read(made)
    assert (user["firstname"], user["lastname"]) == ("", "  ")


def test_the_plugin_can_be_switched(moodle: Moodle) -> None:
    made = moodle.created()
    moodle.update({"id": made, "auth": "manual"})

    assert moodle.read(made)["auth"] == "manual"


def test_somebody_elses_idnumber_is_accepted(moodle: Moodle) -> None:
    holder = moodle.new()
    moodle.create(holder)
    made = moodle.created()

    assert moodle.update({"id": made, "idnumber": holder["idnumber"]}) == DONE
    assert made in [user["id"] for user in moodle.by("idnumber", holder["idnumber"])]


def test_who_is_sent_twice_is_written_twice_and_the_last_wins(moodle: Moodle) -> None:
    made = moodle.created()

    assert moodle.update({"id": made, "city": "Split"}, {"id": made, "city": "Zadar"}) == DONE
    assert moodle.read(made)["city"] == "Zadar"


def test_a_weak_password_hides_that_the_others_were_written(moodle: Moodle) -> None:
    weak, good = moodle.created(), moodle.created()
    answer = moodle.update({"id": weak, "password": "x"}, {"id": good, "city": "Zadar"})

    assert refusal(answer)[:2] == ("invalid_response_exception", "invalidresponse")
    assert moodle.read(good)["city"] == "Zadar"
