"""Batches: one bad record costs the others nothing, an unknown end is looked up, nobody is made twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run_harness import Nights
from tests.sandbox.wire import Response


def hire(town: Nights, *numbers: int, **values: str | None) -> None:
    for number in numbers:
        known = {"firstName": f"F{number}", "lastName": f"L{number}", "workEmail": f"p{number}@example.com"}
        town.company.hire(str(number), **{**known, **values})  # type: ignore[arg-type]


def once_each(town: Nights, count: int) -> bool:
    numbers = [user["idnumber"] for user in town.accounts()]
    return len(numbers) == len(set(numbers)) == count


def test_of_fifty_with_one_bad_record_fortynine_are_made_and_one_is_named(town: Nights) -> None:
    hire(town, *range(1, 51))
    refuse_username(town, "p23@example.com")

    night = town.run()

    assert (night.code, night["created"], night["errors_ids"]) == (1, 49, [23])
    assert len(town.writes()) <= 2 + 2 * 6
    assert once_each(town, 49)


def refuse_username(town: Nights, username: str) -> None:
    """The site refuses one user name for a reason of its own, as a plugin or a database rule can."""
    answer = town.to_moodle.app.answer

    def refusing(request: Any) -> Any:
        taken = username.replace("@", "%40").encode()
        if b"core_user_create_users" in request.body and taken in request.body:
            return Response.of(
                {
                    "exception": "invalid_parameter_exception",
                    "errorcode": "invalidparameter",
                    "message": f"Invalid parameter value detected ({username})",
                }
            )
        return answer(request)

    town.to_moodle.app.answer = refusing  # type: ignore[method-assign]


def test_a_warning_in_the_answer_to_an_update_is_not_a_success(town: Nights) -> None:
    hire(town, 1, 2, 3)
    town.run()
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    hidden = town.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="")
    for number in (1, 2, 3):
        town.company.edit(str(number), department="Legal")
    warn_about(town, town.account("2")["id"])

    night = town.run()

    assert (night.code, night["updated"], night["errors_ids"]) == (1, 2, [2])
    assert night["next_since"] == night["since"]
    assert town.site.user(hidden)["idnumber"] == ""


def warn_about(town: Nights, user_id: int) -> None:
    """The site refuses one account in every update, and says so in `warnings`."""
    answer = town.to_moodle.app.answer

    def warning(request: Any) -> Any:
        reply = answer(request)
        if b"core_user_update_users" in request.body:
            text = f"Debug of Personal Person {user_id}"
            row = {"item": "user", "itemid": user_id, "warningcode": "dmlwriteexception", "message": text}
            return Response.of({"warnings": [row]})
        return reply

    town.to_moodle.app.answer = warning  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "html", "reset_before", "wrong_type"])
def test_after_a_create_without_an_answer_nobody_is_there_twice(town: Nights, kind: str) -> None:
    hire(town, *range(1, 61))
    town.fail_moodle(kind, operation="core_user_create_users")

    night = town.run()
    town.heal()

    assert (night.code, night["created"]) == (0, 60)
    assert once_each(town, 60)
    assert town.run()["unchanged"] == 60


def test_after_a_create_that_timed_out_nobody_is_there_twice(town: Nights) -> None:
    hire(town, *range(1, 11))
    town.fail_moodle("trickle", operation="core_user_create_users", seconds=0.2)

    night = town.run(HTTP_TIMEOUT_SECONDS="1")

    assert (night.code, night["created"]) == (0, 10)
    assert once_each(town, 10)


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "wrong_type"])
def test_after_an_update_without_an_answer_only_what_is_missing_is_sent(town: Nights, kind: str) -> None:
    hire(town, 1, 2)
    town.run()
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.company.edit("1", department="Legal")
    town.listen()
    town.fail_moodle(kind, operation="core_user_update_users")

    night = town.run()

    assert (night.code, night["updated"], len(town.writes())) == (0, 1, 1)


def test_a_deadlock_is_tried_once_more(town: Nights) -> None:
    hire(town, *range(1, 11))
    town.site.deadlocks = 1

    night = town.run()

    assert (night.code, night["created"], len(town.writes())) == (0, 10, 2)


def test_a_site_that_truncates_requests_makes_nobody_by_halves(town: Nights) -> None:
    hire(town, *range(1, 41), department="Sales")
    town.site.settings.max_input_vars = 100

    night = town.run()

    assert (night.code, night["created"]) == (0, 40)
    assert {user["department"] for user in town.accounts()} == {"Sales"}


def test_a_token_that_may_not_create_still_updates_and_suspends(town: Nights) -> None:
    hire(town, 1, 2)
    town.run()
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.company.edit("1", department="Legal")
    hire(town, *range(3, 103))
    town.site.capabilities.discard("moodle/user:create")
    town.listen()

    night = town.run()

    assert (night.code, night["updated"], night["created"], night["errors"]) == (1, 1, 0, 100)
    assert night["error_reasons"] == {"no_access": 100}
    assert len(town.writes()) <= 3


def test_administrators_whom_moodle_lets_nobody_touch_are_skips(town: Nights) -> None:
    admin = town.site.admin_id
    town.site.change_user(admin, username="boss", idnumber="1", auth="oidc", email="boss@example.com")
    town.company.hire("1", firstName="New", lastName="Boss", workEmail="boss@example.com")

    night = town.run()

    assert (night.code, night["updated"], night["skipped_protected"]) == (0, 0, 1)


def test_a_site_that_refuses_every_change_is_not_asked_twice_for_everybody(town: Nights) -> None:
    hire(town, *range(1, 201))
    town.run()
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    for number in range(1, 201):
        town.company.edit(str(number), department="Legal")
    answer = town.to_moodle.app.answer
    refusal = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid"}

    def refusing(request: Any) -> Any:
        return Response.of(refusal) if b"core_user_update_users" in request.body else answer(request)

    town.to_moodle.app.answer = refusing  # type: ignore[method-assign]
    town.listen()

    night = town.run()

    assert (night.code, night["errors"]) == (1, 200)
    assert len(town.writes()) < 60
