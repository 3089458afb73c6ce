"""A held class holds nothing of another, and once it is approved Moodle is what BambooHR implies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import completed_run
from worker.model.step import GuardClass

COMPANY = 70
LIMITS = {"suspend": 5, "reactivate": 5, "identity": 5, "clear": 3, "update": 6, "create": 3}
LEAVING, STAYING, RETURNING, HIRED = range(1, 10), range(10, 41), range(61, 69), range(101, 107)
ADDRESS = "{}@new.example"


def some_of(numbers: Iterable[int], most: int = COMPANY) -> st.SearchStrategy[set[int]]:
    return st.sets(st.sampled_from(sorted(numbers)), max_size=most)


CHANGES = st.fixed_dictionaries(
    {
        "suspend": some_of(LEAVING),
        "reactivate": some_of(RETURNING),
        "identity": some_of(STAYING, 10),
        "clear": some_of(STAYING, 5),  # more looks like a field that BambooHR no longer shows
        "update": some_of(STAYING, 12),
        "create": some_of(HIRED),
    }
)


def company_in_sync() -> Simulation:
    """Seventy employees, of whom eight have left."""
    simulation = Simulation({"FIELD_MAPPING": '{"institution": "division"}', "LIMITS": json.dumps(LIMITS)})
    simulation.company.add(generate(COMPANY, seed=3))
    completed_run(simulation)
    for number in RETURNING:
        simulation.clock.advance(days=1, hours=1)
        simulation.company.terminate(str(number), hireDate="2020-01-01")
        assert completed_run(simulation).exit_code == 0
    simulation.clock.advance(days=3)
    return simulation


def change(simulation: Simulation, changes: dict[str, set[int]]) -> None:
    company = simulation.company
    for number in changes["suspend"]:
        company.terminate(str(number), hireDate="2020-01-01")
    for number in changes["reactivate"]:
        company.rehire(str(number))
    for number in changes["identity"]:
        company.edit(str(number), workEmail=ADDRESS.format(number))
    for number in changes["clear"]:
        company.edit(str(number), division="")
    for number in changes["update"]:
        company.edit(str(number), department="Moved")
    for number in changes["create"]:
        named = {"firstName": "New", "lastName": "Starter", "workEmail": ADDRESS.format(number)}
        company.hire(str(number), hidden=False, division="Field", department="Sales", **named)


def done(simulation: Simulation) -> dict[str, set[int]]:
    """Return whose accounts are as the changes of each class want them."""
    users: dict[int, dict[str, Any]] = {int(one["idnumber"]): one for one in simulation.site.users() if one["idnumber"]}
    return {
        "suspend": {number for number in LEAVING if users[number]["suspended"]},
        "reactivate": {number for number in RETURNING if not users[number]["suspended"]},
        "identity": {number for number in STAYING if users[number]["email"] == ADDRESS.format(number)},
        "clear": {number for number in STAYING if not users[number]["institution"]},
        "update": {number for number in STAYING if users[number]["department"] == "Moved"},
        "create": users.keys() & set(HIRED),
    }


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=settings().max_examples // 4)
@given(changes=CHANGES, kills=st.lists(st.integers(1, 60), max_size=2))
def test_each_class_over_its_limit_is_held_alone_and_written_once_it_is_approved(
    changes: dict[str, set[int]], kills: list[int]
) -> None:
    simulation = company_in_sync()
    change(simulation, changes)
    over = {name for name, numbers in changes.items() if len(numbers) > LIMITS[name]}

    for dies_at in kills:
        simulation.sync(dies_at=dies_at)
    run = completed_run(simulation)

    assert {*run.held_by_class} == {GuardClass(name) for name in over}
    assert done(simulation) == {name: set() if name in over else numbers for name, numbers in changes.items()}
    assert run.outcome == ("held" if over else "ok")
    if over:
        assert simulation.approve(run.run_id) is not None
        assert done(simulation) == changes
    last = completed_run(simulation)
    assert (last.outcome, done(simulation)) == ("ok", changes)
    assert last.counts["updated"] + last.counts["suspended"] + last.counts["reactivated"] + last.counts["created"] == 0
