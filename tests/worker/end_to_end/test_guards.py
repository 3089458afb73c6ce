"""Mass changes are held, by class, until an operator approves them; everything else is written."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import advance_clock

COMPANY = 120


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """A company in sync, whose clock has moved on."""
    harness.company.add(generate(COMPANY, seed=7))
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    return harness


def move_to_another_domain(harness: RunHarness) -> None:
    for number in map(str, range(1, COMPANY + 1)):
        address = harness.company.values(number)["workEmail"] or ""
        harness.company.edit(number, workEmail=f"{address.partition('@')[0]}.{number}@new.example")


def with_new_domain(harness: RunHarness) -> int:
    return sum(
        user["email"].endswith("@new.example") and user["username"] == user["email"] for user in harness.accounts()
    )


def test_a_new_email_domain_is_held_and_everything_else_is_written(staffed: RunHarness) -> None:
    move_to_another_domain(staffed)
    staffed.company.edit("5", department="Legal")
    staffed.company.terminate("6")
    staffed.company.hire(firstName="New", lastName="Starter", workEmail="starter@new.example", department="Sales")

    run = staffed.run()

    assert (run.code, run["outcome"], run["held"]) == (4, "held", {"identity": COMPANY - 1})
    assert "to new.example for 119 of 119" in run["message"] or "changes for 119 of 119" in run["message"]
    assert (run["created"], run["updated"], run["suspended"], run["errors"]) == (1, 1, 1, COMPANY - 1)
    assert with_new_domain(staffed) == 1
    assert staffed.account("5")["department"] == "Legal"
    assert staffed.account("6")["suspended"]
    assert "@" not in run.stdout


def test_without_a_directory_the_company_is_counted_in_list_employees(harness: RunHarness) -> None:
    harness.bamboo.settings.directory_sharing = "off"
    harness.company.add(generate(400, seed=7, without_email=0.0))
    assert harness.run()["created"] == 400
    advance_clock(harness, hours=1)
    for number in range(1, 8):
        harness.company.edit(str(number), workEmail=f"p{number}@new.example")

    run = harness.run()

    assert (run.code, run["held"], run["updated"]) == (0, {}, 7)


def test_an_approved_domain_is_written_counts_towards_no_limit_and_can_be_undone(staffed: RunHarness) -> None:
    before = {user["id"]: (user["email"], user["username"]) for user in staffed.accounts()}
    move_to_another_domain(staffed)
    held = staffed.run()

    approval = staffed.run("approve", held["run_id"], "--yes")
    later = staffed.run()
    undone = staffed.run("undo", approval["run_id"], "--yes")

    assert (approval.code, approval["updated"]) == (0, COMPANY)
    assert (later.code, later["held"], later["updated"]) == (0, {}, 0)
    assert undone.code == 0
    assert {user["id"]: (user["email"], user["username"]) for user in staffed.accounts()} == before


def test_a_thousand_hires_in_a_small_company_are_held(harness: RunHarness) -> None:
    everybody = generate(1_030, seed=3)
    harness.company.add(everybody[:30])
    harness.run()
    advance_clock(harness, hours=1)
    harness.company.add(everybody[30:])

    run = harness.run()

    assert (run.code, run["created"], run["held"]) == (4, 0, {"create": 1_000})
    assert "1,000 new accounts for a company of 30" in run["message"]
    assert len(run["held_ids"]) == 20
    assert len(run.stdout) < 8 * 1024


def test_a_department_that_hr_emptied_everywhere_is_held_and_can_be_approved(staffed: RunHarness) -> None:
    for number in map(str, range(1, COMPANY + 1)):
        staffed.company.edit(number, department="")

    held = staffed.run()
    approval = staffed.run("approve", held["run_id"], "--yes")

    assert (held.code, held["held"], held["updated"]) == (4, {"clear": COMPANY}, 0)
    assert f"department is emptied for {COMPANY} of {COMPANY}" in held["message"]
    assert (approval.code, approval["updated"]) == (0, COMPANY)
    assert {user["department"] for user in staffed.accounts()} == {""}


# What an approval covers


@pytest.fixture
def held(staffed: RunHarness) -> RunResult:
    """A run that held changes of identity and suspensions."""
    move_to_another_domain(staffed)
    for number in range(1, 12):
        staffed.company.terminate(str(number))
    run = staffed.run()
    assert run["held"] == {"suspend": 11, "identity": COMPANY - 11}
    return run


def test_an_approval_of_one_class_writes_no_other(staffed: RunHarness, held: RunResult) -> None:
    approval = staffed.run("approve", held["run_id"], "--only", "suspend", "--yes")

    assert (approval.code, approval["suspended"], approval["updated"]) == (0, 11, 0)
    assert with_new_domain(staffed) == 0


def test_an_approval_of_one_employee_writes_no_other(staffed: RunHarness, held: RunResult) -> None:
    approval = staffed.run("approve", held["run_id"], "--employee", "20", "--yes")

    assert (approval.code, approval["updated"], approval["suspended"]) == (0, 1, 0)
    assert staffed.account("20")["email"].endswith("@new.example")


def test_a_change_that_became_another_is_not_due(staffed: RunHarness, held: RunResult) -> None:
    staffed.company.edit("20", workEmail="another@new.example")

    approval = staffed.run("approve", held["run_id"], "--only", "identity", "--yes")

    assert (approval.code, approval["updated"], approval["not_due"]) == (0, COMPANY - 12, 1)
    assert not staffed.account("20")["email"].endswith("@new.example")


def test_a_replaced_token_invalidates_what_was_held(staffed: RunHarness, held: RunResult) -> None:
    staffed.forget_calls()

    approval = staffed.run("approve", held["run_id"], "--yes", MOODLE_TOKEN="f" * 32)

    assert approval.code == 2
    assert "token has been replaced" in approval["message"]
    assert staffed.to_moodle.calls == []


def test_without_a_terminal_an_approval_needs_yes(staffed: RunHarness, held: RunResult) -> None:
    approval = staffed.run("approve", held["run_id"])

    assert approval.code == 2
    assert "--yes" in approval["advice"]
    assert with_new_domain(staffed) == 0


def test_explain_shows_a_held_change_with_its_guard(staffed: RunHarness, held: RunResult) -> None:
    explained = staffed.run("explain", "--employee", "20")

    assert "update (held: identity)" in explained.stdout
    assert f"approve {held['run_id']} --employee 20" in explained.stdout


def test_plan_shows_held_changes(staffed: RunHarness, held: RunResult) -> None:
    plan = staffed.run("plan")

    assert plan.code == 4
    assert f"\n{COMPANY - 11} changes of identity held:\n" in plan.stdout
    assert f"\nUpdate (held): {COMPANY - 11} employees: a guard holds all changes of identity" in plan.stdout
    assert plan.stdout.count("the e-mail domain changes from") == 1


# Reconcile


def test_what_a_reconcile_holds_is_taken_up_by_later_runs(staffed: RunHarness) -> None:
    for number in range(1, 12):
        account = staffed.account(str(number))
        staffed.site.change_user(account["id"], email=f"x{number}@old.example", username=f"x{number}@old.example")
    staffed.run("reconcile", "--yes")  # the first one has no limits for updates, and these are changes of identity

    run = staffed.run(LIMITS='{"identity": 11}')

    assert (run.code, run["updated"]) == (0, 11)
    assert "old.example" not in {user["email"].partition("@")[2] for user in staffed.accounts()}


# The settings


def test_a_class_may_be_given_another_limit(staffed: RunHarness) -> None:
    move_to_another_domain(staffed)

    run = staffed.run(LIMITS='{"identity": "100%"}')

    assert (run.code, run["updated"]) == (0, COMPANY)


@pytest.mark.parametrize("limits", ['{"renames": 5}', '{"identity": -1}', '{"identity": "5"}', '{"identity": true}'])
def test_an_impossible_limit_is_refused(staffed: RunHarness, limits: str) -> None:
    run = staffed.run(LIMITS=limits)

    assert run.code == 3
    assert "LIMITS" in run["message"]
