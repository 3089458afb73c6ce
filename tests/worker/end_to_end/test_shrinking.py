"""A company that really became smaller is the measure of later nights after a week, though its leavers were held."""

from __future__ import annotations

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.weeks import in_step, next_night

NIGHTS = 10


def a_leaver_a_night(town: Simulation) -> list[str]:
    """How nights end in each of which one more has left; whoever is held is approved by day."""
    outcomes = []
    for number in range(30, 30 + NIGHTS):
        town.company.terminate(str(number))
        night = next_night(town)
        outcomes.append(night.outcome)
        if night.outcome == "held":
            town.approve(night.run_id)
    return outcomes


def company_of_sixty() -> Simulation:
    return in_step(60, MAX_SUSPENSIONS="")


def test_after_a_week_of_approved_leavers_the_smaller_company_is_believed() -> None:
    town = company_of_sixty()
    for number in range(2, 17):
        town.company.terminate(str(number))

    outcomes = a_leaver_a_night(town)

    assert outcomes == ["held"] * 8 + ["ok"] * 2


def test_after_a_week_of_approved_leavers_it_is_believed_that_there_is_no_directory() -> None:
    town = company_of_sixty()
    town.bamboo.settings.directory_sharing = "off"

    outcomes = a_leaver_a_night(town)

    assert outcomes == ["held"] * 8 + ["ok"] * 2


@pytest.mark.parametrize(("setting", "value"), [("directory_sharing", "off"), ("directory_keeps", 0.5)])
def test_after_a_week_of_quiet_nights_the_first_leaver_is_not_held(setting: str, value: object) -> None:
    town = company_of_sixty()
    setattr(town.bamboo.settings, setting, value)
    for _ in range(9):
        next_night(town)
    town.company.terminate("30")

    night = next_night(town)

    assert (night.outcome, night.counts["suspended"]) == ("ok", 1)


def test_a_conflict_that_stays_does_not_keep_a_smaller_company_from_being_believed() -> None:
    town = company_of_sixty()
    town.company.hire("200", firstName="A", lastName="B", workEmail=town.company.values("10")["workEmail"])
    town.bamboo.settings.directory_keeps = 0.5
    town.company.terminate("30")

    nights = [next_night(town) for _ in range(10)]

    assert [night.counts["suspended"] for night in nights] == [0] * 8 + [1, 0]
    assert all(night.outcome == "errors" for night in nights)
