"""A plan as a table of text."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from worker.reports.report import Cell, Report, Row
from worker.reports.table import columns, table

_ACTIONS = ["suspend", "conflict", "hold", "create", "reactivate", "update", "skip", "unchanged"]


def row(number: int, action: str = "update", *cells: Cell, **more: Any) -> Row:
    return Row(
        **{"employee_id": number, "action": action, "code": "c", "reason": f"because {number}", "cells": cells, **more}
    )


def report(*rows: Row, **more: Any) -> Report:
    fields: dict[str, Any] = {
        "run_id": "20261122T030000Z-1a2b3c4d",
        "made_at": "2026-11-22T03:00:00Z",
        "scope": "all",
        "since": "2026-11-21T02:00:00Z",
        "counts": Counter(one.action for one in rows),
        "rows": rows,
        **more,
    }
    return Report(**fields)


def lines(text: str) -> list[list[str]]:
    """The table's own lines, in words."""
    body = text.split("\n\n")[1].splitlines()[1:]
    return [line.split() for line in body]


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


def test_the_last_column_is_wrapped_to_the_width() -> None:
    text = columns(("employee", "why"), [(7, "one two three four five six seven eight nine ten")], 36)

    assert text.splitlines() == [
        "employee  why",
        "       7  one two three four five",
        "          six seven eight nine ten",
    ]


def test_a_narrow_terminal_leaves_the_last_columns_readable() -> None:
    text = columns(("employee", "fields", "why"), [(7, "a, " * 30, "one two three four five")], 20)

    assert text.splitlines()[1].endswith("one two three four five")
    assert max(map(len, text.splitlines())) <= len("employee") + 2 * 26


def test_without_a_width_nothing_is_wrapped() -> None:
    assert len(columns(("employee", "why"), [(7, "word " * 200)]).splitlines()) == 2


def test_a_table_without_rows_has_its_headers() -> None:
    assert columns(("employee", "why"), []) == "employee  why"


# A plan


def test_rows_are_sorted_by_action_and_then_by_id() -> None:
    rows = [row(number, action) for number, action in enumerate(reversed(_ACTIONS), 1)]

    text = table(report(*rows, row(20, "suspend"), row(3, "suspend")))

    assert [(action, number) for action, number, *_ in lines(text)] == [
        ("suspend", "3"),
        ("suspend", "8"),
        ("suspend", "20"),
        *((action, str(7 - at)) for at, action in enumerate(_ACTIONS[1:])),
    ]


def test_a_row_names_fields_and_every_reason() -> None:
    text = table(report(row(7, "update", Cell("email"), Cell("department"), problem="a problem", notes=("n1", "n2"))))

    assert "update         7  email, department  because 7; a problem; n1; n2" in text


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (Cell("department"), "department"),
        (Cell("department", "Sales", "Legal"), "department: 'Sales' -> 'Legal'"),
        (Cell("department", "", "Legal"), "department: '' -> 'Legal'"),
        (Cell("department", "Sales", ""), "department: 'Sales' -> ''"),
        (Cell("department", None, "Legal"), "department: 'Legal'"),
        (Cell("lastname", "a\x1b[2Jb", "c\nd"), r"lastname: 'a\x1b[2Jb' -> 'c\nd'"),
    ],
)
def test_values_are_shown_with_control_characters_escaped(cell: Cell, shown: str) -> None:
    assert f"  {shown}  because 7" in table(report(row(7, "update", cell)))


def test_advice_is_given_once_for_all_rows_that_have_it() -> None:
    text = table(
        report(*(row(number, "skip", advice="enter it in BambooHR") for number in (7, 8, 9)), row(5, "update"))
    )

    assert text.count("enter it in BambooHR") == 1
    assert "\n\nskip: enter it in BambooHR\n\n" in text


@pytest.mark.parametrize(
    ("scope", "since", "said"),
    [
        ("all", "2026-11-21T02:00:00Z", ": the next run, changes since 2026-11-21T02:00:00Z. Nothing was written."),
        ("employees", "", ": selected employees. Nothing was written."),
        ("everybody", "", ": all employees (what a reconcile would do). Nothing was written."),
    ],
)
def test_the_head_says_what_was_read(scope: str, since: str, said: str) -> None:
    head = table(report(scope=scope, since=since)).splitlines()[0]

    assert head == f"Plan 20261122T030000Z-1a2b3c4d of 2026-11-22T03:00:00Z{said}"


def test_warnings_come_first() -> None:
    head = table(report(row(7), warnings=("one", "two"), reconcile_due=True)).split("\n\n")[0].splitlines()

    assert head[1:3] == ["warning: one", "warning: two"]
    assert "a reconcile is due" in head[3]


def test_the_counts_come_last_and_include_employees_without_a_row() -> None:
    text = table(report(row(7), counts={"unchanged": 900, "update": 1, "skip": 0}))

    assert text.endswith("\n\n1 update, 900 unchanged")


def test_an_empty_plan_says_that_nothing_would_be_done() -> None:
    assert table(report()).split("\n\n")[1:] == ["Nothing would be done.", "no employees"]
