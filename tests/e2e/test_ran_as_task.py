"""An operator's command that starts a task: it runs, its log is where the schedule's is, and its end is reported."""

from __future__ import annotations

from tests.e2e.deployment import Environment, Verb
from tests.run_harness import RunHarness


def test_a_run_by_the_operator_is_a_task_of_the_deployed_definition(
    run_by_the_operator: Verb, systems: RunHarness
) -> None:
    assert run_by_the_operator.code == 0, run_by_the_operator.said
    assert "created           1" in run_by_the_operator.said
    assert "ada.holm@acme.example" in [account["email"] for account in systems.accounts()]


def test_its_log_and_its_end_can_be_shown(run_by_the_operator: Verb, environment: Environment) -> None:
    assert "employee_id=12 action=create result=done" in environment.operate("tail").said
    shown = environment.operate("task").said
    assert "exit code       0: no errors\n" in shown
    assert "started by      operator\n" in shown
