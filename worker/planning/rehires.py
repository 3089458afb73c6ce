"""Employees who were hired again under a new id, and have an account that carries the former one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from worker.model.account import Account
from worker.model.employee import parse_employee_id
from worker.planning.claims import Claims
from worker.planning.matching import Matching
from worker.planning.plan_input import PlanInput


class Rehires:
    """The employees whose account, found by e-mail address, is that of an employee who left and has the same names."""

    def __init__(self, plan_input: PlanInput, matching: Matching, address_claims: Claims) -> None:
        self._input = plan_input
        self._matching = matching
        self._address_claims = address_claims

    @cached_property
    def namesakes(self) -> Mapping[int, tuple[Account, int]]:
        """By employee id, the account with the employee's address and names, and the other id that it carries."""
        found = {}
        for employee_id in self._address_claims.claims:
            kept_by = self._address_claims.resolution(employee_id).kept_by
            other = parse_employee_id(kept_by[0].idnumber) if len(kept_by) == 1 else None
            if self._matching.matches[employee_id].account is not None or other is None or other == employee_id:
                continue
            if self._matching.compare_names(self._input.by_id[employee_id], kept_by[0]).both:
                found[employee_id] = (kept_by[0], other)
        return found

    def former_id(self, employee_id: int) -> int | None:
        """Return the id under which an employee was probably employed before; None if there is none."""
        account, other = self.namesakes.get(employee_id, (None, 0))
        return other if account is not None and self._has_left(other) else None

    def _has_left(self, employee_id: int) -> bool:
        """Return whether an employee left, by what BambooHR shows or by a deletion that an earlier run acted on."""
        if employee_id in self._input.leavers:
            return True
        record = self._input.records.get(employee_id)
        known = (*self._input.employees, *self._input.compared)
        is_shown = any(one.employee_id == employee_id and one.is_shown for one in known)
        return record is not None and record.deleted and record.suspended_by_us and not is_shown

    @cached_property
    def relinked(self) -> frozenset[int]:
        """The accounts that an operator approved for employees who were hired again under a new id."""
        confirmed = (employee_id for employee_id in self.namesakes if employee_id in self._input.settings.confirmed)
        return frozenset(
            self.namesakes[employee_id][0].id for employee_id in confirmed if self.former_id(employee_id) is not None
        )
