"""Hires and leaves whose day comes without an edit, and without a word in the feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from tests.run_harness import Night, Nights, nights
from tests.sandbox.bamboohr import ManualClock, generate
from tests.worker.end_to_end.previews import everything, forward, items
from worker.cli import main
from worker.stopping import StopSignal

DAYS = ("hireDate", "terminationDate", "employmentStatusEffectiveDate")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    """Thirty people in step, of whom the feed names one; and a worker that lives by the company's clock, weeks ago."""
    clock = ManualClock(f"{datetime.now(UTC) - timedelta(days=21):%Y-%m-%dT02:00:00Z}")
    monkeypatch.setattr("worker.runs.services.now", clock)
    with nights(tmp_path, clock=clock) as both:
        both.company.add(generate(30, seed=51))
        assert both.run().code == 0
        forward(both, hours=1)
        both.company.touch("30")
        assert both.run().code == 0
        yield both


def in_days(town: Nights, days: int) -> date:
    return town.company.today() + timedelta(days=days)


def hire_long_ago(town: Nights, employee_id: str, start: date) -> None:
    """Somebody is entered half a year before she starts, so that the feed says nothing of it any more."""
    forward(town, days=-180)
    town.company.hire_ahead(
        start, employee_id, firstName="Ann", lastName="Lee", workEmail=f"ann{employee_id}@example.com"
    )
    forward(town, days=180)


def leave_silently(town: Nights, *people: str, on: date) -> None:
    """People whose last day was entered long ago."""
    for number in people:
        town.company.terminate(number, on=on, stamp=False)


def night(town: Nights, *arguments: str, days: float = 1, **settings: str) -> Night:
    """The next night: dates that have come take effect, and the feed says nothing of it."""
    forward(town, days=days)
    town.company.dawn(stamp=False)
    town.listen()
    return town.run(*arguments, **settings)


class AskedOnceIntended(StopSignal):
    """SIGTERM comes as soon as the state knows whom the run is about to suspend."""

    def __init__(self, town: Nights, employee_id: str) -> None:
        super().__init__()
        self._town, self._employee_id = town, employee_id

    def check(self) -> None:
        if self._employee_id in items(self._town, "person"):
            self.ask()
        super().check()


def listings(town: Nights) -> int:
    """How often List Employees was asked."""
    return town.to_bamboo.calls.count("employees")


# A day comes


def test_a_hire_whose_day_comes_gets_her_account_though_the_feed_never_names_her(town: Nights) -> None:
    hire_long_ago(town, "100", in_days(town, 2))

    before, on_her_day = night(town), night(town)

    assert (before["created"], before["arrived_dates"], before["waiting_for_start"]) == (0, 0, 0)
    assert (on_her_day.code, on_her_day["created"], on_her_day["arrived_dates"]) == (0, 1, 1)
    assert (before["total_changed"], on_her_day["total_changed"]) == (1, 1)
    assert town.account("100")["username"] == "ann100@example.com"


def test_a_leaver_whose_last_day_comes_is_suspended(town: Nights) -> None:
    leave_silently(town, "7", on=in_days(town, 2))

    before, on_her_day = night(town), night(town)

    assert (before["suspended"], on_her_day["suspended"], on_her_day["suspended_ids"]) == (0, 1, [7])
    assert town.account("7")["suspended"]


def test_a_last_day_that_takes_effect_the_day_after_is_not_missed(town: Nights) -> None:
    leave_silently(town, "7", on=in_days(town, 1))
    forward(town, days=1)
    still_here = town.run()
    forward(town, days=1)
    town.company.dawn(stamp=False)

    gone = town.run()

    assert (still_here["arrived_dates"], still_here["suspended"]) == (1, 0)
    assert (gone["arrived_dates"], gone["suspended"]) == (1, 1)


def test_a_status_date_counts_as_well(town: Nights) -> None:
    town.company.edit("7", stamp=False, status="Inactive", employmentStatusEffectiveDate=in_days(town, 1).isoformat())

    assert night(town)["suspended_ids"] == [7]


def test_a_look_ahead_finds_hires_as_many_days_earlier(town: Nights) -> None:
    hire_long_ago(town, "100", in_days(town, 6))

    assert night(town, HIRE_LOOKAHEAD_DAYS="4")["created"] == 0
    assert night(town, HIRE_LOOKAHEAD_DAYS="4")["created"] == 1


def test_whoever_was_taken_up_is_not_written_again_and_soon_forgotten(town: Nights) -> None:
    hire_long_ago(town, "100", in_days(town, 1))
    leave_silently(town, "7", on=in_days(town, 1))
    night(town)

    later = [night(town) for _ in range(4)]

    assert [one["arrived_dates"] for one in later] == [2, 2, 2, 0]
    assert all(one.code == 0 and one["created"] + one["suspended"] == 0 for one in later)


def test_a_day_that_is_long_over_is_nobodys_event(town: Nights) -> None:
    town.company.edit("7", stamp=False, department="Elsewhere", terminationDate=in_days(town, -40).isoformat())

    quiet = night(town)

    assert (quiet["arrived_dates"], quiet["updated"]) == (0, 0)


def test_whom_the_feed_names_is_not_counted_twice(town: Nights) -> None:
    town.company.terminate("7", on=in_days(town, 1), stamp=False)
    forward(town, days=1)
    town.company.dawn()

    named = town.run()

    assert (named["suspended"], named["arrived_dates"]) == (1, 0)


# Nights that were none


def test_days_that_came_in_a_downtime_are_found_after_it(town: Nights) -> None:
    hire_long_ago(town, "100", in_days(town, 2))
    leave_silently(town, "7", on=in_days(town, 3))
    night(town)
    for _ in range(8):
        forward(town, days=1)
        town.company.dawn(stamp=False)

    back = night(town)

    assert (back["created"], back["suspended"], back["arrived_dates"]) == (1, 1, 2)


@pytest.mark.parametrize(("broken", "code"), [("changed", 1), ("employees", 0), ("directory", 1)])
def test_days_that_came_in_nights_that_could_not_be_read_are_found_later(town: Nights, broken: str, code: int) -> None:
    hire_long_ago(town, "100", in_days(town, 1))
    leave_silently(town, "7", on=in_days(town, 1))
    town.fail_bamboo("html", operation=broken, times=0)
    failed = [night(town) for _ in range(5)]
    town.heal()

    healed = night(town)

    assert [one.code for one in failed] == [code] * 5
    assert all(("dates_unread" in one["warnings"]) == (code == 0) for one in failed)
    assert (healed.code, healed["created"], healed["suspended"]) == (0, 1, 1)


def test_a_night_with_somebody_elses_error_does_them_all_the_same_and_looks_again(town: Nights) -> None:
    town.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    town.company.hire("50", firstName="A", lastName="B", workEmail="taken@example.com")
    hire_long_ago(town, "100", in_days(town, 1))

    first = night(town)
    later = [night(town) for _ in range(4)]

    assert (first.code, first["created"], first["errors_ids"]) == (1, 1, [50])
    assert [(one.code, one["created"], one["arrived_dates"]) for one in later] == [(1, 0, 1)] * 4


def test_a_leaver_is_not_lost_when_the_run_is_terminated_before_her_suspension_is_sent(town: Nights) -> None:
    leave_silently(town, "7", on=in_days(town, 1))
    forward(town, days=1)
    town.company.dawn(stamp=False)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        code = main((), town.environment, AskedOnceIntended(town, "7"))
    terminated = (code, town.account("7")["suspended"], items(town, "person")["7"]["suspended_by_us"])

    later = night(town)

    assert terminated == (143, False, True)
    assert (later.code, later["suspended_ids"]) == (0, [7])


# The state is moved back


@pytest.mark.parametrize("moved_back", ["rewind", "reset"])
def test_after_moodle_was_restored_whoever_left_by_date_since_then_is_found_again(
    town: Nights, moved_back: str
) -> None:
    leave_silently(town, "7", on=in_days(town, 2))
    backup = town.company.clock()
    gone = []
    for _ in range(7):
        gone.append(night(town))
        town.company.touch("30")
    town.site.change_user(town.account("7")["id"], suspended=False)
    how = ("reset",) if moved_back == "reset" else ("rewind", "--since", f"{backup:%Y-%m-%dT%H:%M:%SZ}")
    assert town.run("state", *how, "--yes").code == 0

    again = night(town, INITIAL_LOOKBACK_DAYS="7")

    assert [one["suspended"] for one in gone] == [0, 1, 0, 0, 0, 0, 0]
    assert (again.code, again["suspended_ids"], again["arrived_dates"]) == (0, [7], 1)
    assert night(town)["arrived_dates"] == 0


# Guards


def test_a_guard_holds_too_many_of_them_night_after_night(town: Nights) -> None:
    people = [str(number) for number in range(1, 7)]
    leave_silently(town, *people, on=in_days(town, 1))

    held = [night(town) for _ in range(4)]
    let_through = night(town, MAX_SUSPENSIONS="6")

    assert [(one.code, one["held_suspensions"], one["suspended"]) for one in held] == [(4, 6, 0)] * 4
    assert (let_through.code, let_through["suspended"]) == (0, 6)


# Calls


def test_it_costs_one_call_a_night(town: Nights) -> None:
    quiet = night(town)

    assert (listings(town), quiet["http_calls"]["bamboohr"]) == (1, 3)


def test_everybody_is_read_by_pages_of_2500(town: Nights) -> None:
    forward(town, days=-180)
    for person in generate(2_501, seed=51)[30:]:
        town.company.add([person])
    forward(town, days=180)
    hire_long_ago(town, "9000", in_days(town, 1))

    found = night(town)

    assert (listings(town), found["created"], found["arrived_dates"]) == (2, 1, 1)


def test_a_window_in_batches_looks_once_when_it_is_complete(town: Nights) -> None:
    hire_long_ago(town, "100", in_days(town, 1))
    forward(town, days=1)
    town.company.dawn(stamp=False)
    for number in ("1", "2", "3"):
        town.company.touch(number)
    seen = []
    for _ in range(2):
        town.listen()
        run = town.run(BATCH_SIZE="2")
        seen.append((run["next_offset"], listings(town), run["created"]))

    assert seen == [(2, 0, 0), (0, 1, 1)]


def test_a_dry_run_says_it_and_moves_nothing_on(town: Nights) -> None:
    leave_silently(town, "7", on=in_days(town, 1))
    hire_long_ago(town, "100", in_days(town, 1))
    forward(town, days=1)
    town.company.dawn(stamp=False)
    before = everything(town)

    dry = town.run("--dry-run")

    assert (dry["created"], dry["suspended"], dry["arrived_dates"]) == (1, 1, 2)
    assert everything(town) == before
    assert night(town, days=3)["arrived_dates"] == 2


def test_single_people_are_no_look_at_everybodys_dates(town: Nights) -> None:
    leave_silently(town, "7", on=in_days(town, 1))

    one = night(town, "--employee", "8")

    assert (one["processed"], one["suspended"], listings(town)) == (1, 0, 0)
    assert night(town, days=4)["suspended"] == 1


# What BambooHR does not show


def test_a_key_that_may_not_list_people_costs_a_warning_and_not_the_night(town: Nights) -> None:
    leave_silently(town, "7", on=in_days(town, 1))
    town.bamboo.settings.list_refused = 403
    refused = [night(town) for _ in range(5)]
    town.bamboo.settings.list_refused = None

    allowed = night(town)

    assert [(one.code, one["warnings"], one["suspended"]) for one in refused] == [(0, ["dates_unread"], 0)] * 5
    assert all(one["next_since"] == one["since"] or one["next_offset"] == 0 for one in refused)
    assert allowed["suspended"] == 1


@pytest.mark.parametrize(
    ("hidden", "warnings"), [(DAYS, ["dates_not_shown"]), (DAYS[:1], ["dates_not_shown"]), (DAYS[1:], [])]
)
def test_dates_that_the_key_may_no_longer_see_are_a_warning(
    town: Nights, hidden: tuple[str, ...], warnings: list[str]
) -> None:
    town.bamboo.settings.list_restricted = frozenset(hidden)

    blind = night(town)

    assert (blind.code, blind["warnings"]) == (0, warnings)


@pytest.mark.parametrize("unset", ["", "0000-00-00", None])
def test_a_date_that_is_not_set_is_no_day(town: Nights, unset: str | None) -> None:
    town.bamboo.settings.list_unset_date = unset

    quiet = night(town)

    assert (quiet.code, quiet["arrived_dates"], quiet["warnings"]) == (0, 0, [])
