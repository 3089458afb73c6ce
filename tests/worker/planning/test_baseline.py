"""What a run has read of the company, compared with the baseline, and which run becomes the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.worker.tables import table
from worker.model.history import History, RunRecord
from worker.planning.baseline import (
    ApiFieldStats,
    DirectoryStats,
    StatusTally,
    fields_lost,
    has_most_rows,
    is_baseline,
    is_reconcile_due,
    is_unreliable,
    loss_texts,
    shrink_confirmed,
)

ENDED = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)
FILLED = {"work_email": 9_500, "department": 8_000}


def baseline(rows: int, coverage: Mapping[str, int] | None = None) -> RunRecord:
    ended_at = int(ENDED.timestamp() * 1000)
    return RunRecord(
        "r", ended_at, command="sync", selection="all", is_baseline=True, row_count=rows, coverage=coverage or {}
    )


def reads(*later: tuple[float, int], coverage: Mapping[str, int] = FILLED) -> list[RunRecord]:
    """Runs that ended so many days after the baseline, with so many rows."""
    template = RunRecord("later", 0, "sync", "all", since="2026-02-01T02:00:00Z", coverage=coverage)
    return [
        replace(template, row_count=rows, ended_at_ms=int((ENDED + timedelta(days=days)).timestamp() * 1000))
        for days, rows in later
    ]


@pytest.mark.parametrize(
    ("rows", "last", "expected"),
    [
        (800, baseline(1_000), []),
        (799, baseline(1_000), ["the directory has 799 rows, the last complete run read 1000"]),
        (0, baseline(1_000), ["the directory has 0 rows, the last complete run read 1000"]),
        (0, baseline(0), []),
        (1, None, []),
    ],
)
def test_less_than_80_per_cent_of_the_rows_is_a_loss(rows: int, last: RunRecord | None, expected: list[str]) -> None:
    assert loss_texts(DirectoryStats(rows), last) == expected


@table(
    "coverage, expected",
    ("under ten points", {**FILLED, "department": 7_001}, []),
    ("ten points", {**FILLED, "department": 7_000}, ["department is filled for 70 % of the directory, 80 % before"]),
    ("filled better", {"work_email": 10_000, "department": 10_000}, []),
    ("no longer read", {"work_email": 9_500}, []),
    ("read for the first time", {**FILLED, "location": 0}, []),
)
def test_a_field_that_lost_ten_points_of_coverage_is_a_loss(coverage: Mapping[str, int], expected: list[str]) -> None:
    stats = DirectoryStats(1_000, coverage)

    assert loss_texts(stats, baseline(1_000, FILLED)) == expected


# Reads that are no measure for later runs


@pytest.mark.parametrize(("rows", "whole"), [(799, False), (800, True), (0, False)])
def test_a_directory_with_less_than_80_per_cent_of_the_rows_is_incomplete(rows: int, whole: bool) -> None:
    assert has_most_rows(DirectoryStats(rows), baseline(1_000)) is whole


@pytest.mark.parametrize("last", [baseline(0), None])
def test_a_company_that_never_had_a_directory_has_lost_none(last: RunRecord | None) -> None:
    assert has_most_rows(DirectoryStats(0), last)


@table(
    "before, now, rows, lost",
    ("ten points", 5_000, 4_000, 1_000, True),
    ("under ten points", 5_000, 4_001, 1_000, False),
    ("three values, now none", 30, 0, 1_000, True),
    ("three values, now one", 30, 10, 1_000, False),
    ("two values, now none", 21, 0, 1_000, False),
    ("diluted by new employees", 5_000, 450, 10_000, False),
    ("diluted, and a tenth of the values lost", 5_000, 449, 10_000, True),
    ("no directory", 5_000, 0, 0, False),
)
def test_a_field_is_lost_with_ten_points_and_a_tenth_of_its_values_or_all_of_three(
    before: int, now: int, rows: int, lost: bool
) -> None:
    found = fields_lost(DirectoryStats(rows, {"preferred_name": now}), baseline(1_000, {"preferred_name": before}))

    assert found == (["preferred_name"] if lost else [])


def test_one_who_leaves_a_small_company_and_one_who_comes_without_a_value_are_no_loss() -> None:
    last = baseline(9, {"department": 10_000})

    assert loss_texts(DirectoryStats(9, {"department": 8_888}), last) == []
    assert loss_texts(DirectoryStats(9, {"department": 6_666}), last) != []


@pytest.mark.parametrize(("now", "lost"), [(7_999, False), (7_998, True)])
def test_two_values_are_no_loss_in_a_company_of_ten(now: int, lost: bool) -> None:
    found = fields_lost(DirectoryStats(10, {"preferred_name": now}), baseline(10, {"preferred_name": 10_000}))

    assert found == (["preferred_name"] if lost else [])


def test_a_field_is_not_lost_if_rounding_may_hide_its_values_or_there_is_no_baseline() -> None:
    none = DirectoryStats(50_000, {"preferred_name": 0})

    assert fields_lost(none, baseline(50_000, {"preferred_name": 1})) == []
    assert fields_lost(none, None) == []


@pytest.mark.parametrize(("rows", "lost"), [(9_969, True), (9_970, False)])
def test_rounding_may_hide_one_value_in_ten_thousand(rows: int, lost: bool) -> None:
    found = fields_lost(DirectoryStats(rows, {"preferred_name": 0}), baseline(30, {"preferred_name": 999}))

    assert found == (["preferred_name"] if lost else [])


@table(
    "stats, last, unreliable",
    ("rows lost", DirectoryStats(799, FILLED), baseline(1_000), True),
    ("rows kept", DirectoryStats(800, FILLED), baseline(1_000), False),
    ("coverage lost", DirectoryStats(1_000, FILLED), baseline(1_000, {"department": 9_000}), True),
    ("values lost", DirectoryStats(1_000, {"preferred_name": 0}), baseline(1_000, {"preferred_name": 100}), True),
    ("values kept", DirectoryStats(1_000, {"preferred_name": 90}), baseline(1_000, {"preferred_name": 100}), False),
    ("no baseline", DirectoryStats(1, FILLED), None, False),
)
def test_a_read_that_lost_rows_or_a_field_is_unreliable(
    stats: DirectoryStats, last: RunRecord | None, unreliable: bool
) -> None:
    history = History(runs=(last,) if last else ())

    assert is_unreliable(stats, history, ENDED + timedelta(days=1)) is unreliable


A_WEEK = [(float(day), 500) for day in range(1, 8)]
NO_DEPARTMENT = {**FILLED, "department": 7_000}


@pytest.mark.parametrize(
    ("runs", "days", "confirmed"),
    [
        ([baseline(1_000), *reads(*A_WEEK)], 8, True),
        ([baseline(1_000), *reads(*A_WEEK)], 7, False),
        ([baseline(1_000, FILLED), *reads(*((day, 1_000) for day, _ in A_WEEK), coverage=NO_DEPARTMENT)], 8, True),
        ([baseline(1_000, {"a": 30}), *reads(*((day, 1_000) for day, _ in A_WEEK), coverage={"a": 0})], 8, True),
        ([baseline(1_000), *reads(*((float(day), 1_000) for day in range(1, 9)), (9, 500))], 10, False),
        ([baseline(1_000), *reads((1, 500), (5, 1_000), (6, 500))], 10, False),
        ([baseline(1_000)], 30, False),
        ([baseline(1_000), replace(reads((1, 0))[0], since="")], 30, False),
        ([*reads(*((float(day), 500) for day in range(-9, 0))), baseline(1_000)], 0, False),
        ([], 30, False),
    ],
    ids=[
        "rows, a week",
        "rows, six days",
        "coverage, a week",
        "values, a week",
        "one bad read after a week of errors",
        "whole in between",
        "no read",
        "a run that read nothing",
        "before the baseline",
        "no run",
    ],
)
def test_a_smaller_company_is_confirmed_by_every_read_of_a_week(
    runs: list[RunRecord], days: int, confirmed: bool
) -> None:
    assert shrink_confirmed(History(runs=tuple(runs)), ENDED + timedelta(days=days)) is confirmed


def test_a_confirmed_smaller_company_is_no_longer_unreliable() -> None:
    history = History(runs=(baseline(1_000), *reads(*A_WEEK)))

    assert not is_unreliable(DirectoryStats(500, FILLED), history, ENDED + timedelta(days=8))


def test_new_employees_without_a_value_are_no_loss() -> None:
    """Eight hundred of a thousand have a department, and then 805 of 1,150."""
    stats = DirectoryStats(1_150, {"department": 7_000})

    assert loss_texts(stats, baseline(1_000, {"department": 8_000})) == []


# Fields that are read by their API names

GRADE, CENTRE = "bamboohr:customGrade", "bamboohr:customCentre"


def custom(rows: int, grades: int = 0, shown: tuple[str, ...] = (GRADE,)) -> ApiFieldStats:
    """So many employees, of whom so many have a grade."""
    stats = ApiFieldStats((GRADE, CENTRE))
    stats.add([{GRADE: "G4" if number < grades else ""} for number in range(rows)], shown)
    return stats


@pytest.mark.parametrize(
    ("rows", "grades", "before", "is_lost"),
    [
        (200, 0, 10_000, True),
        (3, 0, 10_000, True),
        (2, 0, 10_000, False),
        (200, 1, 10_000, False),
        (200, 0, 101, True),
        (200, 0, 100, False),
        (200, 0, 0, False),
    ],
)
def test_a_field_that_is_empty_throughout_where_three_values_are_expected_is_lost(
    rows: int, grades: int, before: int, is_lost: bool
) -> None:
    last, stats = baseline(1_000, {GRADE: before} if before else {}), custom(rows, grades)

    assert stats.lost(last) == ([GRADE] if is_lost else [])
    assert (stats.coverage(last).get(GRADE) == 0) == is_lost


@pytest.mark.parametrize(
    ("stats", "share"),
    [
        (custom(200, 150), 7_500),
        (custom(19, 19), 9_000),
        (custom(20, 20), 10_000),
        (custom(2), 9_000),
        (custom(200, shown=()), 9_000),
        (custom(0), 9_000),
        (ApiFieldStats(), None),
    ],
)
def test_few_rows_leave_the_share_of_the_baseline_run(stats: ApiFieldStats, share: int | None) -> None:
    assert stats.coverage(baseline(1_000, {GRADE: 9_000})).get(GRADE) == share


def test_the_first_run_has_no_other_share_than_that_of_its_rows() -> None:
    assert custom(4, 3).coverage(None) == {GRADE: 7_500}


@pytest.mark.parametrize(
    ("hidden", "shown", "before", "missed", "missed_by_a_full_pass"),
    [
        ({GRADE}, (GRADE,), {GRADE: 9_000}, True, False),
        ({GRADE}, (), {GRADE: 9_000}, True, True),
        ({GRADE}, (), {CENTRE: 9_000}, False, False),
        ({GRADE}, (), {}, False, False),
        (set(), (), {GRADE: 9_000}, False, False),
    ],
    ids=["of some", "of all", "had no value", "no field had", "of none"],
)
def test_a_change_may_be_missed_of_a_field_that_had_values_and_is_hidden(
    hidden: set[str], shown: tuple[str, ...], before: dict[str, int], missed: bool, missed_by_a_full_pass: bool
) -> None:
    stats = custom(2, 1, shown)
    stats.hidden_for_some |= hidden
    last = baseline(1_000, before)

    assert stats.may_have_missed(last, full_pass=False) is missed
    assert stats.may_have_missed(last, full_pass=True) is missed_by_a_full_pass
    assert not stats.may_have_missed(None, full_pass=False)


def test_a_lost_field_is_missed_by_a_full_pass_as_well() -> None:
    stats = custom(200)
    stats.hidden_for_some.add(GRADE)

    assert stats.may_have_missed(baseline(1_000, {GRADE: 10_000}), full_pass=True)


def test_a_field_without_a_value_in_the_baseline_run_is_never_lost() -> None:
    stats = custom(1)
    stats.row_count = 30_000

    assert stats.lost(baseline(30_000, {})) == []
    assert ApiFieldStats((GRADE,)).coverage(baseline(30_000, {})) == {}


def test_a_field_that_no_row_shows_was_never_shown() -> None:
    assert custom(3).never_shown() == [CENTRE]
    assert custom(3).lost(baseline(10, {CENTRE: 10_000})) == []


def test_a_lost_custom_field_keeps_a_reading_from_becoming_the_baseline_for_a_week_and_holds_no_suspension() -> None:
    last = baseline(1_000, {**FILLED, GRADE: 9_000})
    lost, other = DirectoryStats(1_000, {**FILLED, GRADE: 0}), DirectoryStats(1_000, {**FILLED, GRADE: 1_000})

    assert (fields_lost(lost, last), fields_lost(other, last), loss_texts(lost, last)) == ([GRADE], [], [])
    assert fields_lost(DirectoryStats(0, {GRADE: 0}), last) == [GRADE]
    history = History(runs=(last, *reads((1, 1_000), (8, 1_000), coverage={**FILLED, GRADE: 0})))
    assert is_unreliable(lost, history, ENDED + timedelta(days=2))
    assert not is_unreliable(lost, history, ENDED + timedelta(days=8))


NOW = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)


def run(days_ago: int, rows: int, *, good: bool = False) -> RunRecord:
    ended_at = int((NOW - timedelta(days=days_ago)).timestamp() * 1000)
    return RunRecord("r", ended_at, "sync", "all", is_baseline=good, since="2026-01-01T00:00:00Z", row_count=rows)


BASELINE = run(9, 1_000, good=True)
SMALLER_FOR_A_WEEK = [run(days, 500) for days in range(8, 0, -1)]


@table(
    "runs, rows, window_complete, expected",
    ("first run", [], 1_000, True, True),
    ("a part of the first window", [], 1_000, False, False),
    ("complete", [BASELINE], 800, False, True),
    ("rows lost", [BASELINE], 799, True, False),
    ("smaller for a week", [BASELINE, *SMALLER_FOR_A_WEEK], 500, True, True),
    ("for 4 days", [BASELINE, *SMALLER_FOR_A_WEEK[4:]], 500, True, False),
)
def test_a_complete_reading_is_a_baseline_from_the_first_whole_window_on(
    runs: list[RunRecord], rows: int, window_complete: bool, expected: bool
) -> None:
    history = History(runs=tuple(runs))

    assert is_baseline(DirectoryStats(rows), history, NOW, window_complete=window_complete) is expected


def last_run(mapping: str, *, reconcile_due: bool = False) -> History:
    return History(
        runs=(RunRecord("r", 1, "sync", "all", is_baseline=True, plan_digest=mapping, reconcile_due=reconcile_due),)
    )


@table(
    "history, due",
    ("first run", History(), False),
    ("same mapping", last_run("mapping"), False),
    ("another mapping", last_run("other"), True),
    ("mapping unknown", last_run(""), False),
    ("due since", last_run("mapping", reconcile_due=True), True),
)
def test_a_reconcile_is_due_after_the_mapping_changed(history: History, due: bool) -> None:
    assert is_reconcile_due(history, "mapping") is due


def tally_of(*words: str) -> StatusTally:
    tally = StatusTally()
    tally.add([{"status": word} for word in words])
    return tally


def test_employees_are_counted_with_and_without_a_status() -> None:
    tally = tally_of("Active", "Active", "Inactive", "Leave", "")
    tally.add([{"first_name": "Ada"}])

    assert (tally.employees, tally.active, tally.recognised) == (6, 2, 3)
    assert (tally.unknown, tally.words[""]) == ({"Leave": 1}, 2)


def test_hire_dates_are_counted_that_can_be_read_and_that_cannot() -> None:
    tally = StatusTally()
    tally.add([{"hire_date": text} for text in ("2020-01-31", "2026-02-01", "2020", "")])
    tally.add([{"status": "Active"}])

    assert tally.hire_dates == {True: 2, False: 1}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["Away", *["On leave"] * 3, "Away", "Active", "", ""], ["On leave", "Away"]),
        (["On leave"], []),
        (["x" * 30] * 2, ["x" * 30]),
        (["x" * 31] * 2, []),
        (["On\nleave"] * 2, []),
    ],
    ids=["by number", "of one employee alone", "long", "too long", "not printable"],
)
def test_an_unknown_word_that_several_employees_have_is_named(words: list[str], named: list[str]) -> None:
    assert tally_of(*words).unknown_words == named
