"""How many changes of a class one run may write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.worker.builders import (
    NOW,
    suspended_by_us,
)
from tests.worker.planning.guard_cases import (
    BY_NAME,
    Case,
    baseline,
    changes_department,
    defaults,
    has_an_account_without_idnumber,
    is_new,
    many,
    marries,
    plan_for,
)
from tests.worker.tables import table
from worker.model.history import History, RunRecord
from worker.model.step import GuardClass
from worker.planning.baseline import DirectoryStats
from worker.planning.guards import GuardInput, guard
from worker.planning.limits import is_initial_import, limits

# Limits


@table(
    "company, expected",
    ("one", 1, (1, 1, 1, 1, 25, 25)),
    ("eight", 8, (4, 4, 4, 4, 25, 25)),
    ("a hundred", 100, (5, 5, 5, 5, 25, 25)),
    ("a thousand", 1_000, (20, 20, 20, 20, 200, 100)),
    ("twenty thousand", 20_000, (200, 400, 200, 400, 4_000, 2_000)),
    ("unknown", 0, (5, 5, 5, 5, 25, 25)),
)
def test_the_default_limits_grow_with_the_company(company: int, expected: tuple[int, ...]) -> None:
    assert tuple(defaults(company).per_run.values()) == expected


@table(
    "now, before, expected",
    ("grown", DirectoryStats(1_000), baseline(500), 500),
    ("shrunk", DirectoryStats(500), baseline(1_000), 500),
    ("no baseline", DirectoryStats(500), None, 500),
    ("nobody in the baseline", DirectoryStats(500), baseline(0), 500),
    ("no directory", DirectoryStats(0), baseline(500), 500),
    ("not known", DirectoryStats(0), None, 0),
    ("leavers are listed", DirectoryStats(500, active=400), baseline(1_000), 400),
    ("leavers were listed", DirectoryStats(1_000), replace(baseline(500), company_size=400), 400),
    ("baseline of an earlier version", DirectoryStats(1_000), replace(baseline(500), company_size=0), 500),
)
def test_the_company_is_the_smaller_of_now_and_the_baseline(
    now: DirectoryStats, before: RunRecord | None, expected: int
) -> None:
    history = History(runs=(before,) if before else ())

    assert limits(now, history, {}, initial_import=False).company_size == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [(0, 0), (7, 7), ("5%", 50), ("0%", 0), ("1%", 10), (1_000, 200), ("100%", 200)],
)
def test_a_setting_replaces_the_default_up_to_what_is_safe(setting: int | str, expected: int) -> None:
    assert defaults(1_000, identity=setting).per_run[GuardClass.IDENTITY] == expected


def test_a_share_of_a_small_company_is_one_at_least() -> None:
    assert defaults(10, identity="1%").per_run[GuardClass.IDENTITY] == 1
    assert defaults(10, identity="0%").per_run[GuardClass.IDENTITY] == 0


def test_only_suspensions_and_identity_have_an_upper_bound() -> None:
    found = defaults(1_000, initial_import=False, **{guard.value: 999 for guard in GuardClass})

    assert {guard: most for guard, most in found.per_run.items() if most != 999} == {
        GuardClass.SUSPEND: 200,
        GuardClass.IDENTITY: 200,
    }


def test_max_suspensions_comes_before_the_table() -> None:
    found = limits(
        DirectoryStats(1_000),
        History(runs=(baseline(1_000),)),
        {"suspend": 9},
        initial_import=False,
        max_suspensions=3,
    )

    assert found.per_run[GuardClass.SUSPEND] == 3


def test_before_the_first_baseline_five_suspensions_are_allowed() -> None:
    assert limits(DirectoryStats(20_000), History(), {}, initial_import=True).per_run[GuardClass.SUSPEND] == 5


# The initial import


def run_of(command: str, days_ago: float, **more: Any) -> RunRecord:
    return RunRecord(
        "r", int((NOW - timedelta(days=days_ago)).timestamp() * 1000), command, "all", outcome="ok", **more
    )


@pytest.mark.parametrize(
    ("runs", "sync", "full_pass"),
    [
        ([], True, True),
        ([run_of("sync", 1)], True, True),
        ([run_of("sync", 7)], True, True),
        ([run_of("sync", 8)], False, False),
        ([run_of("sync", 1, is_baseline=True)], False, True),
        ([run_of("sync", 1, is_baseline=True), run_of("reconcile", 0.5)], False, False),
        ([run_of("sync", 0.1, first_run_ended_at_ms=int((NOW - timedelta(days=8)).timestamp() * 1000))], False, False),
    ],
    ids=["no run", "no baseline", "a week", "after a week", "baseline", "reconciled", "an older run that is forgotten"],
)
def test_the_initial_import_ends_with_a_baseline_or_a_week(runs: list[RunRecord], sync: bool, full_pass: bool) -> None:
    history = History(runs=tuple(runs))

    assert (is_initial_import(history, NOW, full_pass=False), is_initial_import(history, NOW, full_pass=True)) == (
        sync,
        full_pass,
    )


@BY_NAME
def test_links_updates_and_creates_have_no_limit_in_the_initial_import(
    example: Callable[[int], Case], held_class: GuardClass
) -> None:
    cases = many(example, 60)
    returning = [employee.employee_id for employee, account in cases if account and account.suspended]
    plan = plan_for(cases, remembered=suspended_by_us(*returning))

    found = guard(plan, GuardInput(defaults(100, initial_import=True)))

    exempt = example in (has_an_account_without_idnumber, changes_department, marries, is_new)
    assert set(found.texts) == (set() if exempt else {held_class})
    assert all(step.classes == frozenset() for step in found.plan.steps), "what is exempt counts for no later run"


# Patterns
