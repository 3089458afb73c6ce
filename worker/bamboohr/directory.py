"""Reads the company directory as a stream.

It can hold 50,000 employees, of whom the run needs a few: those who changed are kept whole; of all others, only their
address (as a 64-bit hash) and the coverage of the needed fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.bamboohr.rows import StreamedTable, shared, text
from worker.model.employee import EmailIndex
from worker.model.field_catalogue import names_in
from worker.transport.json_stream import require_empty


@dataclass
class Directory:
    """The content of the directory.

    Attributes:
        available: False if BambooHR refuses it (403, sharing switched off) or it is empty (404).
        row_count: How many employees it holds.
        ids: The ids of all of them.
        shown: The canonical names of the fields that it declares.
        employees: The facts of the wanted employees.
        email_index: The employees by address.
        filled: How many rows have a value in each needed field.
        unreliable_fields: The fields whose empty values cannot be trusted.
        contradicted: Unreliable fields that have a value in an employee's own record but not in the directory.
        disagreeing: Employees with two rows that contradict each other, which are no evidence.
    """

    available: bool = True
    row_count: int = 0
    ids: set[int] = field(default_factory=set)
    shown: frozenset[str] = frozenset()
    employees: dict[int, dict[str, str]] = field(default_factory=dict)
    email_index: EmailIndex = field(default_factory=EmailIndex)
    filled: Counter[str] = field(default_factory=Counter)
    unreliable_fields: frozenset[str] = frozenset()
    contradicted: set[str] = field(default_factory=set)
    disagreeing: set[int] = field(default_factory=set)

    def coverage(self) -> dict[str, int]:
        """Return the share of rows that have a value, by needed field, in hundredths of a per cent."""
        return (
            {name: count * 10_000 // self.row_count for name, count in sorted(self.filled.items())}
            if self.row_count
            else {}
        )

    def facts_of(self, employee: int) -> Mapping[str, str] | None:
        """Return the facts that the directory shows of an employee; None if it does not show them."""
        row = self.employees.get(employee)
        if row is None:
            return None
        return {
            name: value
            for name, value in row.items()
            if name in self.shown and (value or name not in self.unreliable_fields)
        }


Observer = Callable[[Mapping[str, str]], None]
"""Called with the needed facts of each row; those that the directory does not declare are empty."""


def read_directory(
    chunks: Iterable[bytes], wanted: Container[int], needed: Iterable[str], observe: Observer | None = None
) -> Directory:
    """Parse the JSON as it arrives. Raises Malformed, also if the answer is incomplete."""
    reader = _DirectoryReader(names_in("directory", (*needed, "status")), wanted, observe)
    head, directory = reader.read(chunks), reader.directory
    if directory.row_count == 0:
        require_empty(head, "employees")
        directory.available = False
    directory.disagreeing = reader.disagreeing
    directory.shown = frozenset(name for name, key in reader.names.items() if key in reader.declared)
    return directory


class _DirectoryReader(StreamedTable):
    """The part of the directory that was read so far."""

    def __init__(self, names: Mapping[str, str], wanted: Container[int], observe: Observer | None) -> None:
        super().__init__("the directory")
        self.names = names
        self.directory = Directory(filled=Counter(dict.fromkeys(names.keys() - {"status"}, 0)))
        self._wanted = wanted
        self._observe = observe

    def take(self, employee: int, row: Mapping[str, Any]) -> None:
        """Take one row; if a second one contradicts the first, neither is evidence."""
        facts = {name: value for name, key in self.names.items() if (value := text(name, row.get(key))) is not None}
        directory = self.directory
        directory.email_index.add(facts.get("work_email", ""), employee)
        if self._observe is not None:
            self._observe(facts)
        if employee in directory.ids:
            if directory.employees.get(employee, facts) != facts:
                del directory.employees[employee]
                self.disagreeing.add(employee)
            return
        directory.row_count += 1
        directory.ids.add(employee)
        for name, value in facts.items():
            if value and name != "status":
                directory.filled[name] += 1
        if employee in self._wanted:
            directory.employees[employee] = shared(facts)
