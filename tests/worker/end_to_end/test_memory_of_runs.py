"""What the runs before this one mean for it: intents, records, baselines, second deliveries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run_harness import Nights
from tests.sandbox.bamboohr import generate
from worker.model.history import EmployeeRecord
from worker.state.sqlite import SqliteItems
from worker.state.store import Store


@pytest.fixture
def staffed(town: Nights) -> Nights:
    """A company of sixty, in step."""
    town.company.add(generate(60, seed=31))
    assert town.run().code == 0
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    return town


def runs(town: Nights) -> list[dict[str, Any]]:
    """The items of the runs, oldest first."""
    items = SqliteItems(str(town.state_file)).scan(["default#run#"])
    return sorted(items, key=lambda run: int(run["ended_at"]))


def remembered(town: Nights) -> dict[int, EmployeeRecord]:
    return {**Store(SqliteItems(str(town.state_file)), "default").history().records}


def test_a_run_is_recorded_as_it_ended(staffed: Nights) -> None:
    staffed.fail_bamboo("html", operation="changed", times=0)
    staffed.run()

    good, bad = (run["summary"] for run in runs(staffed))

    assert (good["outcome"], good["ok"]) == ("ok", True)
    assert (bad["outcome"], bad["exit_code"]) == ("bamboohr_error", 1)


@pytest.mark.parametrize("fault", ["no right", "not sent"])
def test_somebody_whom_we_could_not_suspend_is_not_remembered_as_suspended(staffed: Nights, fault: str) -> None:
    staffed.company.terminate("1", hireDate="2020-01-01")
    if fault == "no right":
        staffed.site.capabilities.discard("moodle/user:update")
    else:
        staffed.site.settings.maintenance = "gui"

    assert staffed.run().code == 1
    assert remembered(staffed) == {}


def test_a_suspension_that_may_have_happened_is_remembered(staffed: Nights) -> None:
    staffed.company.terminate("1", hireDate="2020-01-01")
    staffed.fail_moodle("reset_after", operation="core_user_update_users")
    staffed.fail_moodle("html", operation="core_user_get_users_by_field", skip=3, times=0)
    failed = staffed.run()
    staffed.heal()
    staffed.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    staffed.run()
    staffed.company.rehire("1")

    assert failed.code == 1
    assert staffed.run()["reactivated"] == 1


def test_those_who_are_tried_again_are_not_counted_twice_against_the_day(staffed: Nights) -> None:
    for number in ("1", "2", "3"):
        staffed.company.terminate(number, hireDate="2020-01-01")
    assert staffed.run(MAX_SUSPENSIONS="3")["suspended"] == 3
    staffed.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    for number in ("4", "5", "6"):
        staffed.company.terminate(number, hireDate="2020-01-01")
    staffed.fail_moodle("reset_before", operation="core_user_update_users", times=0)
    staffed.run(MAX_SUSPENSIONS="3")
    staffed.heal()

    assert staffed.run(MAX_SUSPENSIONS="3")["suspended"] == 3


@pytest.mark.parametrize("damage", ["half", "refused"])
def test_a_doubtful_read_is_not_what_later_ones_are_compared_with(staffed: Nights, damage: str) -> None:
    if damage == "half":
        staffed.bamboo.settings.directory_keeps = 0.3
    else:
        staffed.bamboo.settings.directory_sharing = "off"
    assert staffed.run().code == 0
    staffed.bamboo.settings.directory_sharing = "full"
    staffed.bamboo.settings.directory_keeps = 0.3
    staffed.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    staffed.company.terminate("1", hireDate="2020-01-01")

    assert staffed.run()["held_suspensions"] == 1


def test_what_the_feed_said_in_an_earlier_run_is_no_evidence_in_this_one(staffed: Nights) -> None:
    staffed.company.hide("1")
    staffed.company.touch("1", "Deleted")
    held = staffed.run()
    del staffed.company.changes["1"]
    staffed.bamboo.settings.invisible = frozenset({"1"})

    later = staffed.run()

    assert (held.told("1"), later.told("1")) == (["deleted_but_shown"], ["no_evidence"])
    assert not staffed.account("1")["suspended"]


def test_a_night_that_failed_may_be_delivered_again(staffed: Nights) -> None:
    moment = "2026-11-22T02:00:00Z"
    staffed.fail_bamboo("html", operation="changed", times=0)
    failed = staffed.run(SCHEDULED_TIME=moment)
    staffed.heal()

    assert (failed.code, staffed.run(SCHEDULED_TIME=moment)["outcome"]) == (1, "ok")
    assert staffed.run(SCHEDULED_TIME=moment)["outcome"] == "duplicate"


def test_single_people_and_dry_runs_stand_for_no_night(staffed: Nights) -> None:
    moment = "2026-11-22T02:00:00Z"
    staffed.run("--employee", "1", SCHEDULED_TIME=moment)
    staffed.run("--dry-run", SCHEDULED_TIME=moment)

    assert staffed.run(SCHEDULED_TIME=moment)["outcome"] == "ok"
    assert staffed.run("--dry-run", SCHEDULED_TIME=moment)["outcome"] == "ok"


@pytest.mark.parametrize("text", ["<aws.scheduler.scheduled-time>", "yesterday", "2026-11-22"])
def test_a_scheduled_time_that_is_no_moment_is_a_fault(staffed: Nights, text: str) -> None:
    assert staffed.run(SCHEDULED_TIME=text).code == 3


def test_a_mistyped_employee_is_not_waited_for(staffed: Nights) -> None:
    night = staffed.run("--employee", "77777")

    assert (night.code, night["no_evidence"], night["warnings"]) == (0, 1, ["unknown_employee"])
    assert night.told("77777") == ["unknown_employee"]
    assert remembered(staffed) == {}


def test_whoever_was_asked_for_by_id_gets_a_line_even_if_nothing_differs(staffed: Nights) -> None:
    assert staffed.run("--employee", "7").told("7") == ["in_step"]
    assert staffed.run("--employee", "7", "--dry-run").told("7") == ["in_step"]
    assert staffed.run().told("7") == []


def test_whoever_was_given_another_address_after_her_turn_frees_it_for_the_window(town: Nights) -> None:
    town.company.hire("1", firstName="A", lastName="One", workEmail="shared@example.com")
    town.company.hire("2", firstName="B", lastName="Two", workEmail="b@example.com")
    town.run(BATCH_SIZE="1")
    town.company.clock.advance(minutes=30)  # type: ignore[attr-defined]
    town.company.edit("1", workEmail="a.new@example.com")
    town.company.edit("2", workEmail="shared@example.com")

    night = town.run(BATCH_SIZE="1")

    assert night.code == 0
    assert (town.account("1")["email"], town.account("2")["email"]) == ("a.new@example.com", "shared@example.com")
