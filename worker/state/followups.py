"""The packed records of employees: 16 items `<id>#followups#<n>`, n being the employee id modulo 16."""

from __future__ import annotations

from collections.abc import Mapping

from worker.model.history import EmployeeRecord
from worker.state.items import KEY, Item, Items
from worker.state.packed import encode, pack, unpack
from worker.state.records import read_employee, store_employee

BUCKETS = 16
_ADVICE = "restore it from a backup: it records who is waiting and who was suspended"


class FollowUps:
    """The packed records of one state, including changes that are not stored yet. Not thread-safe."""

    def __init__(self, items: Items, state_id: str) -> None:
        self._items = items
        self.keys = [f"{state_id}#followups#{number}" for number in range(BUCKETS)]
        self.records: dict[int, EmployeeRecord] = {}
        # Kept as they were read: a later version may have written more into a line than this one knows.
        self._lines: dict[int, str] = {}
        self._changed: set[int] = set()

    def load(self, found: Mapping[str, Item]) -> None:
        """Load the stored records from the items of `keys` that exist."""
        self.records, self._lines = {}, {}
        for number, key in enumerate(self.keys):
            for line, stored in unpack(found.get(key), "employees", _ADVICE):
                employee_id = stored.get("id")
                if type(employee_id) is int and employee_id > 0 and employee_id % BUCKETS == number:
                    self._lines[employee_id] = line
                    self.records[employee_id] = read_employee(employee_id, stored)

    def set(self, employee: EmployeeRecord) -> None:
        """Set an employee's record; :meth:`flush` stores it."""
        employee_id, line = employee.employee_id, encode(store_employee(employee))
        self.records[employee_id] = employee
        if self._lines.get(employee_id) != line:
            self._lines[employee_id] = line
            self._changed.add(employee_id % BUCKETS)

    def forget(self, employee_id: int) -> None:
        """Remove an employee's record; :meth:`flush` deletes it."""
        if self.records.pop(employee_id, None) is not None:
            del self._lines[employee_id]
            self._changed.add(employee_id % BUCKETS)

    def flush(self) -> None:
        """Write the items that changed. What could not be written is written by the next call."""
        lines: dict[int, list[str]] = {number: [] for number in sorted(self._changed)}
        for employee_id, line in self._lines.items():
            if employee_id % BUCKETS in lines:
                lines[employee_id % BUCKETS].append(line)
        if lines:
            self._items.put_all([{KEY: self.keys[number], "employees": pack(own)} for number, own in lines.items()])
        self._changed.clear()
