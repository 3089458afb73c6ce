"""The first run creates an account for every employee; a second run writes nothing."""

from __future__ import annotations

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate


def test_the_first_run_fills_an_empty_moodle(harness: RunHarness) -> None:
    harness.company.add(generate(60, seed=1))

    run = harness.run()

    assert run.code == 0
    assert (run["outcome"], run["created"], run["errors"]) == ("ok", 60, 0)
    assert {user["idnumber"] for user in harness.accounts()} == {employee.id for employee in harness.company}


def test_a_second_run_of_the_same_window_writes_nothing(harness: RunHarness) -> None:
    harness.company.add(generate(60, seed=1))
    harness.run()
    harness.forget_calls()

    run = harness.run()

    assert run["unchanged"] == 60
    assert harness.writes() == []
