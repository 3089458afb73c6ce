"""Everything that planning looks at, and nothing else: what BambooHR shows, what is remembered, what Moodle holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.model.account import Account
from worker.model.email_index import EmailIndex
from worker.model.employee import Employee, LifecycleState, lifecycle_state
from worker.model.history import EmployeeRecord
from worker.model.mapping import FieldMapping


@dataclass
class PlanInput:
    """Everything that planning looks at: the people of the run, ordered by id, and the accounts that were looked up.

    `sees_everybody`: whether `bearers` is of the whole company.
    """

    employees: Sequence[Employee]
    settings: PlanSettings
    now: datetime
    email_index: EmailIndex = field(default_factory=EmailIndex)
    remembered: Mapping[int, EmployeeRecord] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sees_whole_company: bool = True

    def lifecycle_state(self, employee: Employee) -> LifecycleState:
        """Whether somebody works here, by what BambooHR shows and what is remembered of her."""
        known = self.remembered.get(employee.employee_id)
        return lifecycle_state(employee, self.now, was_to_start=known is not None and known.was_to_start)

    def is_writable(self, employee: Employee) -> bool:
        """Whether anything may be written about somebody."""
        number, settings = employee.employee_id, self.settings
        closed = str(number) in settings.protected or number in settings.undone
        return not closed and self.lifecycle_state(employee) is not LifecycleState.UNKNOWN

    def add(self, accounts: Iterable[Account]) -> None:
        """Take in what a look-up found."""
        self.accounts.update((account.id, account) for account in accounts)


@dataclass(frozen=True)
class PlanSettings:
    """The settings that decide.

    `reactivate`: employees whom the operator wants active, whoever suspended them. `undone`: those of whom an operator
    took back what a run had written, and whom BambooHR has not changed since.
    """

    mapping: FieldMapping
    auth: str
    reactivate_all: bool = False
    reactivate: frozenset[int] = frozenset()
    protected: frozenset[str] = frozenset()
    undone: frozenset[int] = frozenset()
    hire_lookahead_days: int = 0
