"""The company directory, read as a stream.

It can hold 50,000 employees and the run needs a few of them: those who changed are kept whole; of all others only who
has which address (as a 64-bit hash), and how well the needed fields are filled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker import logs
from worker.bamboohr.values import shared, text
from worker.model.email_index import EmailIndex
from worker.model.employee import employee_id
from worker.model.field_catalogue import names_in
from worker.transport.json_stream import read_items, require_empty


@dataclass
class Directory:
    """What the directory says.

    Attributes:
        available: False where BambooHR refuses it (403, sharing switched off) or it is empty (404).
        rows: how many employees it holds.
        ids: all of them.
        shown: the canonical names of the fields that it declares.
        employees: the facts of the wanted employees.
        email_index: who has which address.
        filled: how many rows have a value in each needed field.
        unreliable_fields: fields of which an empty value says nothing.
        contradicted: those of them that an employee's own record has, though the directory does not.
        disagreeing: employees with two rows that contradict each other, which are no evidence.
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
    disagreeing: set[int] = field(default_factory=set)

    def coverage(self) -> dict[str, int]:
        """For each needed field the share of rows that have a value, in hundredths of a per cent."""
        return {name: count * 10_000 // self.rows for name, count in sorted(self.filled.items())} if self.rows else {}

    def listing(self, employee: int) -> Mapping[str, str] | None:
        """The facts that the directory shows of an employee; None if it does not show them."""
        row = self.employees.get(employee)
        if row is None:
            return None
        return {
            name: value
            for name, value in row.items()
            if name in self.shown and (value or name not in self.unreliable_fields)
        }


Observer = Callable[[Mapping[str, str]], None]
"""Is given the needed facts of each row; those that the directory does not declare are empty."""


def read_directory(
    chunks: Iterable[bytes], wanted: Container[int], needed: Iterable[str], observe: Observer | None = None
) -> Directory:
    """Parse the JSON as it arrives. Raises Malformed, and never returns a part for the whole."""
    names = names_in("directory", (*needed, "status"))
    reading = _Reading(names, wanted, observe)
    head = read_items(chunks, {"fields.item": reading.declare, "employees.item": reading.take})
    return reading.result(head)


class _Reading:
    """The directory as far as it was read."""

    def __init__(self, names: Mapping[str, str], wanted: Container[int], observe: Observer | None) -> None:
        self._names = names
        self._wanted = wanted
        self._observe = observe
        self._declared: set[str] = set()
        self._unreadable = 0
        self._directory = Directory(filled=Counter(dict.fromkeys(names.keys() - {"status"}, 0)))

    def declare(self, item: Any) -> None:
        """One entry of the list of fields."""
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            self._declared.add(item["id"])

    def take(self, row: Any) -> None:
        """One employee. An unreadable row costs itself: nothing is concluded from a missing row."""
        if not isinstance(row, dict):
            self._unreadable += 1
            return
        employee = employee_id(row.get("id"))
        if employee is None:
            return
        facts = {
            name: value for name, theirs in self._names.items() if (value := text(name, row.get(theirs))) is not None
        }
        directory = self._directory
        directory.email_index.add(facts.get("work_email", ""), employee)
        if self._observe is not None:
            self._observe(facts)
        if employee in directory.ids:
            self._take_again(employee, facts)
            return
        directory.rows += 1
        directory.ids.add(employee)
        for name, value in facts.items():
            if value and name != "status":
                directory.filled[name] += 1
        if employee in self._wanted:
            directory.employees[employee] = shared(facts)

    def _take_again(self, employee: int, facts: Mapping[str, str]) -> None:
        """A second row: if it contradicts the first, neither is evidence."""
        if self._directory.employees.get(employee, facts) != facts:
            del self._directory.employees[employee]
            self._directory.disagreeing.add(employee)

    def result(self, head: bytes) -> Directory:
        """What was read, once all of it was."""
        directory = self._directory
        if directory.rows == 0:
            require_empty(head, "employees")
            directory.available = False
        if self._unreadable:
            logs.warning("bamboohr.unreadable_rows", count=self._unreadable, reason="the directory: not an object")
        for employee in sorted(directory.disagreeing):
            logs.warning(
                "bamboohr.contradiction",
                employee_id=employee,
                reason="the directory has two rows for this employee that contradict each other; neither is trusted",
            )
        directory.shown = frozenset(name for name, theirs in self._names.items() if theirs in self._declared)
        return directory
