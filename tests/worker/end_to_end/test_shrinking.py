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


def company_of_sixty() -> Simulation:
    return in_sync(60, MAX_SUSPENSIONS="")


def test_a_smaller_company_is_the_baseline_after_a_week_of_approvals() -> None:
    simulation = company_of_sixty()
    for number in range(2, 17):
        simulation.company.terminate(str(number))

    outcomes = one_leaver_per_run(simulation)

    assert outcomes == ["held"] * 8 + ["ok"] * 2


def test_a_missing_directory_is_accepted_after_a_week_of_approvals() -> None:
    simulation = company_of_sixty()
    simulation.bamboo.settings.directory_sharing = "off"

    outcomes = one_leaver_per_run(simulation)

    assert outcomes == ["held"] * 8 + ["ok"] * 2


@pytest.mark.parametrize(("setting", "value"), [("directory_sharing", "off"), ("directory_keeps", 0.5)])
def test_the_first_leaver_after_a_week_of_runs_without_changes_is_not_held(setting: str, value: object) -> None:
    simulation = company_of_sixty()
    setattr(simulation.bamboo.settings, setting, value)
    for _ in range(9):
        next_day_run(simulation)
    simulation.company.terminate("30")

    run = next_day_run(simulation)

    assert (run.outcome, run.counts["suspended"]) == ("ok", 1)


def test_a_lasting_conflict_does_not_prevent_a_new_baseline() -> None:
    simulation = company_of_sixty()
    simulation.company.hire("200", firstName="A", lastName="B", workEmail=simulation.company.values("10")["workEmail"])
    simulation.bamboo.settings.directory_keeps = 0.5
    simulation.company.terminate("30")

    runs = [next_day_run(simulation) for _ in range(10)]

    assert [run.counts["suspended"] for run in runs] == [0] * 8 + [1, 0]
    assert all(run.outcome == "errors" for run in runs)
