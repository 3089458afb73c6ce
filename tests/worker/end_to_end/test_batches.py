"""Batches: a bad record is isolated, an unknown outcome is looked up, no account is created twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.wire import Response


def hire(harness: RunHarness, *numbers: int, **values: str | None) -> None:
    for number in numbers:
        values_by_default = {"firstName": f"F{number}", "lastName": f"L{number}", "workEmail": f"p{number}@example.com"}
        harness.company.hire(str(number), **{**values_by_default, **values})  # type: ignore[arg-type]


def each_has_one_account(harness: RunHarness, count: int) -> bool:
    numbers = [user["idnumber"] for user in harness.accounts()]
    return len(numbers) == len(set(numbers)) == count


def test_a_batch_of_fifty_with_one_bad_record_creates_fortynine_accounts(harness: RunHarness) -> None:
    hire(harness, *range(1, 51))
    refuse_username(harness, "p23@example.com")

    run = harness.run()

    assert (run.code, run["created"], run["errors_ids"]) == (1, 49, [23])
    assert len(harness.writes()) <= 2 + 2 * 6
    assert each_has_one_account(harness, 49)


def refuse_username(harness: RunHarness, username: str) -> None:
    """Make the site refuse one username, as a plugin or a database rule can."""
    answer = harness.to_moodle.app.answer

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

    harness.to_moodle.app.answer = refusing  # type: ignore[method-assign]


def test_a_warning_in_the_response_to_an_update_is_an_error(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3)
    harness.run()
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    hidden = harness.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="")
    for number in (1, 2, 3):
        harness.company.edit(str(number), department="Legal")
    warn_about(harness, harness.account("2")["id"])

    run = harness.run()

    assert (run.code, run["updated"], run["errors_ids"]) == (1, 2, [2])
    assert run["next_since"] == run["since"]
    assert harness.site.user(hidden)["idnumber"] == ""


def warn_about(harness: RunHarness, user_id: int) -> None:
    """Make the site refuse one account in every update by an entry in `warnings`."""
    answer = harness.to_moodle.app.answer

    def warning(request: Any) -> Any:
        reply = answer(request)
        if b"core_user_update_users" in request.body:
            text = f"Debug of Personal Person {user_id}"
            row = {"item": "user", "itemid": user_id, "warningcode": "dmlwriteexception", "message": text}
            return Response.of({"warnings": [row]})
        return reply

    harness.to_moodle.app.answer = warning  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "html", "reset_before", "wrong_type"])
def test_a_create_without_a_response_makes_no_duplicate(harness: RunHarness, kind: str) -> None:
    hire(harness, *range(1, 61))
    harness.fail_moodle(kind, operation="core_user_create_users")

    run = harness.run()
    harness.heal()

    assert (run.code, run["created"]) == (0, 60)
    assert each_has_one_account(harness, 60)
    assert harness.run()["unchanged"] == 60


def test_a_create_that_timed_out_makes_no_duplicate(harness: RunHarness) -> None:
    hire(harness, *range(1, 11))
    harness.fail_moodle("trickle", operation="core_user_create_users", seconds=0.2)

    run = harness.run(HTTP_TIMEOUT_SECONDS="1")

    assert (run.code, run["created"]) == (0, 10)
    assert each_has_one_account(harness, 10)


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "wrong_type"])
def test_an_update_without_a_response_is_not_sent_twice(harness: RunHarness, kind: str) -> None:
    hire(harness, 1, 2)
    harness.run()
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    harness.company.edit("1", department="Legal")
    harness.forget_calls()
    harness.fail_moodle(kind, operation="core_user_update_users")

    run = harness.run()

    assert (run.code, run["updated"], len(harness.writes())) == (0, 1, 1)


def test_a_deadlock_is_retried_once(harness: RunHarness) -> None:
    hire(harness, *range(1, 11))
    harness.site.deadlocks = 1

    run = harness.run()

    assert (run.code, run["created"], len(harness.writes())) == (0, 10, 2)


def test_a_site_that_truncates_requests_creates_no_incomplete_account(harness: RunHarness) -> None:
    hire(harness, *range(1, 41), department="Sales")
    harness.site.settings.max_input_vars = 100

    run = harness.run()

    assert (run.code, run["created"]) == (0, 40)
    assert {user["department"] for user in harness.accounts()} == {"Sales"}


def test_a_token_without_the_right_to_create_still_updates(harness: RunHarness) -> None:
    hire(harness, 1, 2)
    harness.run()
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    harness.company.edit("1", department="Legal")
    hire(harness, *range(3, 103))
    harness.site.capabilities.discard("moodle/user:create")
    harness.forget_calls()

    run = harness.run(LIMITS='{"create": 100}')

    assert (run.code, run["updated"], run["created"], run["errors"]) == (1, 1, 0, 100)
    assert run["error_reasons"] == {"no_access": 100}
    assert len(harness.writes()) <= 3


def test_administrators_are_skipped(harness: RunHarness) -> None:
    admin = harness.site.admin_id
    harness.site.change_user(admin, username="boss", idnumber="1", auth="oidc", email="boss@example.com")
    harness.company.hire("1", firstName="New", lastName="Boss", workEmail="boss@example.com")

    run = harness.run()

    assert (run.code, run["updated"], run["skipped_protected"]) == (0, 0, 1)


def test_a_site_that_refuses_every_change_gets_few_requests(harness: RunHarness) -> None:
    hire(harness, *range(1, 201))
    harness.run()
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    for number in range(1, 201):
        harness.company.edit(str(number), department="Legal")
    answer = harness.to_moodle.app.answer
    refusal = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid"}

    def refusing(request: Any) -> Any:
        return Response.of(refusal) if b"core_user_update_users" in request.body else answer(request)

    harness.to_moodle.app.answer = refusing  # type: ignore[method-assign]
    harness.forget_calls()

    run = harness.run(LIMITS='{"update": 200}')

    assert (run.code, run["errors"]) == (1, 200)
    assert len(harness.writes()) < 60
