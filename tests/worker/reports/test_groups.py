"""The rows of a plan by what they have in common."""

from __future__ import annotations

import pytest

from tests.worker.reports.plans import report_of, row_of
from worker.reports.groups import Group, kinds
from worker.reports.report import HeldClass, Row

WHY = "7 changes of identity are due, 5 allowed in one run"
HELD_REASON = f"a guard holds all changes of identity of this run: {WHY}"


def groups(*rows: Row) -> list[Group]:
    held = (HeldClass("identity", "7 changes of identity held", WHY),)
    return [group for kind in kinds(report_of(*rows, held=held)) for group in kind.groups]


def ids(group: Group) -> list[int]:
    return [row.employee_id for row in group.rows]


@pytest.mark.parametrize(
    ("one", "label", "kind"),
    [
        (row_of(1, "suspend"), "suspend", "suspend"),
        (row_of(1, "hold", "no_evidence"), "waiting", "hold"),
        (row_of(1, "hold", "starts_later"), "starts later", "starts"),
        (row_of(1, "hold", "start_not_shown"), "waiting", "hold"),
        (row_of(1, "hold", "suspension_held", held=("suspend",), would="suspend"), "suspend (held)", "held"),
        (row_of(1, "hold", "update_held", held=("identity", "update"), would="update"), "update (held)", "held"),
        (row_of(1, "update", held=("identity",), hold="held"), "update (partly held)", "update"),
        (row_of(1, "conflict", "email_taken"), "conflict", "conflict"),
        (row_of(1, "conflict", "unconfirmed"), "unconfirmed (held)", "held"),
        (row_of(1, "later"), "later", "later"),
    ],
)
def test_a_row_is_named_by_what_would_become_of_the_account(one: Row, label: str, kind: str) -> None:
    ((group,), (found,)) = (groups(one), kinds(report_of(one)))

    assert (group.label, found.name) == (label, kind)


def test_a_group_has_one_action_reason_and_class() -> None:
    rows = [
        row_of(1),
        row_of(2, code="linked"),
        row_of(3, held=("identity",), hold="x"),
        row_of(4),
        row_of(5, "create"),
    ]

    assert [ids(group) for group in groups(*rows)] == [[5], [1, 4], [2], [3]]


def test_a_problem_comes_first_in_its_group_and_the_largest_group_first_in_its_kind() -> None:
    rows = [row_of(1, code="a"), row_of(2), row_of(3), row_of(4, problem="disputed")]

    assert [ids(group) for group in groups(*rows)] == [[4, 2, 3], [1]]


def test_what_most_rows_say_is_said_by_the_group_and_the_rest_by_the_row() -> None:
    rows = [row_of(1, advice="a"), row_of(2, advice="a"), row_of(3, reason="another reason", advice="b")]

    (group,) = groups(*rows)

    assert (group.reason, group.advice) == ("they differ", "a")
    assert [(row.reason, row.advice) for row in group.rows] == [("", ""), ("", ""), ("another reason", "b")]


def test_a_command_names_the_employees_of_the_group_and_of_the_row() -> None:
    released = "{command:people retry ID}"
    rows = [row_of(7, advice=released), row_of(9, advice=released), row_of(8, reason="x", advice="again: " + released)]

    (group,) = groups(*rows)

    assert group.advice == "python -m worker people retry 7 9"
    assert [row.advice for row in group.rows] == ["", "again: python -m worker people retry 8", ""]


@pytest.mark.parametrize(
    ("code", "reason"),
    [("email_taken", "the e-mail address belongs to another account"), ("something_new", "something new")],
)
def test_reasons_that_name_an_account_have_a_heading_in_common(code: str, reason: str) -> None:
    rows = [row_of(number, "conflict", code, f"belongs to account {number}") for number in (1, 2)]

    (group,) = groups(*rows)

    assert group.reason == reason
    assert [row.reason for row in group.rows] == ["belongs to account 1", "belongs to account 2"]


def test_why_a_class_is_held_is_left_to_the_description_of_the_class() -> None:
    held = [row_of(number, "hold", "change_of_identity_held", HELD_REASON, advice="check", held=("identity",),
                would="update") for number in (1, 2)]  # fmt: skip
    partly = row_of(3, held=("identity",), hold=HELD_REASON)
    dependent = row_of(4, "hold", "change_of_identity_held", "needs the address of employee 1", advice="approve both",
                    held=("identity",), would="update")  # fmt: skip

    whole, part = groups(*held, dependent, partly)

    assert (whole.reason, whole.advice) == ("a guard holds all changes of identity of this run", "")
    assert [(row.reason, row.advice) for row in whole.rows] == [
        ("", ""),
        ("", ""),
        ("needs the address of employee 1", "approve both"),
    ]
    assert (part.reason, part.hold) == ("they differ", "a guard holds all changes of identity of this run")


def test_employees_without_a_row_are_counted() -> None:
    rows = [
        row_of(1, "hold", "starts_later"),
        row_of(2, "hold", "no_evidence"),
        row_of(3, "hold", "x_held", would="create"),
    ]

    found = kinds(report_of(*rows, counts={"hold": 7, "unchanged": 900}))

    assert [(kind.name, kind.count, kind.listed) for kind in found] == [
        ("held", 1, 1),
        ("hold", 5, 1),
        ("starts", 1, 1),
        ("unchanged", 900, 0),
    ]
