"""A plan as a report, from which its table, JSON and page are made. It holds values only if they were requested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One field that changes, or would if a guard did not hold it.

    `old` and `new` are None if values are not shown; `old` also if there was none.
    """

    field: str
    old: str | None = None
    new: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One employee's line.

    Attributes:
        action: create, update, suspend, reactivate, unchanged, skip, hold or conflict.
        code: the reason as a stable word.
        reason: the reason as a sentence.
        advice: what the operator can do about it, if anything.
        problem: an error in addition to the action.
        digest: a keyed digest of what would be written, "" if nothing would be.
        held: the classes of changes that a guard holds.
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
    held: tuple[str, ...] = ()

    @property
    def shown_action(self) -> str:
        """The action in words: what a guard holds is named by what it would do."""
        return f"{', '.join(self.held)} (held)" if self.held and self.action == "hold" else self.action


@dataclass(frozen=True)
class Report:
    """The whole plan.

    Attributes:
        made_at: an ISO 8601 timestamp, as is `since`.
        scope: "all" (the next run), "employees" (selected ones) or "everybody" (a reconcile).
        counts: the number of employees per action, whether or not each has a row.
        site: the Moodle endpoint that was read; `company` is BambooHR's.
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
