"""The input of planning apart from the accounts: what BambooHR shows, the employees' records, and the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from worker.model.employee import EmailIndex, Employee, LifecycleState, lifecycle_state, starts_later
from worker.model.field_kinds import Kinds
from worker.model.history import EmployeeRecord
from worker.model.mapping import FieldMapping
from worker.model.scope import ALL_EMPLOYEES, Scope, ScopeState


@dataclass(frozen=True)
class PlanSettings:
    """The settings that affect what happens to an employee.

    Attributes:
        reactivate_ids: Employees whose accounts the operator wants active, even if this product did not suspend them.
        protected: Usernames and employee ids that are never written to, in the form of
            :func:`worker.model.mapping.folded`.
        undone: Employees whose writes an operator undid, and who have not changed in BambooHR since.
        selected_ids: The employees to whom an operator limited the run; empty if it is not limited.
        is_full_pass: The run is a full pass over the company.
        confirmed: Employees whose account an operator confirmed: it is theirs even if the match is contradicted.
        resends: Values that Moodle did not keep are sent again.
        digest_key: The Moodle token, which keys the digests of such values.
        suspends_out_of_scope: The accounts of active employees out of scope are suspended, not left alone.
    """

    mapping: FieldMapping
    auth: str
    reactivate_all: bool = False
    reactivate_ids: frozenset[int] = frozenset()
    protected: frozenset[str] = frozenset()
    undone: frozenset[int] = frozenset()
    hire_lookahead_days: int = 0
    selected_ids: frozenset[int] = frozenset()
    is_full_pass: bool = False
    confirmed: frozenset[int] = frozenset()
    resends: bool = False
    digest_key: str = field(default="", repr=False)
    scope: Scope = ALL_EMPLOYEES
    suspends_out_of_scope: bool = False


@dataclass(frozen=True)
class PlanInput:
    """The employees of the run, ordered by id, and all other input of the plan except the accounts.

    Attributes:
        email_index: The employees by work e-mail, of the whole company if `knows_every_address`.
        changed_ids: All employees in the changed feed. They, and those with a record, may be added to the run if their
            accounts hold an address that the run needs.
        kinds: The known kinds of Moodle's custom profile fields.
        compared_employees: Employees outside the run who were read because they own accounts that match new employees.
    """

    employees: Sequence[Employee]
    settings: PlanSettings
    now: datetime
    email_index: EmailIndex = field(default_factory=EmailIndex)
    records: Mapping[int, EmployeeRecord] = field(default_factory=dict)
    knows_every_address: bool = True
    changed_ids: frozenset[int] = frozenset()
    compared_employees: Sequence[Employee] = ()
    kinds: Kinds = field(default_factory=dict)

    def record(self, employee_id: int) -> EmployeeRecord:
        """Return what earlier runs recorded of an employee; a blank record if they recorded nothing."""
        return self.records.get(employee_id) or EmployeeRecord(employee_id)

    @cached_property
    def by_id(self) -> Mapping[int, Employee]:
        """The employees of the run by id."""
        return {one.employee_id: one for one in self.employees}

    @cached_property
    def lifecycle_states(self) -> Mapping[int, LifecycleState]:
        """Whether each employee of the run works here, according to BambooHR and their record."""
        return {one.employee_id: self._lifecycle_state(one) for one in self.employees}

    def _lifecycle_state(self, employee: Employee) -> LifecycleState:
        was_to_start = self.record(employee.employee_id).was_to_start
        return lifecycle_state(employee, self.now, was_to_start=was_to_start)

    @cached_property
    def leavers(self) -> frozenset[int]:
        """The employees who have left, among those of the run and those who were read for comparison."""
        states = {
            **{one.employee_id: self._lifecycle_state(one) for one in self.compared_employees},
            **self.lifecycle_states,
        }
        return frozenset(employee_id for employee_id, state in states.items() if state is LifecycleState.LEFT)

    @cached_property
    def deleted_earlier(self) -> frozenset[int]:
        """The employees whom an earlier run suspended as deleted, and whom BambooHR neither names nor shows any more.

        That is no evidence, so nothing is written, but no evidence is expected later either.
        """
        return frozenset(
            one.employee_id
            for one in (*self.employees, *self.compared_employees)
            if one.was_deleted and not one.is_shown and self.record(one.employee_id).suspended_by_us
        )

    @cached_property
    def active_employees(self) -> Sequence[Employee]:
        """The employees of the run who work here."""
        return [one for one in self.employees if self.lifecycle_states[one.employee_id] is LifecycleState.ACTIVE]

    @cached_property
    def scope_states(self) -> Mapping[int, ScopeState]:
        """Whether each employee of the run is in scope, which matters only for those who work here or will."""
        return {one.employee_id: self._scope_state(one) for one in self.employees}

    def _scope_state(self, employee: Employee) -> ScopeState:
        """Return the scope state. No employee is out before their first day: the department may not be shown yet."""
        state, scope = self.lifecycle_states[employee.employee_id], self.settings.scope
        if not scope or state in (LifecycleState.LEFT, LifecycleState.UNKNOWN):
            return ScopeState.IN
        found = scope.state(employee.facts)
        starts = state is LifecycleState.FUTURE or starts_later(employee, self.now)
        return ScopeState.NOT_SHOWN if found is ScopeState.OUT and starts else found

    @cached_property
    def scope_is_shown(self) -> bool:
        """Whether BambooHR shows the scope of at least one employee of the run who works here."""
        return any(self.scope_states[one.employee_id] is not ScopeState.NOT_SHOWN for one in self.active_employees)

    def is_managed(self, employee_id: int) -> bool:
        """Return whether an employee of the run works here and is in scope, so that the account follows BambooHR."""
        state, scope = self.lifecycle_states[employee_id], self.scope_states[employee_id]
        return state is LifecycleState.ACTIVE and scope is ScopeState.IN

    @cached_property
    def writable(self) -> frozenset[int]:
        """The employees of the run whose accounts may be written."""
        return frozenset(one.employee_id for one in self.employees if self._is_writable(one.employee_id))

    def _is_writable(self, employee_id: int) -> bool:
        settings, state, scope = self.settings, self.lifecycle_states[employee_id], self.scope_states[employee_id]
        if str(employee_id) in settings.protected or employee_id in settings.undone or state is LifecycleState.UNKNOWN:
            return False
        is_kept = scope is ScopeState.OUT and not settings.suspends_out_of_scope
        return state is not LifecycleState.ACTIVE or not (is_kept or scope is ScopeState.NOT_SHOWN)
