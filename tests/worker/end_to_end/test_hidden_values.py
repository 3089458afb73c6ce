"""A field that the key may not see of one employee: the directory shows it as empty, and only evidence tells."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import account, in_sync, next_day_run

PREFERRED_NAME = {"firstname": ["preferred_name", "first_name"], "institution": {"from": "division", "default": "HQ"}}


@pytest.fixture
def simulation() -> Simulation:
    """Thirty employees in sync; employee 4 has a preferred name and a division."""
    simulation = in_sync(30, FIELD_MAPPING=json.dumps(PREFERRED_NAME))
    simulation.company.edit("4", preferredName="Kim", division="North")
    assert next_day_run(simulation).counts["updated"] == 1
    return simulation


def values(simulation: Simulation) -> tuple[str, ...]:
    user = account(simulation, "4")
    return user["firstname"], user["department"], user["institution"]


@pytest.mark.parametrize("list_refused", [None, 403])
def test_a_hidden_value_is_neither_cleared_nor_replaced_by_the_next_source(
    simulation: Simulation, list_refused: int | None
) -> None:
    before = values(simulation)
    simulation.bamboo.settings.list_refused = list_refused  # type: ignore[assignment]
    simulation.bamboo.settings.restricted_for = {"4": frozenset({"preferredName", "department", "division"})}
    simulation.company.edit("4", lastName="Lee")

    run = next_day_run(simulation)

    assert (run.exit_code, run.counts["updated"]) == (0, 1)
    assert (values(simulation), account(simulation, "4")["lastname"]) == (before, "Lee")


def test_a_field_that_is_hidden_for_the_only_employee_of_a_run_is_not_hidden_for_the_company() -> None:
    simulation = in_sync(30)
    next_day_run(simulation, touched="4")
    simulation.bamboo.settings.restricted_for = {"4": frozenset({"department"})}

    run = next_day_run(simulation, touched="4")

    assert (run.exit_code, run.warnings, run.reconcile_due) == (0, [], False)


def test_a_value_that_is_removed_is_cleared_for_one_further_call(simulation: Simulation) -> None:
    simulation.company.edit("4", preferredName=None, department=None, division=None)
    legal_name = simulation.company.values("4")["firstName"]
    simulation.to_bamboo.calls.clear()

    run = next_day_run(simulation)

    assert (run.exit_code, values(simulation)) == (0, (legal_name, "", "HQ"))
    assert simulation.to_bamboo.calls == ["changed", "employees", "directory", "employees"]


def test_without_an_answer_the_values_stay_the_rest_is_written_and_the_employee_is_read_again(
    simulation: Simulation,
) -> None:
    before = values(simulation)
    simulation.company.edit("4", lastName="Lee", department=None)
    simulation.to_bamboo.faults.append(Fault("status", "employees", status=500, times=0, text="filter[ids]"))

    run = next_day_run(simulation)
    assert (run.exit_code, run.counts["errors"], run.error_reasons) == (1, 1, {"unreadable_fields": 1})
    assert (values(simulation), account(simulation, "4")["lastname"]) == (before, "Lee")

    simulation.to_bamboo.faults.clear()
    run = next_day_run(simulation)
    assert (run.exit_code, account(simulation, "4")["department"]) == (0, "")


def test_without_any_answer_one_error_is_reported_and_no_employee_is_isolated() -> None:
    simulation = in_sync(150)
    before = account(simulation, "4")["department"]
    for number in map(str, range(4, 17)):
        simulation.company.edit(number, department=None)
    simulation.company.edit("20", lastName="Lee")
    simulation.to_bamboo.faults.append(Fault("status", "employees", status=500, times=0, text="filter[ids]"))

    run = next_day_run(simulation)

    assert (run.exit_code, run.error_reasons, run.counts["updated"]) == (1, {"evidence_unread": 1}, 1)
    assert account(simulation, "4")["department"] == before


def test_a_leaver_is_suspended_even_if_the_key_is_refused_while_fields_are_verified(simulation: Simulation) -> None:
    simulation.company.terminate("7")
    simulation.company.edit("4", department=None)
    simulation.to_bamboo.faults += [
        Fault("status", "employees", status=401, times=0, text="filter[ids]=4"),
        Fault("status", "employee", status=401, times=0),
    ]

    run = next_day_run(simulation)

    assert (run.exit_code, account(simulation, "7")["suspended"]) == (3, True)


@pytest.mark.parametrize("list_refused", [None, 403])
def test_a_field_that_was_read_by_evidence_for_another_reason_is_empty_only_if_the_evidence_shows_it(
    list_refused: int | None,
) -> None:
    simulation = in_sync(30, FIELD_MAPPING='{"city": "city"}')
    before = account(simulation, "4")["department"]
    simulation.bamboo.settings.list_refused = list_refused  # type: ignore[assignment]
    simulation.bamboo.settings.restricted_for = {"4": frozenset({"department"})}
    simulation.company.edit("4", lastName="Lee")

    run = next_day_run(simulation)

    assert (run.exit_code, run.reconcile_due) == (0, False)
    assert (account(simulation, "4")["department"], account(simulation, "4")["lastname"]) == (before, "Lee")


def test_nothing_is_cleared_if_the_key_may_read_nothing_but_the_directory(simulation: Simulation) -> None:
    before = values(simulation)
    simulation.bamboo.settings.list_refused = 403
    simulation.bamboo.settings.invisible = frozenset(employee.id for employee in simulation.company)
    simulation.company.edit("4", department=None)

    run = next_day_run(simulation)

    assert (run.exit_code, "evidence_refused" in run.warnings, values(simulation)) == (0, True, before)
