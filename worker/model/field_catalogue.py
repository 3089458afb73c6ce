"""The canonical names of BambooHR's fields, and the name of each field in the three sources.

Source of the names: BambooHR's official OpenAPI specification (directory, List Employees, Get Employee). An empty name
means that the source cannot show the field.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


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

EVIDENCE = ("status", "hire_date", "termination_date")
"""Fields that decide the lifecycle state."""

DATES = ("hire_date", "termination_date", "status_date")
"""Dates on which the lifecycle state changes without an edit in BambooHR."""

MAPPABLE = tuple(name for name in FIELDS if name not in ("status", "status_date"))
"""Fields that a mapping may use. The status is excluded: rules decide the lifecycle state, not a mapping."""


def needed(mapped: Iterable[str]) -> tuple[str, ...]:
    """The identity fields and the mapped fields, in the order of the catalogue."""
    wanted = {*IDENTITY, *mapped}
    return tuple(name for name in FIELDS if name in wanted)
