"""An account is linked by its address only if a name agrees, whether or not a run sees all employees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import in_sync, next_day_run

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


def make_partial(simulation: Simulation, setting: str, value: object) -> None:
    setattr(simulation.bamboo.settings, setting, value)


def make_complete(simulation: Simulation) -> None:
    simulation.bamboo.settings.directory_sharing = "full"
    simulation.bamboo.settings.directory_keeps = 1.0


@PARTIAL_DIRECTORY
@pytest.mark.parametrize("shared", [True, False])
def test_an_account_with_other_names_is_not_linked(setting: str, value: object, shared: bool) -> None:
    simulation = office(shared=shared)
    make_partial(simulation, setting, value)
    before = office_account(simulation)

    partial = next_day_run(simulation)
    after = office_account(simulation)
    make_complete(simulation)
    complete = next_day_run(simulation)

    assert (partial.listed_ids["conflicts"], after) == ([9], before)
    assert (complete.listed_ids["conflicts"], office_account(simulation)) == ([9], before)


@PARTIAL_DIRECTORY
@pytest.mark.parametrize("name", [{"firstname": "Nora"}, {"lastname": "New"}])
def test_an_account_with_an_agreeing_name_is_held_with_all_changes_of_identity(
    setting: str, value: object, name: dict[str, str]
) -> None:
    simulation = office(shared=False, **name)
    make_partial(simulation, setting, value)

    partial = next_day_run(simulation)
    before = office_account(simulation)["idnumber"]
    make_complete(simulation)
    next_day_run(simulation)

    assert (partial.exit_code, partial.held, before) == (4, [9], "")
    assert office_account(simulation)["idnumber"] == "9"


@pytest.mark.parametrize("off_for_days", [0, 10])
def test_an_address_alone_links_no_account_without_a_directory(off_for_days: int) -> None:
    simulation = in_sync(10)
    simulation.site.add_user("eve", firstname="Eve", lastname="Moor", email="office@example.com", auth="manual")
    simulation.bamboo.settings.directory_sharing = "off"
    for _ in range(off_for_days):
        next_day_run(simulation)
    simulation.company.hire("90", firstName="Nora", lastName="New", workEmail="office@example.com", department="Sales")

    run = next_day_run(simulation)

    assert run.listed_ids["conflicts"] == [90]
    (eve,) = [user for user in simulation.site.users() if user["username"] == "eve"]
    assert (eve["firstname"], eve["idnumber"]) == ("Eve", "")
