"""What all decisions share: the input, the account of each employee, and the values that each may take. Pure."""

from __future__ import annotations

from functools import cached_property

from worker.model.employee import Employee, LifecycleState, starts_within
from worker.model.scope import ScopeState
from worker.planning.claims import Claim
from worker.planning.matching import Matching
from worker.planning.rehires import Rehires
from worker.planning.value_claims import ValueClaims, resolved


class PlanContext:
    """The input of a plan and the matched accounts, with what follows from both."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.plan_input = matching.plan_input
        self.settings = matching.settings
        self.mapping = matching.mapping
        self.kinds = matching.plan_input.kinds
        self.unanswered = matching.unanswered

    @cached_property
    def rehires(self) -> Rehires:
        """The employees who were hired again under a new id."""
        return Rehires(self.plan_input, self.matching, self.value_claims.address_claims)

    def address_in_question(self, employee: Employee) -> str:
        """Return the address whose holders must be known, "" if they do not matter."""
        match = self.matching.matches[employee.employee_id]
        if match.conflict is not None or employee.employee_id not in self.plan_input.writable:
            return ""
        address, account = self.matching.address(employee), match.account
        if account is None:
            return address
        is_managed = self.plan_input.is_managed(employee.employee_id)
        follows = is_managed and self.mapping.updates_email and not self.matching.is_reserved(account)
        return address if follows and not account.has_email(address) else ""

    def may_hold_account(self, employee: Employee) -> bool:
        """Return whether the employee is in scope and works here, or starts soon enough to be given an account."""
        employee_id = employee.employee_id
        state = self.plan_input.lifecycle_states[employee_id]
        if state is LifecycleState.FUTURE and self.plan_input.scope_states[employee_id] is ScopeState.IN:
            return starts_within(employee, self.plan_input.now, self.settings.hire_lookahead_days)
        return self.plan_input.is_managed(employee_id)

    @cached_property
    def claimed_addresses(self) -> tuple[Claim, ...]:
        """The claims of employees on addresses that their accounts do not have."""
        return tuple(
            Claim(employee.employee_id, address, self.matching.matches[employee.employee_id].account)
            for employee in self.plan_input.employees
            if self.may_hold_account(employee) and (address := self.address_in_question(employee))
        )

    @cached_property
    def value_claims(self) -> ValueClaims:
        """The addresses and usernames that each employee may take."""
        return resolved(self.matching, self.claimed_addresses)
