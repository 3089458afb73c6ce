"""All data of a run about one employee, for `explain`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.model.employee import Employee
from worker.model.held_change import HeldChanges
from worker.model.history import EmployeeRecord
from worker.model.journal_entry import JournalEntry
from worker.model.reasons import UNCONFIRMED
from worker.model.step import Step
from worker.planning.digests import part_digest
from worker.planning.guards import parts_of_plan
from worker.planning.plan_input import PlanInput
from worker.planning.planner import Plan
from worker.reports.scope_lines import shown_value
from worker.runs.run_input import RunInput


@dataclass(frozen=True)
class EmployeeContext:
    """The data of a run about one employee."""

    employee_id: int
    inputs: RunInput
    plan: Plan
    record: EmployeeRecord | None
    journal: Sequence[tuple[str, JournalEntry]]
    held: Sequence[HeldChanges]
    digest_key: str
    shows_values: bool

    @property
    def plan_input(self) -> PlanInput:
        """The input of the plan."""
        return self.plan.plan_input

    @property
    def step(self) -> Step:
        """The step of the employee."""
        return self.plan.step(self.employee_id)

    @property
    def holding(self) -> dict[str, str]:
        """The latest run that held a change which is still due, by the class of the change."""
        step, parts = self.step, parts_of_plan(self.plan).get(self.employee_id, ())
        due = [part.changes for part in parts] + [part.changes for part in step.held]
        if step.reason.code == UNCONFIRMED:
            due = [()]
        digests = {part_digest(step, changes, self.digest_key) for changes in due}
        return {
            change.guard_class or UNCONFIRMED: held.run_id
            for held in self.held
            for change in held.changes
            if change.digest in digests
        }

    @property
    def employee(self) -> Employee:
        """The employee as BambooHR shows them."""
        return self.plan_input.by_id[self.employee_id]

    def value(self, text: str) -> str:
        """Return a value, or only whether there is one."""
        return shown_value(text, shows_values=self.shows_values)
