"""The company directory, read as a stream.

It can hold 50,000 people and the run needs a few of them: the people who changed are kept whole, of everybody else only
who bears which address (as a 64-bit hash) and how well the needed fields are filled.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.model.email_index import EmailIndex
from worker.model.employee import employee_id
from worker.model.field_catalogue import FIELDS
from worker.transport.json_stream import Malformed, read_items


def text(value: object) -> str | None:
    """A field's value as text, "" for a null; None for what is no single value."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if isinstance(value, (dict, list)) else str(value)


def shared(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts with each value kept once: of 20,000 people most values come several times, and in both systems."""
    return {name: sys.intern(value) for name, value in facts.items()}


@dataclass
class Directory:
    """What the directory says.

    `available` is False where BambooHR refuses it (403, sharing switched off) or has nobody to show (404). `shown`
    holds the canonical names of the fields it declares. `ids`: everybody in it. `filled` counts the rows with a value
    in each needed field. `doubted`: fields of which an empty value says nothing;
    `contradicted`: those of them that somebody's own record has, though the directory does not.
    """

    available: bool = True
    rows: int = 0
    ids: set[int] = field(default_factory=set)
    shown: frozenset[str] = frozenset()
    employees: dict[int, dict[str, str]] = field(default_factory=dict)
    email_index: EmailIndex = field(default_factory=EmailIndex)
    filled: Counter[str] = field(default_factory=Counter)
    unreliable_fields: frozenset[str] = frozenset()
    contradicted: set[str] = field(default_factory=set)

    def coverage(self) -> dict[str, int]:
        """For each needed field the share of rows that have a value, in hundredths of a per cent."""
        return {name: count * 10_000 // self.rows for name, count in sorted(self.filled.items())} if self.rows else {}

    def listing(self, employee: int) -> Mapping[str, str] | None:
        """The facts that the directory shows of somebody; None if she is not in it."""
        row = self.employees.get(employee)
        if row is None:
            return None
        return {
            name: value
            for name, value in row.items()
            if name in self.shown and (value or name not in self.unreliable_fields)
        }


def read_directory(chunks: Iterable[bytes], wanted: Container[int], needed: Iterable[str]) -> Directory:
    """Parse the JSON as it arrives. Raises :class:`Malformed`, and never gives a part for the whole."""
    names = {name: FIELDS[name].directory for name in (*needed, "status") if FIELDS[name].directory}
    directory = Directory(filled=Counter(dict.fromkeys(names.keys() - {"status"}, 0)))
    declared: set[str] = set()

    def declare(item: Any) -> None:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            declared.add(item["id"])

    head = read_items(
        chunks, {"fields.item": declare, "employees.item": lambda row: _take(directory, row, names, wanted)}
    )
    if directory.rows == 0:
        _check_empty(head)
        directory.available = False
    directory.shown = frozenset(name for name, theirs in names.items() if theirs in declared)
    return directory


def _take(directory: Directory, row: Any, names: Mapping[str, str], wanted: Container[int]) -> None:
    if not isinstance(row, dict):
        raise Malformed("an employee is not an object")
    employee = employee_id(row.get("id"))
    if employee is None:
        return
    directory.rows += 1
    directory.ids.add(employee)
    facts = {name: value for name, theirs in names.items() if (value := text(row.get(theirs))) is not None}
    for name, value in facts.items():
        if value and name != "status":
            directory.filled[name] += 1
    directory.email_index.add(facts.get("work_email", ""), employee)
    if employee in wanted:
        directory.employees[employee] = shared(facts)


def _check_empty(head: bytes) -> None:
    """Nobody at all is believed only of a well-formed answer."""
    try:
        answer = json.loads(head)
    except (ValueError, RecursionError) as fault:
        raise Malformed("no employees, and too long to be an empty directory") from fault
    if not isinstance(answer, dict) or answer.get("employees") != []:
        raise Malformed("no list of employees")
