"""An account is linked by its address only if a name agrees, whether or not a run sees all employees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import next_day_run
from worker.runs.summary import Summary

SHARED = "office@example.com"

PARTIAL_DIRECTORY = pytest.mark.parametrize(
    ("setting", "value"), [("directory_sharing", "off"), ("directory_keeps", 0.4)]
)


def office(*, shared: bool, firstname: str = "Eve", lastname: str = "Old") -> Simulation:
    """An account with the office's address in a company where Eve Old has that address, or another one; and Nora."""
    simulation = Simulation({"INITIAL_LOOKBACK_DAYS": "1"})
    eves = SHARED if shared else "eve@example.com"
    simulation.company.hire("5", firstName="Eve", lastName="Old", workEmail=eves, department="Sales")
    simulation.company.hire("1", firstName="Ann", lastName="Lee", workEmail="ann@example.com", department="Sales")
    simulation.site.add_user("office", firstname=firstname, lastname=lastname, email=SHARED, auth="manual")
    simulation.clock.advance(days=5)
    next_day_run(simulation)
    simulation.company.hire("9", firstName="Nora", lastName="New", workEmail=SHARED, hireDate="2020-01-01")
    return simulation


def office_account(simulation: Simulation) -> dict[str, Any]:
    user = simulation.site.user_named("office")
    assert user is not None
    return user


def runs_with_a_partial_and_a_complete_directory(simulation: Simulation, setting: str, value: object) -> list[Summary]:
    settings = simulation.bamboo.settings
    whole = getattr(settings, setting)
    setattr(settings, setting, value)
    partial = next_day_run(simulation)
    setattr(settings, setting, whole)
    return [partial, next_day_run(simulation)]


@PARTIAL_DIRECTORY
@pytest.mark.parametrize("shared", [True, False])
def test_an_account_with_other_names_is_not_linked(setting: str, value: object, shared: bool) -> None:
    simulation = office(shared=shared)
    before = office_account(simulation)

    runs = runs_with_a_partial_and_a_complete_directory(simulation, setting, value)

    assert [run.listed_ids["conflicts"] for run in runs] == [[9], [9]]
    assert office_account(simulation) == before


@PARTIAL_DIRECTORY
@pytest.mark.parametrize("name", [{"firstname": "Nora"}, {"lastname": "New"}])
def test_an_account_with_an_agreeing_name_is_linked_once_the_directory_is_complete(
    setting: str, value: object, name: dict[str, str]
) -> None:
    simulation = office(shared=False, **name)

    partial, complete = runs_with_a_partial_and_a_complete_directory(simulation, setting, value)

    assert (partial.exit_code, partial.held, complete.exit_code) == (4, [9], 0)
    assert office_account(simulation)["idnumber"] == "9"
