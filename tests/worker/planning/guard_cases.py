"""An employee and an account for each class of changes, and the guards on a plan of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.worker.builders import (
    NOW,
    account_of,
    input_of,
    leaver,
    listed,
    look_up,
    suspended_by_us,
)
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.history import History, RunRecord
from worker.model.step import GuardClass, Step
from worker.planning.baseline import DirectoryStats
from worker.planning.guards import Guarded, GuardInput, guard
from worker.planning.limits import Limits, limits
from worker.planning.planner import Plan, Planner

Case = tuple[Employee, Account | None]
OLD_DOMAIN = "old.example"


def plan_for(cases: Iterable[Case], **circumstances: Any) -> Plan:
    cases = list(cases)
    planner = Planner(input_of(*(employee for employee, _ in cases), **circumstances))
    look_up(planner, [account for _, account in cases if account is not None])
    return planner.plan()


def guarded(cases: Iterable[Case], *, company: int = 100, **more: Any) -> Guarded:
    """The plan of these cases after the guards, with the default limits of a company of this size."""
    cases = list(cases)
    around = GuardInput(defaults(company), **more)
    returning = [employee.employee_id for employee, account in cases if account and account.suspended]
    return guard(plan_for(cases, remembered=suspended_by_us(*returning)), around)


def defaults(company: int, *, initial_import: bool = False, **settings: Any) -> Limits:
    return limits(DirectoryStats(company), History(runs=(baseline(company),)), settings, initial_import=initial_import)


def baseline(rows: int, *, days_ago: int = 30, **more: Any) -> RunRecord:
    ended_at = int((NOW - timedelta(days=days_ago)).timestamp() * 1000)
    return RunRecord(
        "r", ended_at, command="sync", selection="all", is_baseline=True, row_count=rows, company_size=rows, **more
    )


# An employee and an account for each class


def leaves(number: int) -> Case:
    return leaver(number), account_of(number)


def returns(number: int) -> Case:
    return listed(number), account_of(number, suspended=True)


def moves_to_another_domain(number: int) -> Case:
    return listed(number), account_of(number, email=f"p{number}@{OLD_DOMAIN}")


def has_another_name(number: int) -> Case:
    return listed(number), account_of(number, firstname="Another", lastname="Person")


def has_an_account_without_idnumber(number: int) -> Case:
    return listed(number), account_of(number, idnumber="")


def loses_the_department(number: int) -> Case:
    return listed(number, department=""), account_of(number, department="Sales")


def changes_department(number: int) -> Case:
    return listed(number), account_of(number, department="Legal")


def marries(number: int) -> Case:
    """One name changes, which is an update; the address stays."""
    return listed(number), account_of(number, lastname="Maiden")


def is_new(number: int) -> Case:
    return listed(number), None


EXAMPLES: list[tuple[Callable[[int], Case], GuardClass]] = [
    (leaves, GuardClass.SUSPEND),
    (returns, GuardClass.REACTIVATE),
    (moves_to_another_domain, GuardClass.IDENTITY),
    (has_another_name, GuardClass.IDENTITY),
    (has_an_account_without_idnumber, GuardClass.IDENTITY),
    (loses_the_department, GuardClass.CLEAR),
    (changes_department, GuardClass.UPDATE),
    (marries, GuardClass.UPDATE),
    (is_new, GuardClass.CREATE),
]
BY_NAME = pytest.mark.parametrize(("example", "held_class"), EXAMPLES, ids=[one.__name__ for one, _ in EXAMPLES])


def many(example: Callable[[int], Case], number: int, first: int = 1) -> list[Case]:
    return [example(one) for one in range(first, first + number)]


def of(steps: Sequence[Step], *numbers: int) -> list[Step]:
    return [step for step in steps if step.employee_id in numbers]
