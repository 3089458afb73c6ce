"""What all decisions share: the input, the account of each employee, and the values that each may take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from worker.model.account import Account
from worker.model.employee import Employee, LifecycleState, parse_employee_id, starts_within
from worker.model.scope import ScopeState
from worker.planning.claims import Claim
from worker.planning.matching import Matching
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
    def claimed_addresses(self) -> Mapping[int, Claim]:
        """The claims of employees on addresses that their accounts do not have."""
        claims = {}
        for employee in self.plan_input.employees:
            if self.may_hold_account(employee) and (address := self.address_in_question(employee)):
                account = self.matching.matches[employee.employee_id].account
                claims[employee.employee_id] = Claim(employee.employee_id, address, account)
        return claims

    @cached_property
    def value_claims(self) -> ValueClaims:
        """The addresses and usernames that each employee may take."""
        return resolved(self.matching, self.claimed_addresses)

    # Employees who were hired again under a new id, and have an account that carries the former one

    @cached_property
    def namesakes(self) -> Mapping[int, tuple[Account, int]]:
        """By employee id, the account with the employee's address and names, and the other id that it carries."""
        found = {}
        for employee_id in self.claimed_addresses:
            kept_by = self.value_claims.address_claims.resolution(employee_id).kept_by
            other = parse_employee_id(kept_by[0].idnumber) if len(kept_by) == 1 else None
            if self.matching.matches[employee_id].account is not None or other is None or other == employee_id:
                continue
            if self.matching.compare_names(self.plan_input.by_id[employee_id], kept_by[0]).both:
                found[employee_id] = (kept_by[0], other)
        return found

    def former_id(self, employee_id: int) -> int | None:
        """Return the id under which an employee was probably employed before; None if there is none."""
        _, other = self.namesakes.get(employee_id, (None, None))
        return other if other is not None and self._has_left(other) else None

    def _has_left(self, employee_id: int) -> bool:
        """Return whether an employee left, by what BambooHR shows or by a deletion that an earlier run acted on."""
        if employee_id in self.plan_input.leavers:
            return True
        record = self.plan_input.record(employee_id)
        known = (*self.plan_input.employees, *self.plan_input.compared)
        is_shown = any(one.employee_id == employee_id and one.is_shown for one in known)
        return record.deleted and record.suspended_by_us and not is_shown

    @cached_property
    def relinked(self) -> frozenset[int]:
        """The accounts that an operator approved for employees who were hired again under a new id."""
        confirmed = self.namesakes.keys() & self.settings.confirmed
        return frozenset(self.namesakes[one][0].id for one in confirmed if self.former_id(one) is not None)
