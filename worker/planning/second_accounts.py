"""New accounts that may be second ones: an employee who was hired again under another id and another address. Pure.

Only the names are left to compare, and a namesake has them too: this is a hint for an operator, and holds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.model.account import Account
from worker.model.employee import LifecycleState, lifecycle_state
from worker.model.step import Action, GuardClass
from worker.planning.names import compare_names, words_of
from worker.planning.planner import Plan


def possible_second_accounts(plan: Plan) -> dict[int, int]:
    """Return the employees who get a new account, each with one who left and whose account has both their names."""
    employees = {employee.employee_id: employee for employee in plan.plan_input.employees}
    left: dict[frozenset[str], tuple[int, Account]] = {}
    for step in plan.steps:
        if step.account is not None and step.account.idnumber == str(step.employee_id):
            values = step.account.values
            if lifecycle_state(employees[step.employee_id], plan.plan_input.now) is LifecycleState.LEFT:
                left[words_of(values["firstname"], values["lastname"])] = (step.employee_id, step.account)
    found: dict[int, int] = {}
    for step in plan.steps:
        if step.action is Action.CREATE or GuardClass.CREATE in step.held_classes:
            employee = employees[step.employee_id]
            former = left.get(_words_of(employee.facts))
            if former is not None and compare_names(employee, former[1]).both:
                found[step.employee_id] = former[0]
    return found


def _words_of(facts: Mapping[str, str]) -> frozenset[str]:
    return words_of(facts.get("first_name", ""), facts.get("last_name", ""))
