"""What stops a bad read from suspending a company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.worker.builders import account_of, leaver, person, plan_of
from worker.model.history import History, RunRecord
from worker.model.step import Action, Step
from worker.planning.guards import (
    DirectoryStats,
    Limits,
    fields_lost,
    hold_suspensions,
    is_held,
    is_unreliable,
    limits,
    sees_whole_company,
    shrink_confirmed,
    violations,
)

ENDED = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)


def last_run(rows: int, coverage: Mapping[str, int] | None = None) -> RunRecord:
    """The last good run's figures."""
    ended_at = int(ENDED.timestamp() * 1000)
    return RunRecord("r", ended_at, command="sync", scope="all", is_baseline=True, rows=rows, coverage=coverage or {})


def suspensions(count: int) -> list[Step]:
    """A plan with so many suspensions, a new account, and nothing else."""
    leavers = [leaver(number) for number in range(1, count + 1)]
    accounts = [account_of(one) for one in leavers]
    return list(plan_of(*leavers, person(9_999), accounts=accounts).values())


def tripped(
    planned: int,
    *,
    rows: int = 1000,
    last: RunRecord | None = None,
    today: int = 0,
    max_suspensions: int | None = None,
    coverage: Mapping[str, int] | None = None,
) -> list[str]:
    return violations(suspensions(planned), DirectoryStats(rows, coverage or {}), last, today, max_suspensions)


# How many

NO_RUN_YET = None


@pytest.mark.parametrize(
    ("rows", "last", "per_run"),
    [
        (1_000, last_run(1_000), 20),
        (1_000, last_run(500), 10),
        (500, last_run(1_000), 10),
        (299, last_run(299), 5),
        (300, last_run(300), 6),
        (10, last_run(10), 5),
        (20_000, last_run(20_000), 200),
        (9_999, last_run(9_999), 199),
        (20_000, NO_RUN_YET, 5),
        (0, last_run(0), 5),
    ],
)
def test_the_limit_is_a_share_of_the_smaller_company_within_bounds(
    rows: int, last: RunRecord | None, per_run: int
) -> None:
    assert limits(DirectoryStats(rows), last, None) == Limits(per_run, 2 * per_run)


@pytest.mark.parametrize("setting", [0, 1, 200])
def test_the_setting_replaces_the_share_whatever_the_company(setting: int) -> None:
    assert limits(DirectoryStats(10), last_run(20_000), setting) == Limits(setting, 2 * setting)
    assert limits(DirectoryStats(10), NO_RUN_YET, setting) == Limits(setting, 2 * setting)


def test_as_many_suspensions_as_the_limit_are_allowed() -> None:
    assert tripped(5) == []
    assert tripped(20, last=last_run(1000)) == []


def test_one_more_than_the_limit_trips() -> None:
    assert tripped(6) == ["6 suspensions are due, 5 are allowed in one run"]
    assert len(tripped(21, last=last_run(1000))) == 1


def test_zero_holds_every_suspension() -> None:
    assert len(tripped(1, max_suspensions=0)) == 1


def test_in_24_hours_twice_the_limit_is_allowed() -> None:
    assert tripped(5, today=5) == []
    assert tripped(5, today=6) == ["5 suspensions are due after 6 in the last 24 hours, 10 are allowed"]


def test_a_plan_without_suspensions_never_trips() -> None:
    assert tripped(0, rows=0, last=last_run(1000), today=999, max_suspensions=0) == []


def test_only_suspensions_count() -> None:
    everybody = [person(number) for number in range(1, 30)]

    assert violations(list(plan_of(*everybody).values()), DirectoryStats(30), None, 0, None) == []


# A company that shrank


def test_four_fifths_of_the_last_good_runs_rows_are_enough() -> None:
    assert tripped(1, rows=800, last=last_run(1000)) == []


def test_fewer_rows_hold_all_suspensions() -> None:
    assert tripped(1, rows=799, last=last_run(1000)) == ["the directory has 799 rows, the last good run read 1000"]


def test_a_directory_that_is_refused_holds_all_suspensions_where_there_was_one() -> None:
    assert len(tripped(1, rows=0, last=last_run(1000))) == 1


def test_a_directory_that_was_always_refused_holds_none() -> None:
    assert tripped(5, rows=0, last=last_run(0)) == []


def test_the_first_run_has_nothing_to_compare_with() -> None:
    assert tripped(5, rows=1) == []


FILLED = {"work_email": 9_500, "department": 8_000}


def test_a_field_may_lose_less_than_ten_points() -> None:
    assert tripped(1, last=last_run(1000, FILLED), coverage={**FILLED, "department": 7_001}) == []


def test_a_field_that_lost_ten_points_holds_all_suspensions() -> None:
    found = tripped(1, last=last_run(1000, FILLED), coverage={**FILLED, "department": 7_000})

    assert found == ["department is filled for 70 % of the directory, 80 % before"]


def test_a_field_that_is_filled_better_than_before_is_no_loss() -> None:
    assert tripped(1, last=last_run(1000, FILLED), coverage={"work_email": 10_000, "department": 10_000}) == []


def test_a_field_that_is_needed_no_more_is_no_loss() -> None:
    assert tripped(1, last=last_run(1000, FILLED), coverage={"work_email": 9_500}) == []


def test_a_field_that_is_needed_for_the_first_time_is_no_loss() -> None:
    assert tripped(1, last=last_run(1000, FILLED), coverage={**FILLED, "location": 0}) == []


def test_every_reason_is_told() -> None:
    found = tripped(99, rows=1, last=last_run(1000, FILLED), coverage={"work_email": 0, "department": 0})

    assert len(found) == 4


def shrunk(rows: int, last: RunRecord | None, *, days: float = 1) -> bool:
    return is_unreliable(DirectoryStats(rows, FILLED), past(last), ENDED + timedelta(days=days))


def past(last: RunRecord | None, *later: tuple[float, int]) -> History:
    """The last good run, and runs so many days later that read so many rows."""
    ended = [int((ENDED + timedelta(days=days)).timestamp() * 1000) for days, _ in later]
    reads = [
        RunRecord(f"later{at}", at, "sync", "all", since="2026-02-01T02:00:00Z", rows=rows, coverage=FILLED)
        for at, (_, rows) in zip(ended, later, strict=True)
    ]
    return History(runs=(*([last] if last else []), *reads))


def test_a_company_that_shrank_since_the_last_good_run_goes_on_being_compared_with_it() -> None:
    assert shrunk(799, last_run(1000))
    assert shrunk(1000, last_run(1000, {"department": 9_000}))
    assert not shrunk(800, last_run(1000))
    assert not shrunk(1, NO_RUN_YET)


def settled(*later: tuple[float, int], days: float) -> bool:
    return shrink_confirmed(past(last_run(1_000), *later), ENDED + timedelta(days=days))


def test_a_company_that_has_been_smaller_in_every_read_of_a_week_is_believed() -> None:
    smaller = [(float(day), 500) for day in range(1, 8)]

    assert not settled(*smaller, days=7)
    assert settled(*smaller, days=8)
    assert not is_unreliable(DirectoryStats(500, FILLED), past(last_run(1_000), *smaller), ENDED + timedelta(days=8))


def test_a_field_that_newcomers_do_not_have_is_the_new_measure_after_a_week_of_holding() -> None:
    share = {**FILLED, "department": 7_000}
    reads = [
        replace(run, rows=1_150, coverage=share) for run in past(None, *((float(day), 0) for day in range(1, 8))).runs
    ]

    assert shrink_confirmed(History(runs=(last_run(1_000, FILLED), *reads)), ENDED + timedelta(days=8))


def test_a_column_that_a_few_had_is_the_new_measure_after_a_week_as_well() -> None:
    few = last_run(1_000, {"preferred_name": 30})
    reads = [
        replace(run, rows=1_000, coverage={"preferred_name": 0})
        for run in past(None, *((float(day), 0) for day in range(1, 8))).runs
    ]

    assert shrink_confirmed(History(runs=(few, *reads)), ENDED + timedelta(days=8))


def test_one_bad_read_after_a_week_without_a_good_run_is_not_believed() -> None:
    assert not settled(*((float(day), 1_000) for day in range(1, 9)), (9, 500), days=10)
    assert not settled((1, 500), (5, 1_000), (6, 500), days=10)
    assert not settled(days=30)
    earlier = past(None, *((float(day), 500) for day in range(-9, 0))).runs
    assert not shrink_confirmed(History(runs=(*earlier, last_run(1_000))), ENDED)
    assert not shrink_confirmed(History(), ENDED)


# Fields that are empty all of a sudden


def lost(before: int, now: int, *, rows: int = 1_000) -> list[str]:
    return fields_lost(DirectoryStats(rows, {"preferred_name": now}), last_run(1_000, {"preferred_name": before}))


def test_a_field_that_lost_ten_points_is_doubted() -> None:
    assert lost(5_000, 4_000) == ["preferred_name"]
    assert lost(5_000, 4_001) == []


def test_a_field_that_a_few_had_and_now_nobody_has_is_doubted() -> None:
    assert lost(30, 0) == ["preferred_name"]
    assert lost(30, 10) == []
    assert lost(21, 0) == []


def test_of_a_field_that_very_few_of_many_have_it_is_not_known_that_nobody_has_it_now() -> None:
    assert fields_lost(DirectoryStats(50_000, {"preferred_name": 0}), last_run(50_000, {"preferred_name": 1})) == []


def test_a_field_that_many_new_people_do_not_have_was_lost_by_nobody() -> None:
    assert lost(5_000, 450, rows=10_000) == []
    assert lost(5_000, 449, rows=10_000) == ["preferred_name"]


def test_without_a_directory_or_a_good_run_before_no_field_is_doubted() -> None:
    assert lost(5_000, 0, rows=0) == []
    assert fields_lost(DirectoryStats(1_000, {"preferred_name": 0}), NO_RUN_YET) == []


def test_what_is_compared_with_a_doubtful_read_would_lose_the_measure() -> None:
    last = last_run(1_000, {**FILLED, "preferred_name": 100})

    assert is_unreliable(DirectoryStats(1_000, {**FILLED, "preferred_name": 0}), past(last), ENDED)
    assert not is_unreliable(DirectoryStats(1_000, {**FILLED, "preferred_name": 90}), past(last), ENDED)


@pytest.mark.parametrize(("rows", "whole"), [(799, False), (800, True), (0, False)])
def test_a_directory_is_whole_unless_it_lost_more_than_a_fifth(rows: int, whole: bool) -> None:
    assert sees_whole_company(DirectoryStats(rows), last_run(1_000)) is whole


def test_whoever_never_had_a_directory_sees_as_much_as_ever() -> None:
    assert sees_whole_company(DirectoryStats(0), last_run(0))
    assert sees_whole_company(DirectoryStats(0), NO_RUN_YET)


# Holding


def held(steps: Sequence[Step]) -> list[int]:
    return [step.employee_id for step in hold_suspensions(steps, ["too many"], "run1") if is_held(step)]


def test_a_trip_holds_all_suspensions_and_writes_nothing_of_them() -> None:
    after = hold_suspensions(suspensions(3), ["too many", "too few rows"], "run1")

    for step in after[:3]:
        assert step.action is Action.HOLD
        assert step.changes == ()
        assert is_held(step)
        assert "too many; too few rows" in step.reason.text
        assert "approve run1" in step.reason.advice
        assert step.account is not None


def test_everything_else_goes_on() -> None:
    steps = suspensions(3)

    assert hold_suspensions(steps, ["too many"], "run1")[3:] == steps[3:]
    assert held(steps) == [1, 2, 3]


def test_a_hold_of_the_plan_is_not_one_of_a_guard() -> None:
    waiting = plan_of(leaver(hire_date="2026-12-01"))[1]

    assert waiting.action is Action.HOLD
    assert not is_held(waiting)
