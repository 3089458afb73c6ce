"""Guards: what an earlier run of the window let through, and Moodle did not take, is tried again."""

from __future__ import annotations

from collections.abc import Callable, Set

import pytest

from tests.worker.builders import account_of, listed, writes
from tests.worker.planning.guard_cases import (
    BY_NAME,
    EXAMPLES,
    Case,
    defaults,
    guarded,
    has_an_account_without_idnumber,
    many,
    of,
    plan_for,
)
from worker.model.journal_entry import FailedWrite, RecentWrites
from worker.model.step import GuardClass


def may_be_tried_again(example: Callable[[int], Case], held_class: GuardClass) -> bool:
    return held_class in (GuardClass.UPDATE, GuardClass.CREATE) or example is has_an_account_without_idnumber


@BY_NAME
def test_what_an_earlier_run_of_the_window_let_through_needs_no_second_permission(
    example: Callable[[int], Case], held_class: GuardClass
) -> None:
    """Links, updates and creates that Moodle did not take. What an unreliable reading may cause counts every time."""
    due = many(example, 26)
    values = {step.employee_id: {one.field: one.new for one in step.changes} for step in plan_for(due).steps}
    others = {number: dict.fromkeys(own, "another value") for number, own in values.items()}

    again = guarded(due, recent=failed_writes(values))
    with_other_values = guarded(due, recent=failed_writes(others))

    assert set(again.texts) == (set() if may_be_tried_again(example, held_class) else {held_class})
    assert set(with_other_values.texts) == {held_class}


@pytest.mark.parametrize(("example", "held_class"), [one for one in EXAMPLES if may_be_tried_again(*one)])
def test_what_is_tried_again_counts_as_it_did_before(example: Callable[[int], Case], held_class: GuardClass) -> None:
    """Otherwise runs that fail by turns would let through the limit of one run each, without an end."""
    most = defaults(100).per_run[held_class]
    before, due = many(example, most + 1), [example(5_000 + number) for number in range(most)]
    values = {step.employee_id: {one.field: one.new for one in step.changes} for step in plan_for(before).steps}

    counted = guarded([*before, *due], recent=failed_writes(values, {held_class}))
    refused_alone = guarded([*before, *due], recent=failed_writes(values, {held_class}, is_refused=True))
    approved = guarded([*before, *due], recent=failed_writes(values))

    tried, new = (of(counted.plan.steps, *(employee.employee_id for employee, _ in cases)) for cases in (before, due))
    assert {step.classes for step in tried} == {frozenset({held_class})}
    assert {step.held_under for step in new} == {(held_class,)}
    assert f"besides {most + 1} tried again, {most} allowed in one run" in counted.texts[held_class]
    assert refused_alone.texts == approved.texts == {}
    assert {step.classes for step in of(refused_alone.plan.steps, *values)} == {frozenset({held_class})}
    assert {step.classes for step in of(approved.plan.steps, *values)} == {frozenset()}


def test_a_step_whose_identity_is_held_is_tried_again_with_its_other_changes() -> None:
    """Only links among the changes of identity are tried again: those of the account's owner need a permission."""
    both = [
        (listed(number, work_email=f"p{number}@new.example", department="New"), account_of(number))
        for number in range(1, 27)
    ]
    values = {step.employee_id: {one.field: one.new for one in step.changes} for step in plan_for(both).steps}

    found = guarded(both, recent=failed_writes(values))

    assert set(found.texts) == {GuardClass.IDENTITY}
    assert {tuple(writes(step)) for step in found.plan.steps} == {("department",)}


def failed_writes(
    values: dict[int, dict[str, str]], classes: Set[GuardClass] = frozenset(), *, is_refused: bool = False
) -> RecentWrites:
    return RecentWrites(failed_writes={number: FailedWrite(own, classes, is_refused) for number, own in values.items()})
