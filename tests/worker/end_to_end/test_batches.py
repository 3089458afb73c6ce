"""A write whose outcome is unknown is looked up: nothing is sent twice, and no account is created twice."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import advance_clock, in_sync


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "truncate", "html", "wrong_type", "trickle"])
def test_a_create_without_a_response_makes_no_duplicate(harness: RunHarness, kind: str) -> None:
    harness.company.add(generate(60, seed=1))
    harness.fail_moodle(kind, operation="core_user_create_users", seconds=0.2)

    run = harness.run(HTTP_TIMEOUT_SECONDS="1")
    harness.heal()

    assert (run.code, run["created"]) == (0, 60)
    assert len({user["idnumber"] for user in harness.accounts()}) == len(harness.accounts()) == 60
    assert harness.run()["unchanged"] == 60


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "wrong_type"])
def test_an_update_without_a_response_is_not_sent_twice(harness: RunHarness, kind: str) -> None:
    in_sync(harness, generate(2, seed=1))
    harness.company.edit("1", department="Legal")
    harness.fail_moodle(kind, operation="core_user_update_users")

    run = harness.run()

    assert (run.code, run["updated"], len(harness.writes())) == (0, 1, 1)


def test_a_token_without_the_right_to_create_still_updates_and_is_not_tried_for_long(healthy: RunHarness) -> None:
    healthy.company.edit("1", department="Legal")
    advance_clock(healthy, minutes=1)
    healthy.company.add(generate(130, seed=101)[30:])
    healthy.site.capabilities.discard("moodle/user:create")

    run = healthy.run(LIMITS='{"create": 100}')

    assert (run.code, run["updated"], run["created"], run["error_reasons"]) == (1, 1, 0, {"no_access": 100})
    assert len(healthy.writes()) <= 3
