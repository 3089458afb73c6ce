"""A plan as a text table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.reports.plans import report_of, row_of
from worker.reports.report import Cell, HeldClass, Report, Row
from worker.reports.table import changes, columns, table

_ACTIONS = ["suspend", "conflict", "hold", "create", "reactivate", "update", "skip", "unchanged"]


def report(*rows: Row, **more: Any) -> Report:
    return report_of(*rows, **{"made_at": "2026-11-22T03:00:00Z", "since": "2026-11-21T02:00:00Z", **more})


# Columns


def test_texts_are_aligned_left_and_numbers_right() -> None:
    assert columns(("action", "employee", "why"), [("skip", 7, "a"), ("create", 123456789, "b")]).splitlines() == [
        "action   employee  why",
        "skip            7  a",
        "create  123456789  b",
    ]


def test_no_line_ends_with_blanks() -> None:
    text = columns(("action", "why"), [("skip", ""), ("a long action", "x")])

    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_table_without_rows_has_its_headers() -> None:
    assert columns(("employee", "why"), []) == "employee  why"


# A plan


def paragraph(text: str, start: str) -> list[str]:
    """The lines of the paragraph that begins so, without their indentation."""
    (found,) = (part for part in text.split("\n\n") if part.startswith(start))
    return [line.strip() for line in found.splitlines()]


def test_the_head_names_product_environment_company_site_and_time() -> None:
    head = table(report(company_domain="acme", site="lxp.acme.example", environment="prod")).splitlines()

    assert head[:2] == [
        "NovaLXP sync plan, prod, acme -> lxp.acme.example, 2026-11-22 03:00:00 UTC",
        "About: the next run (employees who changed or are waiting), changes since 2026-11-21 02:00:00 UTC."
        " Nothing was written.",
    ]


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ("employees", "About: selected employees. Nothing was written."),
        ("everybody", "About: all employees (what a reconcile would do). Nothing was written."),
    ],
)
def test_the_head_says_what_was_read(selection: str, said: str) -> None:
    assert table(report(selection=selection, since="")).splitlines()[1] == said


def test_warnings_come_first() -> None:
    held = HeldClass("suspend", "7 suspensions held", "too many")

    text = table(report(row_of(7), warnings=("one", "too many", "two"), held=(held,)))

    assert text.split("\n\n")[0].splitlines()[2:] == ["warning: one", "warning: two"]


def test_the_figures_include_employees_without_a_row() -> None:
    counts = {"unchanged": 1900, "update": 1, "create": 2, "skip": 0}

    assert table(report(row_of(7), counts=counts, errors=1)).split("\n\n")[1] == (
        "2 created, 1 changed, 1,900 unchanged, 1 error"
    )


def test_an_empty_plan_says_that_nothing_would_be_done() -> None:
    assert table(report()).split("\n\n")[1:] == ["Nothing would be done.", "Next:\n  There is nothing to write."]


def test_rows_are_grouped_and_what_takes_away_comes_before_what_gives() -> None:
    rows = [row_of(number, action, reason=action) for number, action in enumerate(reversed(_ACTIONS), 1)]

    text = table(report(*rows, row_of(20, "suspend", reason="suspend"), row_of(3, "suspend", reason="suspend")))

    assert [part.split(":")[0] for part in text.split("\n\n")[2:-1]] == [
        "Conflict", "Suspend", "Waiting", "Reactivate", "Create", "Update", "Skip", "Unchanged",
    ]  # fmt: skip
    assert paragraph(text, "Suspend") == ["Suspend: 3 employees: suspend", "employees 3, 8, 20"]


def test_a_reason_and_its_advice_are_said_once() -> None:
    rows = [row_of(number, "skip", reason="has no work e-mail", advice="enter it in BambooHR") for number in (7, 8, 9)]

    assert paragraph(table(report(*rows)), "Skip") == [
        "Skip: 3 employees: has no work e-mail",
        "what to do: enter it in BambooHR",
        "employees 7, 8, 9",
    ]


def test_employees_with_the_same_fields_share_a_line() -> None:
    rows = [row_of(number, cells=(Cell("email"), Cell("city")), reason="differs") for number in (1, 2, 3)]
    problem = row_of(9, cells=(Cell("city"),), reason="differs", problem="a problem", notes=("n1", "n2"))

    assert paragraph(table(report(*rows, problem)), "Update") == [
        "Update: 4 employees: differs",
        "city; a problem; n1; n2",
        "employee 9",
        "email, city",
        "employees 1, 2, 3",
    ]


def test_a_long_list_of_employees_is_shortened_where_a_limit_is_given() -> None:
    plan = report(*(row_of(number, "skip", reason="has no work e-mail") for number in range(1, 1300)))

    assert paragraph(table(plan, most=3), "Skip")[1:] == ["employees 1, 2, 3 and 1,296 more; --verbose lists all"]
    assert paragraph(table(plan), "Skip")[1].endswith("1298, 1299")


def test_what_is_about_to_be_approved_is_grouped_by_its_classes() -> None:
    rows = [
        row_of(1, "suspend", reason="left", approved=("suspend",)),
        row_of(2, "update", cells=(Cell("email"),), reason="differs", approved=("identity",)),
        row_of(3, "update", cells=(Cell("city"),), reason="differs", approved=("clear", "update")),
    ]

    assert [part.splitlines()[0] for part in changes(report(*rows)).split("\n\n")] == [
        "2 changed, 1 suspended",
        "Suspend: 1 employee: left",
        "Update (identity): 1 employee: differs",
        "Update (clear, update): 1 employee: differs",
    ]


def test_employees_of_whom_each_has_other_fields_are_a_table() -> None:
    rows = [row_of(1, cells=(Cell("email"),), reason="differs"), row_of(2, cells=(Cell("city"),), reason="differs")]

    assert paragraph(table(report(*rows)), "Update")[1:] == ["employee  changes", "1  email", "2  city"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (Cell("department"), "department"),
        (Cell("department", "Sales", "Legal"), "department: 'Sales' -> 'Legal'"),
        (Cell("department", "", "Legal"), "department: '' -> 'Legal'"),
        (Cell("department", "Sales", ""), "department: 'Sales' -> ''"),
        (Cell("department", None, "Legal"), "department: 'Legal'"),
        (Cell("lastname", "a\x1b[2Jb", "c\nd"), r"lastname: 'a\x1b[2Jb' -> 'c\nd'"),
        (Cell("suspended", "0", "1", states=("active", "suspended")), "active -> suspended"),
        (Cell("email", "a", "b", held="identity"), "email (held: identity): 'a' -> 'b'"),
    ],
)
def test_values_are_shown_with_control_characters_escaped(cell: Cell, shown: str) -> None:
    assert paragraph(table(report(row_of(7, cells=(cell,)))), "Update")[1] == shown


def test_names_and_departments_have_a_column() -> None:
    rows = [
        row_of(7, "suspend", reason="left", name="Amara Okafor", department="Finance"),
        row_of(12, "suspend", reason="left", name="Ev\x1b[2Jil"),
    ]

    assert paragraph(table(report(*rows, shows_values=True)), "Suspend")[1:] == [
        "employee  name, department",
        "7  Amara Okafor, Finance",
        r"12  Ev\x1b[2Jil",
    ]


def test_what_a_guard_holds_is_named_by_what_it_would_do_and_why_is_said_once() -> None:
    why = "7 suspensions are due, 5 allowed in one run; the reading has lost rows"
    held = HeldClass("suspend", "7 suspensions held", why)
    suspended = Cell("suspended", held="suspend", states=("active", "suspended"))
    rows = [
        row_of(number, "hold", cells=(suspended,), reason=f"a guard holds all suspensions of this run: {why}",
            advice="check", held=("suspend",), would="suspend")
        for number in range(1, 8)
    ]  # fmt: skip

    text = table(report(*rows, held=(held,)))

    assert paragraph(text, "7 suspensions held") == [
        "7 suspensions held:",
        "7 suspensions are due, 5 allowed in one run",
        "the reading has lost rows",
        "if these changes are right, approve them once a run has held them:",
        "python -m worker approve RUN --only suspend",
    ]
    assert paragraph(text, "Suspend (held)") == [
        "Suspend (held): 7 employees: a guard holds all suspensions of this run",
        "active -> suspended",
        "employees 1, 2, 3, 4, 5, 6, 7",
    ]
    assert text.count(why.split(";")[0]) == 1


def test_the_next_commands_come_last() -> None:
    text = table(report(row_of(7, "suspend"), reconcile_due=True))

    assert text.split("\n\n")[-1].splitlines() == [
        "Next:",
        "  Write these changes:",
        "    python -m worker sync",
        "  A reconcile is due: settings have changed, or changes were not read. See what it would do:",
        "    python -m worker plan --everybody",
    ]
