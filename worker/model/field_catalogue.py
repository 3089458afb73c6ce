"""BambooHR's fields by one canonical name, and what each of the three sources calls them.

Names: the official OpenAPI specification of BambooHR (directory, List Employees, Get Employee). An empty name means
that the source cannot show the field.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class SourceNames(NamedTuple):
    """What a field is called by the company directory, by List Employees and by Get Employee."""

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
"""What a person is recognised by, whatever the mapping says."""

EVIDENCE = ("status", "hire_date", "termination_date")
"""What says whether somebody works here."""

DATES = ("hire_date", "termination_date", "status_date")
"""The days on which somebody's standing changes without an edit."""

MAPPABLE = tuple(name for name in FIELDS if name not in ("status", "status_date"))
"""What a mapping may use. Who works here is decided by rules, not by a mapping."""


def needed(mapped: Iterable[str]) -> tuple[str, ...]:
    """Every field that identity and mapping need, in the order of the table."""
    wanted = {*IDENTITY, *mapped}
    return tuple(name for name in FIELDS if name in wanted)
