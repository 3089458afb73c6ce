"""The canonical names of BambooHR's fields, and the name of each field in the three sources.

Source of the names: BambooHR's official OpenAPI specification (directory, List Employees, Get Employee). An empty name
means that the source cannot show the field. Every other field, a company's own ones included, is named by BambooHR's
API name: `bamboohr:customCostCenter`. Such fields are read from reports (see :mod:`worker.bamboohr.report`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple


class SourceNames(NamedTuple):
    """The name of one field in the company directory, in List Employees and in Get Employee."""

    directory: str
    listing: str
    employee: str


FIELDS: dict[str, SourceNames] = {
    "first_name": SourceNames("firstName", "firstName", "firstName"),
    "last_name": SourceNames("lastName", "lastName", "lastName"),
    "preferred_name": SourceNames("preferredName", "preferredName", "preferredName"),
    "middle_name": SourceNames("", "middleName", "middleName"),
    "display_name": SourceNames("displayName", "displayName", "displayName"),
    "work_email": SourceNames("workEmail", "workEmail", "workEmail"),
    "department": SourceNames("department", "departmentName", "department"),
    "division": SourceNames("division", "divisionName", "division"),
    "location": SourceNames("location", "locationName", "location"),
    "job_title": SourceNames("jobTitle", "jobTitleName", "jobTitle"),
    "supervisor": SourceNames("supervisor", "reportsToName", "supervisor"),
    "supervisor_id": SourceNames("", "reportsToId", "supervisorEId"),
    "employee_number": SourceNames("", "employeeNumber", "employeeNumber"),
    "employment_status": SourceNames("", "employmentStatusName", "employmentHistoryStatus"),
    "country": SourceNames("", "country", "country"),
    "city": SourceNames("", "city", "city"),
    "state": SourceNames("", "state", "state"),
    "pronouns": SourceNames("pronouns", "pronouns", "pronouns"),
    "mobile_phone": SourceNames("mobilePhone", "mobilePhone", "mobilePhone"),
    "work_phone": SourceNames("workPhone", "workPhone", "workPhone"),
    "status": SourceNames("status", "status", "status"),
    "hire_date": SourceNames("", "hireDate", "hireDate"),
    "termination_date": SourceNames("", "terminationDate", "terminationDate"),
    "status_date": SourceNames("", "employmentStatusEffectiveDate", "employmentStatusEffectiveDate"),
}

IDENTITY = ("first_name", "last_name", "work_email")
"""Fields that identify an employee; always read, whatever the mapping uses."""

LIFECYCLE_FIELDS = ("status", "hire_date", "termination_date")
"""Fields that decide the lifecycle state."""

DATES = ("hire_date", "termination_date", "status_date")
"""Dates on which the lifecycle state changes without an edit in BambooHR."""

MAPPABLE = tuple(name for name in FIELDS if name not in ("status", "status_date"))
"""Fields that a mapping may use. The status is excluded: rules decide the lifecycle state, not a mapping."""

EMPLOYEE_NAMES = ("first_name", "last_name", "preferred_name", "middle_name", "display_name")
"""Names of the employee."""

PERSONAL = frozenset(
    {
        *(*EMPLOYEE_NAMES, "work_email", "supervisor", "supervisor_id"),
        *("employee_number", "mobile_phone", "work_phone"),
    }
)
"""Fields whose values are about one person: no message contains them, and the state only for an undo."""

BY_API_NAME = "bamboohr:"
"""The prefix of a field that is named by its API name."""

FIELD_PATTERN = rf"^({'|'.join(MAPPABLE)}|{BY_API_NAME}[A-Za-z0-9_]{{1,100}}(\.[0-9]{{1,3}})?)$"
_CANONICAL = {names.employee: name for name, names in FIELDS.items() if name != "status_date"}
_NEVER_READ = frozenset({"id", "employmentStatus"})
"""The employee id, and a former name of the status."""

Source = Literal["directory", "listing", "employee"]


def field_name(named: str) -> str | None:
    """Return the name under which a field of a setting is read; None if no field may be named so.

    A field of the catalogue is read under its canonical name, however it is named: it has one source, the cheapest.
    """
    if not re.fullmatch(FIELD_PATTERN, named):
        return None
    name = _CANONICAL.get(api_name(named), named)
    return name if name in MAPPABLE or (is_by_api_name(name) and api_name(name) not in _NEVER_READ) else None


def is_by_api_name(name: str) -> bool:
    """Return whether a field is named by its API name, so that only reports and Get Employee have it."""
    return name.startswith(BY_API_NAME)


def api_name(name: str) -> str:
    """Return the API name of a field that is named by it."""
    return name.removeprefix(BY_API_NAME)


def names_in(source: Source, fields: Iterable[str]) -> dict[str, str]:
    """Return the name of each field in a source, for those that the source can show."""
    theirs = {name: getattr(FIELDS[name], source) for name in fields if name in FIELDS}
    return {name: named for name, named in theirs.items() if named}


def needed(mapped: Iterable[str]) -> tuple[str, ...]:
    """Return the identity and the mapped fields: those of the catalogue in its order, then those by API name."""
    wanted = dict.fromkeys((*IDENTITY, *mapped))
    return (*(name for name in FIELDS if name in wanted), *filter(is_by_api_name, wanted))
