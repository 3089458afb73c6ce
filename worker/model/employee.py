"""A person as BambooHR shows her, and what that says about her standing.

*Not shown* is not *empty*: a field that a source does not declare, or names as restricted, is absent from
:attr:`Person.facts`; a field that it shows without a value is there as an empty text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the changed feed. `at`: when, by BambooHR's clock; None where it does not say."""

    employee_id: int
    deleted: bool = False
    at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What List Employees or Get Employee answered about one person."""

    facts: Mapping[str, str]
    restricted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Employee:
    """One person of this run.

    `listed`: the directory shows her. `evidenced`: a row of her own was read. `deleted`: the changed feed says so;
    `was_deleted`: the feed of an earlier run said so, and this one says nothing.
    """

    employee_id: int
    deleted: bool = False
    was_deleted: bool = False
    listed: bool = False
    evidenced: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    restricted: frozenset[str] = frozenset()

    @classmethod
    def seen(
        cls,
        employee_id: int,
        *,
        deleted: bool = False,
        was_deleted: bool = False,
        listing: Mapping[str, str] | None,
        evidence: Evidence | None,
    ) -> Employee:
        """Put together what the directory shows and what the evidence adds.

        The evidence knows more: what it says counts, the directory fills in, and where the evidence names a field as
        restricted an empty value of the directory means nothing.
        """
        restricted = evidence.restricted if evidence else frozenset()
        facts = {name: value for name, value in (listing or {}).items() if value or name not in restricted}
        facts.update(
            {name: value for name, value in (evidence.facts if evidence else {}).items() if value or name not in facts}
        )
        return cls(
            employee_id=employee_id,
            deleted=deleted,
            was_deleted=was_deleted,
            listed=listing is not None,
            evidenced=evidence is not None,
            facts=facts,
            restricted=restricted - facts.keys(),
        )

    @property
    def is_shown(self) -> bool:
        """Whether BambooHR shows anything of her, anywhere."""
        return self.listed or self.evidenced


class LifecycleState(StrEnum):
    """Whether somebody works here, as far as BambooHR says it."""

    ACTIVE = "active"
    LEFT = "left"
    FUTURE = "future"
    UNKNOWN = "unknown"


def lifecycle_state(employee: Employee, now: datetime, *, was_to_start: bool = False) -> LifecycleState:
    """The rows of the table "who becomes what". Absence is never evidence of leaving.

    `was_to_start`: an earlier run saw that her first day lay ahead. Where BambooHR does not show that day now, Inactive
    does not say that she left (and a last day may be that of an earlier time here).
    """
    status = employee.facts.get("status", "")
    if employee.deleted or employee.was_deleted:
        if status == "Inactive" and not employee.listed:
            return LifecycleState.LEFT
        return LifecycleState.LEFT if employee.deleted and not employee.is_shown else LifecycleState.UNKNOWN
    if status == "Inactive":
        is_hidden = was_to_start and "hire_date" not in employee.facts
        return LifecycleState.FUTURE if is_hidden or starts_later(employee, now) else LifecycleState.LEFT
    if status == "Active" or (employee.listed and status.casefold() != "inactive"):
        return LifecycleState.ACTIVE
    return LifecycleState.UNKNOWN


def day_of(facts: Mapping[str, str], field: str) -> date | None:
    """A date; None if it is not shown, not set or not a date ("0000-00-00" means not set)."""
    try:
        return date.fromisoformat(facts.get(field, "")[:10])
    except ValueError:
        return None


_LAST_ZONE = timedelta(hours=12)


def starts_later(employee: Employee, now: datetime) -> bool:
    """Whether the hire date is still ahead.

    A day has begun everywhere only twelve hours after it began in UTC. Until then somebody who starts "today" may not
    have been made active by BambooHR, and is not taken for a leaver; unless her last day, on or after the first, is
    known and past. (The last day of an earlier time here lies before the first day.)
    """
    day, end = day_of(employee.facts, "hire_date"), day_of(employee.facts, "termination_date")
    if day is None or day <= (now - _LAST_ZONE).date():
        return False
    return end is None or end < day or end > now.date()


def starts_within(employee: Employee, now: datetime, days: int) -> bool:
    """Whether somebody who starts later may be given an account already."""
    day = day_of(employee.facts, "hire_date")
    return days > 0 and day is not None and day <= now.date() + timedelta(days=days)


def employee_id(value: object) -> int | None:
    """BambooHR's id as a positive integer; None for everything else ("0" stands for "me", and is nobody)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > 0 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and value[0] != "0":
        return int(value) if len(value) <= len(str(2**63)) else None
    return None
