"""A plan as JSON."""

from __future__ import annotations

import json

from tests.worker.reports.plans import report_of, row_of
from worker.reports.report import KIND, VERSION, Cell, Report, Row, document

REPORT = Report(
    run_id="20261122T030000Z-1a2b3c4d",
    made_at="2026-11-22T03:00:00Z",
    selection="all",
    since="2026-11-21T02:00:00Z",
    counts={"update": 1, "hold": 1, "unchanged": 9},
    rows=(
        Row(7, "update", "differs", "they differ", "", 12, (Cell("department"),), "a problem", ("a note",)),
        Row(9, "hold", "no_evidence", "nothing is shown", "let the employee be shown"),
    ),
    warnings=("be careful",),
    reconcile_due=True,
    site="learn.acme.example/x",
    company_domain="acme",
)


def test_it_describes_the_plan() -> None:
    plan = json.loads(document(REPORT))

    assert plan == {
        "kind": KIND,
        "version": VERSION,
        "run_id": "20261122T030000Z-1a2b3c4d",
        "made_at": "2026-11-22T03:00:00Z",
        "scope": "all",
        "since": "2026-11-21T02:00:00Z",
        "company": "acme",
        "site": "learn.acme.example/x",
        "reconcile_due": True,
        "warnings": ["be careful"],
        "counts": {"update": 1, "hold": 1, "unchanged": 9},
        "rows": plan["rows"],
    }


def test_a_row_holds_everything_but_values() -> None:
    update, hold = json.loads(document(REPORT))["rows"]

    assert update == {
        "employee_id": 7,
        "action": "update",
        "code": "differs",
        "reason": "they differ",
        "advice": "",
        "account_id": 12,
        "fields": ["department"],
        "held": [],
        "held_fields": [],
        "problem": "a problem",
        "notes": ["a note"],
    }
    assert (hold["account_id"], hold["fields"]) == (None, [])


def test_requested_values_are_given_by_field() -> None:
    cells = (Cell("department", "Sales", "Legal"), Cell("email", None, "a@b.example"), Cell("city", "Rome", ""))
    row = row_of(7, cells=cells)
    report = report_of(row, shows_values=True)

    (plan_row,) = json.loads(document(report))["rows"]

    assert plan_row["values"] == {
        "department": ["Sales", "Legal"],
        "email": [None, "a@b.example"],
        "city": ["Rome", ""],
    }
    assert plan_row["fields"] == ["department", "email", "city"]


def test_names_are_given_if_they_were_requested() -> None:
    row = Row(9, "hold", "suspension_held", "held", held=("suspend",), name="Amara Okafor", department="Finance")

    (shown,), (hidden,) = (json.loads(document(report_of(row, shows_values=shows)))["rows"] for shows in (True, False))

    assert (shown["name"], shown["department"], shown["held"]) == ("Amara Okafor", "Finance", ["suspend"])
    assert hidden == {name: value for name, value in shown.items() if name not in ("name", "department")}


def test_why_a_part_is_held_is_a_problem_of_the_row() -> None:
    row = row_of(7, cells=(Cell("city"), Cell("email", held="identity")),
              held=("identity",), hold="a guard holds it")  # fmt: skip

    (found,) = json.loads(document(report_of(row)))["rows"]

    assert (found["problem"], found["fields"], found["held_fields"]) == ("a guard holds it", ["city"], ["email"])


def test_a_plan_without_a_window_has_no_since() -> None:
    assert json.loads(document(report_of(since="")))["since"] is None
