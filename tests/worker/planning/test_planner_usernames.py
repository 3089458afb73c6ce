"""User names: made by a template, and following only where they were."""

from __future__ import annotations

import pytest

from tests.worker.builders import account, account_of, code, mapping_of, new, person, plan_of, step_of, told
from tests.worker.planning.tiny_moodle import TinyMoodle
from worker.model.step import Action, FieldChange

MOVED = person(1, work_email="Ada@acme.example")
BY_NAME = mapping_of("{first_name}")


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{work_email}", "ada.l@acme.example"),
        ("{first_name}.{last_name}", "ada.lovelace"),
        ("hr-{employee_id}", "hr-7"),
    ],
)
def test_a_user_name_is_made_by_the_template_in_lower_case(template: str, made: str) -> None:
    ada = person(7, first_name="Ada", last_name="Lovelace", work_email="Ada.L@acme.example")

    assert new(step_of(ada, mapping=mapping_of(template)))["username"] == made


def test_a_user_name_follows_where_the_present_one_is_what_the_template_makes() -> None:
    step = step_of(MOVED, account_of(1))

    assert step.changes == (
        FieldChange("email", "p1@acme.example", "Ada@acme.example"),
        FieldChange("username", "p1@acme.example", "ada@acme.example"),
    )


@pytest.mark.parametrize("chosen", ["ada", "p1@acme.example.old", "p2@acme.example"])
def test_a_user_name_that_somebody_chose_stays(chosen: str) -> None:
    step = step_of(MOVED, account_of(1, username=chosen))

    assert new(step) == {"email": "Ada@acme.example"}
    assert step.notes == ()


def test_a_user_name_follows_a_name_if_it_is_made_of_it() -> None:
    step = step_of(person(first_name="Ada"), account_of(1, firstname="Augusta", username="augusta"), mapping=BY_NAME)

    assert new(step) == {"firstname": "Ada", "username": "ada"}


def test_a_user_name_made_of_several_values_follows_the_one_that_changed() -> None:
    mapping = mapping_of("{first_name}.{work_email}")
    present = account_of(1, firstname="Augusta", username="augusta.p1@acme.example")

    step = step_of(person(first_name="Ada"), present, mapping=mapping)

    assert new(step) == {"firstname": "Ada", "username": "ada.p1@acme.example"}


def test_where_neither_the_address_nor_the_user_name_is_free_the_address_is_told() -> None:
    other = account_of(9, username="ada", email="new@acme.example")
    someone = person(1, first_name="Ada", work_email="new@acme.example")

    step = step_of(someone, account_of(1, firstname="Bob", username="bob"), other, mapping=BY_NAME)

    assert new(step) == {"firstname": "Ada"}
    assert code(step.problem) == "email_taken"


def test_a_user_name_does_not_change_with_the_case_of_the_address() -> None:
    step = step_of(person(work_email="P1@acme.example"), account_of(1))

    assert new(step) == {"email": "P1@acme.example"}


def test_a_user_name_does_not_follow_a_value_that_the_account_is_not_given() -> None:
    only_new = mapping_of("{first_name}", firstname={"from": "first_name", "when": "create"})
    step = step_of(person(first_name="Ada"), account_of(1, firstname="Augusta", username="augusta"), mapping=only_new)

    assert told(step) == (Action.UNCHANGED, "in_step")


def test_a_user_name_does_not_follow_a_disputed_address() -> None:
    step = step_of(MOVED, account_of(1), colleagues={9: "ada@acme.example"})

    assert told(step) == (Action.CONFLICT, "email_disputed")


def test_a_user_name_that_moodle_cannot_hold_keeps_the_present_one_and_is_noted() -> None:
    step = step_of(person(work_email="o'brien@acme.example"), account_of(1))

    assert new(step) == {"email": "o'brien@acme.example"}
    assert [code(note) for note in step.notes] == ["username_kept"]
    assert not step.is_error


def test_a_user_name_that_belongs_to_another_account_is_an_error_and_everything_else_goes_on() -> None:
    other = account(55, username="ada@acme.example", idnumber="9", email="x@acme.example")

    step = step_of(MOVED, account_of(1), other)

    assert new(step) == {"email": "Ada@acme.example"}
    assert code(step.problem) == "username_taken"
    assert "account 55 (idnumber 9)" in (step.problem.text if step.problem else "")


def test_a_user_name_may_be_taken_from_somebody_who_gives_it_up() -> None:
    accounts = [account_of(1, username="bob", firstname="Bob"), account_of(2, username="ada", firstname="Ada")]

    plan = plan_of(person(1, first_name="Ada"), person(2, first_name="Cleo"), accounts=accounts, mapping=BY_NAME)

    assert plan[1].depends_on == {2}
    site = TinyMoodle(accounts)
    site.apply(list(plan.values()))
    assert [one.username for one in site.accounts] == ["ada", "cleo"]


def test_a_newcomer_may_take_a_user_name_that_somebody_gives_up() -> None:
    accounts = [account_of(2, username="ada", firstname="Ada")]

    plan = plan_of(person(1, first_name="Ada"), person(2, first_name="Cleo"), accounts=accounts, mapping=BY_NAME)

    assert told(plan[1]) == (Action.CREATE, "new")
    assert plan[1].depends_on == {2}


def test_two_people_who_swap_user_names_keep_theirs() -> None:
    accounts = [account_of(1, username="bob", firstname="Bob"), account_of(2, username="ada", firstname="Ada")]

    plan = plan_of(person(1, first_name="Ada"), person(2, first_name="Bob"), accounts=accounts, mapping=BY_NAME)

    assert [new(step) for step in plan.values()] == [{"firstname": "Ada"}, {"firstname": "Bob"}]
    assert [code(step.problem) for step in plan.values()] == ["username_taken"] * 2


def test_nobody_waits_for_a_user_name_of_whoever_waits_for_her_address() -> None:
    accounts = [
        account_of(1, firstname="John", username="john", email="a@acme.example"),
        account_of(2, firstname="Mary", username="mary", email="b@acme.example"),
    ]
    moved = person(1, first_name="Peter", work_email="b@acme.example")
    renamed = person(2, first_name="John", work_email="c@acme.example")

    plan = plan_of(moved, renamed, accounts=accounts, mapping=BY_NAME)

    assert new(plan[1]) == {"firstname": "Peter", "email": "b@acme.example", "username": "peter"}
    assert new(plan[2]) == {"firstname": "John", "email": "c@acme.example"}
    assert code(plan[2].problem) == "username_taken"
    TinyMoodle(accounts).apply(list(plan.values()))


def test_a_protected_account_gives_no_user_name_up() -> None:
    accounts = [account_of(2, username="ada", firstname="Ada")]
    people = [person(1, first_name="Ada"), person(2, first_name="Cleo", work_email="new@acme.example")]

    plan = plan_of(*people, accounts=accounts, mapping=BY_NAME, protected={"ada"})

    assert told(plan[1]) == (Action.CONFLICT, "username_taken")
    assert told(plan[2]) == (Action.SKIP, "protected")
