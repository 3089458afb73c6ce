"""`reconcile`: everybody, not only the changed, under the same guards; since and offset stay where they are."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.run_harness import Night, Nights
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.previews import (
    at_a_terminal,
    everything,
    forward,
    hold_lock,
    items,
    people_told,
    row,
    write_item,
)

MAPPING = '{"institution": "division"}'


@pytest.fixture
def drifted(town: Nights) -> Nights:
    """Sixty people in step, but for three whom no feed names: 5 edited by hand, 6 left, 7 without account."""
    town.company.add(generate(60, seed=61))
    assert town.run().code == 0
    forward(town, hours=1)
    town.company.touch("60")
    assert town.run().code == 0
    town.site.change_user(town.account("5")["id"], lastname="Edited", department="By hand")
    town.company.terminate("6", stamp=False, hireDate="2020-01-01", terminationDate="2026-01-31")
    town.site.delete_user(town.account("7")["id"])
    town.listen()
    return town


def reconcile(town: Nights, *arguments: str, **settings: str) -> Night:
    return town.run("reconcile", "--yes", *arguments, **settings)


def done(night: Night) -> tuple[int, int, int]:
    """Created, updated, suspended."""
    return night["created"], night["updated"], night["suspended"]


# Drift


def test_it_mends_in_both_directions_what_no_night_would_see(drifted: Nights) -> None:
    blind = drifted.run()

    night = reconcile(drifted)

    assert done(blind) == (0, 0, 0)
    assert (night.code, night["command"], night["scope"]) == (0, "reconcile", "all")
    assert (night["processed"], *done(night), night["unchanged"]) == (60, 1, 1, 1, 57)
    assert drifted.account("5")["lastname"] == drifted.company.values("5")["lastName"]
    assert drifted.account("6")["suspended"]
    assert not drifted.account("7")["suspended"]
    assert people_told(night).keys() == {5, 6, 7}


def test_a_second_one_finds_nothing(drifted: Nights) -> None:
    reconcile(drifted)
    drifted.listen()

    again = reconcile(drifted)

    assert (again.code, done(again), drifted.writes()) == (0, (0, 0, 0), [])


def test_the_state_row_is_neither_read_nor_moved(drifted: Nights) -> None:
    before = row(drifted)

    night = reconcile(drifted)

    assert row(drifted) == before
    assert (night["since"], night["offset"], night["next_since"], night["next_offset"]) == (None, None, None, None)
    assert "changed" not in drifted.to_bamboo.calls


def test_it_works_before_the_first_night_and_makes_no_row(town: Nights) -> None:
    town.company.add(generate(10, seed=61))

    assert reconcile(town)["created"] == 10
    assert row(town) is None


@pytest.mark.parametrize(
    "values",
    [
        {"since": "2026-01-01T00:00:00Z", "offset": 40},
        {"since": "yesterday", "offset": -1},
        {"since": "2099-01-01T00:00:00Z", "offset": 0},
    ],
)
def test_a_row_that_no_night_could_use_is_no_hindrance(drifted: Nights, values: dict[str, object]) -> None:
    write_item(drifted, "default", updatedAt="2026-01-01T00:00:00Z", **values)
    before = row(drifted)

    assert done(reconcile(drifted)) == (1, 1, 1)
    assert row(drifted) == before


def test_a_pinned_window_stays_pinned(drifted: Nights) -> None:
    drifted.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    drifted.company.hire("70", firstName="A", lastName="B", workEmail="taken@example.com")
    drifted.run(BATCH_SIZE="5")
    before = row(drifted)

    night = reconcile(drifted, BATCH_SIZE="5")

    assert before is not None
    assert before["window"]["pinnedRuns"] == 1
    assert (night.code, night["errors_ids"], done(night)) == (1, [70], (1, 1, 1))
    assert row(drifted) == before


def test_former_employees_without_an_account_are_neither_told_nor_remembered(drifted: Nights) -> None:
    for number in ("301", "302"):
        drifted.company.hire(
            number, firstName="A", lastName="B", workEmail=f"{number}@example.com", hireDate="2010-01-01"
        )
        drifted.company.terminate(number)
    drifted.bamboo.settings.restricted_for = {"302": frozenset({"hireDate"})}

    night = reconcile(drifted)

    assert night["skipped_deleted"] == 1
    assert not {301, 302} & people_told(night).keys()
    assert not {"301", "302"} & items(drifted, "person").keys()


# Guards


def test_a_guard_holds_too_many_suspensions_and_approve_lets_them_through(drifted: Nights) -> None:
    for number in range(11, 16):
        drifted.company.terminate(str(number), stamp=False, hireDate="2020-01-01")

    held = reconcile(drifted)
    approved = drifted.run("approve", held["run_id"])

    assert (held.code, held["outcome"], held["held_suspensions"], done(held)) == (4, "held", 6, (1, 1, 0))
    assert (approved.code, approved["suspended"]) == (0, 6)


def test_its_suspensions_count_to_the_limit_of_the_day(drifted: Nights) -> None:
    drifted.run(MAX_SUSPENSIONS="1")
    reconcile(drifted, MAX_SUSPENSIONS="1")
    forward(drifted, hours=1)
    for number in ("11", "12"):
        drifted.company.terminate(number, hireDate="2020-01-01")
        codes = drifted.run(MAX_SUSPENSIONS="1").code, drifted.run(MAX_SUSPENSIONS="1").code
        assert codes == ((0, 0) if number == "11" else (4, 4))


def test_a_company_that_shrank_overnight_loses_nobody(drifted: Nights) -> None:
    drifted.bamboo.settings.directory_keeps = 0.5

    night = reconcile(drifted)

    assert (night.code, night["held_suspensions"], done(night)) == (4, 1, (1, 1, 0))


def test_whoever_was_undone_is_left_alone(drifted: Nights) -> None:
    first = reconcile(drifted)
    assert drifted.run("undo", first["run_id"], "--yes").code == 0

    night = reconcile(drifted)

    assert (night.code, night["held_undone"], done(night)) == (0, 3, (0, 0, 0))
    assert drifted.account("5")["lastname"] == "Edited"
    assert not drifted.account("6")["suspended"]


def test_protected_people_are_left_as_they_are(drifted: Nights) -> None:
    night = reconcile(drifted, PROTECTED_ACCOUNTS=f"6, {drifted.account('5')['username']}")

    assert (night["skipped_protected"], done(night)) == (2, (1, 0, 0))


# Accounts of nobody


def test_accounts_that_no_employee_explains_are_named_and_never_touched(drifted: Nights) -> None:
    site = drifted.site
    alone = site.add_user("alone", firstname="A", lastname="B", email="a@example.com", auth="oidc")
    former = site.add_user("former", firstname="C", lastname="D", email="c@example.com", auth="oidc", idnumber="4711")
    site.add_user("gone", firstname="E", lastname="F", email="e@example.com", auth="oidc", suspended=True)
    site.add_user("kiosk", firstname="G", lastname="H", email="g@example.com", auth="oidc")
    site.add_user("teacher", firstname="I", lastname="J", email="i@example.com", auth="manual")
    before = site.user(alone), site.user(former)

    night = reconcile(drifted, PROTECTED_ACCOUNTS="KIOSK")

    assert (night.code, night["unexplained_accounts"]) == (0, 2)
    assert night["unexplained_accounts_ids"] == [alone, former]
    told = [line["account_id"] for line in night.log if line["event"] == "reconcile.unexplained_account"]
    assert told == [alone, former]
    assert (site.user(alone), site.user(former)) == before


def test_guest_and_admin_are_never_unexplained(drifted: Nights) -> None:
    night = reconcile(drifted, "--dry-run", MOODLE_AUTH="manual", PROTECTED_ACCOUNTS="sync-service")

    assert (night.code, night["unexplained_accounts"]) == (0, 0)


def test_the_account_of_a_conflict_is_explained_by_its_employee(drifted: Nights) -> None:
    twin = drifted.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", auth="oidc", idnumber="8")

    night = reconcile(drifted)

    assert (night.code, night["errors_ids"], night["unexplained_accounts"]) == (1, [8], 0)
    assert not drifted.site.user(twin)["suspended"]


def test_whom_the_directory_alone_shows_is_an_employee_all_the_same(drifted: Nights) -> None:
    """List Employees leaves out whom the key may not view; the directory has everybody."""
    drifted.bamboo.settings.invisible = frozenset({"8"})

    night = reconcile(drifted)

    assert (night.code, night["unexplained_accounts"]) == (0, 0)


def test_a_token_that_may_not_search_costs_a_warning(drifted: Nights) -> None:
    drifted.site.service_functions.discard("core_user_get_users")

    night = reconcile(drifted)

    assert (night.code, night["warnings"], done(night)) == (0, ["accounts_unread"], (1, 1, 1))


def test_a_key_that_may_not_list_people_ends_it_before_anything_is_written(drifted: Nights) -> None:
    drifted.bamboo.settings.list_refused = 403

    night = reconcile(drifted)

    assert (night.code, night["outcome"], drifted.writes()) == (1, "list_refused", [])
    assert "not let the key list employees" in night["message"]
    assert "list all employees" in night["advice"]


# Asking


def test_where_nobody_can_be_asked_it_needs_yes_and_says_so_before_any_call(
    drifted: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    night = drifted.run("reconcile")

    assert (night.code, night["outcome"], drifted.to_bamboo.calls) == (2, "usage_error", [])
    assert "--yes" in night["advice"]


def test_a_look_needs_no_yes_and_changes_nothing(drifted: Nights) -> None:
    before = everything(drifted)

    night = drifted.run("reconcile", "--dry-run")

    assert (night.code, night["dry_run"], done(night)) == (0, True, (1, 1, 1))
    assert (everything(drifted), drifted.writes()) == (before, [])


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_at_a_terminal_it_shows_the_counts_and_asks(drifted: Nights, answer: str) -> None:
    night = at_a_terminal(drifted, "reconcile", answer=answer)

    assert (night.code, done(night)) == (0, (1, 1, 1))
    shown = [line.split(maxsplit=1) for line in night.stderr.splitlines() if not line.startswith("{")]
    assert ["60", "processed"] in shown
    assert ["1", "suspended"] in shown
    assert "Write this? [y/N]" in night.stderr


@pytest.mark.parametrize("answer", ["n\n", "\n", "nonsense\n", "\x04"])
def test_whatever_else_is_answered_nothing_is_written(drifted: Nights, answer: str) -> None:
    before = everything(drifted)

    night = at_a_terminal(drifted, "reconcile", answer=answer)

    assert (night.code, night["outcome"], night["message"]) == (2, "usage_error", "not confirmed; nothing was changed")
    assert (everything(drifted), drifted.writes()) == (before, [])


def test_it_waits_for_the_run_that_is_at_work(drifted: Nights) -> None:
    hold_lock(drifted)
    drifted.listen()

    night = reconcile(drifted)

    assert (night.code, night["outcome"], drifted.to_bamboo.calls) == (75, "locked", [])


# Schedules


def test_a_reconcile_and_a_night_of_the_same_moment_are_two_things(drifted: Nights) -> None:
    moment = {"SCHEDULED_TIME": "2026-11-22T02:00:00Z", "TRIGGER": "schedule"}

    runs = [drifted.run(**moment), reconcile(drifted, **moment), reconcile(drifted, **moment), drifted.run(**moment)]

    assert [run["outcome"] for run in runs] == ["ok", "ok", "duplicate", "duplicate"]
    assert runs[1]["trigger"] == "schedule"


# A changed mapping


def test_a_changed_mapping_asks_for_a_reconcile_until_one_went_well(drifted: Nights) -> None:
    changed = drifted.run(FIELD_MAPPING=MAPPING)
    twin = drifted.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", auth="oidc", idnumber="8")
    with_errors = reconcile(drifted, FIELD_MAPPING=MAPPING)
    still = drifted.run(FIELD_MAPPING=MAPPING)
    drifted.site.delete_user(twin)

    clean = reconcile(drifted, FIELD_MAPPING=MAPPING)
    after = drifted.run(FIELD_MAPPING=MAPPING)

    assert (changed["reconcile_due"], still["reconcile_due"], clean["reconcile_due"], after["reconcile_due"]) == (
        True,
        True,
        False,
        False,
    )
    assert (with_errors.code, with_errors["reconcile_due"], with_errors["updated"]) == (1, True, 56)
    assert drifted.account("9")["institution"] == drifted.company.values("9")["division"]


def test_a_look_or_single_people_are_no_reconcile(drifted: Nights) -> None:
    drifted.run(FIELD_MAPPING=MAPPING)

    drifted.run("reconcile", "--dry-run", FIELD_MAPPING=MAPPING)
    drifted.run("--employee", "9", FIELD_MAPPING=MAPPING)

    assert drifted.run(FIELD_MAPPING=MAPPING)["reconcile_due"]


# Faults


def test_what_a_fault_cut_short_is_done_by_the_next_one(drifted: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    drifted.fail_moodle("reset_before", operation="core_user_update_users", skip=1, times=0)
    before = row(drifted)
    half = reconcile(drifted, FIELD_MAPPING=MAPPING, MOODLE_BATCH_SIZE="20", MOODLE_CONCURRENCY="1")
    drifted.heal()

    again = reconcile(drifted, FIELD_MAPPING=MAPPING)
    quiet = reconcile(drifted, FIELD_MAPPING=MAPPING)

    assert (half.code, half["updated"] + half["suspended"], half["error_reasons"]) == (1, 20, {"not_through": 39})
    assert (again.code, half["updated"] + again["updated"], half["suspended"] + again["suspended"]) == (0, 58, 1)
    assert done(quiet) == (0, 0, 0)
    assert row(drifted) == before


def test_a_token_that_sees_nobody_makes_nobody_twice(drifted: Nights) -> None:
    drifted.site.capabilities.discard("moodle/user:viewdetails")

    night = reconcile(drifted)

    assert (night.code, night["outcome"], drifted.writes()) == (1, "moodle_error", [])


def test_a_plan_of_everybody_is_what_a_reconcile_does(drifted: Nights, tmp_path: Path) -> None:
    told = json.loads(drifted.run("plan", "--everybody", "--json").stdout)

    night = reconcile(drifted)

    planned = {line["employee_id"]: (line["action"], line["fields"]) for line in told["rows"]}
    assert {number: (line["action"], line["fields"]) for number, line in people_told(night).items()} == planned
