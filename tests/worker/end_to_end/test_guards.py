"""Mass changes are held, by class; everything else is written, and what is held once an operator approves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import in_sync

COMPANY = 120


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """A company in sync, all of whose employees have an address."""
    return in_sync(harness, generate(COMPANY, seed=7, without_email=0.0))


def move_to_another_domain(harness: RunHarness) -> None:
    for number in map(str, range(1, COMPANY + 1)):
        address = harness.company.values(number)["workEmail"] or ""
        harness.company.edit(number, workEmail=f"{address.partition('@')[0]}.{number}@new.example")


def empty_every_department(harness: RunHarness) -> None:
    for number in map(str, range(1, COMPANY + 1)):
        harness.company.edit(number, department="")


def hire_three_hundred(harness: RunHarness) -> None:
    harness.company.add(generate(COMPANY + 300, seed=7, without_email=0.0)[COMPANY:])


def values(harness: RunHarness) -> dict[int, tuple[Any, ...]]:
    return {user["id"]: (user["email"], user["username"], user["department"]) for user in harness.accounts()}


@pytest.mark.parametrize(
    ("change", "held", "message"),
    [
        (move_to_another_domain, {"identity": COMPANY}, f"changes to new.example for {COMPANY} of {COMPANY} (from "),
        (empty_every_department, {"clear": COMPANY}, f"department is emptied for {COMPANY} of {COMPANY}"),
        (hire_three_hundred, {"create": 300}, f"300 new accounts for a company of {COMPANY}"),
    ],
)
def test_a_mass_change_is_held_and_can_be_approved_and_undone(
    staffed: RunHarness, change: Callable[[RunHarness], None], held: dict[str, int], message: str
) -> None:
    before = values(staffed)
    change(staffed)

    run = staffed.run()
    assert (run.code, run["outcome"], run["held"], len(run["held_ids"])) == (4, "held", held, 20)
    assert message in run["message"]
    assert ("@" in run.stdout, len(run.stdout) < 8 * 1024) == (False, True)
    assert (values(staffed), staffed.writes()) == (before, [])

    approval = staffed.run("approve", run["run_id"], "--yes")
    assert (approval.code, approval["created"] + approval["updated"]) == (0, sum(held.values()))
    later = staffed.run()
    assert (later.code, later["held"], later["updated"]) == (0, {}, 0)

    assert staffed.run("undo", approval["run_id"], "--yes").code == 0
    assert {number: now for number, now in values(staffed).items() if number in before} == before


def test_a_held_class_holds_nothing_else(staffed: RunHarness) -> None:
    move_to_another_domain(staffed)
    staffed.company.edit("5", department="Legal")
    staffed.company.terminate("6")
    staffed.company.hire(firstName="New", lastName="Starter", workEmail="starter@new.example", department="Sales")

    run = staffed.run()

    assert (run.code, run["held"]) == (4, {"identity": COMPANY - 1})
    assert (run["created"], run["updated"], run["suspended"], run["errors"]) == (1, 1, 1, COMPANY - 1)
    assert [user["email"] for user in staffed.accounts() if "new.example" in user["email"]] == ["starter@new.example"]
    assert (staffed.account("5")["department"], staffed.account("6")["suspended"]) == ("Legal", True)


def test_without_a_directory_the_company_is_counted_in_list_employees(harness: RunHarness) -> None:
    harness.bamboo.settings.directory_sharing = "off"
    in_sync(harness, generate(400, seed=7, without_email=0.0))
    for number in range(1, 8):
        harness.company.edit(str(number), workEmail=f"p{number}@new.example")

    run = harness.run()

    assert (run.code, run["held"], run["updated"]) == (0, {}, 7)


def test_what_a_reconcile_holds_is_taken_up_by_later_runs(staffed: RunHarness) -> None:
    for number in range(1, 12):
        account = staffed.account(str(number))
        staffed.site.change_user(account["id"], email=f"x{number}@old.example", username=f"x{number}@old.example")
    staffed.run("reconcile", "--yes")  # the first one has no limits for updates, and these are changes of identity

    run = staffed.run(LIMITS='{"identity": 11}')

    assert (run.code, run["updated"]) == (0, 11)
    assert "old.example" not in {user["email"].partition("@")[2] for user in staffed.accounts()}


@pytest.mark.parametrize("limits", ['{"renames": 5}', '{"identity": -1}', '{"identity": "5"}', '{"identity": true}'])
def test_an_impossible_limit_is_refused(harness: RunHarness, limits: str) -> None:
    run = harness.run(LIMITS=limits)

    assert run.code == 3
    assert "LIMITS" in run["message"]
