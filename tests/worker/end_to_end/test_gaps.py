"""A run that begins later than the last one left off says so, and only such a run."""

from __future__ import annotations

import pytest

from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import completed_run, in_sync, next_day_run
from worker.timestamps import iso


def write_row_by_hand(simulation: Simulation) -> None:
    """Write the row as an operator does who lost it: the sync begins now."""
    now = iso(simulation.clock())
    simulation.rows["default"] = {"StateId": "default", "since": now, "offset": 0, "updatedAt": now}


def with_row_by_hand() -> Simulation:
    simulation = in_sync()
    simulation.clock.advance(days=1)
    write_row_by_hand(simulation)
    return simulation


def test_a_run_that_failed_does_not_hide_the_gap() -> None:
    simulation = with_row_by_hand()
    simulation.to_bamboo.faults.append(Fault("status", operation="changed", times=0, status=403))
    failed = completed_run(simulation)
    simulation.to_bamboo.faults.clear()

    run = completed_run(simulation)

    assert failed.outcome == "credential_error"
    assert (run.warnings, run.reconcile_due) == (["changes_skipped"], True)


def test_a_run_of_selected_employees_neither_reports_nor_hides_the_gap() -> None:
    simulation = with_row_by_hand()

    selected = simulation.sync(employees=(2,))
    run = completed_run(simulation)

    assert selected is not None
    assert (selected.outcome, selected.warnings) == ("ok", [])
    assert (run.warnings, run.reconcile_due) == (["changes_skipped"], True)


def test_a_gap_is_reported_once() -> None:
    simulation = with_row_by_hand()

    runs = [completed_run(simulation), next_day_run(simulation)]

    assert [run.warnings for run in runs] == [["changes_skipped"], []]


def test_the_first_sync_after_a_run_of_selected_employees_has_no_gap() -> None:
    simulation = Simulation()
    simulation.company.hire(firstName="A", lastName="One", workEmail="a@example.com")
    simulation.sync(employees=(1,))
    simulation.clock.advance(minutes=30)

    run = completed_run(simulation)

    assert (run.outcome, run.warnings, run.reconcile_due) == ("ok", [], False)


@pytest.mark.parametrize("has_gap", [False, True])
def test_a_run_killed_at_any_step_neither_makes_nor_hides_a_gap(*, has_gap: bool) -> None:
    for dies_at in range(1, 100):
        simulation = with_row_by_hand() if has_gap else in_sync()
        simulation.company.touch("1")
        ended = simulation.sync(dies_at=dies_at)
        if ended is not None:
            assert dies_at > 20
            return

        assert completed_run(simulation).reconcile_due is has_gap, f"killed at step {dies_at}"
    pytest.fail("the run does not end")
