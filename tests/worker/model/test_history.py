"""What later runs read from the history: baselines, windows, dates, limits, and which runs are kept for that."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.tables import table
from worker.model.history import LEAST_RUNS, EmployeeRecord, FollowUp, FollowUpDetail, History, RunRecord, runs_needed

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
BEFORE, LATER = "2026-01-30T02:00:00Z", "2026-02-02T02:00:00Z"
WAITING = EmployeeRecord(7).flagged(FollowUp.WAITING, "no_evidence", "hold")
PARKED = EmployeeRecord(8, attempts=3).flagged(FollowUp.PARKED, "email_taken", "create")
UNDONE = EmployeeRecord(9).flagged(FollowUp.UNDONE, "run1")


def run_of(run_id: str, *, days: float = 0, **more: Any) -> RunRecord:
    """A scheduled run that ended so many days before NOW."""
    ended_at = int((NOW - timedelta(days=days)).timestamp() * 1000)
    return RunRecord(**{"run_id": run_id, "ended_at_ms": ended_at, "command": "sync", "selection": "all", **more})


def history(*runs: RunRecord) -> History:
    return History(runs=runs)


# Employees


@pytest.mark.parametrize(
    ("action", "note", "is_to_start"),
    [
        ("hold", "starts_later", True),
        ("hold", "start_not_shown", True),
        ("create", "new", True),
        ("unchanged", "in_step", True),
        ("hold", "no_evidence", False),
        ("", "starts_later", True),
        ("", "", False),
    ],
)
def test_an_employee_waits_for_the_first_day_if_seen_so_or_written_ahead(
    action: str, note: str, is_to_start: bool
) -> None:
    assert EmployeeRecord(7).flagged(FollowUp.WAITING, note, action).was_to_start is is_to_start
    assert not EmployeeRecord(7).flagged(FollowUp.PARKED, note, action).was_to_start


def test_employees_are_found_by_flag() -> None:
    past = History({7: WAITING, 8: PARKED, 9: UNDONE})

    assert past.with_flag(FollowUp.PARKED) == {8: PARKED}


def test_flags_are_independent() -> None:
    both = EmployeeRecord(7).flagged(FollowUp.WAITING).flagged(FollowUp.PARKED)

    assert both.has(FollowUp.WAITING)
    assert both.has(FollowUp.PARKED)
    assert not both.has(FollowUp.UNDONE)
    assert both.unflagged() == EmployeeRecord(7)
    assert both.follow_ups == dict.fromkeys((FollowUp.WAITING, FollowUp.PARKED), FollowUpDetail("", ""))


@pytest.mark.parametrize(
    ("record", "taken"),
    [
        (EmployeeRecord(7), False),
        (EmployeeRecord(7, suspended_by_us=True), False),
        (WAITING, True),
        (PARKED, True),
        (UNDONE, False),
        (EmployeeRecord(7, {**WAITING.follow_ups, **UNDONE.follow_ups}), False),
    ],
)
def test_every_run_takes_flagged_employees_but_those_of_an_undone_run(record: EmployeeRecord, taken: bool) -> None:
    assert record.needs_follow_up is taken


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        (EmployeeRecord(7), False),
        (EmployeeRecord(7, deleted=True), False),
        (WAITING, True),
        (UNDONE, True),
        (EmployeeRecord(7, attempts=1), True),
        (EmployeeRecord(7, suspended_by_us=True), True),
        (EmployeeRecord(7, not_kept={"profile_field_level": "d"}), True),
        (EmployeeRecord(7, suspended_at=int(NOW.timestamp()) - 86_399), True),
        (EmployeeRecord(7, suspended_at=int(NOW.timestamp()) - 86_400), False),
    ],
)
def test_a_record_is_kept_while_anything_of_it_can_matter(record: EmployeeRecord, kept: bool) -> None:
    assert record.worth_keeping(NOW) is kept


# Runs


def test_the_last_baseline_is_what_the_next_run_is_compared_with() -> None:
    older, newer, failed = run_of("1", is_baseline=True), run_of("2", is_baseline=True), run_of("3")

    assert history(older, newer, failed).last_baseline() == newer
    assert history(failed).last_baseline() is None
    assert history().last_baseline() is None


def test_the_last_full_run_is_a_sync_or_a_reconcile_of_all_employees() -> None:
    scheduled, single, undo = run_of("1"), run_of("2", selection="employees"), run_of("3", command="undo")
    reconcile = run_of("4", command="reconcile")

    assert history(scheduled, single, undo).last_run_without_selection() == scheduled
    assert history(scheduled, reconcile, single).last_run_without_selection() == reconcile
    assert history(single, undo).last_run_without_selection() is None


def test_the_keys_of_the_scope_are_those_of_the_last_run_that_matched_any() -> None:
    older, newer = run_of("1", scope_matched=["a"]), run_of("2", scope_matched=["a", "b"])

    assert history(older, newer, run_of("3")).scope_matched() == ["a", "b"]
    assert history(run_of("3")).scope_matched() == ()


def test_a_scheduled_time_is_delivered_once_a_run_of_it_was_successful() -> None:
    moment = "2026-02-01T02:00:00Z"

    assert history(run_of("1", scheduled_time=moment, successful=True), run_of("2")).delivered(moment)
    assert not history(run_of("1", scheduled_time=moment)).delivered(moment), "it failed and may be tried again"
    assert not history(run_of("1", scheduled_time=moment, successful=True)).delivered("2026-02-02T02:00:00Z")
    assert not history(run_of("1", successful=True)).delivered(""), "a manual run is never a second delivery"


def test_a_window_is_known_by_where_its_runs_began() -> None:
    since = datetime(2026, 1, 30, 2, tzinfo=UTC)
    past = history(run_of("1", since=BEFORE))

    assert past.window_opened_before(since, date(2026, 2, 2))
    assert not past.window_opened_before(since, date(2026, 2, 1))
    assert not past.window_opened_before(NOW, date(2026, 2, 2))
    at_midnight = history(run_of("1", days=2 / 24, since=BEFORE))
    assert not at_midnight.window_opened_before(since, date(2026, 2, 1))


# Dates


def test_each_kind_of_date_was_read_up_to_the_latest_day_of_any_run() -> None:
    days = ["", "2026-02-03", "2026-02-01", "yesterday"]
    runs = [run_of(day, since=BEFORE, dates_read={"hire_date": day, "status_date": "2026-01-05"}) for day in days]

    assert history(*runs).dates_read(NOW) == {"hire_date": date(2026, 2, 3), "status_date": date(2026, 1, 5)}
    assert history(run_of("1")).dates_read(NOW) == {}


def test_after_the_state_was_moved_back_dates_are_read_again_from_there() -> None:
    quiet = run_of(
        "1", since=BEFORE, next_since=BEFORE, dates_read={"hire_date": "2026-02-20", "status_date": "2026-01-05"}
    )
    further = run_of("2", since=BEFORE, next_since=LATER)

    assert history(quiet).dates_read(NOW)["hire_date"] == date(2026, 2, 20)
    assert history(quiet, further).dates_read(NOW) == {"hire_date": date(2026, 2, 1), "status_date": date(2026, 1, 5)}


def test_a_state_that_stands_where_a_run_left_it_was_not_moved_back() -> None:
    left = run_of("1", since=BEFORE, next_since="2026-02-01T02:00:00Z", dates_read={"hire_date": "2026-02-20"})

    assert history(left).dates_read(NOW) == {"hire_date": date(2026, 2, 20)}


def test_a_day_before_1970_is_no_date() -> None:
    read = {"never": "x", "hire_date": "1970-01-01", "status_date": "1969-12-31"}

    assert history(run_of("1", dates_read=read)).dates_read(NOW) == {"hire_date": date(1970, 1, 1)}


# Which runs are kept


def kept(*runs: RunRecord, most: int = 1_000) -> list[str]:
    return [run.run_id for run in runs_needed(runs, NOW, most)]


RECENT = [run_of(f"recent{number:03}", days=1 - number / 1_000, selection="employees") for number in range(30)]


def test_runs_of_ten_days_are_kept_in_the_order_of_their_ends() -> None:
    at_ten, older = run_of("ten", days=10, selection="employees"), run_of("older", days=10.1, selection="employees")

    assert kept(*reversed(RECENT), older, at_ten) == ["ten", *(run.run_id for run in RECENT)]


def test_the_last_twenty_runs_are_kept_however_rarely_they_are_scheduled() -> None:
    monthly = [run_of(f"{25 - number:02}", days=30 * number, selection="employees") for number in range(25)]

    assert kept(*monthly) == [f"{number:02}" for number in range(6, 26)]
    assert LEAST_RUNS == 20


@table(
    "needed",
    ("baseline", {"is_baseline": True, "selection": "employees"}),
    ("mapping", {"plan_digest": "abc"}),
    ("window", {"selection": "employees", "since": BEFORE}),
    ("furthest", {"selection": "employees", "next_since": LATER}),
    ("dates", {"selection": "employees", "dates_read": {"hire_date": "2026-02-20"}}),
    ("scope", {"selection": "employees", "scope_matched": ["department Sales"]}),
)
def test_a_run_is_kept_as_long_as_it_takes(needed: dict[str, Any]) -> None:
    old = run_of("needed", days=300, **needed)
    older = run_of("older", days=301, **{**needed, "next_since": "", "dates_read": {}, "since": ""})

    assert kept(older, old, *RECENT) == kept(old, *RECENT) == ["needed", *(run.run_id for run in RECENT)]
    assert kept(older, old, *RECENT, most=5) == ["needed", *(run.run_id for run in RECENT[-5:])]


@table(
    "one, other, needed",
    ("opened the window", {"since": BEFORE}, {"since": BEFORE}, "one"),
    ("furthest", {"next_since": LATER}, {"next_since": BEFORE}, "one"),
    ("a later day", {"dates_read": {"hire_date": "2026-02-20"}}, {"dates_read": {"hire_date": "2026-02-19"}}, "one"),
    ("the same day", {"dates_read": {"hire_date": "2026-02-20"}}, {"dates_read": {"hire_date": "2026-02-20"}}, "other"),
)
def test_of_two_old_runs_the_one_that_counts_is_kept(one: dict[str, Any], other: dict[str, Any], needed: str) -> None:
    old = (
        run_of("one", days=301, selection="employees", **one),
        run_of("other", days=300, selection="employees", **other),
    )

    assert kept(*old, *RECENT) == [needed, *(run.run_id for run in RECENT)]


_MOMENTS = st.sampled_from(["", BEFORE, "2026-01-31T02:00:00Z", LATER, "never"])
_DAYS = st.sampled_from(["", "2026-01-05", "2026-02-03", "1969-01-01"])
_RUNS = st.lists(
    st.builds(
        run_of,
        st.uuids().map(str),
        days=st.integers(0, 60),
        is_baseline=st.booleans(),
        command=st.sampled_from(["sync", "reconcile", "undo"]),
        selection=st.sampled_from(["all", "employees"]),
        scope_matched=st.sampled_from([(), ("a",), ("a", "b")]),
        since=_MOMENTS,
        next_since=_MOMENTS,
        dates_read=st.dictionaries(st.sampled_from(["hire_date", "status_date"]), _DAYS),
    ),
    max_size=40,
)


@given(_RUNS, st.sampled_from([BEFORE, "2026-01-31T02:00:00Z"]))
def test_what_is_kept_answers_as_the_whole_would(runs: list[RunRecord], since: str) -> None:
    ordered = sorted(runs, key=lambda run: (run.ended_at_ms, run.run_id))
    whole, cut = history(*ordered), history(*runs_needed(runs, NOW, 3))
    began = next((run.since for run in reversed(ordered) if run.since), "")

    assert cut.last_baseline() == whole.last_baseline()
    assert cut.last_run_without_selection() == whole.last_run_without_selection()
    assert cut.scope_matched() == whole.scope_matched()
    assert cut.dates_read(datetime.fromisoformat(since)) == whole.dates_read(datetime.fromisoformat(since))
    if began not in ("", "never"):
        moment = datetime.fromisoformat(began)
        assert cut.window_opened_before(moment, NOW.date()) == whole.window_opened_before(moment, NOW.date())


# Gaps


@pytest.mark.parametrize(
    ("reached", "has_gap"),
    [
        ([], False),
        ([""], False),
        ([BEFORE], True),
        (["2026-02-01T02:00:00Z"], False),
        ([LATER], False),
        ([BEFORE, LATER], False),
        ([LATER, BEFORE], True),
        ([BEFORE, ""], True),
        ([LATER, "", ""], False),
    ],
)
def test_a_gap_is_before_a_position_that_is_later_than_the_last_run_left_it(reached: list[str], has_gap: bool) -> None:
    """The last one that did: a run that did not move the position has no moment. Moments are kept in whole seconds."""
    runs = [run_of(f"run{at}", days=9 - at, next_since=moment) for at, moment in enumerate(reached)]

    assert history(*runs).has_gap_before(NOW.replace(microsecond=900_000)) is has_gap
