"""Reads and cleans rows of employees, and reports those that are unreadable or contradict each other."""

from __future__ import annotations

import math
import sys
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from worker import logs
from worker.model.employee import parse_employee_id
from worker.transport.json_stream import read_items
from worker.transport.json_text import readable


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
        elif (employee := parse_employee_id(row.get("id"))) is not None:
            self.take(employee, row)


_DATE_NOT_SET = "0000-00-00"
"""The value that Get Employee and reports have in place of List Employees' null (documented)."""
_CONTROLS = "".join(map(chr, (*range(0x21), *range(0x7F, 0xA0))))
"""Control characters and the space. Within a text they are left to the checks of what Moodle accepts."""
_BLANK_CHARACTERS = frozenset(
    {
        *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc",
        *map(chr, range(0x180B, 0x1810)),
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
    }
)
"""Characters without a shape that Unicode does not count as format characters: fillers, variation selectors."""


def text(field: str, value: object) -> str | None:
    """Return a field's value as text, "" for null; None if it is no single value, and so is not shown.

    A character that cannot be read is U+FFFD in the text.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return cleaned(field, readable(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return str(value)


def cleaned(field: str, value: str) -> str:
    """Return the text in Unicode NFC, with single spaces, and without invisible characters.

    They are removed at the ends; format characters and fillers are removed everywhere in an address, but not within a
    name, where they join or separate letters.
    """
    single_spaced = " ".join(value.split()).strip(_CONTROLS)
    if single_spaced.isascii():
        return "" if single_spaced == _DATE_NOT_SET else single_spaced
    composed = unicodedata.normalize("NFC", single_spaced)
    if field == "work_email":
        return "".join(char for char in composed if not _is_invisible(char)).strip(_CONTROLS)
    start, end = 0, len(composed)
    # An accent or another mark is visible only on a letter before it.
    while start < end and (_is_blank(composed[start]) or unicodedata.category(composed[start]).startswith("M")):
        start += 1
    while start < end and _is_blank(composed[end - 1]):
        end -= 1
    return composed[start:end]


def _is_blank(char: str) -> bool:
    return char.isspace() or char in _CONTROLS or _is_invisible(char)


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or char in _BLANK_CHARACTERS


def shared(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts with interned values: most values of 20,000 employees occur often, and in both systems."""
    return {name: sys.intern(value) for name, value in facts.items()}
