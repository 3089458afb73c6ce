"""An employee as BambooHR shows them, the lifecycle state that follows from it, and whose address is whose.

*Not shown* is not *empty*: a field that a source does not declare, or lists as restricted, is absent from
:attr:`Employee.facts`; a field that it shows without a value is present as an empty string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from worker.model.field_catalogue import is_by_api_name

_UNREADABLE = "\ufffd"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the changed feed. `at`: time of the change by BambooHR's clock; None if the feed has none."""

    employee_id: int
    deleted: bool = False
    at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answer of List Employees or Get Employee about one employee. `facts`: values by canonical field name.

    The facts of any source have U+FFFD for each character that cannot be read.
    """

    facts: Mapping[str, str]
    restricted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Employee:
    """One employee of this run.

    Attributes:
        deleted: The changed feed of this run reports a deletion.
        was_deleted: The feed of an earlier run reported a deletion, and this one does not mention the employee.
        in_directory: The directory shows the employee.
        has_evidence: List Employees or Get Employee returned a row for the employee.
        facts: The values that any source shows, by canonical field name.
        restricted: Fields that the evidence lists as restricted and no source shows.
        unreadable: Fields with a character that cannot be read, and that no source shows without it.
        refusal_code: The code with which BambooHR refuses to answer for this employee alone; "" if it answers.
        partial_refusal: The same for some of their fields, which are not shown then.
    """

    employee_id: int
    deleted: bool = False
    was_deleted: bool = False
    in_directory: bool = False
    has_evidence: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    restricted: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    refusal_code: str = ""
    partial_refusal: str = ""

    @classmethod
    def seen(
        cls,
        employee_id: int,
        *,
        deleted: bool = False,
        was_deleted: bool = False,
        directory_row: Mapping[str, str] | None,
        evidence: Evidence | None,
        api_fields: Mapping[str, str] | None = None,
        partial_refusal: str = "",
    ) -> Employee:
        """Merge what the directory (`directory_row`), the evidence and the sources of `api_fields` show.

        Non-empty values of the evidence win; the directory fills the gaps. An empty value of the directory counts if
        there is no evidence, or if the evidence shows the field. A value that cannot be read is not shown.
        """
        restricted = evidence.restricted if evidence else frozenset[str]()
        sources = [directory_row or {}, evidence.facts if evidence else {}, api_fields or {}]
        unreadable = {name for row in sources for name, value in row.items() if _UNREADABLE in value}
        if unreadable:
            sources = [{name: row[name] for name in row if _UNREADABLE not in row[name]} for row in sources]
        listed, shown, custom = sources
        facts = {name: value for name, value in listed.items() if value or evidence is None or name in shown}
        facts |= {name: value for name, value in shown.items() if value or name not in facts}
        facts |= custom
        return cls(
            employee_id,
            deleted,
            was_deleted,
            in_directory=directory_row is not None,
            has_evidence=evidence is not None,
            facts=facts,
            restricted=restricted - facts.keys(),
            unreadable=frozenset(unreadable - facts.keys()),
            partial_refusal=partial_refusal,
        )

    def with_evidence(self, evidence: Evidence | None, partial_refusal: str = "") -> Employee:
        """Return an employee of whom only the directory was read, with what the evidence shows as well.

        An empty field of the directory may be hidden: it is empty only if the evidence shows it, too.
        `partial_refusal`: see the attribute.
        """
        directory_row = {name: value for name, value in self.facts.items() if value and not is_by_api_name(name)}
        api_fields = {name: value for name, value in self.facts.items() if is_by_api_name(name)}
        merged = Employee.seen(self.employee_id, directory_row=directory_row, evidence=evidence, api_fields=api_fields)
        return replace(
            self,
            has_evidence=merged.has_evidence,
            facts=merged.facts,
            restricted=merged.restricted,
            unreadable=(self.unreadable | merged.unreadable) - merged.facts.keys(),
            partial_refusal=partial_refusal or self.partial_refusal,
        )

    @property
    def is_shown(self) -> bool:
        """Whether any source of BambooHR shows the employee."""
        return self.in_directory or self.has_evidence


class LifecycleState(StrEnum):
    """Whether BambooHR shows that the employee works at the company."""

    ACTIVE = "active"
    LEFT = "left"
    FUTURE = "future"
    UNKNOWN = "unknown"


def lifecycle_state(employee: Employee, now: datetime, *, was_to_start: bool = False) -> LifecycleState:
    """Derive the lifecycle state. Absence is never evidence of leaving.

    `was_to_start`: an earlier run saw a hire date in the future. If BambooHR does not show that date now, Inactive does
    not mean that the employee left, and a termination date may belong to an earlier employment.
    """
    if employee.refusal_code:
        return LifecycleState.UNKNOWN
    status = employee.facts.get("status", "")
    if employee.deleted or employee.was_deleted:
        if status == "Inactive" and not employee.in_directory:
            return LifecycleState.LEFT
        return LifecycleState.LEFT if employee.deleted and not employee.is_shown else LifecycleState.UNKNOWN
    if status == "Inactive":
        if (
            employee.facts.get("hire_date", "") not in ("", "0000-00-00")
            and day_of(employee.facts, "hire_date") is None
        ):
            # The date cannot be read, and may be in the future.
            return LifecycleState.UNKNOWN
        is_hidden = was_to_start and "hire_date" not in employee.facts
        return LifecycleState.FUTURE if is_hidden or starts_later(employee, now) else LifecycleState.LEFT
    if status == "Active" or (employee.in_directory and status.casefold() != "inactive"):
        return LifecycleState.ACTIVE
    return LifecycleState.UNKNOWN


def day_of(facts: Mapping[str, str], field: str) -> date | None:
    """Parse a date field; None if it is not shown, not set ("0000-00-00" in BambooHR) or not an ISO date."""
    try:
        return date.fromisoformat(facts.get(field, "")[:10])
    except ValueError:
        return None


def starts_later(employee: Employee, now: datetime) -> bool:
    """Return whether the hire date is in the future.

    A day has begun in every time zone only twelve hours after it began in UTC. Until then BambooHR may not have
    activated an employee who starts "today", so they do not count as a leaver, unless a termination date on or after
    the hire date has passed. A termination date before the hire date belongs to an earlier employment.
    """
    day, end = day_of(employee.facts, "hire_date"), day_of(employee.facts, "termination_date")
    if day is None or day <= (now - timedelta(hours=12)).date():
        return False
    return end is None or end < day or end > now.date()


def starts_within(employee: Employee, now: datetime, days: int) -> bool:
    """Return whether the hire date is at most `days` ahead, so that the account may be created already."""
    day = day_of(employee.facts, "hire_date")
    return days > 0 and day is not None and day <= now.date() + timedelta(days=days)


def parse_employee_id(value: object) -> int | None:
    """Parse a BambooHR employee id: a positive integer; None for anything else (BambooHR reads "0" as "me")."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > 0 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and value[0] != "0":
        return int(value) if len(value) <= len(str(2**63)) else None
    return None


def email_key(address: str) -> str:
    """Return an address in the form in which it is compared: like both systems, this product ignores case."""
    return address.lower()


class EmailIndex:
    """Employee ids by e-mail address, ignoring case.

    Only hashes of the addresses are kept: 50,000 employees take a few megabytes, and no address of an employee outside
    the window stays in memory.
    """

    def __init__(self) -> None:
        self._ids: dict[int, int | tuple[int, ...]] = {}

    def add(self, address: str, employee: int) -> None:
        """Record that the employee has this address. An empty address is ignored."""
        if not address:
            return
        known = self.of(address)
        if employee not in known:
            # One id takes a fraction of the memory of a tuple, and nearly every address has one.
            self._ids[hash(email_key(address))] = (*known, employee) if known else employee

    def of(self, address: str) -> tuple[int, ...]:
        """Return the ids of all employees with this address."""
        known = self._ids.get(hash(email_key(address)), ())
        return known if isinstance(known, tuple) else (known,)
