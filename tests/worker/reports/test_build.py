"""The report of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.worker.builders import (
    NOW,
    account,
    account_of,
    hidden,
    input_of,
    leaver,
    listed,
    look_up,
    run_settings,
    suspended_by_us,
    unseen,
)
from worker import advice
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.step import GuardClass
from worker.planning.guards import GuardInput, guard
from worker.planning.limits import Limits
from worker.planning.planner import Planner
from worker.reports.build import build
from worker.reports.report import Cell, HeldClass, Report, Row
from worker.runs.summary import Summary


def reported(
    *employees: Employee,
    accounts: Sequence[Account] = (),
    shows_values: bool = True,
    selection: str = "all",
    limits: dict[GuardClass, int] | None = None,
    settings: dict[str, str] | None = None,
    **circumstances: Any,
) -> Report:
    """The report of a plan for these employees, with these limits."""
    planner = Planner(input_of(*employees, **circumstances))
    look_up(planner, accounts)
    per_run = dict.fromkeys(GuardClass, 100) | (limits or {})
    guarded = guard(planner.plan(), GuardInput(Limits(100, per_run)))
    summary = Summary("run-1", "plan", NOW, why_held=guarded.texts)
    return build(
        guarded.plan.steps,
        guarded.plan.plan_input.employees,
        summary,
        run_settings(**(settings or {})),
        selection=selection,
        shows_values=shows_values,
        digest_key="key",
    )


def only_row(*employees: Employee, **more: Any) -> Row:
    (row,) = reported(*employees, **more).rows
    return row


MOVED = listed(1, department="Legal")
RENAMED = listed(1, work_email="new@acme.example", department="Legal")


def test_values_and_names_are_there_on_request_only() -> None:
    shown = only_row(MOVED, accounts=[account_of(1)])
    hidden_values = only_row(MOVED, accounts=[account_of(1)], shows_values=False)

    assert (shown.name, shown.department) == ("First1 Last1", "Legal")
    assert shown.cells == (Cell("department", "Sales", "Legal"),)
    assert (hidden_values.name, hidden_values.department, hidden_values.cells) == ("", "", (Cell("department"),))


def test_an_employee_whom_bamboohr_does_not_show_is_named_by_their_account() -> None:
    row = only_row(unseen(1, deleted=True), accounts=[account_of(1)])

    assert (row.action, row.name, row.department) == ("suspend", "First1 Last1", "Sales")


def test_an_account_that_may_be_another_persons_names_nobody() -> None:
    stranger = account(101, idnumber="1", email="stranger@acme.example", firstname="Stran", lastname="Ger")

    row = only_row(listed(1, not_shown=["last_name", "department"]), accounts=[stranger])

    assert (row.action, row.name, row.department) == ("conflict", "First1", "")


def test_a_suspension_is_shown_in_words_and_without_values_too() -> None:
    row = only_row(leaver(1), accounts=[account_of(1)], shows_values=False)

    assert row.cells == (Cell("suspended", states=("active", "suspended")),)


@pytest.mark.parametrize(
    ("employee", "accounts", "guard_class", "would"),
    [
        (leaver(1), [account_of(1)], GuardClass.SUSPEND, "suspend"),
        (listed(1), [], GuardClass.CREATE, "create"),
        (listed(1), [account_of(1, suspended=True)], GuardClass.REACTIVATE, "reactivate"),
        (MOVED, [account_of(1)], GuardClass.UPDATE, "update"),
        (listed(1), [account_of(1, idnumber="")], GuardClass.IDENTITY, "update"),
    ],
)
def test_what_a_guard_holds_says_what_it_would_do(
    employee: Employee, accounts: list[Account], guard_class: GuardClass, would: str
) -> None:
    row = only_row(employee, accounts=accounts, limits={guard_class: 0}, remembered=suspended_by_us(1))

    assert (row.action, row.would, row.held) == ("hold", would, (guard_class,))
    assert {cell.held for cell in row.cells} == {guard_class}
    assert row.name == "First1 Last1"
    assert row.hold == ""


def test_a_partly_held_step_says_which_parts_are_held_and_why() -> None:
    row = only_row(RENAMED, accounts=[account_of(1)], limits={GuardClass.IDENTITY: 0})

    assert (row.action, row.would, row.held) == ("update", "", ("identity",))
    assert {cell.field: cell.held for cell in row.cells} == {
        "department": "",
        "email": "identity",
        "username": "identity",
    }
    assert row.hold.startswith("a guard holds all changes of identity of this run: 1 change of identity is due")
    assert row.problem == ""


def test_a_step_with_parts_of_several_held_classes_names_each() -> None:
    returning = listed(1, work_email="new@acme.example", department="Legal")

    row = only_row(
        returning,
        accounts=[account_of(1, suspended=True)],
        limits={GuardClass.IDENTITY: 0, GuardClass.REACTIVATE: 0},
        remembered=suspended_by_us(1),
    )

    assert (row.action, row.held) == ("update", ("reactivate", "identity"))
    assert "a guard holds all reactivations of this run" in row.hold
    assert "a guard holds all changes of identity of this run" in row.hold


def test_a_held_class_is_described_once() -> None:
    employees = [listed(number, work_email=f"p{number}@new.example") for number in (1, 2, 3)]

    report = reported(*employees, accounts=[account_of(n) for n in (1, 2, 3)], limits={GuardClass.IDENTITY: 1})

    assert report.held == (
        HeldClass(
            "identity",
            "3 changes of identity held",
            "3 changes of identity are due, 1 allowed in one run; the e-mail domain changes from acme.example to"
            " new.example for 3 of 3",
        ),
    )
    assert report.figures["held"] == 3
    assert report.figures["errors"] == 0


def test_an_unconfirmed_match_is_held_and_not_an_error() -> None:
    stranger = account(101, idnumber="1", email="stranger@acme.example", firstname="Stran", lastname="Ger")

    report = reported(listed(1), accounts=[stranger])

    assert (report.figures["held"], report.figures["errors"]) == (1, 0)
    assert report.held == (
        HeldClass(
            "unconfirmed",
            "1 unconfirmed match held",
            "the account may belong to another person: decide for each employee",
        ),
    )


def test_a_problem_comes_with_its_advice_and_counts_as_an_error() -> None:
    disputed = listed(1, work_email="p2@acme.example", department="Legal")

    report = reported(disputed, listed(2), accounts=[account_of(1), account_of(2)])

    assert report.errors == 1
    assert report.rows[0].problem == (
        "employee 2 has the same work e-mail in BambooHR; give each of them their own address in BambooHR"
    )


def test_an_unchanged_employee_has_a_row_only_if_they_were_requested() -> None:
    assert reported(listed(1), accounts=[account_of(1)]).rows == ()
    assert only_row(listed(1), accounts=[account_of(1)], selection="employees").action == "unchanged"


def test_in_a_plan_of_all_employees_those_who_left_without_an_account_have_no_row() -> None:
    gone, not_started = leaver(1), hidden(2, "Inactive")

    assert reported(gone, not_started, selection="everybody").rows == ()
    assert len(reported(gone, not_started).rows) == 2


def test_company_and_site_are_named_and_linked() -> None:
    report = reported(settings={"MOODLE_BASE_URL": "https://LXP.example.com/learn/"})

    assert (report.company_domain, report.site) == ("acme", "lxp.example.com/learn")
    assert report.employee_url == "https://acme.bamboohr.com/employees/employee.php?id="
    assert report.account_url == "https://LXP.example.com/learn/user/profile.php?id="


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://localhost:8080"])
def test_nothing_is_linked_where_a_server_of_this_machine_stands_for_bamboohr(address: str) -> None:
    assert reported(settings={"BAMBOO_BASE_URL": address}).employee_url == ""


def test_the_environment_is_named_where_it_is_known() -> None:
    with advice.using(advice.CommandLine(environment="prod")):
        named = reported()

    assert named.environment == "prod"
    assert named.title == "NovaLXP sync plan \u00b7 prod \u00b7 2026-11-22"
    assert reported().title == "NovaLXP sync plan \u00b7 learn.example.com \u00b7 2026-11-22"
