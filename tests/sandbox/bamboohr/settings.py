"""What differs between tenants, as switches.

They may change at any time; the next answer follows. A switch that does not exist is an error, never a silent no-op.
Field names are canonical (those of Get Employee). Refusals and answers that no switch makes are faults: see
:class:`tests.sandbox.wire.Fault`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .company import Employee


@dataclass(slots=True)
class Settings:
    """The switches of one tenant; the defaults are what is seen most often."""

    # --- the key -----------------------------------------------------------------------------------------------------
    #: Whose key it is: an employee id, or None for an integration account. Answers `/employees/0`.
    key_owner: str | None = None
    #: The key's user was deactivated: every call is answered with 403.
    key_disabled: bool = False
    #: Employees that this key may not view: no row in List Employees and reports, 403 on Get Employee. The feed and the
    #: directory, which the company shows to all its employees, still have them.
    invisible: frozenset[str] = frozenset()
    #: Fields that this key may not read of certain employees: null and named in List Employees, left out by
    #: Get Employee, null in the directory and in reports.
    restricted_for: dict[str, frozenset[str]] = field(default_factory=dict)
    #: The user that refusals name. It looks personal on purpose: a client must not write it to a log.
    key_user: str = "Robin Sync (robin.sync@example.com)"

    # --- employees/changed -------------------------------------------------------------------------------------------
    #: What `latest` is when no employee changed.
    changed_empty_latest: Literal["null", "blank", "absent"] = "null"
    #: The `latest` of the answer, in place of the true one.
    changed_latest: str | None = None

    # --- employees/directory -----------------------------------------------------------------------------------------
    #: "full", "org_chart" (the reduced fieldset) or "off" (403).
    directory_sharing: Literal["full", "org_chart", "off"] = "full"
    #: Fields of the fieldset that are neither declared nor given.
    directory_lacks: frozenset[str] = frozenset()
    #: Fields that are declared, and null in every row.
    directory_nulls: frozenset[str] = frozenset()
    #: A bad read: the part of the rows that arrives, in a 200 like any other (0 gives an empty list, not a 404).
    directory_keeps: float = 1.0

    # --- employees (List Employees) ----------------------------------------------------------------------------------
    #: 401 or 403 to every call, as for a key in a tenant that takes OAuth only.
    list_refused: Literal[401, 403] | None = None
    #: Fields that are null and named in `_restrictedFields` in every row.
    list_restricted: frozenset[str] = frozenset()
    #: What an unset date is.
    list_unset_date: str | None = None

    # --- employees/{id} (Get Employee) -------------------------------------------------------------------------------
    #: Fields that are left out silently.
    get_restricted: frozenset[str] = frozenset()
    #: How Get Employee and reports spell a `state` that List Employees spells out ("California" -> "CA").
    get_states: dict[str, str] = field(default_factory=dict)

    # --- reports/custom ----------------------------------------------------------------------------------------------
    #: A refusal of every call; reports are marked as deprecated, so that they may be gone (410) one day.
    report_refused: Literal[401, 403, 404, 405, 410] | None = None
    #: Employees of whom reports have no row, though other endpoints show them.
    report_lacks: frozenset[str] = frozenset()
    #: Fields that are neither declared nor given, without an error.
    report_restricted: frozenset[str] = frozenset()
    #: Fields that come back under another name ("status" as "employmentStatus", "1610" as "1610.0").
    report_renamed: dict[str, str] = field(default_factory=dict)
    #: Fields that are given although the body does not name them.
    report_extra: tuple[str, ...] = ()

    # --- everywhere --------------------------------------------------------------------------------------------------
    #: JSON begins with a byte order mark.
    byte_order_mark: bool = False
    #: Employee id -> canonical field -> any JSON value that rows have in place of the true one; "id" is a field too. A
    #: lone surrogate is sent as its escape.
    garbled: dict[str, dict[str, object]] = field(default_factory=dict)
    #: Employee id -> the values in which a second row differs: directory, List Employees and reports.
    contradicting: dict[str, dict[str, str | None]] = field(default_factory=dict)
    #: JSON values that follow the rows of the directory, List Employees and reports.
    garbage_rows: tuple[object, ...] = ()

    def garbled_value(self, id: str, name: str, value: object) -> object:
        """The value that a row has for this canonical field."""
        return self.garbled.get(id, {}).get(name, value)

    def rows_of(self, employee: Employee) -> list[Employee]:
        """The employee, and once more with other values where there is a second row."""
        if employee.id not in self.contradicting:
            return [employee]
        values = {**employee.values, **self.contradicting[employee.id]}
        return [employee, Employee(employee.id, values, employee.hidden, employee.pending)]
