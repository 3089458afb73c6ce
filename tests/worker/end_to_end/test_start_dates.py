"""Start dates that arrive without an edit, over weeks of simulated time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation

JO: dict[str, Any] = {"firstName": "Jo", "lastName": "Doe", "workEmail": "jo@example.com", "department": "Sales"}


def account(simulation: Simulation) -> dict[str, Any]:
    (found,) = [user for user in simulation.site.users() if user["email"] == "jo@example.com"]
    return found


def thirty_employees(**settings: str) -> Simulation:
    simulation = Simulation(dict(settings))
    simulation.company.add(generate(30, seed=41))
    simulation.sync()
    simulation.clock.advance(hours=1)
    return simulation


def test_an_account_created_ahead_gets_its_department_on_the_start_date() -> None:
    simulation = thirty_employees()
    start = simulation.company.today() + timedelta(days=10)
    jo = simulation.company.hire(hireDate=start.isoformat(), **JO)
    simulation.sync()
    before = account(simulation)["department"]
    simulation.clock.advance(days=12)

    simulation.sync()

    assert simulation.company.values(jo)["department"] == "Sales"
    assert (before, account(simulation)["department"]) == ("", "Sales")


def test_an_account_created_ahead_is_suspended_if_the_employee_never_starts() -> None:
    simulation = thirty_employees(HIRE_LOOKAHEAD_DAYS="14")
    simulation.company.hire(
        status="Inactive", hireDate=(simulation.company.today() + timedelta(days=10)).isoformat(), **JO
    )
    simulation.sync()
    suspended_before = account(simulation)["suspended"]
    simulation.clock.advance(days=12)

    simulation.sync()

    assert (suspended_before, account(simulation)["suspended"]) == (False, True)


def test_an_employee_who_started_no_longer_waits() -> None:
    simulation = thirty_employees()
    simulation.company.hire(hireDate=(simulation.company.today() + timedelta(days=10)).isoformat(), **JO)
    simulation.sync()
    waiting = [*simulation.memory().records]
    simulation.clock.advance(days=12)
    simulation.sync()

    assert waiting
    assert [*simulation.memory().records] == []
