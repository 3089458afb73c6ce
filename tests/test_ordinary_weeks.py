"""Ordinary weeks under the default limits: see tests/bench/ordinary_weeks.py."""

from __future__ import annotations

import re

import pytest

from tests.bench import ordinary_weeks
from tests.bench.ordinary_weeks import (
    DAY,
    NIGHTLY,
    QUARTER_HOURLY,
    SCHEDULES,
    by_run,
    default_limits,
    held_runs,
    is_held,
    simulate,
)
from tests.run_harness import ROOT
from tests.worker.builders import account_of, input_of, leaver, look_up
from worker.model.journal_entry import RecentWrites
from worker.model.step import GuardClass
from worker.planning.guards import GuardInput, guard
from worker.planning.planner import Planner

RARE = (GuardClass.REACTIVATE, GuardClass.IDENTITY, GuardClass.CLEAR)
PAGE = (ROOT / "docs" / "design.md").read_text()


@pytest.mark.parametrize("every", SCHEDULES.values(), ids=list(SCHEDULES))
def test_rare_changes_are_never_held_in_a_company_of_500(every: int) -> None:
    fared = simulate(500, 5, 1, every, default_limits(500))

    assert [fared[one].held_runs for one in RARE] == [0, 0, 0]
    assert all(fared[one].most for one in GuardClass)


@pytest.mark.parametrize("every", SCHEDULES.values(), ids=list(SCHEDULES))
@pytest.mark.parametrize("one", GuardClass)
def test_a_limit_of_zero_holds_every_class(one: GuardClass, every: int) -> None:
    assert simulate(500, 2, 1, every, default_limits(500, **{one: 0}))[one].held_runs > 0


def test_a_reorganisation_over_the_limit_is_held_once_a_year() -> None:
    assert simulate(500, 5, 1, QUARTER_HOURLY, default_limits(500, update="14%"))[GuardClass.UPDATE].held_runs == 5


@pytest.mark.parametrize("number", [1, 5, 9, 10, 11])
@pytest.mark.parametrize("recent", [0, 9, 10, 11, 15, 19, 20])
def test_the_rule_is_that_of_the_guards(number: int, recent: int) -> None:
    most = default_limits(500)
    planner = Planner(input_of(*(leaver(one) for one in range(1, number + 1))))
    look_up(planner, [account_of(one) for one in range(1, number + 1)])
    around = GuardInput(most, recent=RecentWrites({GuardClass.SUSPEND: frozenset(range(1_000, 1_000 + recent))}))

    held = GuardClass.SUSPEND in guard(planner.plan(), around).texts

    assert is_held(most, GuardClass.SUSPEND, number, recent) is held


def test_the_writes_of_24_hours_ago_count_and_earlier_ones_do_not() -> None:
    most = default_limits(500)
    three = {number * DAY: set(range(number * 10, number * 10 + 10)) for number in range(3)}

    assert held_runs(most, GuardClass.SUSPEND, three) == 0
    assert held_runs(most, GuardClass.SUSPEND, {**three, DAY + 1: {99}}) == 1


def test_a_change_is_due_in_the_next_run() -> None:
    at_three_thirty = 14
    moments = [at_three_thirty, at_three_thirty + 1, at_three_thirty + DAY, DAY - 1]
    found = [(number, GuardClass.UPDATE, moment) for number, moment in enumerate(moments)]

    assert by_run(found, NIGHTLY)[GuardClass.UPDATE] == {14: {0}, 14 + DAY: {1, 2, 3}}
    assert by_run(found, QUARTER_HOURLY)[GuardClass.UPDATE] == {moment: {at} for at, moment in enumerate(moments)}


def test_it_prints_a_row_for_each_company_and_the_same_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for _ in range(2):
        assert ordinary_weeks.main(["--employees", "50", "--employees", "500", "--years", "2", "--seed", "7"]) == 0
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    assert len(re.findall(r"^\| (?:50|500) (?:\| [\d.]+ ){6}\|$", printed[0], re.MULTILINE)) == 4


@pytest.mark.parametrize("company", [50, 299, 500])
def test_the_design_page_states_what_is_measured(company: int) -> None:
    fared = simulate(company, 100, 13, NIGHTLY, default_limits(company))

    row = " | ".join(f"{fared[one].held_runs / 100:.2f}" for one in GuardClass)
    assert f"| {company} | {row} |" in PAGE
