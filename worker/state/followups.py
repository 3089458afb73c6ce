"""The packed records of employees: 16 items `<id>#followups#<n>`, n being the employee id modulo 16.

An item has one line of JSON for each employee. A bucket whose lines would exceed an item is split into 2, 4, 8 ...
parts by (employee id / 16) modulo the number of parts: part 0 keeps the key and says how many `parts` there are, the
others are `<id>#followups#<n>#<part>`. Parts are never joined again. A split writes the new parts before part 0
announces them, and a line counts only in the part it belongs to: a process that dies in between loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from worker.errors import StateError
from worker.model.history import EmployeeRecord
from worker.state.items import KEY, Item, Items
from worker.state.records import Stored, decode, encode, read_employee, store_employee

BUCKETS = 16
MAX_BYTES = 280_000
"""The most bytes of lines in one item, which stays under 300 KB with its key and count. The lines are ASCII."""


@dataclass
class _Bucket:
    """The lines of one bucket by part and employee.

    Attributes:
        announced: How many parts the stored part 0 names.
        changed: The parts that are not stored yet.
    """

    state_id: str
    number: int
    announced: int = 1
    changed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.parts: list[dict[int, str]] = [{} for _ in range(self.announced)]

    def set(self, employee_id: int, line: str | None) -> None:
        part_number = self._part_of(employee_id)
        part = self.parts[part_number]
        if part.get(employee_id) == line:
            return
        if line is None:
            del part[employee_id]
        else:
            part[employee_id] = line
        self.changed.add(part_number)

    def split(self) -> None:
        """Split the bucket until every part fits into an item."""
        while any(sum(map(len, part.values())) + len(part) > MAX_BYTES for part in self.parts):
            lines = [line for part in self.parts for line in part.items()]
            self.parts = [{} for _ in range(2 * len(self.parts))]
            for employee_id, line in lines:
                self.parts[self._part_of(employee_id)][employee_id] = line
            self.changed = set(range(len(self.parts)))

    def key(self, part: int = 0) -> str:
        return f"{self.state_id}#followups#{self.number}" + (f"#{part}" if part else "")

    def item(self, part: int) -> Item:
        item: Item = {KEY: self.key(part), "employees": "\n".join(self.parts[part].values())}
        return {**item, "parts": len(self.parts)} if part == 0 else item

    def turn(self, part: int) -> int:
        """Return when to write a part: new parts first, then their announcement, then the rest."""
        if part >= self.announced:
            return 0
        return 1 if part == 0 and self.announced < len(self.parts) else 2

    def read(self, part: int, item: Item | None) -> Iterator[EmployeeRecord]:
        """Take the lines of an item that belong to this part, and yield their records."""
        for line, stored in _lines(item):
            employee_id = stored.get("id")
            if type(employee_id) is not int or employee_id <= 0:
                continue
            if (employee_id % BUCKETS, self._part_of(employee_id)) == (self.number, part):
                self.parts[part][employee_id] = line
                yield read_employee(employee_id, stored)

    def _part_of(self, employee_id: int) -> int:
        return employee_id // BUCKETS % len(self.parts)


class FollowUps:
    """The packed records of one state, including changes that are not stored yet. Not thread-safe."""

    def __init__(self, items: Items, state_id: str) -> None:
        self._items = items
        self._state_id = state_id
        self._buckets = [_Bucket(state_id, number) for number in range(BUCKETS)]
        self.records: dict[int, EmployeeRecord] = {}
        self.keys = [bucket.key() for bucket in self._buckets]

    def load(self, found: Mapping[str, Item]) -> None:
        """Load the stored records from the items of `keys` that exist; further parts are read here."""
        self._buckets = [
            _Bucket(self._state_id, number, _parts(found.get(key))) for number, key in enumerate(self.keys)
        ]
        more = [bucket.key(part) for bucket in self._buckets for part in range(1, len(bucket.parts))]
        every = {**found, **self._items.get_all(more)}
        self.records = {
            employee.employee_id: employee
            for bucket in self._buckets
            for part in range(len(bucket.parts))
            for employee in bucket.read(part, every.get(bucket.key(part)))
        }

    def set(self, employee: EmployeeRecord) -> None:
        """Set an employee's record; :meth:`flush` stores it."""
        self.records[employee.employee_id] = employee
        self._bucket(employee.employee_id).set(employee.employee_id, encode(store_employee(employee)))

    def forget(self, employee_id: int) -> None:
        """Remove an employee's record; :meth:`flush` deletes it."""
        self.records.pop(employee_id, None)
        self._bucket(employee_id).set(employee_id, None)

    def flush(self) -> None:
        """Write the parts that changed. What could not be written is written by the next call."""
        turns: tuple[list[Item], ...] = ([], [], [])
        for bucket in self._buckets:
            bucket.split()
            for part in sorted(bucket.changed):
                turns[bucket.turn(part)].append(bucket.item(part))
        for items in turns:
            if items:
                self._items.put_all(items)
        for bucket in self._buckets:
            bucket.announced = len(bucket.parts)
            bucket.changed.clear()

    def _bucket(self, employee_id: int) -> _Bucket:
        return self._buckets[employee_id % BUCKETS]


def _parts(head: Item | None) -> int:
    count = (head or {}).get("parts", 1)
    if type(count) is not int or count not in _PART_COUNTS:
        raise _malformed(head or {})
    return count


_PART_COUNTS = {2**power for power in range(11)}


def _lines(item: Item | None) -> list[tuple[str, Stored]]:
    if item is None:
        return []
    text = item.get("employees")
    try:
        if not isinstance(text, str):
            raise TypeError
        return list(zip(text.split("\n"), decode(text), strict=False))
    except (TypeError, ValueError, RecursionError):
        raise _malformed(item) from None


def _malformed(item: Item) -> StateError:
    return StateError(
        f"the item {item.get(KEY)} is malformed",
        advice="it was changed by hand; restore it from a backup: it records who is waiting and who was suspended",
    )
