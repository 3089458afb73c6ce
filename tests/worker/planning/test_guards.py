"""Guards: what a plan may not change without an approval, by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.worker.builders import (
    account_of,
    listed,
    mapping_of,
    outcome,
    suspended_by_us,
    writes,
)
from tests.worker.planning.guard_cases import (
    BY_NAME,
    EXAMPLES,
    OLD_DOMAIN,
    Case,
    changes_department,
    defaults,
    guarded,
    has_another_name,
    is_new,
    leaves,
    loses_the_department,
    many,
    moves_to_another_domain,
    of,
    plan_for,
)
from tests.worker.tables import table
from worker.model import reasons
from worker.model.journal_entry import RecentWrites
from worker.model.scope import Scope, ScopeRule
from worker.model.step import Action, FieldChange, GuardClass, Step
from worker.planning.guards import GuardInput, guard
from worker.planning.limits import Limits
from worker.planning.parts import fields_empty_in_bamboohr, identity_fields

# Each class, by itself


@BY_NAME
def test_a_class_at_its_limit_is_written(example: Callable[[int], Case], held_class: GuardClass) -> None:
    most = defaults(100).per_run[held_class]

    found = guarded(many(example, most))

    assert found.texts == {}
    assert all(step.classes >= {held_class} and not step.held for step in found.plan.steps)


@BY_NAME
def test_a_class_over_its_limit_is_held_whole(example: Callable[[int], Case], held_class: GuardClass) -> None:
    most = defaults(100).per_run[held_class]

    found = guarded(many(example, most + 1), run_id="run1")

    assert set(found.texts) == {held_class}
    assert f"{most + 1} " in found.texts[held_class]
    assert {step.held_under for step in found.plan.steps} == {(held_class,)}
    assert {step.action for step in found.plan.steps} == {Action.HOLD}
    assert {writes(step) == {} for step in found.plan.steps} == {True}
    assert all("approve run1" in step.held[0].reason.advice for step in found.plan.steps)
    assert all(step.reason == step.held[0].reason for step in found.plan.steps)


@BY_NAME
def test_a_held_class_holds_no_other_class(example: Callable[[int], Case], held_class: GuardClass) -> None:
    others = [one for one, other_class in EXAMPLES if other_class is not held_class]
    alone = [other(1_000 + number) for number, other in enumerate(others)]

    found = guarded([*many(example, 26), *alone])

    free = of(found.plan.steps, *range(1_000, 1_000 + len(others)))
    assert set(found.texts) == {held_class}
    assert len(free) == len(others)
    assert all(step.classes and not step.held for step in free)


@BY_NAME
def test_changes_of_the_last_day_count_towards_twice_the_limit(
    example: Callable[[int], Case], held_class: GuardClass
) -> None:
    most = defaults(100).per_run[held_class]
    due = many(example, most)
    others = frozenset(range(5_000, 5_000 + most))

    allowed = guarded(due, recent=RecentWrites({held_class: others}))
    held = guarded(due, recent=RecentWrites({held_class: others | {9_999}}))
    due_again = guarded(due, recent=RecentWrites({held_class: others | {1}}))

    assert (set(allowed.texts), set(held.texts), set(due_again.texts)) == (set(), {held_class}, set())
    assert f"after {most + 1} in the last 24 hours, {2 * most} allowed" in held.texts[held_class]


@BY_NAME
def test_an_unreliable_reading_holds_suspensions_identity_and_clears(
    example: Callable[[int], Case], held_class: GuardClass
) -> None:
    found = guarded([example(1)], loss_texts=["the directory has 9 rows, the last complete run read 100"])

    doubted = held_class in (GuardClass.SUSPEND, GuardClass.IDENTITY, GuardClass.CLEAR)
    assert set(found.texts) == ({held_class} if doubted else set())
    assert not doubted or "9 rows" in found.texts[held_class]


# Parts


def everything_changes(number: int) -> Case:
    """The account is suspended, and the address, the name, the department and the city differ."""
    employee = listed(number, city="", department="Sales")
    return employee, account_of(
        number, email=f"p{number}@{OLD_DOMAIN}", lastname="Maiden", department="Legal", city="Paris", suspended=True
    )


def step_after_guards(case: Case, mapping: dict[str, Any] | None = None, **limits: Any) -> Step:
    """The only step of a company of 100, with these limits in place of the default ones."""
    plan = plan_for([case], mapping=mapping_of(**(mapping or {})), remembered=suspended_by_us(1))
    (step,) = guard(plan, GuardInput(defaults(100, **limits))).plan.steps
    return step


def one_step(**limits: Any) -> Step:
    return step_after_guards(everything_changes(1), {"city": "city"}, **limits)


def test_a_step_counts_in_the_class_of_each_of_its_parts() -> None:
    step = one_step()

    assert step.classes == {GuardClass.REACTIVATE, GuardClass.IDENTITY, GuardClass.CLEAR, GuardClass.UPDATE}
    assert step.action is Action.REACTIVATE


@pytest.mark.parametrize(
    ("held", "left", "action"),
    [
        ("reactivate", {"email", "username", "lastname", "department", "city"}, Action.UPDATE),
        ("identity", {"lastname", "department", "city"}, Action.UPDATE),
        ("clear", {"email", "username", "lastname", "department", "suspended"}, Action.REACTIVATE),
        ("update", {"email", "username", "city", "suspended"}, Action.REACTIVATE),
    ],
)
def test_a_held_part_is_taken_out_and_the_others_are_written(held: str, left: set[str], action: Action) -> None:
    step = one_step(**{held: 0})

    assert (set(writes(step)), step.action) == (left, action)
    assert step.held_under == (held,)


def test_a_reactivation_is_held_with_its_identity_part() -> None:
    step = one_step(identity=0)

    assert {change.field for part in step.held for change in part.changes} == {"email", "username", "suspended"}


NONE_BY_DEFAULT = {"department": {"from": "department", "default": "None"}}
TEMP_IS_NONE = {"department": {"from": "department", "map": {"Temp": ""}}}


@table(
    "case, mapping, guard_class, sent",
    ("two new names", has_another_name(1), {}, GuardClass.IDENTITY, {"firstname": "First1", "lastname": "Last1"}),
    (
        "a link, whole",
        (listed(1), account_of(1, idnumber="", department="Legal")),
        {},
        GuardClass.IDENTITY,
        {"idnumber": "1", "department": "Sales"},
    ),
    (
        "a default for an empty value",
        loses_the_department(1),
        NONE_BY_DEFAULT,
        GuardClass.CLEAR,
        {"department": "None"},
    ),
    (
        "a value that the map replaces by nothing",
        (listed(1, department="Temp"), account_of(1, department="Sales")),
        TEMP_IS_NONE,
        GuardClass.CLEAR,
        {"department": ""},
    ),
    (
        "another case of both names",
        (listed(1, first_name="FIRST1", last_name="LAST1"), account_of(1)),
        {},
        GuardClass.UPDATE,
        {"firstname": "FIRST1", "lastname": "LAST1"},
    ),
)
def test_the_class_of_a_change(
    case: Case, mapping: dict[str, Any], guard_class: GuardClass, sent: dict[str, str]
) -> None:
    written = step_after_guards(case, mapping)
    held = step_after_guards(case, mapping, **{guard_class: 0})

    assert (written.classes, writes(written)) == (frozenset({guard_class}), sent)
    assert (held.action, writes(held), held.held_under) == (Action.HOLD, {}, (guard_class,))


# What depends on a held part


def test_what_needs_an_address_that_a_held_part_would_free_is_held_with_it() -> None:
    """Employee 1 leaves their address to employee 2, and 2 theirs to the new employee 3."""
    cases: list[Case] = [
        (listed(1, work_email="new@acme.example"), account_of(1, email="first@acme.example")),
        (listed(2, work_email="first@acme.example"), account_of(2, email="second@acme.example", department="Legal")),
        (listed(3, work_email="second@acme.example"), None),
        is_new(4),
    ]

    found = guard(plan_for(cases), GuardInput(defaults(100, identity=0), run_id="run1"))

    steps = {step.employee_id: step for step in found.plan.steps}
    assert {number: step.action for number, step in steps.items()} == {
        1: Action.HOLD,
        2: Action.UPDATE,
        3: Action.HOLD,
        4: Action.CREATE,
    }
    assert (writes(steps[2]), steps[2].depends_on) == ({"department": "Sales"}, frozenset())
    assert (steps[3].held_under, steps[3].depends_on) == ((GuardClass.IDENTITY,), frozenset())
    assert "employee 2" in steps[3].held[0].reason.text
    assert steps[3].held[0].reason.advice_template == "approve both: {command:approve run1}"


@pytest.mark.parametrize(
    ("guard_class", "code", "one", "two"),
    [
        (GuardClass.SUSPEND, "suspension_held", "1 suspension is due", "2 suspensions are due"),
        (GuardClass.IDENTITY, "change_of_identity_held", "1 change of identity is due", "2 changes of identity are"),
        (GuardClass.CREATE, "new_account_held", "1 new account is due", "2 new accounts are due"),
    ],
)
def test_a_held_class_has_a_code_and_is_counted_in_words(
    guard_class: GuardClass, code: str, one: str, two: str
) -> None:
    example = next(one for one, held_class in EXAMPLES if held_class is guard_class)
    none_allowed = GuardInput(Limits(100, dict.fromkeys(GuardClass, 0)))

    for number, words in ((1, one), (2, two)):
        found = guard(plan_for(many(example, number)), none_allowed)
        assert found.texts[guard_class].startswith(words)
        assert {step.held[0].reason.code for step in found.plan.steps} == {code}


def test_a_link_and_what_is_written_with_it_are_one_part_without_the_reactivation() -> None:
    fields = ("idnumber", "lastname", "suspended")
    link = Step(7, Action.REACTIVATE, reasons.LINKED, changes=tuple(FieldChange(name, "", "0") for name in fields))

    assert identity_fields(link) == {"idnumber", "lastname"}


@pytest.mark.parametrize(("different", "code"), [({"department": "Legal"}, "differs"), ({"idnumber": ""}, "linked")])
def test_what_is_written_beside_a_held_reactivation_is_an_update(different: dict[str, Any], code: str) -> None:
    plan = plan_for([(listed(1), account_of(1, suspended=True, **different))], remembered=suspended_by_us(1))

    (step,) = guard(plan, GuardInput(defaults(100, reactivate=0))).plan.steps

    assert (outcome(step), step.held_under) == (f"update {code}", (GuardClass.REACTIVATE,))


def test_an_unconfirmed_match_is_approved_with_the_run_as_what_a_guard_holds() -> None:
    plan = plan_for([(listed(1), account_of(1, idnumber="", firstname="Another", lastname="Person"))])
    (before,) = plan.steps

    (step,) = guard(plan, GuardInput(defaults(100), run_id="run1")).plan.steps

    assert (step.reason, step.problem) == (before.reason.with_run_in_advice("run1"), before.problem)
    assert "approve run1 --employee 1" in step.reason.advice_template


# The message


@pytest.mark.parametrize(
    ("example", "company", "named"),
    [
        (moves_to_another_domain, 300, "the e-mail domain changes from old.example to acme.example for 300 of 300"),
        (changes_department, 300, "department changes for 300 of 300"),
        (loses_the_department, 300, "department is emptied for 300 of 300"),
        (is_new, 30, "300 new accounts for a company of 30"),
    ],
)
def test_the_message_names_the_pattern(example: Callable[[int], Case], company: int, named: str) -> None:
    (why,) = guarded(many(example, 300), company=company).texts.values()

    assert why.endswith(named)


def test_a_message_names_no_address() -> None:
    cases = [(listed(one, work_email=f"x{one}@d{one}.example"), account_of(one)) for one in range(1, 60)]

    (why,) = guarded(cases).texts.values()

    assert "@" not in why
    assert "for 59 of 59" in why


# Legitimate life is not held


@table(
    "cases, company",
    ("a marriage with a new address", [(listed(1, last_name="New", work_email="new@acme.example"), account_of(1))], 60),
    ("a re-organisation of 15 %", many(changes_department, 45), 300),
    ("ten hires in a company of 60", many(is_new, 10), 60),
    ("a company of 8", [leaves(1), is_new(2), *many(changes_department, 5, first=3)], 8),
    ("three leavers of 8", many(leaves, 3), 8),
)
def test_ordinary_changes_are_not_held(cases: list[Case], company: int) -> None:
    assert guarded(cases, company=company).texts == {}


def test_a_plan_without_changes_passes_as_it_is() -> None:
    plan = plan_for([(listed(1), account_of(1))])

    assert guard(plan, GuardInput(defaults(100), loss_texts=["lost"])).plan.steps == plan.steps


# The scope

OUTSIDE: dict[str, Any] = {
    "scope": Scope((ScopeRule("division", allowed=("North",)),)),
    "suspends_out_of_scope": True,
}
DOUBT = 'no employee has the division "North" any more'


def is_out_of_scope(number: int) -> Case:
    return listed(number, division="South"), account_of(number)


def held_and_written(cases: Sequence[Case], *doubts: str) -> tuple[list[int], list[int], str]:
    """Who is held, who is suspended, and why the class is held, in a company of 100."""
    found = guard(plan_for(cases, **OUTSIDE), GuardInput(defaults(100), scope_doubts=doubts))
    held = [step.employee_id for step in found.plan.steps if step.held_under == (GuardClass.SUSPEND,)]
    written = [step.employee_id for step in found.plan.steps if step.action is Action.SUSPEND]
    return held, written, found.texts.get(GuardClass.SUSPEND, "")


OF_6 = "6 suspensions are due, 5 allowed in one run; 4 of 6 are because of the scope"
OF_7 = "7 suspensions are due, 5 allowed in one run; 1 of 7 are because of the scope"


@table(
    "cases, doubts, held, written, why",
    ("few", [*many(is_out_of_scope, 3), *many(leaves, 2, first=11)], [], [], [1, 2, 3, 11, 12], ""),
    ("many", [*many(is_out_of_scope, 4), *many(leaves, 2, first=11)], [], [1, 2, 3, 4], [11, 12], OF_6),
    ("many leavers", [*many(is_out_of_scope, 1), *many(leaves, 6, first=11)], [], [1, *range(11, 17)], [], OF_7),
    (
        "a doubt holds no leaver",
        [is_out_of_scope(1), leaves(11), changes_department(12)],
        [DOUBT],
        [1],
        [11],
        f"{DOUBT}; 1 of 2 are because of the scope",
    ),
    ("a doubt and no one out of scope", [leaves(11)], [DOUBT], [], [11], ""),
)
def test_suspensions_for_the_scope_count_in_the_class_suspend(
    cases: list[Case], doubts: list[str], held: list[int], written: list[int], why: str
) -> None:
    assert held_and_written(cases, *doubts) == (held, written, why)


def test_what_is_held_for_the_scope_says_so_and_is_no_matter_of_another_class() -> None:
    unlinked = [(employee, account_of(employee.employee_id, idnumber="")) for employee, _ in many(is_out_of_scope, 2)]
    plan = plan_for([*unlinked, is_out_of_scope(10), leaves(11)], **OUTSIDE)

    found = guard(plan, GuardInput(defaults(100, suspend=0, identity=0), scope_doubts=[DOUBT]))

    notes = {step.employee_id: [note.code for note in step.notes] for step in found.plan.steps}
    assert (notes[10], notes[11]) == (["out_of_scope"], [])
    assert "scope" in found.texts[GuardClass.SUSPEND]
    assert "scope" not in found.texts.get(GuardClass.IDENTITY, "")
    assert guard(plan, GuardInput(defaults(100))).plan.steps[2].notes == ()


def test_an_empty_name_clears_nothing_because_an_account_never_loses_its_names() -> None:
    facts = {"first_name": "", "last_name": "", "work_email": "", "department": ""}

    assert fields_empty_in_bamboohr(mapping_of(), facts) == {"department"}
