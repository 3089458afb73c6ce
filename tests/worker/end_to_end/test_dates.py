"""Hires and leavers whose date arrives without an edit and without an entry in the feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import RunHarness, RunResult, start_harness
from tests.sandbox.bamboohr import ManualClock, generate
from tests.worker.end_to_end.tools import advance_clock, records
from worker.cli import main
from worker.stopping import StopSignal

DAYS = ("hireDate", "terminationDate", "employmentStatusEffectiveDate")


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunHarness]:
    """Thirty employees in sync, of whom the feed names one; the worker's clock is the company's, three weeks ago."""
    clock = ManualClock(f"{datetime.now(UTC) - timedelta(days=21):%Y-%m-%dT02:00:00Z}")
    monkeypatch.setattr("worker.runs.services.now", clock)
    with start_harness(tmp_path, clock=clock) as harness:
        harness.company.add(generate(30, seed=51))
        assert harness.run().code == 0
        advance_clock(harness, hours=1)
        harness.company.touch("30")
        assert harness.run().code == 0
        yield harness


def in_days(harness: RunHarness, days: int) -> date:
    return harness.company.today() + timedelta(days=days)


def hire_long_ago(harness: RunHarness, employee_id: str, start: date) -> None:
    """Enter an employee half a year before the start, so that the feed no longer names them."""
    advance_clock(harness, days=-180)
    harness.company.hire_ahead(
        start, employee_id, firstName="Ann", lastName="Lee", workEmail=f"ann{employee_id}@example.com"
    )
    advance_clock(harness, days=180)


def leave_silently(harness: RunHarness, *employee_ids: str, on: date) -> None:
    """Enter last days without an entry in the feed."""
    for number in employee_ids:
        harness.company.terminate(number, on=on, stamp=False)


def next_day_run(harness: RunHarness, *arguments: str, days: float = 1, **settings: str) -> RunResult:
    """Run on the next day: dates that arrived take effect without an entry in the feed."""
    advance_clock(harness, days=days)
    harness.company.dawn(stamp=False)
    harness.forget_calls()
    return harness.run(*arguments, **settings)


class StopOnceIntended(StopSignal):
    """A stop signal that is set as soon as the state records which employee the run is about to suspend."""

    def __init__(self, harness: RunHarness, employee_id: str) -> None:
        super().__init__()
        self._harness, self._employee_id = harness, employee_id

    def check(self) -> None:
        if int(self._employee_id) in records(self._harness):
            self.ask()
        super().check()


def listings(harness: RunHarness) -> int:
    """Return how often List Employees was called."""
    return harness.to_bamboo.calls.count("employees")


# A date arrives


@pytest.mark.parametrize(
    ("arrives", "settings", "counts"),
    [
        pytest.param("hire in 2 days", {}, [(0, 0, 0), (1, 0, 1)], id="start date"),
        pytest.param("hire in 6 days", {"HIRE_LOOKAHEAD_DAYS": "4"}, [(0, 0, 0), (1, 0, 1)], id="start, look-ahead"),
        pytest.param("leave in 2 days", {}, [(0, 0, 0), (0, 1, 1)], id="last day"),
        pytest.param("status in 1 days", {}, [(0, 1, 1), (0, 0, 1)], id="status date"),
        pytest.param("edit in -40 days", {}, [(0, 0, 0), (0, 0, 0)], id="a date long past"),
    ],
)
def test_a_date_takes_effect_on_its_day_without_an_entry_in_the_feed(
    harness: RunHarness, arrives: str, settings: dict[str, Any], counts: list[tuple[int, int, int]]
) -> None:
    what, _, days, _ = arrives.split()
    day = in_days(harness, int(days))
    if what == "hire":
        hire_long_ago(harness, "100", day)
    elif what == "leave":
        leave_silently(harness, "7", on=day)
    elif what == "status":
        changed = {"status": "Inactive", "employmentStatusEffectiveDate": day.isoformat()}
        harness.company.edit("7", stamp=False, **changed)
    else:
        harness.company.edit("7", stamp=False, department="Elsewhere", terminationDate=day.isoformat())

    runs = [next_day_run(harness, **settings) for _ in counts]

    assert [(run["created"], run["suspended"], run["arrived_dates"]) for run in runs] == counts
    assert [(run.code, run["total_changed"], run["updated"]) for run in runs] == [(0, 1, 0)] * len(runs)


def test_a_last_day_that_takes_effect_a_day_later_is_not_missed(harness: RunHarness) -> None:
    leave_silently(harness, "7", on=in_days(harness, 1))
    advance_clock(harness, days=1)
    on_the_last_day = harness.run()

    on_the_day_after = next_day_run(harness)

    assert (on_the_last_day["arrived_dates"], on_the_last_day["suspended"]) == (1, 0)
    assert (on_the_day_after["arrived_dates"], on_the_day_after["suspended"]) == (1, 1)


def test_an_arrived_date_is_written_once_and_expires(harness: RunHarness) -> None:
    hire_long_ago(harness, "100", in_days(harness, 1))
    leave_silently(harness, "7", on=in_days(harness, 1))
    next_day_run(harness)

    later = [next_day_run(harness) for _ in range(4)]

    assert [one["arrived_dates"] for one in later] == [2, 2, 2, 0]
    assert all(one.code == 0 and one["created"] + one["suspended"] == 0 for one in later)


def test_an_employee_the_feed_names_is_not_counted_twice(harness: RunHarness) -> None:
    harness.company.terminate("7", on=in_days(harness, 1), stamp=False)
    advance_clock(harness, days=1)
    harness.company.dawn()

    named = harness.run()

    assert (named["suspended"], named["arrived_dates"]) == (1, 0)


# Runs that did not happen or failed


@pytest.mark.parametrize(
    ("broken", "code", "warnings"),
    [
        pytest.param("changed", 1, [], id="the feed is unreadable"),
        pytest.param("employees", 1, ["dates_unread"], id="the list of employees is unreadable"),
        pytest.param("list_refused", 0, ["dates_unread"], id="the list of employees is refused"),
        pytest.param("", 0, [], id="no run"),
    ],
)
def test_dates_that_arrived_in_days_that_were_lost_are_applied_afterwards(
    harness: RunHarness, broken: str, code: int, warnings: list[str]
) -> None:
    hire_long_ago(harness, "100", in_days(harness, 1))
    leave_silently(harness, "7", on=in_days(harness, 1))
    if broken == "list_refused":
        harness.bamboo.settings.list_refused = 403
    elif broken:
        harness.fail_bamboo("html", operation=broken, times=0)
    failed = [next_day_run(harness) for _ in range(5)] if broken else []
    for _ in range(0 if broken else 5):
        advance_clock(harness, days=1)
        harness.company.dawn(stamp=False)
    harness.bamboo.settings.list_refused = None
    harness.heal()

    recovered = next_day_run(harness)

    assert [(one.code, one["warnings"], one["suspended"]) for one in failed] == [(code, warnings, 0)] * len(failed)
    assert (recovered.code, recovered["created"], recovered["suspended"]) == (0, 1, 1)


def test_arrived_dates_are_applied_beside_the_error_of_another_employee(harness: RunHarness) -> None:
    harness.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    harness.company.hire("50", firstName="A", lastName="B", workEmail="taken@example.com")
    hire_long_ago(harness, "100", in_days(harness, 1))

    first = next_day_run(harness)
    later = [next_day_run(harness) for _ in range(4)]

    assert (first.code, first["created"], first["errors_ids"]) == (1, 1, [50])
    assert [(one.code, one["created"], one["arrived_dates"]) for one in later] == [(1, 0, 1)] * 4


def test_a_leaver_is_not_lost_when_the_run_is_terminated_before_the_suspension_is_sent(harness: RunHarness) -> None:
    leave_silently(harness, "7", on=in_days(harness, 1))
    advance_clock(harness, days=1)
    harness.company.dawn(stamp=False)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        code = main((), harness.environment, StopOnceIntended(harness, "7"))
    terminated = (code, harness.account("7")["suspended"], records(harness)[7].suspended_by_us)

    later = next_day_run(harness)

    assert terminated == (143, False, True)
    assert (later.code, later["suspended_ids"]) == (0, [7])


# The state is rewound


@pytest.mark.parametrize("moved_back", ["rewind", "reset"])
def test_leavers_by_date_are_found_again_after_moodle_was_restored(harness: RunHarness, moved_back: str) -> None:
    leave_silently(harness, "7", on=in_days(harness, 2))
    backup = harness.company.clock()
    runs = []
    for _ in range(7):
        runs.append(next_day_run(harness))
        harness.company.touch("30")
    harness.site.change_user(harness.account("7")["id"], suspended=False)
    how = ("reset",) if moved_back == "reset" else ("rewind", "--since", f"{backup:%Y-%m-%dT%H:%M:%SZ}")
    assert harness.run("state", *how, "--yes").code == 0

    again = next_day_run(harness, INITIAL_LOOKBACK_DAYS="7")

    assert [one["suspended"] for one in runs] == [0, 1, 0, 0, 0, 0, 0]
    assert (again.code, again["suspended_ids"], again["arrived_dates"]) == (0, [7], 1)
    assert next_day_run(harness)["arrived_dates"] == 0


# Guards


def test_a_guard_holds_too_many_leavers_by_date_in_every_run(harness: RunHarness) -> None:
    employee_ids = [str(number) for number in range(1, 7)]
    leave_silently(harness, *employee_ids, on=in_days(harness, 1))

    held = [next_day_run(harness) for _ in range(4)]
    allowed = next_day_run(harness, MAX_SUSPENSIONS="6")

    assert [(one.code, one["held_suspensions"], one["suspended"]) for one in held] == [(4, 6, 0)] * 4
    assert (allowed.code, allowed["suspended"]) == (0, 6)


# Calls


def test_dates_cost_one_call_a_run(harness: RunHarness) -> None:
    quiet = next_day_run(harness)

    assert (listings(harness), quiet["http_calls"]["bamboohr"]) == (1, 3)


def test_a_batched_window_reads_dates_once_when_it_is_complete(harness: RunHarness) -> None:
    hire_long_ago(harness, "100", in_days(harness, 1))
    advance_clock(harness, days=1)
    harness.company.dawn(stamp=False)
    for number in ("1", "2", "3"):
        harness.company.touch(number)
    seen = []
    for _ in range(2):
        harness.forget_calls()
        run = harness.run(BATCH_SIZE="2")
        seen.append((run["next_offset"], listings(harness), run["created"]))

    assert seen == [(2, 0, 0), (0, 1, 1)]


def test_a_run_of_single_employees_reads_no_dates(harness: RunHarness) -> None:
    leave_silently(harness, "7", on=in_days(harness, 1))

    one = next_day_run(harness, "--employee", "8")

    assert (one["processed"], one["suspended"], listings(harness)) == (1, 0, 0)
    assert next_day_run(harness, days=4)["suspended"] == 1


# What BambooHR does not show


@pytest.mark.parametrize(
    ("hidden", "warnings"), [(DAYS, ["dates_not_shown"]), (DAYS[:1], ["dates_not_shown"]), (DAYS[1:], [])]
)
def test_dates_that_the_key_may_not_see_cause_a_warning(
    harness: RunHarness, hidden: tuple[str, ...], warnings: list[str]
) -> None:
    harness.bamboo.settings.list_restricted = frozenset(hidden)

    blind = next_day_run(harness)

    assert (blind.code, blind["warnings"]) == (0, warnings)


@pytest.mark.parametrize("unset", ["", "0000-00-00", None])
def test_a_date_that_is_not_set_is_ignored(harness: RunHarness, unset: str | None) -> None:
    harness.bamboo.settings.list_unset_date = unset

    quiet = next_day_run(harness)

    assert (quiet.code, quiet["arrived_dates"], quiet["warnings"]) == (0, 0, [])
