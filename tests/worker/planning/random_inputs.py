"""Random small inputs: few employees, accounts and values, so that all of them collide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.worker.builders import NOW, email_index_of, mapping_of, settings_of, suspended_by_us
from worker.model.account import Account
from worker.model.employee import Employee, Evidence
from worker.model.history import EmployeeRecord
from worker.model.scope import ALL_EMPLOYEES, Scope, ScopeRule
from worker.model.step import Step
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import Planner

ADDRESSES = ("a@x.io", "b@x.io", "c@x.io", "d@x.io", "A@X.io", "B@x.io")
FIRST = ("Ann", "Bob", "Cleo")
LAST = ("Ng", "Poe")
DEPARTMENTS = ("", "Sales")
FIELDS = ("first_name", "last_name", "preferred_name", "work_email", "department", "status", "hire_date")
SCOPES = (
    ALL_EMPLOYEES,
    ALL_EMPLOYEES,
    Scope((ScopeRule("department", allowed=("Sales",)),)),
    Scope((ScopeRule("department", excluded=("sales",)), ScopeRule("last_name", allowed=("ng",)))),
)
OUTSIDER = 90
"""A colleague who did not change, and is in the directory."""

TEMPLATES = ("{work_email}", "{first_name}", "{first_name}.{last_name}", "u{employee_id}")
MAPPINGS: tuple[dict[str, Any], ...] = (
    {},
    {"department": None},
    {"firstname": ["preferred_name", "first_name"]},
    {"firstname": {"from": "first_name", "when": "create"}},
    {"email": {"from": "work_email", "when": "create"}},
    {"department": {"from": "department", "default": "None"}},
)


@dataclass
class RandomInput:
    """What a run read of BambooHR, and the accounts of the site."""

    employees: list[Employee]
    accounts: list[Account]
    settings: PlanSettings
    colleagues: dict[int, str]
    remembered: dict[int, EmployeeRecord] = field(default_factory=dict)

    def plan(self, accounts: Sequence[Account] | None = None) -> list[Step]:
        """The plan, for the original accounts by default."""
        email_index = email_index_of(self.employees, self.colleagues)
        plan_input = PlanInput(self.employees, self.settings, NOW, email_index, self.remembered)
        planner = Planner(plan_input)
        planner.add(self.accounts if accounts is None else accounts)
        return list(planner.plan().steps)

    def employee(self, step: Step) -> Employee:
        """The employee of a step."""
        return next(employee for employee in self.employees if employee.employee_id == step.employee_id)


@st.composite
def employees(draw: st.DrawFn, employee_id: int) -> Employee:
    facts = {
        "first_name": draw(st.sampled_from((*FIRST, "", " "))),
        "last_name": draw(st.sampled_from((*LAST, ""))),
        "preferred_name": draw(st.sampled_from((*FIRST, ""))),
        "work_email": draw(st.sampled_from((*ADDRESSES, *ADDRESSES, "", "no address"))),
        "department": draw(st.sampled_from(DEPARTMENTS)),
    }
    status = draw(st.sampled_from(("Active", "Inactive", "Inactive", "inactive", "", "Third party")))
    hire_date = draw(st.sampled_from(("", "0000-00-00", "2020-01-01", "2026-12-01")))
    not_shown = draw(st.lists(st.sampled_from(FIELDS), max_size=2)) if draw(st.booleans()) else []
    listing = {name: value for name, value in facts.items() if name not in not_shown}
    row = {
        name: value
        for name, value in {**facts, "status": status, "hire_date": hire_date}.items()
        if name not in not_shown
    }
    evidence = Evidence(row, frozenset(not_shown) if draw(st.booleans()) else frozenset())
    shown_in = draw(st.sampled_from(("directory", "directory", "evidence", "evidence", "both", "nowhere")))
    return Employee.seen(
        employee_id,
        deleted=draw(st.sampled_from((False, False, False, True))),
        directory_row=listing if shown_in in ("directory", "both") else None,
        evidence=evidence if shown_in in ("evidence", "both") else None,
    )


@st.composite
def sites(draw: st.DrawFn, *, unique: bool) -> list[Account]:
    emails = draw(
        st.lists(
            st.sampled_from((*ADDRESSES, "z@x.io")),
            max_size=6,
            unique_by=(lambda email: email.lower()) if unique else None,
        )
    )
    accounts: list[Account] = []
    for at, email in enumerate(emails):
        first, last = draw(st.sampled_from(FIRST)), draw(st.sampled_from(LAST))
        idnumber = draw(st.sampled_from(("", "", "1", "2", "3", "4", "5", "6", "7", "X1")))
        made = (email.lower(), first.lower(), f"{first}.{last}".lower(), f"u{idnumber}", f"own{at}")
        names = [name for name in made if name not in {account.username for account in accounts}]
        values = {
            "email": email,
            "firstname": first,
            "lastname": last,
            "department": draw(st.sampled_from(DEPARTMENTS)),
        }
        auth = draw(st.sampled_from(("oidc", "oidc", "manual", "nologin")))
        username = draw(st.sampled_from(names))
        accounts.append(Account(101 + at, username, idnumber, auth, draw(st.booleans()), values))
    return accounts


@st.composite
def random_inputs(draw: st.DrawFn, *, unique: bool = True) -> RandomInput:
    """`unique`: no two accounts have the same e-mail address, as on a site with Moodle's default settings."""
    ids = sorted(draw(st.sets(st.integers(1, 6), min_size=1)))
    numbers = st.frozensets(st.integers(1, 6), max_size=2)
    return RandomInput(
        employees=[draw(employees(employee_id)) for employee_id in ids],
        accounts=draw(sites(unique=unique)),
        settings=settings_of(
            mapping=mapping_of(draw(st.sampled_from(TEMPLATES)), **draw(st.sampled_from(MAPPINGS))),
            protected=draw(st.frozensets(st.sampled_from(("3", "ann", "a@x.io", "own1")), max_size=1)),
            reactivate_all=draw(st.booleans()),
            reactivate_ids=draw(numbers),
            hire_lookahead_days=draw(st.sampled_from((0, 30))),
            scope=draw(st.sampled_from(SCOPES)),
            suspends_out_of_scope=draw(st.booleans()),
        ),
        colleagues=draw(st.sampled_from(({}, {}, {OUTSIDER: "a@x.io"}))),
        remembered=suspended_by_us(*draw(numbers)),
    )
