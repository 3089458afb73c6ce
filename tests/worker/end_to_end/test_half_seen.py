"""A night that does not see everybody does not know who else bears an address: it links only what a name confirms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.weeks import in_step, next_night

SHARED = "office@example.com"

HALF_SEEN = pytest.mark.parametrize(("setting", "value"), [("directory_sharing", "off"), ("directory_keeps", 0.4)])


def office(*, shared: bool, firstname: str = "Eve", lastname: str = "Old") -> Simulation:
    """An account of the office's address, of a company whose Eve Old has that address, or another one; and Nora."""
    town = Simulation({"INITIAL_LOOKBACK_DAYS": "1"})
    eves = SHARED if shared else "eve@example.com"
    town.company.hire("5", firstName="Eve", lastName="Old", workEmail=eves, department="Sales")
    town.company.hire("1", firstName="Ann", lastName="Lee", workEmail="ann@example.com", department="Sales")
    town.site.add_user("office", firstname=firstname, lastname=lastname, email=SHARED, auth="manual")
    town.clock.advance(days=5)
    next_night(town)
    town.company.hire("9", firstName="Nora", lastName="New", workEmail=SHARED, hireDate="2020-01-01")
    return town


def holder(town: Simulation) -> dict[str, Any]:
    user = town.site.user_named("office")
    assert user is not None
    return user


def half_seen(town: Simulation, setting: str, value: object) -> None:
    setattr(town.bamboo.settings, setting, value)


def whole_again(town: Simulation) -> None:
    town.bamboo.settings.directory_sharing = "full"
    town.bamboo.settings.directory_keeps = 1.0


@HALF_SEEN
def test_an_account_of_another_name_is_nobodys_until_everybody_is_seen(setting: str, value: object) -> None:
    town = office(shared=True)
    half_seen(town, setting, value)
    before = holder(town)

    blind = next_night(town)
    after = holder(town)
    whole_again(town)
    decided = next_night(town)

    assert (blind.exit_code, after) == (0, before)
    assert (decided.listed_ids["conflicts"], holder(town)) == ([9], before)


@HALF_SEEN
def test_where_nobody_else_bears_the_address_the_next_whole_night_links_it(setting: str, value: object) -> None:
    town = office(shared=False)
    half_seen(town, setting, value)
    next_night(town)
    before = holder(town)["idnumber"]
    whole_again(town)

    next_night(town)

    assert (before, holder(town)["idnumber"], holder(town)["firstname"]) == ("", "9", "Nora")


@HALF_SEEN
@pytest.mark.parametrize("name", [{"firstname": "Nora"}, {"lastname": "New"}])
def test_an_account_of_her_own_name_is_linked_at_once(setting: str, value: object, name: dict[str, str]) -> None:
    town = office(shared=False, **name)
    half_seen(town, setting, value)

    next_night(town)

    assert holder(town)["idnumber"] == "9"


@pytest.mark.parametrize("off_for_days", [0, 10])
def test_where_there_is_no_directory_at_all_an_address_alone_links_nobody(off_for_days: int) -> None:
    town = in_step(10)
    town.site.add_user("eve", firstname="Eve", lastname="Moor", email="office@example.com", auth="manual")
    town.bamboo.settings.directory_sharing = "off"
    for _ in range(off_for_days):
        next_night(town)
    town.company.hire("90", firstName="Nora", lastName="New", workEmail="office@example.com", department="Sales")

    night = next_night(town)

    assert night.listed_ids["no_evidence"] == [90]
    (eve,) = [user for user in town.site.users() if user["username"] == "eve"]
    assert (eve["firstname"], eve["idnumber"]) == ("Eve", "")
