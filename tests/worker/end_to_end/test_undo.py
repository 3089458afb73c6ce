"""`undo RUN`: restore what a run wrote, except what was changed since."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import account, advance_to_next_day, completed_run, in_sync, next_day_run
from tests.worker.end_to_end.tools import advance_clock, suspended, update_items
from worker.runs.summary import Summary

EMPLOYEES = 40
UNKNOWN = "20260131T033000Z-00000000"


@pytest.fixture
def wrote(harness: RunHarness) -> RunResult:
    """A run that created one account, linked one, changed two, suspended one and reactivated one."""
    harness.company.add(generate(EMPLOYEES, seed=1, without_email=0.0))
    harness.run()
    harness.company.terminate("5")
    assert harness.run(REACTIVATE="ours")["suspended"] == 1
    advance_clock(harness, hours=1)
    harness.site.add_user("walkin", firstname="Wal", lastname="Kin", email="walkin@example.com", auth="manual")
    harness.company.hire("100", firstName="Wal", lastName="Kin", workEmail="walkin@example.com", department="Sales")
    harness.company.hire("101", firstName="New", lastName="Comer", workEmail="new@example.com", department="Sales")
    harness.company.edit("1", department="Elsewhere", lastName="Married")
    harness.company.edit("2", workEmail="moved@example.com")
    harness.company.terminate("3")
    harness.company.rehire("5")
    harness.before = {user["id"]: user for user in harness.site.users()}  # type: ignore[attr-defined]
    run = harness.run()
    assert {name: run[name] for name in ("created", "updated", "suspended", "reactivated")} == {
        "created": 1,
        "updated": 3,
        "suspended": 1,
        "reactivated": 1,
    }
    return run


def undo(harness: RunHarness, run: RunResult, *arguments: str) -> RunResult:
    return harness.run("undo", run["run_id"], "--yes", *arguments)


def changed_fields(harness: RunHarness) -> dict[str, set[str]]:
    """Return the fields that differ from before the run, by username."""
    before: dict[int, dict[str, Any]] = harness.before  # type: ignore[attr-defined]
    found = {}
    for user in harness.site.users():
        old = before.get(user["id"], {})
        fields = {name for name, value in user.items() if value != old.get(name) and not name.startswith("time")}
        if fields:
            found[user["username"]] = fields
    return found


def test_undo_restores_everything_and_suspends_the_new_account(harness: RunHarness, wrote: RunResult) -> None:
    result = undo(harness, wrote)

    assert (result.code, result["command"], result["scope"]) == (0, "undo", "all")
    assert changed_fields(harness).keys() == {"new@example.com"}
    assert harness.account("101")["suspended"]
    assert {name: result[name] for name in ("updated", "suspended", "reactivated")} == {
        "updated": 3,
        "suspended": 2,
        "reactivated": 1,
    }


@pytest.mark.parametrize(
    ("options", "counts", "active", "department"),
    [
        ("--only suspensions", {"processed": 1, "reactivated": 1}, {3, 5, 101}, "of the run"),
        ("--only suspend", {"processed": 1, "reactivated": 1}, {3, 5, 101}, "of the run"),
        ("--only fields", {"updated": 3, "suspended": 0, "reactivated": 0}, {5, 101}, "of before"),
        ("--employee 3 --employee 1", {"processed": 2, "updated": 1, "reactivated": 1}, {3, 5, 101}, "of before"),
    ],
)
def test_a_part_of_a_run_may_be_undone(
    harness: RunHarness, wrote: RunResult, options: str, counts: dict[str, int], active: set[int], department: str
) -> None:
    result = undo(harness, wrote, *options.split())

    assert (result.code, {name: result[name] for name in counts}) == (0, counts)
    assert {3, 5, 101} - suspended(harness) == active
    assert (harness.account("1")["department"] == "Elsewhere") == (department == "of the run")


def test_an_undo_may_be_repeated_and_undone(harness: RunHarness, wrote: RunResult) -> None:
    undone = undo(harness, wrote)
    after = harness.site.users()

    again = undo(harness, wrote)
    assert (again.code, again["unchanged"], harness.site.users()) == (0, 6, after)

    assert undo(harness, undone).code == 0
    assert (harness.account("1")["department"], suspended(harness)) == ("Elsewhere", {3})


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("employee", "wrote nothing"),
        ("quiet run", "wrote nothing"),
        (UNKNOWN, f"there is no run {UNKNOWN}"),
        ("expired", "wrote nothing"),
    ],
)
def test_an_impossible_undo_is_refused_before_any_call(
    harness: RunHarness, wrote: RunResult, what: str, message: str
) -> None:
    quiet = harness.run("sync", "--employee", "7")["run_id"]
    run_id = {"quiet run": quiet, "employee": wrote["run_id"], "expired": wrote["run_id"]}.get(what, what)
    if what == "expired":
        update_items(harness, "journal", ExpiresAt=lambda _: 1)
    harness.forget_calls()

    result = harness.run("undo", run_id, "--yes", *(["--employee", "8"] if what == "employee" else []))

    assert (result.code, harness.to_moodle.calls) == (2, [])
    assert message in result["message"]


@pytest.mark.parametrize("unknown", [UNKNOWN, "quiet run"])
def test_a_run_that_cannot_be_undone_has_the_last_that_can_as_advice(
    harness: RunHarness, wrote: RunResult, unknown: str
) -> None:
    quiet = harness.run("sync", "--employee", "7")["run_id"]

    result = harness.run("undo", quiet if unknown == "quiet run" else unknown, "--yes")

    assert result["advice"].startswith("the last runs that wrote: ")
    assert result["advice"].endswith(wrote["run_id"])
    assert quiet not in result["advice"]


def test_an_undone_change_stays_undone_until_bamboohr_changes_the_employee(
    harness: RunHarness, wrote: RunResult
) -> None:
    undo(harness, wrote)

    quiet = harness.run()
    # The company's clock is some hours behind; the undo happened now.
    harness.company.clock.now = datetime.now(UTC) + timedelta(minutes=1)  # type: ignore[attr-defined]
    harness.company.edit("1", department="Yet Elsewhere")
    run = harness.run()

    assert (quiet.code, quiet["held_undone"], quiet["updated"]) == (0, 6, 0)
    assert changed_fields(harness).keys() == {"new@example.com", harness.account("1")["username"]}
    assert (run["updated"], harness.account("1")["department"]) == (1, "Yet Elsewhere")


@pytest.mark.parametrize("release", [("people", "retry", "1"), ("sync", "--employee", "1")])
def test_an_operator_releases_an_undone_employee(
    harness: RunHarness, wrote: RunResult, release: tuple[str, ...]
) -> None:
    undo(harness, wrote)

    harness.run(*release)
    harness.run()

    assert harness.account("1")["lastname"] == "Married"
    assert not harness.account("3")["suspended"]


def test_an_account_changed_since_the_run_is_left_alone_and_named(harness: RunHarness, wrote: RunResult) -> None:
    harness.site.change_user(harness.account("1")["id"], department="By Hand")
    harness.site.change_user(harness.account("101")["id"], department="By Hand")

    result = undo(harness, wrote)

    assert (result.code, result["edited_since"], result["edited_since_ids"]) == (0, 2, [1, 101])
    assert (harness.account("1")["department"], harness.account("1")["lastname"]) == (
        "By Hand",
        harness.before[harness.account("1")["id"]]["lastname"],  # type: ignore[attr-defined]
    )
    assert not harness.account("101")["suspended"]
    assert any("department" in note for line in result.log if line.get("employee_id") == 1 for note in line["notes"])


@pytest.mark.parametrize("number", ["1", "101"], ids=["changed", "created"])
@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "answer", "status": 200, "body": '{"exception": "x", "errorcode": "invalidresponse"}'},
        {"kind": "answer", "status": 200, "body": '{"exception": "x", "errorcode": "invaliduser"}'},
        {"kind": "answer", "status": 200, "body": "null"},
        {"kind": "answer", "status": 200, "body": "[{}]"},
        {"kind": "status", "status": 500},
        {"kind": "firewall", "status": 403},
    ],
    ids=["invalidresponse", "deleted by SQL", "another form", "unreadable row", "HTTP 500", "firewall"],
)
def test_an_account_that_cannot_be_returned_is_named_and_the_others_are_undone(
    harness: RunHarness, wrote: RunResult, number: str, answer: dict[str, Any]
) -> None:
    record = f"account {harness.account(number)['id']}"
    harness.fail_moodle(operation="core_user_get_users_by_field", record=record, times=0, **answer)

    first = undo(harness, wrote)
    harness.heal()
    second = undo(harness, wrote)

    assert (first.code, first["errors"], first.reason_codes(number)) == (1, 1, ["unreadable_account"])
    assert not harness.account("3")["suspended"]
    assert first["updated"] + first["suspended"] + first["reactivated"] == 5
    assert (second.code, second["updated"] + second["suspended"]) == (0, 1)
    assert changed_fields(harness).keys() == {"new@example.com"}


@pytest.mark.parametrize("kind", ["created", "updated"])
def test_a_moodle_that_can_return_no_account_ends_the_undo_and_names_no_employee(
    harness: RunHarness, kind: str
) -> None:
    harness.company.add(generate(EMPLOYEES, seed=1, without_email=0.0))
    run = harness.run()
    if kind == "updated":
        advance_clock(harness, hours=1)
        for number in range(1, 21):
            harness.company.edit(str(number), department="Elsewhere")
        run = harness.run()
    for user in harness.accounts():
        record = f"account {user['id']}"
        harness.fail_moodle(
            "answer", operation="core_user_get_users_by_field", record=record, times=0, status=200, body="null"
        )

    result = undo(harness, run)

    assert run[kind] > 0
    assert (result.code, result["outcome"], result["errors"]) == (1, "moodle_error", 1)
    assert "does not answer the look-up of any employee" in result["message"]
    assert not [line for line in result.log if line["event"] == "sync.person"]


def test_undo_is_repeated_after_a_moodle_failure(harness: RunHarness, wrote: RunResult) -> None:
    harness.fail_moodle("status", operation="core_user_update_users", status=503, times=0, skip=1)
    failed = harness.run("undo", wrote["run_id"], "--yes", MOODLE_BATCH_SIZE="1", MOODLE_CONCURRENCY="1")
    harness.heal()

    result = undo(harness, wrote)

    assert (failed.code, result.code) == (1, 0)
    assert changed_fields(harness).keys() == {"new@example.com"}
    assert harness.run()["held_undone"] == 6


def test_undo_reactivates_a_leaver_matched_by_email_only(harness: RunHarness) -> None:
    harness.company.add(generate(EMPLOYEES, seed=1, without_email=0.0))
    harness.run()
    harness.company.hire("200", firstName="Old", lastName="Timer", workEmail="old@example.com", department="Sales")
    harness.site.add_user("old", firstname="Old", lastname="Timer", email="old@example.com", auth="manual")
    harness.company.edit("200", hireDate="2020-01-01")
    harness.company.terminate("200")
    run = harness.run()

    result = undo(harness, run)

    assert (run["suspended"], result["reactivated"]) == (1, 1)
    assert not harness.site.user_named("old")["suspended"]  # type: ignore[index]


# Changes in BambooHR between a run and its undo are no part of that run


def reconcile_one(simulation: Simulation) -> Summary:
    """Run a reconcile that fixes an account which was edited by hand."""
    simulation.site.change_user(account(simulation, "4")["id"], department="By Hand")
    summary = simulation.reconcile()
    assert summary is not None
    assert summary.counts["updated"] == 1
    return summary


def suspend_by_date(simulation: Simulation) -> Summary:
    """Run on the last day of an employee, who is suspended."""
    simulation.company.terminate("4", on=simulation.company.today() + timedelta(days=1), stamp=False)
    summary = next_day_run(simulation)
    assert summary.listed_ids["suspended"] == [4]
    return summary


def test_a_leaver_after_an_undone_reconcile_is_suspended() -> None:
    simulation = in_sync()
    reconcile = reconcile_one(simulation)
    simulation.clock.advance(hours=6)
    simulation.company.terminate("4")
    simulation.clock.advance(hours=5)
    simulation.undo(reconcile.run_id)

    run = next_day_run(simulation)

    assert (run.counts["held_undone"], run.listed_ids["suspended"]) == (0, [4])


def test_an_employee_rehired_after_an_undone_suspension_is_kept_in_sync() -> None:
    simulation = in_sync()
    wrote = suspend_by_date(simulation)
    simulation.clock.advance(hours=6)
    simulation.company.rehire("4", department="Elsewhere")
    simulation.clock.advance(hours=5)
    simulation.undo(wrote.run_id)

    next_day_run(simulation)

    assert (account(simulation, "4")["suspended"], account(simulation, "4")["department"]) == (False, "Elsewhere")


def test_a_change_before_the_undone_run_stays_undone() -> None:
    simulation = in_sync()
    simulation.company.touch("4")
    simulation.clock.advance(hours=1)
    reconcile = reconcile_one(simulation)
    simulation.clock.advance(hours=6)
    simulation.undo(reconcile.run_id)

    runs = [completed_run(simulation), next_day_run(simulation)]

    assert [run.counts["updated"] for run in runs] == [0, 0]
    assert account(simulation, "4")["department"] == "By Hand"


def test_a_rehired_employee_is_active_wherever_the_undo_is_killed() -> None:
    for dies_at in itertools.count(1):
        simulation = in_sync()
        simulation.company.terminate("4")
        simulation.clock.advance(hours=1)
        wrote = completed_run(simulation)
        simulation.clock.advance(hours=1)
        killed = simulation.undo(wrote.run_id, dies_at=dies_at) is None
        simulation.clock.advance(days=1)
        simulation.company.rehire("4")
        advance_to_next_day(simulation)
        completed_run(simulation)

        assert not account(simulation, "4")["suspended"], dies_at
        if not killed:
            break
    assert dies_at > 10
