"""`reconcile`: all employees, not only the changed ones, under the same guards; since and offset stay."""

from __future__ import annotations

import json

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import (
    advance_clock,
    at_a_terminal,
    delete_item,
    employee_lines,
    records,
    row,
    write_item,
)

MAPPING = '{"institution": "division"}'


@pytest.fixture
def drifted(harness: RunHarness) -> RunHarness:
    """Sixty employees in sync except three that the feed does not name: 5 edited by hand, 6 left, 7 without account."""
    harness.company.add(generate(60, seed=61))
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.company.touch("60")
    assert harness.run().code == 0
    harness.site.change_user(harness.account("5")["id"], lastname="Edited", department="By hand")
    harness.company.terminate("6", stamp=False, hireDate="2020-01-01", terminationDate="2026-01-31")
    harness.site.delete_user(harness.account("7")["id"])
    harness.forget_calls()
    return harness


def reconcile(harness: RunHarness, *arguments: str, **settings: str) -> RunResult:
    return harness.run("reconcile", "--yes", *arguments, **settings)


def written(run: RunResult) -> tuple[int, int, int]:
    """Created, updated, suspended."""
    return run["created"], run["updated"], run["suspended"]


# Drift


def test_reconcile_fixes_what_no_feed_names_as_the_plan_shows_and_the_second_one_nothing(drifted: RunHarness) -> None:
    sync = drifted.run()
    plan = json.loads(drifted.run("plan", "--everybody", "--json").stdout)
    before = row(drifted)
    drifted.forget_calls()

    run = reconcile(drifted)

    assert written(sync) == (0, 0, 0)
    assert (run.code, run["command"], run["scope"]) == (0, "reconcile", "all")
    assert (run["processed"], *written(run), run["unchanged"]) == (60, 1, 1, 1, 57)
    assert drifted.account("5")["lastname"] == drifted.company.values("5")["lastName"]
    assert drifted.account("6")["suspended"]
    assert not drifted.account("7")["suspended"]
    planned = {line["employee_id"]: (line["action"], line["fields"]) for line in plan["rows"]}
    assert {number: (line["action"], line["fields"]) for number, line in employee_lines(run).items()} == planned
    assert planned.keys() == {5, 6, 7}
    assert [run[name] for name in ("since", "offset", "next_since", "next_offset")] == [None] * 4
    assert ("changed" in drifted.to_bamboo.calls, row(drifted)) == (False, before)
    drifted.forget_calls()
    assert (written(reconcile(drifted)), drifted.writes()) == ((0, 0, 0), [])


@pytest.mark.parametrize(
    "values", [None, {"since": "yesterday", "offset": -1}, {"since": "2099-01-01T00:00:00Z", "offset": 0}]
)
def test_a_reconcile_needs_no_state_row(drifted: RunHarness, values: dict[str, object] | None) -> None:
    delete_item(drifted, "default")
    if values:
        write_item(drifted, "default", updatedAt="2026-01-01T00:00:00Z", **values)
    before = row(drifted)

    assert written(reconcile(drifted)) == (1, 1, 1)
    assert row(drifted) == before


def test_a_pinned_window_stays_pinned(drifted: RunHarness) -> None:
    drifted.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    drifted.company.hire("70", firstName="A", lastName="B", workEmail="taken@example.com")
    drifted.run(BATCH_SIZE="5")
    before = row(drifted)

    run = reconcile(drifted, BATCH_SIZE="5")

    assert before is not None
    assert before["window"]["pinnedRuns"] == 1
    assert (run.code, run["errors_ids"], written(run)) == (1, [70], (1, 1, 1))
    assert row(drifted) == before


def test_former_employees_without_an_account_are_neither_logged_nor_remembered(drifted: RunHarness) -> None:
    for number in ("301", "302"):
        drifted.company.hire(
            number, firstName="A", lastName="B", workEmail=f"{number}@example.com", hireDate="2010-01-01"
        )
        drifted.company.terminate(number)
    drifted.bamboo.settings.restricted_for = {"302": frozenset({"hireDate"})}

    run = reconcile(drifted)

    assert run["skipped_deleted"] == 1
    assert not {301, 302} & employee_lines(run).keys()
    assert not {301, 302} & records(drifted).keys()


# Guards


def test_a_guard_holds_too_many_suspensions_and_approve_applies_them(drifted: RunHarness) -> None:
    for number in range(11, 16):
        drifted.company.terminate(str(number), stamp=False, hireDate="2020-01-01")

    held = reconcile(drifted)
    approved = drifted.run("approve", held["run_id"], "--yes")

    assert (held.code, held["outcome"], held["held_suspensions"], written(held)) == (4, "held", 6, (1, 1, 0))
    assert (approved.code, approved["suspended"]) == (0, 6)
    assert approved["reconcile_due"]
    assert approved["advice"].endswith(" reconcile")
    confirmed = reconcile(drifted)
    assert (confirmed.code, confirmed["reconcile_due"], confirmed["advice"]) == (0, False, "")


def test_suspensions_of_a_reconcile_count_towards_the_daily_limit(drifted: RunHarness) -> None:
    drifted.run(MAX_SUSPENSIONS="1")
    reconcile(drifted, MAX_SUSPENSIONS="1")
    advance_clock(drifted, hours=1)
    for number in ("11", "12"):
        drifted.company.terminate(number, hireDate="2020-01-01")
        codes = drifted.run(MAX_SUSPENSIONS="1").code, drifted.run(MAX_SUSPENSIONS="1").code
        assert codes == ((0, 0) if number == "11" else (4, 4))


def test_undone_employees_are_left_alone(drifted: RunHarness) -> None:
    first = reconcile(drifted)
    assert drifted.run("undo", first["run_id"], "--yes").code == 0

    run = reconcile(drifted)

    assert (run.code, run["held_undone"], written(run)) == (0, 3, (0, 0, 0))
    assert drifted.account("5")["lastname"] == "Edited"
    assert not drifted.account("6")["suspended"]


# Unexplained accounts


def test_unexplained_accounts_are_named_and_never_written(drifted: RunHarness) -> None:
    site = drifted.site
    unlinked = site.add_user("alone", firstname="A", lastname="B", email="a@example.com", auth="oidc")
    former = site.add_user("former", firstname="C", lastname="D", email="c@example.com", auth="oidc", idnumber="4711")
    site.add_user("gone", firstname="E", lastname="F", email="e@example.com", auth="oidc", suspended=True)
    site.add_user("kiosk", firstname="G", lastname="H", email="g@example.com", auth="oidc")
    site.add_user("teacher", firstname="I", lastname="J", email="i@example.com", auth="manual")
    before = site.user(unlinked), site.user(former)

    run = reconcile(drifted, PROTECTED_ACCOUNTS="KIOSK")

    assert (run.code, run["unexplained_accounts"]) == (0, 2)
    assert run["unexplained_accounts_ids"] == [unlinked, former]
    logged = [line["account_id"] for line in run.log if line["event"] == "reconcile.unexplained_account"]
    assert logged == [unlinked, former]
    assert (site.user(unlinked), site.user(former)) == before


def test_accounts_of_moodle_of_conflicts_and_of_hidden_employees_are_explained(drifted: RunHarness) -> None:
    twin = drifted.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", auth="oidc", idnumber="8")
    drifted.bamboo.settings.invisible = frozenset({"9"})

    run = reconcile(drifted)
    manual = drifted.run("reconcile", "--dry-run", MOODLE_AUTH="manual", PROTECTED_ACCOUNTS="sync-service")

    assert (run.code, run["errors_ids"], run["unexplained_accounts"]) == (1, [8], 0)
    assert manual["unexplained_accounts"] == 0, "the guest and the administrator"
    assert not drifted.site.user(twin)["suspended"]


def test_a_key_that_may_not_list_employees_ends_the_run_before_any_write(drifted: RunHarness) -> None:
    drifted.bamboo.settings.list_refused = 403

    run = reconcile(drifted)

    assert (run.code, run["outcome"], drifted.writes()) == (1, "list_refused", [])
    assert "not let the key list employees" in run["message"]
    assert "list all employees" in run["advice"]


# Confirmation


def test_the_terminal_shows_what_a_guard_would_hold(drifted: RunHarness) -> None:
    run = at_a_terminal(drifted, "reconcile", answer="n\n", MAX_SUSPENSIONS="0")

    assert "\nSuspend (held): 1 employee: a guard holds all suspensions of this run\n" in run.stderr


# Schedules


def test_a_reconcile_and_a_sync_of_the_same_scheduled_time_are_no_duplicates(drifted: RunHarness) -> None:
    scheduled = {"SCHEDULED_TIME": "2026-11-22T02:00:00Z", "TRIGGER": "schedule"}

    runs = [
        drifted.run(**scheduled),
        reconcile(drifted, **scheduled),
        reconcile(drifted, **scheduled),
        drifted.run(**scheduled),
    ]

    assert [run["outcome"] for run in runs] == ["ok", "ok", "duplicate", "duplicate"]
    assert runs[1]["trigger"] == "schedule"


# A changed mapping


def test_a_changed_mapping_makes_a_reconcile_due_until_one_succeeds(drifted: RunHarness) -> None:
    changed = drifted.run(FIELD_MAPPING=MAPPING)
    twin = drifted.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", auth="oidc", idnumber="8")
    with_errors = reconcile(drifted, FIELD_MAPPING=MAPPING)
    still = drifted.run(FIELD_MAPPING=MAPPING)
    drifted.site.delete_user(twin)

    successful = reconcile(drifted, FIELD_MAPPING=MAPPING)
    after = drifted.run(FIELD_MAPPING=MAPPING)

    assert (changed["reconcile_due"], still["reconcile_due"], successful["reconcile_due"], after["reconcile_due"]) == (
        True,
        True,
        False,
        False,
    )
    assert (with_errors.code, with_errors["reconcile_due"], with_errors["updated"]) == (1, True, 56)
    assert drifted.account("9")["institution"] == drifted.company.values("9")["division"]


def test_dry_runs_and_runs_of_single_employees_are_no_reconcile(drifted: RunHarness) -> None:
    drifted.run(FIELD_MAPPING=MAPPING)

    drifted.run("reconcile", "--dry-run", FIELD_MAPPING=MAPPING)
    drifted.run("--employee", "9", FIELD_MAPPING=MAPPING)

    assert drifted.run(FIELD_MAPPING=MAPPING)["reconcile_due"]


# Faults


def test_the_next_reconcile_finishes_what_a_fault_interrupted(
    drifted: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    drifted.fail_moodle("reset_before", operation="core_user_update_users", skip=2, times=0)
    before = row(drifted)
    failed = reconcile(drifted, FIELD_MAPPING=MAPPING, MOODLE_BATCH_SIZE="20", MOODLE_CONCURRENCY="1")
    drifted.heal()

    again = reconcile(drifted, FIELD_MAPPING=MAPPING, LIMITS='{"update": 60}')
    third = reconcile(drifted, FIELD_MAPPING=MAPPING)

    assert (failed.code, failed["updated"], failed["suspended"], failed["errors"]) == (1, 20, 1, 38)
    assert failed["error_reasons"] == {"refuses_everybody": 33, "not_through": 5}
    assert (again.code, failed["updated"] + again["updated"], failed["suspended"] + again["suspended"]) == (0, 58, 1)
    assert written(third) == (0, 0, 0)
    assert row(drifted) == before
