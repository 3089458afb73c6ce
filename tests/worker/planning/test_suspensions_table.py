"""The scope in the order of decisions: each state of scope with each kind of evidence and each kind of account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worker.builders import (
    TOMORROW,
    account,
    account_of,
    hidden,
    leaver,
    listed,
    outcome,
    plan_of,
    record_of,
    step_of,
    suspended_by_us,
    unseen,
)
from tests.worker.planning.cases import STRANGER, Case, Values, case
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.history import FollowUp
from worker.model.scope import Scope, ScopeRule

NORTH = Scope((ScopeRule("division", allowed=("North",)),))
NOT_SOUTH = Scope((ScopeRule("division", excluded=("South",)),))

SCOPES: dict[str, tuple[Values, Values]] = {
    "in": ({"division": "north"}, {"scope": NORTH, "suspends_out_of_scope": True}),
    "empty, not excluded": ({"division": ""}, {"scope": NOT_SOUTH, "suspends_out_of_scope": True}),
    "out, keep": ({"division": "South"}, {"scope": NORTH}),
    "empty, not allowed, keep": ({"division": ""}, {"scope": NORTH}),
    "excluded, keep": ({"division": " SOUTH"}, {"scope": NOT_SOUTH}),
    "out, suspend": ({"division": "South"}, {"scope": NORTH, "suspends_out_of_scope": True}),
    "empty, not allowed, suspend": ({"division": ""}, {"scope": NORTH, "suspends_out_of_scope": True}),
    "excluded, suspend": ({"division": "South"}, {"scope": NOT_SOUTH, "suspends_out_of_scope": True}),
    "not shown": ({}, {"scope": NORTH, "suspends_out_of_scope": True}),
}
"""What BambooHR shows of the field, and the settings."""

OURS: Values = {"remembered": suspended_by_us(1)}
ACCOUNTS: dict[str, tuple[Account | None, Values]] = {
    "none": (None, {}),
    "active": (account_of(1), {}),
    "suspended by us": (account_of(1, suspended=True), OURS),
    "suspended elsewhere": (account_of(1, suspended=True), {}),
    "by e-mail": (account_of(1, idnumber=""), {}),
    "protected": (account_of(1, auth="nologin"), {}),
    "contradicted": (account_of(1, **STRANGER), {}),
}

LEFT = {
    "none": "skip left_without_account",
    "active": "suspend left",
    "suspended by us": "unchanged already_suspended",
    "suspended elsewhere": "unchanged already_suspended",
    "by e-mail": "suspend left",
    "protected": "skip protected",
    "contradicted": "conflict unconfirmed",
}
IN_SCOPE = {
    "none": "create new",
    "active": "unchanged in_step",
    "suspended by us": "reactivate returned",
    "suspended elsewhere": "unchanged in_step",
    "by e-mail": "update linked",
    "protected": "skip protected",
    "contradicted": "conflict unconfirmed",
}
SUSPENDED = {
    "none": "skip out_of_scope",
    "active": "suspend out_of_scope",
    "suspended by us": "unchanged out_of_scope",
    "suspended elsewhere": "unchanged out_of_scope",
    "by e-mail": "suspend out_of_scope",
    "protected": "skip protected",
    "contradicted": "conflict unconfirmed",
}
EXPECTED = {
    "inactive": lambda scope: LEFT,
    # BambooHR shows no address of a deleted employee, by which an account could be found.
    "deleted": lambda scope: {**LEFT, "by e-mail": "skip left_without_account"},
    "future": lambda scope: {**dict.fromkeys(ACCOUNTS, "hold starts_later"), "protected": "skip protected"},
    "unknown": lambda scope: dict.fromkeys(ACCOUNTS, "hold no_evidence"),
    "listed": lambda scope: _of_active(scope),
    "hidden": lambda scope: _of_active(scope),
}


def _of_active(scope: str) -> dict[str, str]:
    if scope in ("in", "empty, not excluded"):
        return IN_SCOPE
    if scope.endswith("suspend"):
        return SUSPENDED
    return dict.fromkeys(ACCOUNTS, "skip out_of_scope" if scope.endswith("keep") else "hold scope_not_shown")


def _employee(evidence: str, facts: Values) -> Employee:
    return {
        "listed": lambda: listed(**facts),
        "hidden": lambda: hidden(**facts),
        "inactive": lambda: leaver(**facts),
        "deleted": lambda: unseen(deleted=True),
        "future": lambda: leaver(**facts, hire_date=TOMORROW),
        "unknown": lambda: hidden(1, "Terminated", **facts),
    }[evidence]()


CELLS = [
    pytest.param(scope, evidence, has_account, id=f"{scope} | {evidence} | {has_account}")
    for scope in SCOPES
    for evidence in EXPECTED
    for has_account in ACCOUNTS
]


@pytest.mark.parametrize(("scope", "evidence", "has_account"), CELLS)
def test_scope_evidence_and_account_decide(scope: str, evidence: str, has_account: str) -> None:
    facts, settings = SCOPES[scope]
    found, remembered = ACCOUNTS[has_account]

    step = step_of(_employee(evidence, facts), *([found] if found else []), **settings, **remembered)

    assert outcome(step) == EXPECTED[evidence](scope)[has_account]
    assert step.is_waiting == (step.action == "hold")
    assert step.suspends == {"suspend": True, "reactivate": False}.get(step.action)
    if step.action == "suspend":
        assert step.fields == ["suspended"]


# What the table cannot say

KEEP: Values = {"scope": NORTH}
SUSPEND: Values = {"scope": NORTH, "suspends_out_of_scope": True}
SOUTH: Values = {"division": "South"}
OTHER_NAMES = account_of(1, idnumber="", firstname="Other", lastname="Name")
TWO_FIELDS = Scope((*NORTH.rules, ScopeRule("employment_status", excluded=("Contractor",))))


@pytest.mark.parametrize(
    "row",
    [
        case(
            "protected by id", "skip protected", listed(**SOUTH), account_of(1), about=None, protected={"1"}, **SUSPEND
        ),
        case("undone", "hold undone", listed(**SOUTH), account_of(1), about=None, waits=False, undone={1}, **SUSPEND),
        case(
            "REACTIVATE=always",
            "unchanged out_of_scope",
            listed(**SOUTH),
            account_of(1, suspended=True),
            reactivate_all=True,
            **SUSPEND,
        ),
        case(
            "--reactivate",
            "skip out_of_scope",
            listed(**SOUTH),
            account_of(1, suspended=True),
            about=None,
            reactivate_ids={1},
            **KEEP,
        ),
        case(
            "values differ", "skip out_of_scope", listed(**SOUTH, department="Legal"), account_of(1), about=None, **KEEP
        ),
        case("other names", "hold out_of_scope_unsure", listed(**SOUTH), OTHER_NAMES, **SUSPEND),
        case(
            "address shared",
            "hold out_of_scope_unsure",
            listed(**SOUTH),
            account_of(1, idnumber=""),
            colleagues={2: "p1@acme.example"},
            **SUSPEND,
        ),
        case(
            "another's account",
            "skip out_of_scope",
            listed(**SOUTH),
            account_of(1, idnumber="9"),
            about=None,
            **SUSPEND,
        ),
        case("no e-mail, no account", "skip out_of_scope", listed(**SOUTH, work_email=""), **SUSPEND),
        case(
            "nothing shown but the scope",
            "suspend out_of_scope",
            listed(not_shown=["first_name", "last_name", "work_email"], **SOUTH),
            account_of(1),
            **SUSPEND,
        ),
        case(
            "out by one field, the other not shown",
            "skip out_of_scope",
            listed(**SOUTH),
            scope=TWO_FIELDS,
            says="division has none of the allowed values",
        ),
        case(
            "in by one field, the other not shown",
            "hold scope_not_shown",
            listed(division="North"),
            scope=TWO_FIELDS,
            says="does not show employment_status",
        ),
        case(
            "out by the second field",
            "skip out_of_scope",
            listed(division="North", employment_status="contractor"),
            scope=TWO_FIELDS,
            says="employment_status has an excluded value",
        ),
        # The job of a new employee is shown from the first day on.
        case(
            "starts tomorrow, Active, no division yet",
            "hold starts_later",
            hidden(division="", hire_date=TOMORROW),
            account_of(1),
            about=None,
            **SUSPEND,
        ),
        case(
            "look-ahead, out", "hold starts_later", leaver(**SOUTH, hire_date=TOMORROW), hire_lookahead_days=3, **KEEP
        ),
        case(
            "look-ahead, in",
            "create new",
            leaver(division="North", hire_date=TOMORROW),
            hire_lookahead_days=3,
            waits=True,
            **KEEP,
        ),
        case("look-ahead, not shown", "hold starts_later", leaver(hire_date=TOMORROW), hire_lookahead_days=3, **KEEP),
        # A full pass adds nobody to those who wait.
        case(
            "incomplete, not shown",
            "hold unreadable_fields",
            replace(listed(), partial_refusal="HTTP 500"),
            problem="unreadable_fields",
            **KEEP,
        ),
        case("all employees, not shown", "hold scope_not_shown", listed(), waits=False, is_full_pass=True, **KEEP),
        case(
            "all employees, waiting",
            "hold scope_not_shown",
            listed(),
            is_full_pass=True,
            remembered={1: record_of(1, FollowUp.WAITING)},
            **KEEP,
        ),
    ],
)
def test_single_rules_of_the_scope(row: Case) -> None:
    row.check()


def test_a_full_pass_makes_those_wait_whose_field_is_hidden_unless_it_is_for_all() -> None:
    some = plan_of(listed(1), listed(2, division="North"), is_full_pass=True, **KEEP)
    both = plan_of(listed(1), listed(2), is_full_pass=True, **KEEP)

    assert (some[1].is_waiting, both[1].is_waiting, both[2].is_waiting) == (True, False, False)


def test_an_account_that_is_left_alone_keeps_its_address_from_a_newcomer() -> None:
    moved = listed(1, **SOUTH, work_email="moved@acme.example")
    newcomer = listed(2, division="North", work_email="p1@acme.example")

    plan = plan_of(moved, newcomer, accounts=[account_of(1)], **KEEP)

    assert (outcome(plan[1]), outcome(plan[2])) == ("skip out_of_scope", "conflict email_taken")


def test_an_account_that_was_suspended_without_an_idnumber_is_reactivated_on_return() -> None:
    suspended = account(
        7, email="p1@acme.example", firstname="First1", lastname="Last1", department="Sales", suspended=True
    )
    record = record_of(1, suspended_by_us=True, suspended_at=1, suspended_account_id=7)

    step = step_of(listed(division="North"), suspended, remembered={1: record}, **SUSPEND)

    assert step.action == "reactivate"
