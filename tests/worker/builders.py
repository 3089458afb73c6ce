"""People, accounts and plans in a line each.

Whoever is built without a further word works here, is shown whole, and has a matching account wherever `account_of` is
asked for one; a test says only what is different.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from worker.config.settings import Settings, read_settings
from worker.model.account import Account, AccountKey
from worker.model.email_index import EmailIndex
from worker.model.employee import Employee, Evidence
from worker.model.history import EmployeeRecord
from worker.model.mapping import FieldMapping
from worker.model.reasons import Reason
from worker.model.step import Action, Step
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import Plan, Planner

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
YESTERDAY, TODAY, TOMORROW = "2026-11-21", "2026-11-22", "2026-11-23"


def facts_of(employee_id: int, **different: str) -> dict[str, str]:
    """What BambooHR shows of an ordinary person."""
    ordinary = {
        "first_name": f"First{employee_id}",
        "last_name": f"Last{employee_id}",
        "work_email": f"p{employee_id}@acme.example",
        "department": "Sales",
    }
    return {**ordinary, **different}


def person(employee_id: int = 1, *, deleted: bool = False, not_shown: Collection[str] = (), **facts: str) -> Employee:
    """Somebody in the directory, which needs no further evidence."""
    shown = {name: value for name, value in facts_of(employee_id, **facts).items() if name not in not_shown}
    return Employee.seen(employee_id, deleted=deleted, listing=shown, evidence=None)


def hidden(
    employee_id: int = 1,
    status: str | None = "Active",
    *,
    deleted: bool = False,
    restricted: Collection[str] = (),
    **facts: str,
) -> Employee:
    """Somebody whom the directory does not show, with a row of her own."""
    shown = facts_of(employee_id, **facts)
    if status is not None:
        shown["status"] = status
    row = {name: value for name, value in shown.items() if name not in restricted}
    return Employee.seen(employee_id, deleted=deleted, listing=None, evidence=Evidence(row, frozenset(restricted)))


def leaver(employee_id: int = 1, **more: Any) -> Employee:
    """Somebody who worked here until she was set Inactive."""
    return hidden(employee_id, "Inactive", **{"hire_date": "2020-01-01", **more})


def unseen(employee_id: int = 1, *, deleted: bool = False) -> Employee:
    """Somebody of whom neither the directory nor the evidence has a row."""
    return Employee.seen(employee_id, deleted=deleted, listing=None, evidence=None)


def account(
    number: int = 101,
    *,
    idnumber: str = "",
    email: str = "somebody@acme.example",
    username: str | None = None,
    auth: str = "oidc",
    suspended: bool = False,
    **values: str,
) -> Account:
    """An account, by default nobody's."""
    ordinary = {"firstname": "Some", "lastname": "Body", "department": "", "email": email}
    return Account(
        id=number,
        username=email.lower() if username is None else username,
        idnumber=idnumber,
        auth=auth,
        suspended=suspended,
        values={**ordinary, **values},
    )


def account_of(someone: int | Employee, *, number: int | None = None, **different: Any) -> Account:
    """The account that this person has when nothing differs, but for what does; its id is 100 and the employee id."""
    someone = person(someone) if isinstance(someone, int) else someone
    employee_id = someone.employee_id
    facts = {**facts_of(employee_id), **someone.facts}
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


def settings_of(**variables: str) -> Settings:
    """The default settings with these variables laid over them."""
    return read_settings({**LAPTOP, **variables})


def mapping_of(username_template: str = "{work_email}", **rules: Any) -> FieldMapping:
    """The default mapping with these rules laid over it."""
    return settings_of(FIELD_MAPPING=json.dumps(rules), USERNAME_TEMPLATE=username_template).mapping


def policy_of(*, mapping: FieldMapping | None = None, protected: Iterable[str] = (), **settings: Any) -> PlanSettings:
    """The default settings, but for these."""
    settings = {"auth": "oidc", **settings}
    return PlanSettings(mapping=mapping or mapping_of(), protected=frozenset(protected), **settings)


def bearers_of(people: Iterable[Employee], colleagues: Mapping[int, str]) -> EmailIndex:
    """Who has which address: the people of the run, and colleagues who did not change."""
    email_index = EmailIndex()
    for someone in people:
        email_index.add(someone.facts.get("work_email", ""), someone.employee_id)
    for employee_id, address in colleagues.items():
        email_index.add(address, employee_id)
    return email_index


def suspended_by_us(*employee_ids: int) -> dict[int, EmployeeRecord]:
    """What is remembered of people whom this product suspended."""
    return {number: EmployeeRecord(number, suspended_by_us=True, suspended_at=1) for number in employee_ids}


def input_of(
    *people: Employee,
    colleagues: Mapping[int, str] | None = None,
    remembered: Mapping[int, EmployeeRecord] | None = None,
    now: datetime = NOW,
    policy: PlanSettings | None = None,
    sees_whole_company: bool = True,
    changed: Collection[int] = (),
    **different: Any,
) -> PlanInput:
    """What planning looks at: these people, under the default settings but for those that are `different`."""
    ordered = sorted(people, key=lambda one: one.employee_id)
    return PlanInput(
        ordered,
        policy or policy_of(**different),
        now,
        bearers_of(ordered, colleagues or {}),
        remembered or {},
        sees_whole_company,
        frozenset(changed),
    )


def planned(plan_input: PlanInput, accounts: Sequence[Account]) -> Plan:
    """The plan that a run makes: of a site's accounts it sees those that its look-ups find."""
    planner = Planner(plan_input)
    asked(planner, accounts)
    return planner.plan()


def asked(planner: Planner, accounts: Sequence[Account]) -> dict[str, list[str]]:
    """What a run looks up, by key; under "employee" those it asks BambooHR about. They stay outside."""
    looked_up: dict[str, list[str]] = {"idnumber": [], "id": [], "email": [], "username": [], "employee": []}
    while needed := planner.lookups_needed():
        looked_up["employee"] += map(str, sorted(needed.employees))
        for key, values in needed.accounts.items():
            looked_up[key] += values
            planner.add(found(accounts, key, values))
    return looked_up


def found(accounts: Iterable[Account], key: AccountKey, values: Iterable[str]) -> list[Account]:
    """The accounts that Moodle finds: whatever the case."""
    wanted = {value.casefold() for value in values if value}
    return [one for one in accounts if str(getattr(one, key)).casefold() in wanted]


def plan_of(*people: Employee, accounts: Sequence[Account] = (), **circumstances: Any) -> dict[int, Step]:
    """Everybody's step, by employee id. `circumstances`: see :func:`input_of`."""
    plan = planned(input_of(*people, **circumstances), accounts)
    return {step.employee_id: step for step in plan.steps}


def step_of(someone: Employee, *accounts: Account, **circumstances: Any) -> Step:
    """The step of the only person of a run."""
    (step,) = plan_of(someone, accounts=accounts, **circumstances).values()
    return step


def new(step: Step) -> dict[str, str]:
    """What a step writes."""
    return {change.field: change.new for change in step.changes}


def told(step: Step) -> tuple[Action, str]:
    """A step in two words: what happens, and why."""
    return step.action, step.reason.code


def code(reason: Reason | None) -> str:
    """The stable word of a reason."""
    return reason.code if reason else ""
