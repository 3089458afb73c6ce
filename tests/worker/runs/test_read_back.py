"""When values are read back, and what an error of the state does. Which values: end_to_end/test_values_not_kept."""

from __future__ import annotations

import pytest

from tests.worker.runs.writing import BY_FIELD, SandboxWriter, update
from worker.errors import StateError, Terminated
from worker.model.step import Status, StepResult
from worker.runs.locked_run import LockedRun
from worker.runs.read_back import read_back


@pytest.fixture
def results(writer: SandboxWriter) -> dict[int, StepResult]:
    """A write of which Moodle kept nothing."""
    return {7: StepResult(update(7, writer.add(7), city="Ulm"), Status.DONE, may_be_written=True)}


def test_nothing_is_read_back_after_the_writing_ended_early(
    run: LockedRun, writer: SandboxWriter, results: dict[int, StepResult]
) -> None:
    run.ended_by = Terminated("SIGTERM")

    assert read_back(run, results) == results
    assert writer.calls(BY_FIELD) == 0


def test_an_error_of_the_state_while_values_are_journaled_ends_the_run_without_losing_a_result(
    run: LockedRun, results: dict[int, StepResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StateError("the table is gone")

    monkeypatch.setattr("worker.runs.read_back._journal", fail)

    assert read_back(run, results).keys() == results.keys()
    assert isinstance(run.ended_by, StateError)
