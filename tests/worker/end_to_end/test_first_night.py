"""The main job: a company arrives in an empty Moodle, and follows."""

from __future__ import annotations

from tests.run_harness import Nights
from tests.sandbox.bamboohr import generate


def test_a_company_arrives_in_an_empty_moodle(town: Nights) -> None:
    town.company.add(generate(60, seed=1))

    night = town.run()

    assert night.code == 0
    assert (night["outcome"], night["created"], night["errors"]) == ("ok", 60, 0)
    assert {user["idnumber"] for user in town.accounts()} == {employee.id for employee in town.company}


def test_a_second_run_of_the_same_window_writes_nothing(town: Nights) -> None:
    town.company.add(generate(60, seed=1))
    town.run()
    town.listen()

    night = town.run()

    assert night["unchanged"] == 60
    assert town.writes() == []
