"""The input of planning besides the accounts: what BambooHR shows, what is remembered, and the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.model.email_index import EmailIndex
from worker.model.employee import Employee, LifecycleState, lifecycle_state, starts_later
from worker.model.field_kinds import Kinds
from worker.model.history import EmployeeRecord
from worker.model.mapping import FieldMapping
from worker.model.scope import ALL_EMPLOYEES, Scope, ScopeState


@dataclass(frozen=True)
class PlanSettings:
    """The settings that decide.

    Attributes:
        reactivate: Employees whose accounts the operator wants active, even if this product did not suspend them.
        protected: User names and employee ids that are never written to.
        undone: Employees whose writes an operator took back, and whom BambooHR has not changed since.
        selected: The only employees of the run, where an operator named them; empty otherwise.
        all_employees: The run is a full pass over the company.
        resends: Values that Moodle did not keep are sent again.
        digest_key: The Moodle token, with which the digests of such values are keyed.
        confirmed: Employees whose account an operator confirmed: it is theirs even if the match is contradicted.
        scope: Which employees are managed.
        suspends_out_of_scope: Whether the accounts of active employees out of scope are suspended, not left alone.
    """

    mapping: FieldMapping
    auth: str
    reactivate_all: bool = False
    reactivate: frozenset[int] = frozenset()
    protected: frozenset[str] = frozenset()
    undone: frozenset[int] = frozenset()
    hire_lookahead_days: int = 0
    selected: frozenset[int] = frozenset()
    all_employees: bool = False
    confirmed: frozenset[int] = frozenset()
    resends: bool = False
    digest_key: str = field(default="", repr=False)
    scope: Scope = ALL_EMPLOYEES
    suspends_out_of_scope: bool = False


@dataclass(frozen=True)
class PlanInput:
    """The employees of the run, and what else is known.

    Attributes:
        employees: Ordered by id.
        email_index: Who has which work e-mail, over the whole company if `knows_every_address`.
        records: What earlier runs remembered, by employee id.
        changed: All employees in the changed feed. They, and those with a record, may join the run if their accounts
            hold an address that the run needs.
        kinds: The kinds of Moodle's custom profile fields, as far as they are known.
        former: Employees outside the run who were read because their accounts look like those of new employees.
    """

    employees: Sequence[Employee]
    settings: PlanSettings
    now: datetime
    email_index: EmailIndex = field(default_factory=EmailIndex)
    records: Mapping[int, EmployeeRecord] = field(default_factory=dict)
    knows_every_address: bool = True
    changed: frozenset[int] = frozenset()
    former: Sequence[Employee] = ()
    kinds: Kinds = field(default_factory=dict)

    def lifecycle_state(self, employee: Employee) -> LifecycleState:
        """Return whether the employee works here, by what BambooHR shows and what is remembered of them."""
        record = self.records.get(employee.employee_id)
        return lifecycle_state(employee, self.now, was_to_start=record is not None and record.was_to_start)

    def scope_state(self, employee: Employee) -> ScopeState:
        """Return whether the employee is in scope; only that of an employee who works here, or will, matters.

        Some values, such as the department, are shown only from the first day on: before that, they move no employee
        out.
        """
        state, scope = self.lifecycle_state(employee), self.settings.scope
        if not scope or state in (LifecycleState.LEFT, LifecycleState.UNKNOWN):
            return ScopeState.IN
        found = scope.state(employee.facts)
        starts = state is LifecycleState.FUTURE or starts_later(employee, self.now)
        return ScopeState.NOT_SHOWN if found is ScopeState.OUT and starts else found

    def is_writable(self, employee: Employee) -> bool:
        """Return whether anything may be written about the employee."""
        number, settings = employee.employee_id, self.settings
        state = self.lifecycle_state(employee)
        if str(number) in settings.protected or number in settings.undone or state is LifecycleState.UNKNOWN:
            return False
        scope = self.scope_state(employee)
        left_alone = scope is ScopeState.NOT_SHOWN or (scope is ScopeState.OUT and not settings.suspends_out_of_scope)
        return state is not LifecycleState.ACTIVE or not left_alone
