"""What holds of every plan, whatever the people, the accounts and the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings

from tests.worker.builders import new
from tests.worker.small_worlds import SmallWorld, small_worlds
from tests.worker.tiny_moodle import TinyMoodle
from worker.correlation import is_reserved
from worker.steps import WRITES, Action, Step

any_world = small_worlds(unique=False)
tidy_world = small_worlds()
often = settings()
very_often = settings(max_examples=settings().max_examples * 3 // 2)


def twice(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def writes(world: SmallWorld) -> list[Step]:
    return [step for step in world.plan() if step.action in WRITES]


@often
@given(any_world)
def test_everybody_has_one_step_and_only_a_write_changes_something(world: SmallWorld) -> None:
    steps = world.plan()

    assert [step.employee_id for step in steps] == [person.employee_id for person in world.people]
    for step in steps:
        assert bool(step.changes) == (step.action in WRITES)
        assert all(change.old != change.new for change in step.changes)


@often
@given(any_world)
def test_nobody_is_suspended_without_positive_evidence(world: SmallWorld) -> None:
    for step in world.plan():
        if step.action is Action.SUSPEND:
            person = world.person(step)
            assert person.facts.get("status") == "Inactive" or (person.deleted and not person.evidenced)
            assert not (person.deleted and person.listed)


@often
@given(any_world)
def test_whoever_left_loses_access_and_nothing_else(world: SmallWorld) -> None:
    for step in world.plan():
        if step.action is Action.SUSPEND:
            assert new(step) == {"suspended": "1"}
        else:
            assert new(step).get("suspended", "0") == "0"


@often
@given(any_world)
def test_nobody_who_may_have_left_gets_an_account_or_access(world: SmallWorld) -> None:
    for step in world.plan():
        if step.action in (Action.UPDATE, Action.REACTIVATE):
            person = world.person(step)
            assert not person.deleted
            assert person.listed or person.facts["status"] == "Active"
            assert person.facts.get("status", "").casefold() != "inactive"


@often
@given(any_world)
def test_nobody_touches_an_account_of_another_employee(world: SmallWorld) -> None:
    for step in writes(world):
        if step.account is not None:
            assert step.account.idnumber in ("", str(step.employee_id))


@often
@given(any_world)
def test_no_two_steps_write_the_same_account(world: SmallWorld) -> None:
    assert twice(step.account.id for step in writes(world) if step.account is not None) == []


@often
@given(any_world)
def test_no_two_steps_take_the_same_address_or_user_name(world: SmallWorld) -> None:
    changes = [change for step in writes(world) for change in step.changes]

    assert twice(change.new.lower() for change in changes if change.field == "email") == []
    assert twice(change.new for change in changes if change.field == "username") == []


@often
@given(any_world)
def test_names_and_addresses_are_never_blanked(world: SmallWorld) -> None:
    for step in writes(world):
        for name in ("firstname", "lastname", "email", "username", "idnumber"):
            assert new(step).get(name, "kept").strip()


@often
@given(any_world)
def test_a_field_that_is_not_shown_is_never_changed(world: SmallWorld) -> None:
    for step in writes(world):
        shown = world.person(step).facts
        for rule in world.policy.mapping.rules:
            if not any(source in shown for source in rule.sources):
                assert rule.target not in new(step)


@often
@given(any_world)
def test_how_an_account_logs_in_is_never_changed(world: SmallWorld) -> None:
    for step in writes(world):
        assert ("auth" in new(step)) == (step.action is Action.CREATE)


@often
@given(any_world)
def test_a_protected_account_or_person_is_never_written(world: SmallWorld) -> None:
    protected = world.policy.protected
    for step in writes(world):
        assert str(step.employee_id) not in protected
        assert step.account is None or not is_reserved(step.account, protected)


@very_often
@given(tidy_world)
def test_written_in_its_order_a_plan_never_meets_an_address_or_name_in_use(world: SmallWorld) -> None:
    TinyMoodle(world.accounts).apply(world.plan())


@very_often
@given(tidy_world)
def test_a_second_run_has_nothing_to_write(world: SmallWorld) -> None:
    site = TinyMoodle(world.accounts)
    site.apply(world.plan())

    again = world.plan(site.accounts)

    assert [step for step in again if step.action in WRITES] == []
