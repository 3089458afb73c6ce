"""What holds of every plan, whatever the people, the accounts and the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings

from tests.worker.builders import new
from tests.worker.planning.random_inputs import SmallWorld, small_worlds
from tests.worker.planning.tiny_moodle import TinyMoodle
from worker.model.step import WRITES, Action, Step
from worker.planning.correlation import is_reserved

any_world = small_worlds(unique=False)
tidy_world = small_worlds()
often = settings()
very_often = settings(max_examples=settings().max_examples * 3 // 2)


def twice(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def writes(plan_input: SmallWorld) -> list[Step]:
    return [step for step in plan_input.plan() if step.action in WRITES]


@often
@given(any_world)
def test_everybody_has_one_step_and_only_a_write_changes_something(plan_input: SmallWorld) -> None:
    steps = plan_input.plan()

    assert [step.employee_id for step in steps] == [person.employee_id for person in plan_input.people]
    for step in steps:
        assert bool(step.changes) == (step.action in WRITES)
        assert all(change.old != change.new for change in step.changes)


@often
@given(any_world)
def test_nobody_is_suspended_without_positive_evidence(plan_input: SmallWorld) -> None:
    for step in plan_input.plan():
        if step.action is Action.SUSPEND:
            person = plan_input.person(step)
            assert person.facts.get("status") == "Inactive" or (person.deleted and not person.evidenced)
            assert not (person.deleted and person.listed)


@often
@given(any_world)
def test_whoever_left_loses_access_and_nothing_else(plan_input: SmallWorld) -> None:
    for step in plan_input.plan():
        if step.action is Action.SUSPEND:
            assert new(step) == {"suspended": "1"}
        else:
            assert new(step).get("suspended", "0") == "0"


@often
@given(any_world)
def test_nobody_who_may_have_left_gets_an_account_or_access(plan_input: SmallWorld) -> None:
    for step in plan_input.plan():
        if step.action in (Action.UPDATE, Action.REACTIVATE):
            person = plan_input.person(step)
            assert not person.deleted
            assert person.listed or person.facts["status"] == "Active"
            assert person.facts.get("status", "").casefold() != "inactive"


@often
@given(any_world)
def test_nobody_touches_an_account_of_another_employee(plan_input: SmallWorld) -> None:
    for step in writes(plan_input):
        if step.account is not None:
            assert step.account.idnumber in ("", str(step.employee_id))


@often
@given(any_world)
def test_no_two_steps_write_the_same_account(plan_input: SmallWorld) -> None:
    assert twice(step.account.id for step in writes(plan_input) if step.account is not None) == []


@often
@given(any_world)
def test_no_two_steps_take_the_same_address_or_user_name(plan_input: SmallWorld) -> None:
    changes = [change for step in writes(plan_input) for change in step.changes]

    assert twice(change.new.lower() for change in changes if change.field == "email") == []
    assert twice(change.new for change in changes if change.field == "username") == []


@often
@given(any_world)
def test_names_and_addresses_are_never_blanked(plan_input: SmallWorld) -> None:
    for step in writes(plan_input):
        for name in ("firstname", "lastname", "email", "username", "idnumber"):
            assert new(step).get(name, "kept").strip()


@often
@given(any_world)
def test_a_field_that_is_not_shown_is_never_changed(plan_input: SmallWorld) -> None:
    for step in writes(plan_input):
        shown = plan_input.person(step).facts
        for rule in plan_input.policy.mapping.rules:
            if not any(source in shown for source in rule.sources):
                assert rule.target not in new(step)


@often
@given(any_world)
def test_how_an_account_logs_in_is_never_changed(plan_input: SmallWorld) -> None:
    for step in writes(plan_input):
        assert ("auth" in new(step)) == (step.action is Action.CREATE)


@often
@given(any_world)
def test_a_protected_account_or_person_is_never_written(plan_input: SmallWorld) -> None:
    protected = plan_input.policy.protected
    for step in writes(plan_input):
        assert str(step.employee_id) not in protected
        assert step.account is None or not is_reserved(step.account, protected)


@very_often
@given(tidy_world)
def test_written_in_its_order_a_plan_never_meets_an_address_or_name_in_use(plan_input: SmallWorld) -> None:
    TinyMoodle(plan_input.accounts).apply(plan_input.plan())


@very_often
@given(tidy_world)
def test_a_second_run_has_nothing_to_write(plan_input: SmallWorld) -> None:
    site = TinyMoodle(plan_input.accounts)
    site.apply(plan_input.plan())

    again = plan_input.plan(site.accounts)

    assert [step for step in again if step.action in WRITES] == []
