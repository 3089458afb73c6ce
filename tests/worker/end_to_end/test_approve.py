"""`approve RUN`: too many suspensions are held until an operator approves them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate

EMPLOYEES = 90


@pytest.fixture
def held(harness: RunHarness) -> RunResult:
    """A run that held eleven suspensions."""
    harness.company.add(generate(EMPLOYEES, seed=1, without_email=0.0))
    harness.run()
    leave(harness, range(1, 12))
    run = harness.run()
    assert (run.code, run["suspended"], run["held_suspensions"]) == (4, 0, 11)
    return run


def leave(harness: RunHarness, numbers: Iterable[int]) -> None:
    for number in numbers:
        harness.company.terminate(str(number))


def suspended(harness: RunHarness) -> set[str]:
    return {user["idnumber"] for user in harness.accounts() if user["suspended"]}


def row(harness: RunHarness) -> str:
    with closing(sqlite3.connect(harness.state_file)) as state:
        return str(state.execute("SELECT body FROM items WHERE key = 'default'").fetchone()[0])


def test_a_run_that_held_suspensions_names_the_approve_command(held: RunResult) -> None:
    assert "11 suspensions" in held["message"]
    assert f"approve {held['run_id']}" in held["advice"]
    held_lines = [line for line in held.log if line.get("code") == "suspension_held"]
    assert len(held_lines) == 11
    assert all(f"approve {held['run_id']}" in line["advice"] for line in held_lines)


def test_approve_suspends_the_held_employees_and_leaves_the_state(harness: RunHarness, held: RunResult) -> None:
    before = row(harness)

    approval = harness.run("approve", held["run_id"], "--yes")

    assert (approval.code, approval["command"], approval["scope"], approval["suspended"]) == (
        0,
        "approve",
        "employees",
        11,
    )
    assert suspended(harness) == {str(number) for number in range(1, 12)}
    assert row(harness) == before
    assert harness.run().code == 0


def test_approve_adds_no_other_change(harness: RunHarness, held: RunResult) -> None:
    leave(harness, [20])
    harness.company.edit("21", department="Elsewhere")

    approval = harness.run("approve", held["run_id"], "--yes")

    assert approval["suspended"] == 11
    assert "20" not in suspended(harness)
    assert harness.account("21")["department"] != "Elsewhere"


def test_a_rehired_employee_is_not_due_any_more(harness: RunHarness, held: RunResult) -> None:
    harness.company.rehire("3", department="Another")

    approval = harness.run("approve", held["run_id"], "--yes")

    assert (approval.code, approval["suspended"], approval["not_due"]) == (0, 10, 1)
    assert approval.reason_codes("3") == ["not_due"]
    assert not harness.account("3")["suspended"]
    assert harness.account("3")["department"] != "Another"


def test_approve_may_be_repeated(harness: RunHarness, held: RunResult) -> None:
    harness.run("approve", held["run_id"], "--yes")

    again = harness.run("approve", held["run_id"], "--yes")

    assert (again.code, again["suspended"], again["unchanged"]) == (0, 0, 11)


def test_approved_suspensions_do_not_count_towards_the_limits(harness: RunHarness, held: RunResult) -> None:
    harness.run("approve", held["run_id"], "--yes")
    leave(harness, range(20, 25))

    run = harness.run()

    assert (run.code, run["suspended"]) == (0, 5)


def test_approve_works_with_a_limit_of_zero(harness: RunHarness) -> None:
    harness.company.add(generate(EMPLOYEES, seed=1, without_email=0.0))
    harness.run(MAX_SUSPENSIONS="0")
    leave(harness, [1])

    run = harness.run(MAX_SUSPENSIONS="0")
    approval = harness.run("approve", run["run_id"], "--yes", MAX_SUSPENSIONS="0")

    assert (run["held_suspensions"], approval["suspended"]) == (1, 1)


def test_a_dry_run_of_approve_counts_the_due_suspensions_and_writes_nothing(
    harness: RunHarness, held: RunResult
) -> None:
    harness.forget_calls()

    approval = harness.run("approve", held["run_id"], "--dry-run")

    assert (approval.code, approval["suspended"], approval["dry_run"]) == (0, 11, True)
    assert harness.writes() == []
    assert suspended(harness) == set()


@pytest.mark.parametrize("run", ["no-such-run", ""])
def test_an_unknown_run_is_refused_and_the_run_that_held_is_named(
    harness: RunHarness, held: RunResult, run: str
) -> None:
    harness.forget_calls()

    approval = harness.run("approve", run, "--yes")

    assert (approval.code, approval["outcome"]) == (2, "usage_error")
    assert held["run_id"] in approval["advice"]
    assert (harness.to_bamboo.calls, harness.to_moodle.calls) == ([], [])


def test_a_run_that_held_nothing_is_refused(harness: RunHarness) -> None:
    harness.company.add(generate(EMPLOYEES, seed=1))
    run = harness.run()

    approval = harness.run("approve", run["run_id"], "--yes")

    assert (approval.code, approval["message"]) == (2, f"the run {run['run_id']} held nothing that can be approved")


def test_a_list_older_than_a_week_is_refused(harness: RunHarness, held: RunResult) -> None:
    with closing(sqlite3.connect(harness.state_file)) as state, state:
        state.execute(
            "UPDATE items SET body = json_set(body, '$.at', json_extract(body, '$.at') - 604900)"
            " WHERE key LIKE '%#held#%'"
        )

    approval = harness.run("approve", held["run_id"], "--yes")

    assert approval.code == 2
    assert "older than 7 days" in approval["message"]
    assert suspended(harness) == set()


def test_approve_ends_at_once_while_another_run_holds_the_lock(harness: RunHarness, held: RunResult) -> None:
    lease = '{"StateId": "default#lock", "owner": "another", "expires": 9999999999}'
    with closing(sqlite3.connect(harness.state_file)) as state, state:
        state.execute("INSERT INTO items VALUES ('default#lock', ?)", (lease,))

    approval = harness.run("approve", held["run_id"], "--yes")

    assert (approval.code, approval["outcome"]) == (75, "locked")
    assert suspended(harness) == set()


def test_approve_is_repeated_after_a_moodle_failure(harness: RunHarness, held: RunResult) -> None:
    harness.fail_moodle("status", operation="core_user_update_users", status=503, times=0)
    failed = harness.run("approve", held["run_id"], "--yes")
    harness.heal()

    approval = harness.run("approve", held["run_id"], "--yes")

    assert (failed.code, approval.code) == (1, 0)
    assert len(suspended(harness)) == 11


def test_suspensions_held_after_a_shrunken_directory_can_be_approved(harness: RunHarness) -> None:
    harness.company.add(generate(EMPLOYEES, seed=1, without_email=0.0))
    harness.run()
    for number in range(30, 60):
        harness.company.hide(str(number))
    leave(harness, [1])

    run = harness.run()
    approval = harness.run("approve", run["run_id"], "--yes")

    assert (run["held_suspensions"], approval["suspended"], suspended(harness)) == (1, 1, {"1"})
