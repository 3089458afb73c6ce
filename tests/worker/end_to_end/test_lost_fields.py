"""A directory column that is empty in one run: no name changes, no value is cleared, no employee is lost."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import account, advance_to_next_day, completed_run, in_sync, next_day_run


def empty_columns(simulation: Simulation, *columns: str) -> None:
    simulation.bamboo.settings.directory_nulls = frozenset(columns)


@pytest.mark.parametrize("column", ["department", "lastName", "workEmail", "preferredName"])
def test_a_column_that_is_empty_in_one_run_clears_no_value_and_is_used_again_in_the_next(column: str) -> None:
    simulation = in_sync(30, FIELD_MAPPING='{"firstname": ["preferred_name", "first_name"]}')
    for number in ("4", "5", "6"):
        simulation.company.edit(number, preferredName="Kim")
    next_day_run(simulation)
    next_day_run(simulation)
    before = account(simulation, "4")
    empty_columns(simulation, column)

    run = next_day_run(simulation, touched="4")
    assert (run.exit_code, run.warnings, run.counts["updated"]) == (0, ["fields_emptied"], 0)
    assert account(simulation, "4") == before

    empty_columns(simulation)
    simulation.company.edit("4", department=None)
    run = next_day_run(simulation)
    assert (run.warnings, account(simulation, "4")["department"]) == ([], "")


@pytest.mark.parametrize("column", ["department", "firstName", "lastName", "workEmail"])
def test_a_new_employee_gets_a_complete_account_in_a_run_with_an_empty_column(column: str) -> None:
    simulation = in_sync(30)
    employee_id = simulation.company.hire(
        firstName="Ann", lastName="New", workEmail="ann@example.com", department="Sales"
    )
    empty_columns(simulation, column)

    run = next_day_run(simulation)

    assert (run.exit_code, run.counts["created"]) == (0, 1)
    assert _shown(account(simulation, employee_id)) == ("Ann", "New", "ann@example.com", "Sales")


def test_a_hidden_column_is_not_trusted_while_a_single_record_has_it() -> None:
    simulation = in_sync(30)
    before = account(simulation, "4")["department"]
    empty_columns(simulation, "department", "workEmail")
    runs = [next_day_run(simulation) for _ in range(10)]
    simulation.company.touch("4")
    simulation.company.hire("50", firstName="Ann", lastName="Lee", workEmail="ann@example.com")

    runs.append(next_day_run(simulation))

    assert [run.warnings for run in runs] == [["fields_emptied"]] * 11
    assert (account(simulation, "4")["department"], account(simulation, "50")["email"]) == (before, "ann@example.com")


@pytest.mark.parametrize("quiet_days", [0, 3], ids=["at once", "after quiet days"])
@pytest.mark.parametrize("endpoint_has_column", [False, True], ids=["missing", "empty"])
def test_a_field_that_is_hidden_for_a_while_is_caught_up_by_the_full_pass_that_becomes_due(
    quiet_days: int, endpoint_has_column: bool
) -> None:
    """A key that lost a right is told nothing: the columns are missing, or empty, without an error."""
    simulation = in_sync(30)
    settings, hidden = simulation.bamboo.settings, frozenset({"department"})
    settings.list_restricted = settings.get_restricted = hidden
    if endpoint_has_column:
        settings.directory_nulls = hidden
    else:
        settings.directory_lacks = hidden
    for _ in range(quiet_days):
        simulation.clock.advance(days=1)
        completed_run(simulation)
    simulation.company.edit("4", department="Moved")
    missed = next_day_run(simulation)
    settings.list_restricted = settings.get_restricted = frozenset()
    settings.directory_nulls = settings.directory_lacks = frozenset()
    later = next_day_run(simulation)

    assert (missed.exit_code, "field_never_shown" in missed.warnings, missed.reconcile_due) == (0, True, True)
    assert (later.reconcile_due, account(simulation, "4")["department"] == "Moved") == (True, False)
    simulation.reconcile()
    assert (next_day_run(simulation).reconcile_due, account(simulation, "4")["department"]) == (False, "Moved")


def test_a_column_that_stays_empty_everywhere_is_trusted_after_a_week() -> None:
    simulation = in_sync(30)
    for number in range(1, 31):
        simulation.company.edit(str(number), stamp=False, department=None)
    runs = [next_day_run(simulation) for _ in range(8)]
    simulation.company.touch("4")

    trusted = next_day_run(simulation)

    assert [run.warnings for run in (*runs, trusted)] == [["fields_emptied", "changes_held"]] * 8 + [[]]
    assert account(simulation, "4")["department"] == ""


def test_a_week_of_other_errors_does_not_make_an_empty_column_trusted() -> None:
    simulation = in_sync(30)
    before = account(simulation, "4")["department"]
    for _ in range(8):
        simulation.site.change_user(account(simulation, "1")["id"], department="By hand")
        simulation.to_moodle.faults.append(Fault("reset_before", operation="core_user_update_users", times=0))
        assert next_day_run(simulation).exit_code == 1
        simulation.to_moodle.faults.clear()
    empty_columns(simulation, "department")
    next_day_run(simulation)
    simulation.company.touch("4")

    second = next_day_run(simulation)

    assert (second.warnings, account(simulation, "4")["department"]) == (["fields_emptied"], before)


def test_the_only_two_departments_of_a_company_can_be_removed() -> None:
    simulation = company_without_departments()
    for number in ("4", "5"):
        simulation.company.edit(number, department="Sales")
    assert next_day_run(simulation).counts["updated"] == 2
    for number in ("4", "5"):
        simulation.company.edit(number, department=None)

    run = next_day_run(simulation)

    assert (run.warnings, run.counts["updated"], account(simulation, "4")["department"]) == ([], 2, "")


@pytest.mark.parametrize("columns", [(), ("department",)])
def test_a_column_that_was_never_filled_costs_no_further_calls(columns: tuple[str, ...]) -> None:
    simulation = company_without_departments()
    empty_columns(simulation, *columns)
    advance_to_next_day(simulation)
    simulation.to_bamboo.calls.clear()

    run = completed_run(simulation)

    assert (run.counts["processed"], run.warnings) == (1, [])
    assert simulation.to_bamboo.calls == ["changed", "employees", "directory"]


def company_without_departments() -> Simulation:
    """Thirty employees in sync, none of whom has a department."""
    simulation = Simulation()
    for number in range(1, 31):
        simulation.company.hire(firstName=f"F{number}", lastName="L", workEmail=f"f{number}@example.com")
    for _ in range(2):
        next_day_run(simulation)
    return simulation


def _shown(user: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(user[name] for name in ("firstname", "lastname", "email", "department"))
