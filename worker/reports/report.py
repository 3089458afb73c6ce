"""A plan as a report, the source of its table, JSON and page. It holds values only if they were requested."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.advice import resolve
from worker.model.reasons import UNCONFIRMED
from worker.timestamps import parse_moment

PRODUCT = "NovaLXP sync"

SELECTIONS = {
    "all": "the next run (employees who changed or are waiting)",
    "employees": "selected employees",
    "everybody": "all employees (what a reconcile would do)",
}
"""The employees that a plan covers in words, by its selection."""

WRITTEN = {"created": "create", "changed": "update", "suspended": "suspend", "reactivated": "reactivate"}
"""The figures of a plan that count an action, each with its action."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field that changes, or would if a guard did not hold it.

    Attributes:
        old: The present value, None if values are not shown or there was none.
        new: The new value, None if values are not shown.
        held: The class of the guard that holds the change, "" if none does.
        states: The account's state before and after, if the change suspends or reactivates it: no personal data.
    """

    field: str
    old: str | None = None
    new: str | None = None
    held: str = ""
    states: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One employee's line.

    Attributes:
        action: create, update, suspend, reactivate, unchanged, skip, hold or conflict.
        code: The reason as a stable word.
        advice: What the operator can do about it, if anything: see :func:`worker.advice.resolve`.
        problem: An error in addition to the action.
        held: The classes of changes that a guard holds.
        would: The action without the guards, if they hold all of it.
        hold: Why a part is held, if the rest is written.
        name: The employee's name; like `department`, it is "" if values are not shown.
        approved: The classes of changes that are about to be approved.
    """

    employee_id: int
    action: str
    code: str
    reason: str
    advice: str = ""
    account_id: int | None = None
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    would: str = ""
    hold: str = ""
    name: str = ""
    department: str = ""
    approved: tuple[str, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether something is held: by a guard, or until the match is confirmed."""
        return bool(self.held) or self.code == UNCONFIRMED


@dataclass(frozen=True, slots=True)
class HeldClass:
    """A class of changes that a guard holds, or the unconfirmed matches.

    Attributes:
        guard: The class, as `approve --only` names it.
        held: How many changes are held, in words.
        why: How many changes there are, how many are allowed, and what they have in common.
    """

    guard: str
    held: str
    why: str


@dataclass(frozen=True)
class Report:
    """The whole plan.

    Attributes:
        made_at: An ISO 8601 timestamp, as is `since`.
        selection: "all" (the next run), "employees" (selected ones) or "everybody" (a reconcile).
        counts: The number of employees per action, whether or not each has a row.
        errors: The number of employees with an error; held changes are not counted.
        site: The name of the Moodle site that was read; `company_domain` is BambooHR's name of the company.
        environment: The name of the deployed environment, "" if unknown.
        employee_url: The address of an employee in BambooHR without the id at its end, "" for no link; `account_url`
            is that of an account in Moodle.
        other_settings: Whether the report shows what settings other than the present ones would do.
    """

    run_id: str
    made_at: str
    selection: str
    since: str
    counts: Mapping[str, int]
    rows: tuple[Row, ...]
    errors: int = 0
    warnings: tuple[str, ...] = ()
    shows_values: bool = False
    reconcile_due: bool = False
    site: str = ""
    company_domain: str = ""
    environment: str = ""
    held: tuple[HeldClass, ...] = ()
    employee_url: str = ""
    account_url: str = ""
    other_settings: bool = False

    @property
    def other_warnings(self) -> list[str]:
        """The warnings, except the reasons why guards hold changes."""
        why = {one.why for one in self.held}
        return [text for text in self.warnings if text not in why]

    @property
    def figures(self) -> dict[str, int]:
        """The number of employees by what would be done for them."""
        written = {name: self.counts.get(action, 0) for name, action in WRITTEN.items()}
        return {**written, "held": sum(row.is_held for row in self.rows), "errors": self.errors}

    @property
    def about(self) -> str:
        """The employees that the plan covers, in words."""
        return SELECTIONS.get(self.selection, self.selection)

    @property
    def title(self) -> str:
        """The product, the environment or the site, and the date."""
        parts = (f"{PRODUCT} plan", self.environment or self.site, self.made_at[:10])
        return " \u00b7 ".join(part for part in parts if part)


def utc(text: str) -> str:
    """Format an ISO 8601 timestamp with a time zone for a reader; return "" for any other text."""
    moment = parse_moment(text)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


KIND = "novalxp-sync-plan"
VERSION = 1


def document(report: Report) -> str:
    """Return the report as JSON."""
    data = {
        "kind": KIND,
        "version": VERSION,
        "run_id": report.run_id,
        "made_at": report.made_at,
        "scope": report.selection,
        "since": report.since or None,
        "company": report.company_domain,
        "site": report.site,
        "reconcile_due": report.reconcile_due,
        "warnings": list(report.warnings),
        "counts": dict(report.counts),
        "rows": [_row(row, shows_values=report.shows_values) for row in report.rows],
    }
    return json.dumps(data, indent=1)


def _row(row: Row, *, shows_values: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "employee_id": row.employee_id,
        "action": row.action,
        "code": row.code,
        "reason": row.reason,
        "advice": resolve(row.advice, [row.employee_id]),
        "account_id": row.account_id,
        "fields": [cell.field for cell in row.cells if not cell.held],
        "held": list(row.held),
        "held_fields": [cell.field for cell in row.cells if cell.held],
        "problem": row.problem or row.hold,
        "notes": list(row.notes),
    }
    if not shows_values:
        return data
    values = {cell.field: [cell.old, cell.new] for cell in row.cells if cell.new is not None}
    return {**data, "name": row.name, "department": row.department, **({"values": values} if values else {})}
