"""A plan as a report: what every form of it (table, JSON, page) is made from. Values only where they were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One field that changes. `old` and `new` are None where values are not shown, and `old` where there was none."""

    field: str
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One person's line.

    `action`: create, update, suspend, reactivate, unchanged, skip, hold or conflict. `code` and `reason`: why, as a
    stable word and as a sentence; `advice`: what to do about it, where something is to be done. `problem`: an error
    beside the action. `digest`: a keyed digest of what would be written, "" where nothing would be.
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
    digest: str = ""


@dataclass(frozen=True)
class Report:
    """The whole plan.

    `made_at` and `since` are moments in ISO 8601. `scope` is "all" (the next run), "employees" (single people) or
    "everybody" (a reconcile). `counts` go by action. `warnings` are sentences. `site` and `company` say what was read.
    """

    run_id: str
    made_at: str
    scope: str
    since: str
    counts: Mapping[str, int]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...] = ()
    shows_values: bool = False
    reconcile_due: bool = False
    site: str = ""
    company: str = ""
