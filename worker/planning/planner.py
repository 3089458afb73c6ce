"""The planner: which accounts have to be looked up, and then what becomes of each employee. Pure: no I/O, no clock.

A plan is one list of :class:`worker.model.step.Step`: dry run, guards, writing and reports all use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from worker.model.account import Account, AccountKey
from worker.model.employee import Employee, employee_id
from worker.model.step import Action, Step
from worker.planning.decisions import decide
from worker.planning.plan_input import PlanInput
from worker.planning.situation import Situation

_MOST_JOINING_ROUNDS = 5


@dataclass(frozen=True)
class Lookups:
    """What planning has to know before it goes on; empty when it knows enough.

    Attributes:
        accounts: The values to look accounts up by, for each key.
        employees: Employees outside the run whose accounts hold an address that the run needs. They may have another
            address by now: with them in the run it becomes free.
    """

    accounts: Mapping[AccountKey, list[str]] = field(default_factory=dict)
    employees: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.employees) or any(self.accounts.values())


@dataclass(frozen=True)
class Plan:
    """What becomes of each employee, in the order of their ids, and the accounts that it was made from, by id."""

    plan_input: PlanInput
    accounts: Mapping[int, Account]
    steps: tuple[Step, ...]

    @cached_property
    def counts(self) -> Counter[Action]:
        """How many steps there are of each action."""
        return Counter(step.action for step in self.steps)

    def employee(self, number: int) -> Employee:
        """Return an employee of the plan by id."""
        return next(one for one in self.plan_input.employees if one.employee_id == number)

    def step(self, number: int) -> Step:
        """Return the step of an employee."""
        return next(one for one in self.steps if one.employee_id == number)

    def with_steps(self, steps: Iterable[Step]) -> Plan:
        """Return the plan with other steps."""
        return replace(self, steps=tuple(steps))


class Planner:
    """Plans one run.

    Ask :meth:`lookups_needed` until it is empty, adding each time what was found; then :meth:`plan`.
    """

    def __init__(self, plan_input: PlanInput) -> None:
        self._input = plan_input
        self._accounts: dict[int, Account] = {}
        self._asked: set[tuple[AccountKey, str]] = set()
        self._joined: set[int] = set()
        self._joining_rounds = 0

    def lookups_needed(self) -> Lookups:
        """Return what is not known yet: first by idnumber, then by e-mail, at last by user name."""
        situation = Situation(self._input, self._accounts)
        for accounts in (_by_id(situation), _by_email(situation)):
            if needed := self._not_asked(accounts):
                return Lookups(needed)
        if joining := self._joining(situation):
            return Lookups(employees=joining)
        return Lookups(self._not_asked(_by_username(situation)))

    def add(self, accounts: Iterable[Account] = (), employees: Iterable[Employee] = ()) -> None:
        """Take in what was found."""
        self._accounts.update((account.id, account) for account in accounts)
        joined = sorted([*self._input.employees, *employees], key=lambda one: one.employee_id)
        self._input = replace(self._input, employees=joined)

    def plan(self) -> Plan:
        """Return one step for every employee, in the order of their ids."""
        situation = Situation(self._input, self._accounts)
        steps = tuple(decide(situation, employee) for employee in self._input.employees)
        return Plan(self._input, self._accounts, steps)

    def _not_asked(self, wanted: Mapping[AccountKey, list[str]]) -> dict[AccountKey, list[str]]:
        needed: dict[AccountKey, list[str]] = {}
        for key, values in wanted.items():
            new = [value for value in dict.fromkeys(values) if (key, value) not in self._asked]
            if new:
                needed[key] = new
                self._asked.update((key, value) for value in new)
        return needed

    def _joining(self, situation: Situation) -> frozenset[int]:
        """Return the employees outside the run whose accounts hold an address that somebody in it claims."""
        if self._joining_rounds == _MOST_JOINING_ROUNDS:
            return frozenset()
        claims = situation.address_claims.claims.values()
        owners = {employee_id(account.idnumber) for claim in claims for account in situation.holders(claim.value)}
        present = {employee.employee_id for employee in self._input.employees} | self._joined
        may_join = self._input.changed | self._input.records.keys()
        joining = frozenset(owner for owner in owners if owner in may_join and owner not in present)
        self._joined |= joining
        self._joining_rounds += bool(joining)
        return joining


def _by_id(situation: Situation) -> Mapping[AccountKey, list[str]]:
    """Everybody who may be written, and accounts that this product suspended though no idnumber says whose they are."""
    plan_input = situation.plan_input
    writable = [employee.employee_id for employee in plan_input.employees if plan_input.is_writable(employee)]
    records = (plan_input.records.get(number) for number in writable)
    suspended = [str(record.account_id) for record in records if record is not None and record.account_id]
    return {"idnumber": [str(number) for number in writable], "id": suspended}


def _by_email(situation: Situation) -> Mapping[AccountKey, list[str]]:
    """Those not found by idnumber, and those whose address would be new."""
    employees = situation.plan_input.employees
    return {"email": [address for one in employees if (address := situation.address_in_question(one))]}


def _by_username(situation: Situation) -> Mapping[AccountKey, list[str]]:
    """The user names of new and of renamed accounts."""
    return {"username": [claim.value for claim in situation.username_claims.claims.values()]}
