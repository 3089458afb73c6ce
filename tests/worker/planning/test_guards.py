"""Guards against mass suspensions after a bad read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.worker.builders import account_of, leaver, listed, outcome, plan_of, unseen
from worker.model import reasons
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
    only_suspensions,
    sees_whole_company,
    shrink_confirmed,
    violations,
)

ENDED = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)
FILLED = {"work_email": 9_500, "department": 8_000}


def baseline(rows: int, coverage: Mapping[str, int] | None = None) -> RunRecord:
    ended_at = int(ENDED.timestamp() * 1000)
    return RunRecord("r", ended_at, command="sync", scope="all", is_baseline=True, rows=rows, coverage=coverage or {})


def reads(*later: tuple[float, int], coverage: Mapping[str, int] = FILLED) -> list[RunRecord]:
    """Runs that ended so many days after the baseline, with so many rows."""
    template = RunRecord("later", 0, "sync", "all", since="2026-02-01T02:00:00Z", coverage=coverage)
    return [
        replace(template, rows=rows, ended_at=int((ENDED + timedelta(days=days)).timestamp() * 1000))
        for days, rows in later
    ]


def suspensions(count: int) -> list[Step]:
    """A plan with this many suspensions and one new account."""
    leavers = [leaver(number) for number in range(1, count + 1)]
    return list(plan_of(*leavers, listed(9_999), accounts=[account_of(one) for one in leavers]).values())


# The limits


@pytest.mark.parametrize(
    ("rows", "last", "per_run"),
    [
        (1_000, baseline(1_000), 20),
        (1_000, baseline(500), 10),
        (500, baseline(1_000), 10),
        (299, baseline(299), 5),
        (300, baseline(300), 6),
        (10, baseline(10), 5),
        (20_000, baseline(20_000), 200),
        (9_999, baseline(9_999), 199),
        (20_000, None, 5),
        (0, baseline(0), 5),
    ],
)
def test_the_limit_is_a_share_of_the_smaller_company_within_bounds(
    rows: int, last: RunRecord | None, per_run: int
) -> None:
    assert limits(DirectoryStats(rows), last, None) == Limits(per_run, 2 * per_run)


@pytest.mark.parametrize("setting", [0, 1, 200])
@pytest.mark.parametrize("last", [baseline(20_000), None])
def test_the_setting_replaces_the_share(setting: int, last: RunRecord | None) -> None:
    assert limits(DirectoryStats(10), last, setting) == Limits(setting, 2 * setting)


# Violations


@pytest.mark.parametrize(
    ("planned", "rows", "today", "setting", "last", "expected"),
    [
        (5, 30, 0, None, None, []),
        (6, 30, 0, None, None, ["6 suspensions are due, 5 are allowed in one run"]),
        (20, 1_000, 0, None, baseline(1_000), []),
        (21, 1_000, 0, None, baseline(1_000), ["21 suspensions are due, 20 are allowed in one run"]),
        (1, 30, 0, 0, None, ["1 suspensions are due, 0 are allowed in one run"]),
        (5, 30, 5, None, None, []),
        (5, 30, 6, None, None, ["5 suspensions are due after 6 in the last 24 hours, 10 are allowed"]),
        (0, 0, 999, 0, baseline(1_000), []),
        (1, 800, 0, None, baseline(1_000), []),
        (1, 799, 0, None, baseline(1_000), ["the directory has 799 rows, the last good run read 1000"]),
        (1, 0, 0, None, baseline(1_000), ["the directory has 0 rows, the last good run read 1000"]),
        (5, 0, 0, None, baseline(0), []),
        (5, 1, 0, None, None, []),
    ],
)
def test_suspensions_over_a_limit_or_of_an_incomplete_directory_are_violations(
    planned: int, rows: int, today: int, setting: int | None, last: RunRecord | None, expected: list[str]
) -> None:
    assert violations(suspensions(planned), DirectoryStats(rows), last, today, setting) == expected


def test_other_changes_do_not_count() -> None:
    company = [listed(number) for number in range(1, 30)]

    assert violations(list(plan_of(*company).values()), DirectoryStats(30), None, 0, None) == []


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [
        ({**FILLED, "department": 7_001}, []),
        ({**FILLED, "department": 7_000}, ["department is filled for 70 % of the directory, 80 % before"]),
        ({"work_email": 10_000, "department": 10_000}, []),
        ({"work_email": 9_500}, []),
        ({**FILLED, "location": 0}, []),
    ],
    ids=["under ten points", "ten points", "filled better", "no longer read", "read for the first time"],
)
def test_a_field_that_lost_ten_points_of_coverage_is_a_violation(
    coverage: Mapping[str, int], expected: list[str]
) -> None:
    stats = DirectoryStats(1_000, coverage)

    assert violations(suspensions(1), stats, baseline(1_000, FILLED), 0, None) == expected


def test_every_violation_is_named() -> None:
    stats = DirectoryStats(1, {"work_email": 0, "department": 0})

    assert len(violations(suspensions(99), stats, baseline(1_000, FILLED), 0, None)) == 4


# Reads that are no measure for later runs


@pytest.mark.parametrize(("rows", "whole"), [(799, False), (800, True), (0, False)])
def test_a_directory_with_less_than_80_per_cent_of_the_rows_is_incomplete(rows: int, whole: bool) -> None:
    assert sees_whole_company(DirectoryStats(rows), baseline(1_000)) is whole


@pytest.mark.parametrize("last", [baseline(0), None])
def test_a_company_that_never_had_a_directory_has_lost_none(last: RunRecord | None) -> None:
    assert sees_whole_company(DirectoryStats(0), last)


@pytest.mark.parametrize(
    ("before", "now", "rows", "lost"),
    [
        (5_000, 4_000, 1_000, True),
        (5_000, 4_001, 1_000, False),
        (30, 0, 1_000, True),
        (30, 10, 1_000, False),
        (21, 0, 1_000, False),
        (5_000, 450, 10_000, False),
        (5_000, 449, 10_000, True),
        (5_000, 0, 0, False),
    ],
    ids=[
        "ten points",
        "under ten points",
        "three values, now none",
        "three values, now one",
        "two values, now none",
        "diluted by new employees",
        "diluted, and a tenth of the values lost",
        "no directory",
    ],
)
def test_a_field_is_lost_with_ten_points_and_a_tenth_of_its_values_or_all_of_three(
    before: int, now: int, rows: int, lost: bool
) -> None:
    found = fields_lost(DirectoryStats(rows, {"preferred_name": now}), baseline(1_000, {"preferred_name": before}))

    assert found == (["preferred_name"] if lost else [])


def test_a_field_is_not_lost_if_rounding_may_hide_its_values_or_there_is_no_baseline() -> None:
    none = DirectoryStats(50_000, {"preferred_name": 0})

    assert fields_lost(none, baseline(50_000, {"preferred_name": 1})) == []
    assert fields_lost(none, None) == []


@pytest.mark.parametrize(
    ("stats", "last", "unreliable"),
    [
        (DirectoryStats(799, FILLED), baseline(1_000), True),
        (DirectoryStats(800, FILLED), baseline(1_000), False),
        (DirectoryStats(1_000, FILLED), baseline(1_000, {"department": 9_000}), True),
        (DirectoryStats(1_000, {"preferred_name": 0}), baseline(1_000, {"preferred_name": 100}), True),
        (DirectoryStats(1_000, {"preferred_name": 90}), baseline(1_000, {"preferred_name": 100}), False),
        (DirectoryStats(1, FILLED), None, False),
    ],
    ids=["rows lost", "rows kept", "coverage lost", "values lost", "values kept", "no baseline"],
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
        ([baseline(1_000, FILLED), *reads(*((day, 1_150) for day, _ in A_WEEK), coverage=NO_DEPARTMENT)], 8, True),
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


# Holding


def test_all_suspensions_are_held_and_everything_else_goes_on() -> None:
    steps = suspensions(3)

    held = hold_suspensions(steps, ["too many", "too few rows"], "run1")

    assert [(step.action, step.changes, is_held(step)) for step in held[:3]] == [(Action.HOLD, (), True)] * 3
    assert [step.account for step in held] == [step.account for step in steps]
    assert "too many; too few rows" in held[0].reason.text
    assert "approve run1" in held[0].reason.advice
    assert held[3:] == steps[3:]


def test_a_hold_of_the_plan_is_not_held_by_a_guard() -> None:
    waiting = plan_of(leaver(hire_date="2026-12-01"))[1]

    assert waiting.action is Action.HOLD
    assert not is_held(waiting)


# An approval


def test_an_approval_writes_suspensions_only() -> None:
    employees = [leaver(1), listed(2), listed(3, department="Legal"), listed(4), leaver(5), unseen(6), leaver(7)]
    accounts = [account_of(1), account_of(3), account_of(4), account_of(5, suspended=True)]

    steps = list(plan_of(*employees, accounts=accounts).values())

    assert [outcome(only_suspensions(step)) for step in steps] == [
        "suspend left",
        "skip not_due",
        "skip not_due",
        "skip not_due",
        "unchanged already_suspended",
        "hold no_evidence",
        "skip left_without_account",
    ]


def test_an_approval_drops_everything_that_it_does_not_write() -> None:
    step = Step(1, Action.UPDATE, reasons.DIFFERS, account_of(1), problem=reasons.NO_NAME, waits=True)

    assert only_suspensions(step) == Step(1, Action.SKIP, reasons.NOT_DUE, account_of(1))
