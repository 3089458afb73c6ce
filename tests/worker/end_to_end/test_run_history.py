"""What earlier runs mean for a run: intents, run records, baselines, duplicate deliveries."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.tools import advance_clock, items, records


def test_a_run_is_recorded_as_it_ended(staffed: RunHarness) -> None:
    staffed.fail_bamboo("html", operation="changed", times=0)
    staffed.run()

    runs = sorted(items(staffed, "run").values(), key=lambda run: int(run["ended_at"]))
    succeeded, failed = (run["summary"] for run in runs)

    assert (succeeded["outcome"], succeeded["ok"]) == ("ok", True)
    assert (failed["outcome"], failed["exit_code"]) == ("bamboohr_error", 1)


@pytest.mark.parametrize("fault", ["no right", "not sent"])
def test_a_failed_suspension_is_not_recorded(staffed: RunHarness, fault: str) -> None:
    staffed.company.terminate("1", hireDate="2020-01-01")
    if fault == "no right":
        staffed.site.capabilities.discard("moodle/user:update")
    else:
        staffed.site.settings.maintenance = "gui"

    assert staffed.run().code == 1
    assert records(staffed) == {}


def test_a_suspension_with_an_unknown_outcome_is_recorded(staffed: RunHarness) -> None:
    staffed.company.terminate("1", hireDate="2020-01-01")
    staffed.fail_moodle("reset_after", operation="core_user_update_users")
    staffed.fail_moodle("html", operation="core_user_get_users_by_field", skip=3, times=0)
    failed = staffed.run()
    staffed.heal()
    advance_clock(staffed, hours=1)
    staffed.run()
    staffed.company.rehire("1")

    assert failed.code == 1
    assert staffed.run()["reactivated"] == 1


def test_a_retried_suspension_does_not_count_twice_towards_the_daily_limit(staffed: RunHarness) -> None:
    for number in ("1", "2", "3"):
        staffed.company.terminate(number, hireDate="2020-01-01")
    assert staffed.run(MAX_SUSPENSIONS="3")["suspended"] == 3
    advance_clock(staffed, hours=1)
    for number in ("4", "5", "6"):
        staffed.company.terminate(number, hireDate="2020-01-01")
    staffed.fail_moodle("reset_before", operation="core_user_update_users", times=0)
    staffed.run(MAX_SUSPENSIONS="3")
    staffed.heal()

    assert staffed.run(MAX_SUSPENSIONS="3")["suspended"] == 3


def test_an_entry_in_the_feed_of_an_earlier_run_is_no_evidence(staffed: RunHarness) -> None:
    staffed.company.hide("1")
    staffed.company.touch("1", "Deleted")
    held = staffed.run()
    del staffed.company.changes["1"]
    staffed.bamboo.settings.invisible = frozenset({"1"})

    later = staffed.run()

    assert (held.reason_codes("1"), later.reason_codes("1")) == (["deleted_but_shown"], ["no_evidence"])
    assert not staffed.account("1")["suspended"]


def test_a_failed_scheduled_run_may_be_delivered_again(staffed: RunHarness) -> None:
    moment = "2026-11-22T02:00:00Z"
    staffed.fail_bamboo("html", operation="changed", times=0)
    failed = staffed.run(SCHEDULED_TIME=moment)
    staffed.heal()

    assert (failed.code, staffed.run(SCHEDULED_TIME=moment)["outcome"]) == (1, "ok")
    assert staffed.run(SCHEDULED_TIME=moment)["outcome"] == "duplicate"


def test_runs_of_single_employees_and_dry_runs_do_not_count_as_the_scheduled_run(staffed: RunHarness) -> None:
    moment = "2026-11-22T02:00:00Z"
    staffed.run("--employee", "1", SCHEDULED_TIME=moment)
    staffed.run("--dry-run", SCHEDULED_TIME=moment)

    assert staffed.run(SCHEDULED_TIME=moment)["outcome"] == "ok"
    assert staffed.run("--dry-run", SCHEDULED_TIME=moment)["outcome"] == "ok"


def test_an_unknown_employee_id_is_not_records(staffed: RunHarness) -> None:
    run = staffed.run("--employee", "77777")

    assert (run.code, run["no_evidence"], run["warnings"]) == (0, 1, ["unknown_employee"])
    assert run.reason_codes("77777") == ["unknown_employee"]
    assert records(staffed) == {}


def test_an_employee_selected_by_id_gets_a_log_line_even_if_nothing_differs(staffed: RunHarness) -> None:
    assert staffed.run("--employee", "7").reason_codes("7") == ["in_step"]
    assert staffed.run("--employee", "7", "--dry-run").reason_codes("7") == ["in_step"]
    assert staffed.run().reason_codes("7") == []


def test_an_address_that_changed_after_its_batch_is_free_for_the_rest_of_the_window(harness: RunHarness) -> None:
    harness.company.hire("1", firstName="A", lastName="One", workEmail="shared@example.com")
    harness.company.hire("2", firstName="B", lastName="Two", workEmail="b@example.com")
    harness.run(BATCH_SIZE="1")
    advance_clock(harness, minutes=30)
    harness.company.edit("1", workEmail="a.new@example.com")
    harness.company.edit("2", workEmail="shared@example.com")

    run = harness.run(BATCH_SIZE="1")

    assert run.code == 0
    assert (harness.account("1")["email"], harness.account("2")["email"]) == ("a.new@example.com", "shared@example.com")


def test_a_row_that_was_lost_is_missed_by_the_next_run_and_caught_up_by_a_full_pass(staffed: RunHarness) -> None:
    """Without the row, a run looks some days back only; here it looks back no day, and the change is hours old."""
    staffed.company.edit("7", department="Moved")
    assert staffed.run("state", "reset", "--yes").code == 0

    run = staffed.run(INITIAL_LOOKBACK_DAYS="0")
    later = staffed.run()
    caught_up = staffed.run("reconcile", "--yes")

    assert (run.code, run["warnings"], run["reconcile_due"]) == (0, ["changes_skipped"], True)
    assert (later["warnings"], later["reconcile_due"]) == ([], True)
    assert (caught_up["updated"], caught_up["reconcile_due"]) == (1, False)
    assert staffed.account("7")["department"] == "Moved"
