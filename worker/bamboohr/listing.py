"""List Employees: what is asked for, and what a page of it says. Pure.

It is the one endpoint that shows people whom the directory hides and people who left, and that names the fields which
the key may not read (`_restrictedFields`). Source: BambooHR's OpenAPI specification.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from worker.bamboohr.directory import shared, text
from worker.model.employee import Evidence, employee_id
from worker.model.field_catalogue import FIELDS
from worker.transport.json_stream import Malformed


def query(employees: Collection[int] | None, fields: Sequence[str], limit: int, cursor: str) -> dict[str, str]:
    """The parameters of one page: of these people, or of everybody (None)."""
    asked = {
        "fields": ",".join(FIELDS[name].listing for name in fields if FIELDS[name].listing),
        "page[limit]": str(limit),
    }
    if employees is not None:
        asked["filter[ids]"] = ",".join(map(str, employees))
    return {**asked, "page[after]": cursor} if cursor else asked


def parse(
    answer: Mapping[str, Any], employees: Collection[int] | None, fields: Sequence[str]
) -> tuple[dict[int, Evidence], str | None]:
    """One page, and the cursor of the next (None: it was the last). Raises Malformed."""
    data = answer.get("data")
    if not isinstance(data, list):
        raise Malformed("no list of employees")
    names = {name: FIELDS[name].listing for name in fields if FIELDS[name].listing}
    asked = None if employees is None else set(employees)
    rows: dict[int, Evidence] = {}
    for row in data:
        if not isinstance(row, dict):
            raise Malformed("an employee is not an object")
        employee = employee_id(row.get("employeeId"))
        if employee is not None and (asked is None or employee in asked):
            rows[employee] = _evidence(row, names)
    meta = answer.get("meta")
    page = meta.get("page") if isinstance(meta, dict) else None
    cursor = page.get("nextCursor") if isinstance(page, dict) else None
    return rows, cursor if isinstance(cursor, str) and cursor else None


def _evidence(row: Mapping[str, Any], names: Mapping[str, str]) -> Evidence:
    hidden = row.get("_restrictedFields") or ()
    restricted = {name for name, theirs in names.items() if not isinstance(hidden, (list, tuple)) or theirs in hidden}
    shown = {name: theirs for name, theirs in names.items() if name not in restricted}
    return Evidence(facts(row, shown), frozenset(restricted))


def facts(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """What a row shows of these fields, under their canonical names; what it does not have is left out."""
    told = {name: value for name, theirs in names.items() if theirs in row and (value := text(row[theirs])) is not None}
    return shared(told)
