"""max_input_vars: PHP drops the fields beyond the limit, and hardly a trace shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.sandbox.moodle import TOKEN
from tests.sandbox.moodle_contract.client import INVALID, NO_TOKEN, flat, refusal
from tests.sandbox.moodle_contract.sandbox import Sandbox

CREATE = ("wsfunction", "core_user_create_users")
UPDATE = ("wsfunction", "core_user_update_users")
LOOK_UP = ("wsfunction", "core_user_get_users_by_field")
JSON = ("moodlewsrestformat", "json")
HERE = ("wstoken", TOKEN)
HEAD = [HERE, CREATE, JSON]


def users(sandbox: Sandbox, count: int) -> list[dict[str, Any]]:
    """Six fields each: five required ones, then the department."""
    made = [sandbox.moodle.new(department="Sales") for _ in range(count)]
    for user in made:
        del user["idnumber"]
    return made


def fields(given: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return list(flat({"users": given}))


def keep(sandbox: Sandbox, count: int) -> None:
    """Let PHP keep so many fields; it keeps one more than its setting says."""
    sandbox.site.settings.max_input_vars = count - 1


@pytest.mark.parametrize(
    ("kept", "created"),
    [
        pytest.param(3 + 4 * 6, ["Sales"] * 4, id="cut between users"),
        pytest.param(3 + 4 * 6 + 5, ["Sales"] * 4 + [""], id="cut before an optional field"),
        pytest.param(3 + 4 * 6 + 3, None, id="cut before a required field"),
        pytest.param(3 + 10 * 6, ["Sales"] * 10, id="the last field still counts"),
    ],
)
def test_a_create_that_is_cut_creates_fewer_users_without_an_error(
    sandbox: Sandbox, kept: int, created: list[str] | None
) -> None:
    keep(sandbox, kept)
    answer = sandbox.moodle.post([*HEAD, *fields(users(sandbox, 10))])

    assert answer.status_code == 200
    if created is None:
        assert refusal(answer.json()) == INVALID
    else:
        assert [sandbox.site.user(user["id"])["department"] for user in answer.json()] == created
    assert len(sandbox.site.users()) == 3 + len(created or [])


def test_an_update_that_is_cut_is_answered_as_a_whole_one(sandbox: Sandbox) -> None:
    ids = [user["id"] for user in sandbox.moodle.create(*users(sandbox, 10))]
    keep(sandbox, 3 + 4 * 2)
    answer = sandbox.moodle.post([HERE, UPDATE, JSON, *fields([{"id": user_id, "city": "Split"} for user_id in ids])])

    assert answer.json() == {"warnings": []}
    assert [sandbox.site.user(user_id)["city"] for user_id in ids] == ["Split"] * 4 + [""] * 6


def test_a_look_up_that_is_cut_makes_accounts_look_absent(sandbox: Sandbox) -> None:
    ids = [user["id"] for user in sandbox.moodle.create(*users(sandbox, 10))]
    keep(sandbox, 3 + 1 + 2)
    answer = sandbox.moodle.post([HERE, LOOK_UP, JSON, *flat({"field": "id", "values": ids})])

    assert [user["id"] for user in answer.json()] == ids[:2]


@pytest.mark.parametrize(
    ("head", "tail", "code"),
    [([HERE, JSON], [CREATE], INVALID), ([JSON], [CREATE, HERE], NO_TOKEN), ([], [CREATE, HERE, JSON], None)],
    ids=["function last", "token last", "format last"],
)
def test_a_cut_request_does_nothing_if_its_head_is_last(
    sandbox: Sandbox, head: list[tuple[str, str]], tail: list[tuple[str, str]], code: str | None
) -> None:
    keep(sandbox, 8)
    answer = sandbox.moodle.post([*head, *fields(users(sandbox, 2)), *tail])

    if code is None:
        assert "<ERRORCODE>invalidtoken</ERRORCODE>" in answer.text
    else:
        assert refusal(answer.json()) == code
    assert len(sandbox.site.users()) == 3
