"""The matcher never re-identifies: whatever two sets of people BambooHR and Moodle hold, and however ids are shared."""

from __future__ import annotations

from collections.abc import Mapping
from operator import eq
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.worker.builders import NOW, account, email_index_of, hidden, leaver, listed, mapping_of, settings_of
from tests.worker.planning.tiny_moodle import TinyMoodle
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.plan_input import PlanInput
from worker.planning.planner import Planner

Person = tuple[str, str, str]
"""First name, last name, address."""

NAMES = st.sampled_from(
    ("Ann", "ann", "Bob", "Cleo", "Ng", "Poe", "Jean-Luc", "Jean Luc", "M\u00fcller", "Mueller", "Dee")
)
ADDRESSES = st.sampled_from(tuple(f"{name}@acme.example" for name in "abcdefgh"))
PEOPLE = st.tuples(NAMES, NAMES, ADDRESSES)
PREFERRED: Mapping[str, Any] = {"firstname": ["preferred_name", "first_name"]}
MAPPINGS: tuple[Mapping[str, Any], ...] = ({}, {}, PREFERRED, {"email": {"from": "work_email", "when": "create"}})
TEMPLATES = st.sampled_from(("{work_email}", "{first_name}.{last_name}", "u{employee_id}"))


@st.composite
def employees(draw: st.DrawFn) -> list[Employee]:
    """Two to six employees with ids from 1 to 6."""
    made = []
    for number in sorted(draw(st.sets(st.integers(1, 6), min_size=2))):
        first, last, address = draw(PEOPLE)
        facts = {"first_name": first, "last_name": last, "work_email": address}
        if draw(st.booleans()):
            facts["preferred_name"] = draw(NAMES)
        made.append(draw(st.sampled_from((listed, listed, listed, hidden, leaver)))(number, **facts))
    return made


@st.composite
def accounts(draw: st.DrawFn) -> list[Account]:
    """Up to six accounts with addresses of their own, some of them with an employee's id."""
    people = draw(st.lists(PEOPLE, max_size=6, unique_by=lambda person: person[2]))
    ids = draw(st.permutations(("1", "2", "3", "4", "5", "6")))
    return [
        account(
            101 + at,
            firstname=first,
            lastname=last,
            email=address,
            idnumber=draw(st.sampled_from((ids[at], ids[at], ids[at], ""))),
            auth=draw(st.sampled_from(("oidc", "manual"))),
            suspended=draw(st.sampled_from((False, False, True))),
            username=draw(st.sampled_from((address, f"u{ids[at]}", f"own{at}"))),
        )
        for at, (first, last, address) in enumerate(people)
    ]


def folded(name: str) -> frozenset[str]:
    return frozenset(name.casefold().replace("\u00fc", "ue").replace("-", " ").split())


def is_another_person(before: Account, after: Account) -> bool:
    names = ("firstname", "lastname")
    was, becomes = ([folded(one.values[name]) for name in names] for one in (before, after))
    moved = before.email.casefold() != after.email.casefold()
    return moved and frozenset().union(*was) != frozenset().union(*becomes) and not any(map(eq, was, becomes))


@given(employees(), accounts(), st.sampled_from(MAPPINGS), TEMPLATES)
@example(
    [listed(1, first_name="Cleo", last_name="Poe", preferred_name="Ann", work_email="b@acme.example")],
    [account(101, idnumber="1", firstname="Ann", lastname="Ng", email="a@acme.example")],
    {},
    "{work_email}",
)
def test_no_account_becomes_another_person(
    company: list[Employee], site: list[Account], rules: Mapping[str, Any], template: str
) -> None:
    planner = Planner(
        PlanInput(company, settings_of(mapping=mapping_of(template, **rules)), NOW, email_index_of(company, {}))
    )
    planner.add(site)
    moodle = TinyMoodle(site)

    moodle.apply(planner.plan().steps)

    after = {one.id: one for one in moodle.accounts}
    assert [one.id for one in site if is_another_person(one, after[one.id])] == []


@given(employees(), accounts())
@example(
    [listed(1, first_name="Cleo", last_name="Poe", work_email="a@acme.example")],
    [account(101, firstname="Service", lastname="Desk", email="a@acme.example")],
)
def test_no_account_without_idnumber_is_linked_to_an_employee_with_other_names(
    company: list[Employee], site: list[Account]
) -> None:
    planner = Planner(PlanInput(company, settings_of(), NOW, email_index_of(company, {})))
    planner.add(site)

    for step in planner.plan().steps:
        if step.account is not None and "idnumber" in step.fields:
            facts, values = planner.plan().plan_input.by_id[step.employee_id].facts, step.account.values
            firsts = {folded(facts.get(name, "")) for name in ("first_name", "preferred_name")}
            whole = {first | folded(facts["last_name"]) for first in firsts}
            assert (
                folded(values["firstname"]) in firsts
                or folded(values["lastname"]) == folded(facts["last_name"])
                or folded(values["firstname"]) | folded(values["lastname"]) in whole
            )
