"""What an approval writes: what a run held, as long as it is still exactly due, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from _pytest.mark import ParameterSet

from tests.worker.builders import (
    TOMORROW,
    account,
    account_of,
    code,
    hidden,
    input_of,
    leaver,
    listed,
    look_up,
    outcome,
    suspended_by_us,
    writes,
)
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.held_change import HeldChange
from worker.model.step import GuardClass, Step
from worker.planning.approval import held_changes, only_approved
from worker.planning.guards import GuardInput, guard
from worker.planning.limits import Limits
from worker.planning.planner import Plan, Planner

KEY = "a token"
HOLDS_ALL = GuardInput(Limits(100, dict.fromkeys(GuardClass, 0)), run_id="r1")
SUSPEND, REACTIVATE, IDENTITY, CLEAR, UPDATE, CREATE = GuardClass
UNCONFIRMED = None
"""The list of matches that an operator has to confirm."""


def plan_for(employee: Employee, *accounts: Account, confirmed: Collection[int] = ()) -> Plan:
    remembered = suspended_by_us(*(int(one.idnumber) for one in accounts if one.suspended))
    planner = Planner(input_of(employee, remembered=remembered, confirmed=confirmed))
    look_up(planner, accounts)
    return planner.plan()


def held_of(employee: Employee, *accounts: Account, key: str = KEY) -> list[HeldChange]:
    """What a run lists for an approval whose guards hold everything."""
    return [*held_changes(guard(plan_for(employee, *accounts), HOLDS_ALL).plan, "r1", key, 0).changes]


def approve(changes: Collection[HeldChange], employee: Employee, *accounts: Account) -> Step:
    """The step of an approval of these changes, from what both systems show by then."""
    confirmed = frozenset(change.employee_id for change in changes if change.guard_class is UNCONFIRMED)
    (step,) = only_approved(plan_for(employee, *accounts, confirmed=confirmed), changes, KEY, "r1").steps
    return step


@dataclass(frozen=True)
class Row:
    """One row: what BambooHR and Moodle show when the run holds and, where that differs, when it is approved."""

    held: Employee
    account: Account | None
    lists: Collection[GuardClass | None]
    expect: str
    writes: dict[str, str] | None
    now: Employee | None
    account_now: Account | None
    only: Collection[GuardClass | None] = field(default=())

    def check(self) -> None:
        accounts = [self.account] if self.account else []
        accounts_now = [self.account_now] if self.account_now else accounts
        changes = held_of(self.held, *accounts)

        step = approve(
            [change for change in changes if not self.only or change.guard_class in self.only],
            self.now or self.held,
            *accounts_now,
        )

        assert {change.guard_class for change in changes} == {*self.lists}
        assert outcome(step) == self.expect
        if self.writes is not None:
            assert writes(step) == self.writes
        assert not step.is_error
        assert (step.held, step.classes) == ((), frozenset())


def row(
    name: str,
    lists: Collection[GuardClass | None],
    held: Employee,
    account: Account | None,
    expect: str,
    sent: dict[str, str] | None = None,
    *,
    now: Employee | None = None,
    account_now: Account | None = None,
    only: Collection[GuardClass | None] = (),
) -> ParameterSet:
    return pytest.param(Row(held, account, lists, expect, sent, now, account_now, only), id=name)


ADA = listed(7)
MOVED = listed(7, department="Legal", work_email="ada@new.example")
READDRESSED, UNASSIGNED = listed(7, work_email="ada@new.example"), listed(7, department="")
LEFT, RETURNED = leaver(7), account_of(7, suspended=True)
IN_SYNC, ANOTHER = account_of(7), account_of(7, number=900)
ADDRESS = {"email": "ada@new.example", "username": "ada@new.example"}
STRANGER = account_of(7, firstname="Other", lastname="Name", email="o@other.example", username="o", auth="manual")
NOTHING: dict[str, str] = {}
LEGAL = {"department": "Legal"}
BOTH = [IDENTITY, UPDATE]


@pytest.mark.parametrize(
    "case",
    [
        # Every class, still due
        row("suspend", [SUSPEND], LEFT, IN_SYNC, "suspend left", {"suspended": "1"}),
        row("reactivate", [REACTIVATE], ADA, RETURNED, "reactivate returned", {"suspended": "0"}),
        row("identity and update", BOTH, MOVED, IN_SYNC, "update differs", ADDRESS | LEGAL),
        row("clear", [CLEAR], UNASSIGNED, IN_SYNC, "update differs", {"department": ""}),
        row("create", [CREATE], ADA, None, "create new"),
        # One class of several
        row("identity alone", BOTH, MOVED, IN_SYNC, "update differs", ADDRESS, only=[IDENTITY]),
        row("update alone", BOTH, MOVED, IN_SYNC, "update differs", LEGAL, only=[UPDATE]),
        # Not due any more, or not exactly
        row("returned", [SUSPEND], LEFT, IN_SYNC, "unchanged in_step", NOTHING, now=ADA),
        row("done by hand", [SUSPEND], LEFT, IN_SYNC, "unchanged already_suspended", NOTHING, account_now=RETURNED),
        row(
            "another address by now",
            [IDENTITY],
            READDRESSED,
            IN_SYNC,
            "skip not_due",
            NOTHING,
            now=listed(7, work_email="ada@newer.example"),
        ),
        row("another department too", [IDENTITY], READDRESSED, IN_SYNC, "update differs", ADDRESS, now=MOVED),
        row("left since", BOTH, MOVED, IN_SYNC, "skip not_due", NOTHING, now=LEFT),
        row("another account by now", [CLEAR], UNASSIGNED, IN_SYNC, "skip not_due", NOTHING, account_now=ANOTHER),
        row("a new employee is a leaver", [CREATE], ADA, None, "skip left_without_account", NOTHING, now=LEFT),
        # Whose account it is
        row("confirmed", [UNCONFIRMED], ADA, STRANGER, "update differs", only=[UNCONFIRMED]),
        row("in agreement by now", [UNCONFIRMED], ADA, STRANGER, "unchanged in_step", NOTHING, account_now=IN_SYNC),
    ],
)
def test_what_was_held_is_written_if_it_is_still_exactly_due(case: Row) -> None:
    case.check()


def test_the_list_names_the_account_and_whether_values_are_sent_again() -> None:
    planner = Planner(input_of(ADA, leaver(8), resends=True))
    look_up(planner, [account_of(8)])

    held = held_changes(guard(planner.plan(), HOLDS_ALL).plan, "r1", KEY, 5)

    named = [(one.employee_id, one.account_id, one.guard_class) for one in held.changes]
    assert named == [(7, 0, CREATE), (8, 108, SUSPEND)]
    assert (held.run_id, held.at, held.resends) == ("r1", 5, True)
    assert not held_changes(plan_for(ADA), "r1", KEY, 5).resends


def test_only_what_is_not_due_ends_the_wait_and_the_error_of_its_step() -> None:
    starts_later = hidden(7, hire_date=TOMORROW, department="Legal")
    taken = account(900, email="ada@new.example")
    held = [held_of(starts_later, IN_SYNC), held_of(MOVED, IN_SYNC, taken)]

    waits, taken_address = approve(held[0], starts_later, IN_SYNC), approve(held[1], MOVED, IN_SYNC, taken)
    assert (outcome(waits), waits.is_waiting) == ("update differs", True)
    assert (outcome(taken_address), code(taken_address.problem)) == ("update differs", "email_taken")

    waits, taken_address = approve([], starts_later, IN_SYNC), approve([], MOVED, IN_SYNC, taken)
    assert (outcome(waits), waits.is_waiting) == ("skip not_approved", False)
    assert (outcome(taken_address), taken_address.problem) == ("skip not_approved", None)


def test_nothing_is_approved_beyond_the_list() -> None:
    step = approve([], MOVED, IN_SYNC)

    assert (outcome(step), writes(step)) == ("skip not_approved", {})


def test_what_was_held_for_another_employee_approves_nothing() -> None:
    other = held_of(listed(8, work_email="ada@new.example"), account_of(8))

    assert outcome(approve(other, READDRESSED, IN_SYNC)) == "skip not_approved"


def test_a_replaced_token_makes_what_was_held_worthless() -> None:
    changes = held_of(LEFT, IN_SYNC, key="the former token")

    assert outcome(approve(changes, LEFT, IN_SYNC)) == "skip not_due"


def test_an_unconfirmed_match_is_not_confirmed_by_what_a_guard_held() -> None:
    changes = held_of(MOVED, IN_SYNC)

    assert outcome(approve(changes, ADA, STRANGER)) == "conflict unconfirmed"


def test_an_address_that_a_held_change_would_free_is_not_taken_without_it() -> None:
    leaves_it, takes_it = listed(1, work_email="new@x.io"), listed(2, work_email="old@x.io")
    accounts = [account_of(1, email="old@x.io", username="old@x.io"), account_of(2)]
    planner = Planner(input_of(leaves_it, takes_it))
    look_up(planner, accounts)
    plan = planner.plan()
    changes = held_changes(guard(plan, HOLDS_ALL).plan, "r1", KEY, 0).changes

    both = only_approved(plan, changes, KEY, "r1")
    taker_alone = only_approved(plan, [change for change in changes if change.employee_id == 2], KEY, "r1")

    assert [outcome(step) for step in both.steps] == ["update differs"] * 2
    assert [outcome(step) for step in taker_alone.steps] == ["skip not_approved", "hold needs_another"]
    assert not held_changes(taker_alone, "r2", KEY, 0).changes, "they stay on the list of r1"
    why = taker_alone.steps[1].reason
    assert "still due, but it needs the change of employee 1, not" in why.text
    assert "approve r1 --employee 2 --employee 1;" in why.advice_for(2)


def test_what_waits_for_a_change_that_waits_itself_is_not_written_either() -> None:
    """Employee 1 has to leave the address to 2, 2 theirs to 3, and 3 theirs to 4."""
    moving = [listed(number, work_email=f"p{number - 1}@acme.example") for number in range(1, 5)]
    planner = Planner(input_of(*moving))
    look_up(planner, [account_of(number) for number in range(1, 5)])
    plan = planner.plan()
    changes = held_changes(guard(plan, HOLDS_ALL).plan, "r1", KEY, 0).changes

    steps = only_approved(plan, [change for change in changes if change.employee_id > 2], KEY, "r1").steps

    assert [outcome(step) for step in steps] == ["skip not_approved"] * 2 + ["hold needs_another"] * 2
    assert "it needs the changes of employees 1, 2, not" in steps[3].reason.text
    assert "approve r1 --employee 4 --employee 1 --employee 2 --employee 3;" in steps[3].reason.advice_for(4)


def test_an_account_is_not_reactivated_without_its_change_of_identity() -> None:
    plan = plan_for(READDRESSED, RETURNED)
    changes = held_changes(guard(plan, HOLDS_ALL).plan, "r1", KEY, 0).changes

    (step,) = only_approved(plan, [change for change in changes if change.guard_class is REACTIVATE], KEY, "r1").steps

    assert (outcome(step), writes(step), [change.field for change in step.held[0].changes]) == (
        "hold needs_another",
        {},
        ["suspended"],
    )
    assert "it needs the account's change of identity, not" in step.reason.text
    assert "approve r1 --employee 7;" in step.reason.advice_for(7)
