"""Reads rows of employees in BambooHR's answers, and reports those that are unreadable or contradict each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from worker import logs
from worker.model.employee import employee_id
from worker.transport.json_stream import read_items


def log_unreadable(source: str, count: int) -> None:
    """Log how many rows were left out, which affects nothing else: nothing is concluded from a missing row."""
    if count:
        logs.warning("bamboohr.unreadable_rows", count=count, reason=f"{source}: not an object")


def log_contradiction(source: str, employee: int) -> None:
    """Log that the rows of an employee are no evidence."""
    logs.warning(
        "bamboohr.contradiction",
        employee_id=employee,
        reason=f"{source} has rows for this employee that contradict each other; none is trusted",
    )


class StreamedTable(ABC):
    """An answer with a list of its `fields` and a list of `employees`, read as it arrives.

    Attributes:
        declared: The fields that the answer declares, as BambooHR names them.
        rows_read: How many rows it has, the unreadable ones included.
        disagreeing: The employees with rows that contradict each other.
    """

    def __init__(self, source: str) -> None:
        self.declared: set[str] = set()
        self.disagreeing: set[int] = set()
        self.rows_read = 0
        self._source = source
        self._unreadable = 0

    @abstractmethod
    def take(self, employee: int, row: Mapping[str, Any]) -> None:
        """Take the row of one employee."""

    def read(self, chunks: Iterable[bytes]) -> bytes:
        """Read the whole answer, and return its beginning. Raises Malformed, also if the answer is incomplete."""
        head = read_items(chunks, {"fields.item": self._declare, "employees.item": self._take})
        log_unreadable(self._source, self._unreadable)
        for employee in sorted(self.disagreeing):
            log_contradiction(self._source, employee)
        return head

    def _declare(self, item: Any) -> None:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            self.declared.add(item["id"])

    def _take(self, row: Any) -> None:
        self.rows_read += 1
        if not isinstance(row, dict):
            self._unreadable += 1
        elif (employee := employee_id(row.get("id"))) is not None:
            self.take(employee, row)
