"""A company that became smaller is the baseline of later runs after a week, though its leavers were held."""

from __future__ import annotations

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import in_sync, next_day_run

RUNS = 10


def one_leaver_per_run(simulation: Simulation) -> list[str]:
    """Return the outcomes of runs with one more leaver each; held suspensions are approved."""
    outcomes = []
    for number in range(30, 30 + RUNS):
        simulation.company.terminate(str(number))
        run = next_day_run(simulation)
        outcomes.append(run.outcome)
        if run.outcome == "held":
            simulation.approve(run.run_id)
    return outcomes


@pytest.fixture
def simulation() -> Simulation:
    """Sixty employees in sync, under the default limits."""
    return in_sync(60, MAX_SUSPENSIONS="")


@pytest.mark.parametrize("reason", ["a quarter left", "the directory is off"])
def test_a_smaller_company_is_the_baseline_after_a_week_of_approvals(simulation: Simulation, reason: str) -> None:
    if reason == "a quarter left":
        for number in range(2, 17):
            simulation.company.terminate(str(number))
    else:
        simulation.bamboo.settings.directory_sharing = "off"

    assert one_leaver_per_run(simulation) == ["held"] * 8 + ["ok"] * 2


@pytest.mark.parametrize(("setting", "value"), [("directory_sharing", "off"), ("directory_keeps", 0.5)])
def test_the_first_leaver_after_a_week_of_runs_without_changes_is_not_held(
    simulation: Simulation, setting: str, value: object
) -> None:
    setattr(simulation.bamboo.settings, setting, value)
    for _ in range(9):
        next_day_run(simulation)
    simulation.company.terminate("30")

    run = next_day_run(simulation)

    assert (run.outcome, run.counts["suspended"]) == ("ok", 1)


def test_a_lasting_conflict_does_not_prevent_a_new_baseline(simulation: Simulation) -> None:
    simulation.company.hire("200", firstName="A", lastName="B", workEmail=simulation.company.values("10")["workEmail"])
    simulation.bamboo.settings.directory_keeps = 0.5
    simulation.company.terminate("30")

    runs = [next_day_run(simulation) for _ in range(10)]

    assert [run.counts["suspended"] for run in runs] == [0] * 8 + [1, 0]
    assert all(run.outcome == "errors" for run in runs)
