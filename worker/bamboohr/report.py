"""Reports: fields of many employees in one call, by their API names.

Source: BambooHR's OpenAPI specification (POST /reports/custom), and what clients report of its traps: a field that is
unknown or that the key may not see is left out without an error; columns that were not asked for may be added; a field
asked for by its number comes back as `<number>.<n>`; fields of tables give several rows for one employee.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.bamboohr.rows import StreamedTable, shared, text
from worker.model.field_catalogue import api_name
from worker.transport.json_stream import require_empty

PATH = "/reports/custom"
QUERY = {"format": "JSON", "onlyCurrent": "false"}
"""Without these, the format depends on one of five exact Accept headers, and future hires are left out."""


@dataclass
class Report:
    """The values that a report shows of each employee, by field, and the fields that it declares (`shown`).

    A field that it does not declare is not shown, whatever its rows hold.
    """

    rows: dict[int, dict[str, str]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()


def body(employees: Collection[int] | None, fields: Iterable[str]) -> bytes:
    """Return the body of a request for these fields of these employees, or of all (None)."""
    asked: dict[str, Any] = {"title": "LXP sync", "fields": [api_name(name) for name in fields]}
    if employees is not None:
        asked["filters"] = {"employeeIds": [*employees]}
    return json.dumps(asked).encode()


def read_report(chunks: Iterable[bytes], employees: Collection[int] | None, fields: Iterable[str]) -> Report:
    """Parse a report as it arrives. Raises Malformed, also if the answer is incomplete."""
    reader = _ReportReader(fields, None if employees is None else frozenset(employees))
    head = reader.read(chunks)
    if not reader.rows_read:
        require_empty(head, "employees")
    shown = frozenset(name for name, key in reader.names.items() if column_of(key, reader.declared))
    rows = {
        employee: {name: row[name] for name in row if name in shown}
        for employee, row in reader.rows.items()
        if employee not in reader.disagreeing
    }
    return Report(rows, shown)


def column_of(key: str, columns: Iterable[str]) -> str | None:
    """Return the column that holds a field; None if there is none."""
    found = None
    for column in columns:
        if column == key:
            return column
        stem, _, number = column.rpartition(".")
        if stem == key and stem.isdigit() and number.isdigit():
            found = column
    return found


class _ReportReader(StreamedTable):
    """The part of a report that was read so far."""

    def __init__(self, fields: Iterable[str], asked: frozenset[int] | None) -> None:
        super().__init__("the report")
        self.names = {name: api_name(name) for name in fields}
        self.rows: dict[int, dict[str, str]] = {}
        self._asked = asked

    def take(self, employee: int, row: Mapping[str, Any]) -> None:
        """Take one row if the employee was requested."""
        if self._asked is not None and employee not in self._asked:
            return
        facts = facts_of(row, self.names)
        if self.rows.setdefault(employee, facts) != facts:
            self.disagreeing.add(employee)


def facts_of(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return these fields of a row of a report or of Get Employee; fields that it does not show are left out."""
    columns = {name: key if key in row else column_of(key, row) for name, key in names.items()}
    values = {name: text(name, row[column]) for name, column in columns.items() if column is not None}
    return shared({name: value for name, value in values.items() if value is not None})
