"""What the tests of weeks without a socket begin with: people in step, a feed that is still, the next night."""

from __future__ import annotations

from typing import Any

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation
from worker.runs.summary import Summary


def in_step(people: int = 10, **settings: str) -> Simulation:
    """People with accounts, of whom the feed names number 1 alone."""
    town = Simulation(dict(settings))
    town.company.add(generate(people, seed=3))
    town.clock.advance(minutes=30)
    assert slept(town).exit_code == 0
    town.clock.advance(days=1)
    town.company.touch("1")
    assert slept(town).exit_code == 0
    town.clock.advance(hours=3)
    return town


def slept(town: Simulation) -> Summary:
    """A night that nobody kills."""
    summary = town.night()
    assert summary is not None
    return summary


def tomorrow(town: Simulation, touched: str = "1") -> None:
    """A day later: dates that have come take effect without a word in the feed, which names only who was touched."""
    town.clock.advance(days=1)
    town.company.dawn(stamp=False)
    town.company.touch(touched)
    town.clock.advance(hours=1)


def next_night(town: Simulation, touched: str = "1") -> Summary:
    """The night of the next day."""
    tomorrow(town, touched)
    return slept(town)


def account(town: Simulation, employee_id: str) -> dict[str, Any]:
    """The one account with this idnumber."""
    (found,) = [user for user in town.site.users() if user["idnumber"] == employee_id]
    return found
