"""max_input_vars: PHP drops the fields that are too many, and hardly a trace shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.sandbox.moodle import TOKEN
from tests.sandbox.moodle_contract.client import INVALID, NO_TOKEN, flat, refusal
from tests.sandbox.moodle_contract.house import House

CREATE = ("wsfunction", "core_user_create_users")
UPDATE = ("wsfunction", "core_user_update_users")
LOOK_UP = ("wsfunction", "core_user_get_users_by_field")
JSON = ("moodlewsrestformat", "json")
HERE = ("wstoken", TOKEN)


def people(house: House, count: int) -> Iterator[Mapping[str, Any]]:
    """Six fields each: five that have to be there, then the department."""
    for _ in range(count):
        person = house.moodle.new(department="Sales")
        del person["idnumber"]
        yield person


def fields_left(house: House, count: int) -> None:
    """Let PHP keep just so many fields; it counts one more than its setting says."""
    house.site.settings.max_input_vars = count - 1


def fields(users: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return list(flat({"users": users}))


def test_one_field_more_than_the_setting_still_counts(house: House) -> None:
    sent = [HERE, CREATE, JSON, *fields(list(people(house, 2)))]
    house.site.settings.max_input_vars = len(sent) - 1

    assert len(house.moodle.post(sent).json()) == 2


def test_a_create_that_is_cut_between_people_makes_fewer_and_says_so_only_by_its_length(house: House) -> None:
    fields_left(house, 3 + 4 * 6)
    answer = house.moodle.post([HERE, CREATE, JSON, *fields(list(people(house, 10)))])

    assert answer.status_code == 200
    assert len(answer.json()) == 4


def test_a_create_that_is_cut_before_a_needed_field_makes_nobody(house: House) -> None:
    fields_left(house, 3 + 4 * 6 + 3)
    before = house.site.users()

    assert refusal(house.moodle.post([HERE, CREATE, JSON, *fields(list(people(house, 10)))]).json()) == INVALID
    assert house.site.users() == before


def test_a_create_that_is_cut_before_an_optional_field_makes_somebody_without_it(house: House) -> None:
    fields_left(house, 3 + 4 * 6 + 5)
    made = house.moodle.post([HERE, CREATE, JSON, *fields(list(people(house, 10)))]).json()

    assert len(made) == 5
    assert [house.site.user(user["id"])["department"] for user in made] == ["Sales"] * 4 + [""]


def test_an_update_that_is_cut_says_nothing_at_all(house: House) -> None:
    ids = [user["id"] for user in house.moodle.create(*people(house, 10))]
    fields_left(house, 3 + 4 * 2)
    answer = house.moodle.post([HERE, UPDATE, JSON, *fields([{"id": user_id, "city": "Split"} for user_id in ids])])

    assert answer.json() == {"warnings": []}
    assert [house.site.user(user_id)["city"] for user_id in ids] == ["Split"] * 4 + [""] * 6


def test_a_look_up_that_is_cut_makes_people_look_absent(house: House) -> None:
    ids = [user["id"] for user in house.moodle.create(*people(house, 10))]
    fields_left(house, 3 + 1 + 2)
    answer = house.moodle.post([HERE, LOOK_UP, JSON, *flat({"field": "id", "values": ids})])

    assert [user["id"] for user in answer.json()] == ids[:2]


@pytest.mark.parametrize("users", [2, 5])
def test_with_the_function_last_a_request_that_is_cut_does_nothing(house: House, users: int) -> None:
    fields_left(house, 8)
    before = house.site.users()
    answer = house.moodle.post([HERE, JSON, *fields(list(people(house, users))), CREATE])

    assert refusal(answer.json()) == INVALID
    assert house.site.users() == before


def test_with_the_token_last_the_cut_looks_like_a_bad_token(house: House) -> None:
    fields_left(house, 8)

    assert refusal(house.moodle.post([JSON, *fields(list(people(house, 2))), CREATE, HERE]).json()) == NO_TOKEN


def test_with_the_format_last_the_error_is_xml(house: House) -> None:
    fields_left(house, 8)
    answer = house.moodle.post([*fields(list(people(house, 2))), CREATE, HERE, JSON])

    assert answer.status_code == 200
    assert "<ERRORCODE>invalidtoken</ERRORCODE>" in answer.text


def test_a_server_that_shows_start_up_errors_spoils_the_json(house: House) -> None:
    house.site.settings.startup_errors = True
    fields_left(house, 3 + 6)
    answer = house.moodle.post([HERE, CREATE, JSON, *fields(list(people(house, 2)))])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text.startswith("<br />\n<b>Warning</b>:  PHP Request Startup: Input variables exceeded 8.")
    assert answer.text.splitlines()[-1].startswith('[{"id":')


def test_a_server_that_shows_start_up_errors_is_quiet_while_nothing_is_cut(house: House) -> None:
    house.site.settings.startup_errors = True

    assert len(house.moodle.create(*people(house, 2))) == 2
