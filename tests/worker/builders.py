"""Short builders for employees, accounts and plans.

By default an employee is listed in the directory and shown in full, and `account_of` builds an account that already has
the employee's values. A test names only what differs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from worker.config.settings import Settings, read_settings
from worker.model.account import Account, AccountKey
from worker.model.employee import EmailIndex, Employee, Evidence
from worker.model.field_kinds import Kinds
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.mapping import FieldMapping
from worker.model.reasons import Reason
from worker.model.step import Step
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import Planner

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
YESTERDAY, TODAY, TOMORROW = "2026-11-21", "2026-11-22", "2026-11-23"


def facts_of(employee_id: int, **different: str) -> dict[str, str]:
    """What BambooHR shows of an employee by default."""
    ordinary = {
        "first_name": f"First{employee_id}",
        "last_name": f"Last{employee_id}",
        "work_email": f"p{employee_id}@acme.example",
        "department": "Sales",
    }
    return {**ordinary, **different}


def listed(employee_id: int = 1, *, deleted: bool = False, not_shown: Collection[str] = (), **facts: str) -> Employee:
    """An employee in the directory, without further evidence."""
    shown = {name: value for name, value in facts_of(employee_id, **facts).items() if name not in not_shown}
    return Employee.seen(employee_id, deleted=deleted, directory_row=shown, evidence=None)


def hidden(
    employee_id: int = 1,
    status: str | None = "Active",
    *,
    deleted: bool = False,
    restricted: Collection[str] = (),
    **facts: str,
) -> Employee:
    """An employee whom the directory does not show, with a row of evidence."""
    shown = facts_of(employee_id, **facts)
    if status is not None:
        shown["status"] = status
    row = {name: value for name, value in shown.items() if name not in restricted}
    return Employee.seen(
        employee_id, deleted=deleted, directory_row=None, evidence=Evidence(row, frozenset(restricted))
    )


def leaver(employee_id: int = 1, **more: Any) -> Employee:
    """A hidden employee who is Inactive and was hired in 2020."""
    return hidden(employee_id, "Inactive", **{"hire_date": "2020-01-01", **more})


def unseen(employee_id: int = 1, *, deleted: bool = False) -> Employee:
    """An employee whom neither the directory nor the evidence shows."""
    return Employee.seen(employee_id, deleted=deleted, directory_row=None, evidence=None)


def account(
    number: int = 101,
    *,
    idnumber: str = "",
    email: str = "other@acme.example",
    username: str | None = None,
    auth: str = "oidc",
    suspended: bool = False,
    **values: str,
) -> Account:
    """An account, by default without an idnumber and with the values of no employee."""
    ordinary = {"firstname": "Other", "lastname": "Name", "department": "", "email": email}
    return Account(
        id=number,
        username=email.lower() if username is None else username,
        idnumber=idnumber,
        auth=auth,
        suspended=suspended,
        values={**ordinary, **values},
    )


def account_of(owner: int | Employee, *, number: int | None = None, **different: Any) -> Account:
    """The account that already has the owner's values, except `different`. By default its id is 100 + employee id."""
    owner = listed(owner) if isinstance(owner, int) else owner
    employee_id = owner.employee_id
    facts = {**facts_of(employee_id), **owner.facts}
    same = {
        "idnumber": str(employee_id),
        "email": facts["work_email"],
        "firstname": facts["first_name"],
        "lastname": facts["last_name"],
        "department": facts["department"],
    }
    return account(100 + employee_id if number is None else number, **{**same, **different})


LAPTOP = {
    "BAMBOO_COMPANY_DOMAIN": "acme",
    "MOODLE_BASE_URL": "https://learn.example.com",
    "BAMBOOHR_API_KEY": "a-key",
    "MOODLE_TOKEN": "a-token",
    "STATE_FILE": "state.sqlite",
}
"""The variables that a run without AWS needs."""


def run_settings(**variables: str) -> Settings:
    """The default settings with these variables laid over them."""
    return read_settings({**LAPTOP, **variables})


def mapping_of(username_template: str = "{work_email}", **rules: Any) -> FieldMapping:
    """The default mapping overridden by these rules."""
    return run_settings(FIELD_MAPPING=json.dumps(rules), USERNAME_TEMPLATE=username_template).mapping


def settings_of(*, mapping: FieldMapping | None = None, protected: Iterable[str] = (), **settings: Any) -> PlanSettings:
    """The default settings, overridden by these."""
    settings = {"auth": "oidc", **settings}
    return PlanSettings(mapping=mapping or mapping_of(), protected=frozenset(protected), **settings)


def email_index_of(employees: Iterable[Employee], colleagues: Mapping[int, str]) -> EmailIndex:
    """The addresses of the employees of the run, and of colleagues who did not change."""
    email_index = EmailIndex()
    for employee in employees:
        email_index.add(employee.facts.get("work_email", ""), employee.employee_id)
    for employee_id, address in colleagues.items():
        email_index.add(address, employee_id)
    return email_index


def record_of(
    employee_id: int, flag: FollowUp | None = None, note: str = "", action: str = "", **more: Any
) -> EmployeeRecord:
    """What is remembered about an employee."""
    record = EmployeeRecord(employee_id, **more)
    return record if flag is None else record.flagged(flag, note, action)


def suspended_by_us(*employee_ids: int) -> dict[int, EmployeeRecord]:
    """The records of employees whom this product suspended."""
    return {number: record_of(number, suspended_by_us=True, suspended_at=1) for number in employee_ids}


def input_of(
    *employees: Employee,
    colleagues: Mapping[int, str] | None = None,
    remembered: Mapping[int, EmployeeRecord] | None = None,
    now: datetime = NOW,
    knows_every_address: bool = True,
    changed: Collection[int] = (),
    former: Sequence[Employee] = (),
    kinds: Kinds | None = None,
    **settings: Any,
) -> PlanInput:
    """The input of a plan for these employees, with the default settings except `settings`."""
    ordered = sorted(employees, key=lambda employee: employee.employee_id)
    return PlanInput(
        ordered,
        settings_of(**settings),
        now,
        email_index_of(ordered, colleagues or {}),
        remembered or {},
        knows_every_address,
        frozenset(changed),
        former,
        kinds or {},
    )


def look_up(planner: Planner, accounts: Sequence[Account]) -> dict[str, list[str]]:
    """Answer the planner's look-ups from these accounts. BambooHR is not asked about other employees.

    Returns:
        What was asked for, by key; under "employee" the employees outside the run, under "unverified" those of the run
        of whom evidence was asked for.
    """
    asked: dict[str, list[str]] = {
        "idnumber": [],
        "id": [],
        "email": [],
        "username": [],
        "employee": [],
        "unverified": [],
    }
    while needed := planner.needs():
        asked["employee"] += map(str, sorted(needed.employees_to_add))
        asked["unverified"] += [str(one.employee_id) for one in needed.unverified]
        for lookup in needed.lookups:
            asked[lookup.key] += lookup.values
            planner.add(found(accounts, lookup.key, lookup.values))
    return asked


def found(accounts: Iterable[Account], key: AccountKey, values: Iterable[str]) -> list[Account]:
    """The accounts that Moodle finds, which ignores case."""
    wanted = {value.casefold() for value in values if value}
    return [account for account in accounts if str(getattr(account, key)).casefold() in wanted]


def plan_of(*employees: Employee, accounts: Sequence[Account] = (), **circumstances: Any) -> dict[int, Step]:
    """The plan by employee id. `circumstances`: see :func:`input_of`."""
    planner = Planner(input_of(*employees, **circumstances))
    look_up(planner, accounts)
    return {step.employee_id: step for step in planner.plan().steps}


def step_of(employee: Employee, *accounts: Account, **circumstances: Any) -> Step:
    """The step of the only employee of a run."""
    (step,) = plan_of(employee, accounts=accounts, **circumstances).values()
    return step


def writes(step: Step) -> dict[str, str]:
    """The new values that a step writes."""
    return {change.field: change.new for change in step.changes}


def outcome(step: Step) -> str:
    """Action and reason code, for example "update differs"."""
    return f"{step.action.value} {step.reason.code}"


def code(reason: Reason | None) -> str:
    """The code of a reason; "" for none."""
    return reason.code if reason else ""
