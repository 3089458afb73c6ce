"""Simulated days: a company in sync, a quiet changed feed, the run of the next day."""

from __future__ import annotations

from typing import Any

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation
from worker.runs.summary import Summary


def in_sync(employees: int = 10, **settings: str) -> Simulation:
    """Return a company whose employees all have accounts; the feed names number 1 alone."""
    simulation = Simulation(dict(settings))
    simulation.company.add(generate(employees, seed=3))
    simulation.clock.advance(minutes=30)
    assert completed_run(simulation).exit_code == 0
    simulation.clock.advance(days=1)
    simulation.company.touch("1")
    assert completed_run(simulation).exit_code == 0
    simulation.clock.advance(hours=3)
    return simulation


def completed_run(simulation: Simulation) -> Summary:
    """Run `sync` to its end."""
    summary = simulation.sync()
    assert summary is not None
    return summary


def advance_to_next_day(simulation: Simulation, touched: str = "1") -> None:
    """Advance a day: dates that arrive take effect without an entry in the feed, which names only `touched`."""
    simulation.clock.advance(days=1)
    simulation.company.dawn(stamp=False)
    simulation.company.touch(touched)
    simulation.clock.advance(hours=1)


def next_day_run(simulation: Simulation, touched: str = "1") -> Summary:
    """Advance a day and run `sync`."""
    advance_to_next_day(simulation, touched)
    return completed_run(simulation)


def account(simulation: Simulation, employee_id: str) -> dict[str, Any]:
    """Return the one account with this idnumber."""
    (found,) = [user for user in simulation.site.users() if user["idnumber"] == employee_id]
    return found
