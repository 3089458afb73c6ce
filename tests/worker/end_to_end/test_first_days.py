"""Days that arrive with their date and no edit, over weeks of simulated time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation

JO: dict[str, Any] = {"firstName": "Jo", "lastName": "Doe", "workEmail": "jo@example.com", "department": "Sales"}


def account(town: Simulation) -> dict[str, Any]:
    (found,) = [user for user in town.site.users() if user["email"] == "jo@example.com"]
    return found


def staffed(**settings: str) -> Simulation:
    town = Simulation(dict(settings))
    town.company.add(generate(30, seed=41))
    town.night()
    town.clock.advance(hours=1)
    return town


def test_an_account_made_before_the_first_day_gets_its_department_when_the_day_comes() -> None:
    town = staffed()
    start = town.company.today() + timedelta(days=10)
    jo = town.company.hire(hireDate=start.isoformat(), **JO)
    town.night()
    before = account(town)["department"]
    town.clock.advance(days=12)

    town.night()

    assert town.company.values(jo)["department"] == "Sales"
    assert (before, account(town)["department"]) == ("", "Sales")


def test_somebody_made_ahead_who_never_starts_is_suspended() -> None:
    town = staffed(HIRE_LOOKAHEAD_DAYS="14")
    town.company.hire(status="Inactive", hireDate=(town.company.today() + timedelta(days=10)).isoformat(), **JO)
    town.night()
    made = account(town)["suspended"]
    town.clock.advance(days=12)

    town.night()

    assert (made, account(town)["suspended"]) == (False, True)


def test_whoever_has_begun_is_no_longer_asked_about() -> None:
    town = staffed()
    town.company.hire(hireDate=(town.company.today() + timedelta(days=10)).isoformat(), **JO)
    town.night()
    waiting = [*town.memory().records]
    town.clock.advance(days=12)
    town.night()

    assert waiting
    assert [*town.memory().records] == []
