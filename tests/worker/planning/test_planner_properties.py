"""Properties of every plan, whatever the employees, the accounts and the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings

from tests.worker.builders import writes
from tests.worker.planning.random_inputs import RandomInput, random_inputs
from tests.worker.planning.tiny_moodle import TinyMoodle
from worker.model.scope import ScopeState
from worker.model.step import WRITES, Action, Step
from worker.planning.matching import is_protected

any_input = random_inputs(unique=False)
unique_addresses = random_inputs()
often = settings()
very_often = settings(max_examples=settings().max_examples * 3 // 2)


def twice(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def written(plan_input: RandomInput) -> list[Step]:
    return [step for step in plan_input.plan() if step.action in WRITES]


@often
@given(any_input)
def test_every_employee_has_one_step_and_only_a_write_changes_a_field(plan_input: RandomInput) -> None:
    steps = plan_input.plan()

    assert [step.employee_id for step in steps] == [employee.employee_id for employee in plan_input.employees]
    for step in steps:
        assert bool(step.changes) == (step.action in WRITES)
        assert all(change.old != change.new for change in step.changes)


@often
@given(any_input)
def test_no_account_is_suspended_without_positive_evidence(plan_input: RandomInput) -> None:
    for step in plan_input.plan():
        if step.action is Action.SUSPEND:
            employee = plan_input.employee(step)
            left = employee.facts.get("status") == "Inactive" or (employee.deleted and not employee.has_evidence)
            outside = plan_input.settings.scope.state(employee.facts) is ScopeState.OUT
            assert left or (outside and plan_input.settings.suspends_out_of_scope)
            assert not (employee.deleted and employee.in_directory)


@often
@given(any_input)
def test_only_an_employee_in_scope_gets_an_account_or_a_change_of_it(plan_input: RandomInput) -> None:
    for step in written(plan_input):
        if step.action is not Action.SUSPEND:
            assert plan_input.settings.scope.state(plan_input.employee(step).facts) is ScopeState.IN


@often
@given(any_input)
def test_a_leaver_loses_access_and_nothing_else(plan_input: RandomInput) -> None:
    for step in plan_input.plan():
        if step.action is Action.SUSPEND:
            assert writes(step) == {"suspended": "1"}
        else:
            assert writes(step).get("suspended", "0") == "0"


@often
@given(any_input)
def test_an_employee_who_may_have_left_is_not_updated_or_reactivated(plan_input: RandomInput) -> None:
    for step in plan_input.plan():
        if step.action in (Action.UPDATE, Action.REACTIVATE):
            employee = plan_input.employee(step)
            assert not employee.deleted
            assert employee.in_directory or employee.facts["status"] == "Active"
            assert employee.facts.get("status", "").casefold() != "inactive"


@often
@given(any_input)
def test_the_account_of_another_employee_is_never_written(plan_input: RandomInput) -> None:
    for step in written(plan_input):
        if step.account is not None:
            assert step.account.idnumber in ("", str(step.employee_id))


@often
@given(any_input)
def test_no_two_steps_write_the_same_account(plan_input: RandomInput) -> None:
    assert twice(step.account.id for step in written(plan_input) if step.account is not None) == []


@often
@given(any_input)
def test_no_two_steps_take_the_same_address_or_username(plan_input: RandomInput) -> None:
    changes = [change for step in written(plan_input) for change in step.changes]

    assert twice(change.new.lower() for change in changes if change.field == "email") == []
    assert twice(change.new for change in changes if change.field == "username") == []


@often
@given(any_input)
def test_names_and_addresses_are_never_blanked(plan_input: RandomInput) -> None:
    for step in written(plan_input):
        for name in ("firstname", "lastname", "email", "username", "idnumber"):
            assert writes(step).get(name, "kept").strip()


@often
@given(any_input)
def test_a_field_that_is_not_shown_is_never_changed(plan_input: RandomInput) -> None:
    for step in written(plan_input):
        shown = plan_input.employee(step).facts
        for rule in plan_input.settings.mapping.rules:
            if not any(source in shown for source in rule.sources):
                assert rule.target not in writes(step)


@often
@given(any_input)
def test_the_authentication_of_an_account_is_never_changed(plan_input: RandomInput) -> None:
    for step in written(plan_input):
        assert ("auth" in writes(step)) == (step.action is Action.CREATE)


@often
@given(any_input)
def test_a_protected_account_or_employee_is_never_written(plan_input: RandomInput) -> None:
    protected = plan_input.settings.protected
    for step in written(plan_input):
        assert str(step.employee_id) not in protected
        assert step.account is None or not is_protected(step.account, protected)


@very_often
@given(unique_addresses)
def test_a_plan_written_in_its_order_never_takes_an_address_or_username_in_use(plan_input: RandomInput) -> None:
    TinyMoodle(plan_input.accounts).apply(plan_input.plan())


@very_often
@given(unique_addresses)
def test_a_second_run_has_nothing_to_write(plan_input: RandomInput) -> None:
    site = TinyMoodle(plan_input.accounts)
    site.apply(plan_input.plan())

    again = plan_input.plan(site.accounts)

    assert [step for step in again if step.action in WRITES] == []
