"""Plans a run: which accounts to look up, and then what happens to each employee. Pure: no I/O, no clock.

A plan is one list of :class:`worker.model.step.Step`: dry run, guards, writing and reports all use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property

from worker.errors import SyncError
from worker.model.account import Account, AccountKey
from worker.model.employee import Employee, parse_employee_id
from worker.model.field_catalogue import is_by_api_name
from worker.model.field_kinds import Kinds
from worker.model.history import FollowUp
from worker.model.reasons import Reason
from worker.model.step import Action, Step
from worker.planning.decisions import decide
from worker.planning.matching import FailedLookups, Match, Matching
from worker.planning.plan_context import PlanContext
from worker.planning.plan_input import PlanInput

_MOST_ADDITION_ROUNDS = 5


class Priority(IntEnum):
    """The order in which values are looked up. Batches hold values of one priority only."""

    LEAVERS = 0
    OTHERS = 1
    ISOLATED = 2
    """Others who were isolated in the last run. They are looked up one by one, so that they affect no one else."""


@dataclass(frozen=True)
class Lookup:
    """Values by which accounts have to be looked up."""

    key: AccountKey
    priority: Priority
    values: list[str]


@dataclass(frozen=True)
class Needed:
    """What must be looked up, in this order, or read before planning continues; empty if nothing is missing.

    Attributes:
        employees_to_add: Employees outside the run whose accounts hold an address that the run needs. They may have
            another address by now: once they are added to the run, the address becomes free.
        employees_to_compare: Employees outside the run who own accounts that match new employees. They are read to find
            out whether they left: the new employee may be the same person, hired again.
        unverified: Employees of the run whose accounts would change because the directory shows a field as empty. They
            are read individually, because the field may be hidden.
    """

    lookups: tuple[Lookup, ...] = ()
    employees_to_add: frozenset[int] = frozenset()
    employees_to_compare: frozenset[int] = frozenset()
    unverified: tuple[Employee, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.employees_to_add or self.lookups or self.employees_to_compare or self.unverified)


@dataclass(frozen=True)
class Plan:
    """The step of each employee, in the order of their ids, and the accounts used for planning, by id.

    `ended_by`: the error that ended the look-ups early, if any. After one, the plan has leavers only.
    """

    plan_input: PlanInput
    accounts: Mapping[int, Account]
    steps: tuple[Step, ...]
    failed_lookups: FailedLookups = field(default_factory=dict)
    ended_by: SyncError | None = None

    @cached_property
    def counts(self) -> Counter[Action]:
        """The number of steps of each action."""
        return Counter(step.action for step in self.steps)

    def step(self, employee_id: int) -> Step:
        """Return the step of an employee."""
        return next(one for one in self.steps if one.employee_id == employee_id)

    def of_leavers(self, ended_by: SyncError) -> Plan:
        """Return the plan of leavers only, for a run that could not look up the accounts of the others."""
        leavers = self.plan_input.leavers
        employees = [one for one in self.plan_input.employees if one.employee_id in leavers]
        steps = tuple(step for step in self.steps if step.employee_id in leavers)
        return replace(self, plan_input=replace(self.plan_input, employees=employees), steps=steps, ended_by=ended_by)

    def with_steps(self, steps: Iterable[Step]) -> Plan:
        """Return the plan with other steps."""
        return replace(self, steps=tuple(steps))


class Planner:
    """Plans one run: call :meth:`needs`, and :meth:`add` what was found, until nothing is needed; then :meth:`plan`."""

    def __init__(self, plan_input: PlanInput) -> None:
        self._input = plan_input
        self._accounts: dict[int, Account] = {}
        self._failed_lookups: dict[tuple[AccountKey, str], Reason] = {}
        self._requested_lookups: set[tuple[AccountKey, str]] = set()
        self._requested_additions: set[int] = set()
        self._addition_rounds = 0
        self._requested_comparisons: frozenset[int] = frozenset()
        self._requested_verification: set[int] = set()
        self._context = PlanContext(Matching(plan_input, self._accounts, self._failed_lookups))
        self._steps: tuple[Step, ...] | None = None

    def needs(self) -> Needed:
        """Return what must be looked up or read next: accounts, further employees, and what the directory may hide."""
        context = self._context
        for wanted in (_by_idnumber(context), _by_account_id(context), _by_email(context)):
            if lookups := self._new_lookups(wanted):
                return Needed(lookups)
        if employees_to_add := self._new_employees_to_add():
            return Needed(employees_to_add=employees_to_add)
        if employees_to_compare := self._new_employees_to_compare():
            return Needed(employees_to_compare=employees_to_compare)
        if lookups := self._new_lookups(_by_username(context)):
            return Needed(lookups)
        return Needed(unverified=self._new_unverified())

    def add(
        self,
        accounts: Iterable[Account] = (),
        employees_to_add: Sequence[Employee] = (),
        failed_lookups: Mapping[tuple[AccountKey, str], Reason] = {},
        employees_to_compare: Sequence[Employee] = (),
        verified: Sequence[Employee] = (),
        kinds: Kinds | None = None,
    ) -> None:
        """Add what was found, and which look-ups have no answer. `verified`: replace the employees of the same ids."""
        employees = {**self._input.by_id, **{one.employee_id: one for one in (*employees_to_add, *verified)}}
        self._input = replace(
            self._input,
            employees=[employees[employee_id] for employee_id in sorted(employees)],
            compared_employees=[*self._input.compared_employees, *employees_to_compare],
            kinds={**self._input.kinds, **(kinds or {})},
        )
        self._accounts.update({account.id: account for account in accounts})
        self._failed_lookups.update(failed_lookups)
        self._context = PlanContext(Matching(self._input, self._accounts, self._failed_lookups))
        self._steps = None

    @property
    def has_leavers(self) -> bool:
        """Whether an employee of the run has left."""
        return bool(self._input.leavers & self._input.by_id.keys())

    def plan(self) -> Plan:
        """Return one step for every employee, in the order of their ids."""
        return Plan(self._input, self._accounts, self._decided(), {**self._failed_lookups})

    def _decided(self) -> tuple[Step, ...]:
        """Return the steps by what has been added so far."""
        if self._steps is None:
            self._steps = tuple(decide(self._context, employee) for employee in self._input.employees)
        return self._steps

    def _new_lookups(self, wanted: Iterable[_Wanted]) -> tuple[Lookup, ...]:
        """Return the look-ups of values that were not looked up before, and mark them as looked up."""
        groups: dict[tuple[Priority, AccountKey], list[str]] = {}
        for key, value, employee_id in wanted:
            if (key, value) not in self._requested_lookups:
                self._requested_lookups.add((key, value))
                groups.setdefault((self._priority(employee_id), key), []).append(value)
        return tuple(Lookup(key, priority, values) for (priority, key), values in sorted(groups.items()))

    def _priority(self, employee_id: int) -> Priority:
        if employee_id in self._input.leavers:
            return Priority.LEAVERS
        return Priority.ISOLATED if self._input.record(employee_id).has(FollowUp.ISOLATED) else Priority.OTHERS

    def _new_employees_to_add(self) -> frozenset[int]:
        """Return :attr:`Needed.employees_to_add`, without those requested before, and mark them as requested."""
        if self._addition_rounds == _MOST_ADDITION_ROUNDS:
            return frozenset()
        claims, matching = self._context.claims_on_addresses.values(), self._context.matching
        holders = [account for claim in claims for account in matching.holders(claim.value)]
        owners = {parse_employee_id(account.idnumber) for account in holders}
        present = self._input.by_id.keys() | self._requested_additions
        may_be_added = self._input.changed_ids | self._input.records.keys()
        employees_to_add = frozenset(owner for owner in owners if owner in may_be_added and owner not in present)
        self._requested_additions |= employees_to_add
        self._addition_rounds += bool(employees_to_add)
        return employees_to_add

    def _new_employees_to_compare(self) -> frozenset[int]:
        """Return :attr:`Needed.employees_to_compare`, without those requested before, and mark them as requested."""
        read = self._input.by_id.keys() | {one.employee_id for one in self._input.compared_employees}
        others = frozenset(other for _, other in self._context.rehire_candidates.values())
        employees_to_compare = others - read - self._requested_additions - self._requested_comparisons
        self._requested_comparisons |= employees_to_compare
        return employees_to_compare

    def _new_unverified(self) -> tuple[Employee, ...]:
        """Return :attr:`Needed.unverified`, without those requested before, and mark them as requested."""
        found = tuple(
            employee
            for employee, step in zip(self._input.employees, self._decided(), strict=True)
            if employee.in_directory
            and not employee.has_evidence
            and employee.employee_id not in self._requested_verification
            and self._rests_on_empty(employee, step)
        )
        self._requested_verification.update(one.employee_id for one in found)
        return found

    def _rests_on_empty(self, employee: Employee, step: Step) -> bool:
        """Return whether an account changes because a field is empty that the directory shows."""
        directory_row = {name: value for name, value in employee.facts.items() if not is_by_api_name(name)}
        rules = (self._input.settings.mapping.rule(change.field) for change in step.changes)
        return step.account is not None and any(
            rule.depends_on_empty_source(directory_row) for rule in rules if rule is not None
        )


_Wanted = tuple[AccountKey, str, int]
"""A key, a value, and the employee for whom it is looked up."""


def _by_idnumber(context: PlanContext) -> Iterator[_Wanted]:
    """Yield the employees who may be written or were deleted earlier, and those whose record lacks an account's id."""
    plan_input = context.plan_input
    lacking_id = [employee_id for employee_id, record in plan_input.records.items() if record.lacks_account_id]
    deleted_earlier = plan_input.deleted_earlier & plan_input.by_id.keys()
    for employee_id in (*sorted(plan_input.writable | deleted_earlier), *lacking_id):
        yield "idnumber", str(employee_id), employee_id


def _by_account_id(context: PlanContext) -> Iterator[_Wanted]:
    """Yield the accounts that this product suspended and that no idnumber links to their employee."""
    for employee_id, match in context.matching.matches.items():
        record = context.plan_input.record(employee_id)
        if match == Match() and record.suspended_by_us and record.suspended_account_id > 0:
            yield "id", str(record.suspended_account_id), employee_id


def _by_email(context: PlanContext) -> Iterator[_Wanted]:
    """Yield the addresses of employees not found by idnumber, and those that would be new to an account."""
    for employee in context.plan_input.employees:
        if address := context.address_in_question(employee):
            yield "email", address, employee.employee_id


def _by_username(context: PlanContext) -> Iterator[_Wanted]:
    """Yield the usernames of new and renamed accounts."""
    for claim in context.value_claims.username_claims.claims.values():
        yield "username", claim.value, claim.employee_id
