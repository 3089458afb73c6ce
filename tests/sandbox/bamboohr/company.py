"""A company: its employees and their changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, Self

from .clock import Clock, system_clock

Action = Literal["Inserted", "Updated", "Deleted"]
Values = dict[str, str | None]


@dataclass
class Employee:
    """One record. `pending` is the effect that the arrival of hireDate or terminationDate will have."""

    id: str
    values: Values = field(default_factory=dict)
    hidden: bool = False
    pending: Literal["start", "leave"] | None = None


@dataclass(frozen=True)
class Change:
    """The latest change of a record, also of an erased one."""

    action: Action
    at: datetime
    created: datetime


def display_name(values: Mapping[str, str | None]) -> str | None:
    """The name on display: as it was set, or else the preferred or first name and the last name."""
    if values.get("displayName"):
        return values["displayName"]
    parts = (values.get("preferredName") or values.get("firstName"), values.get("lastName"))
    return " ".join(part for part in parts if part) or None


class Company:
    """The employees of a company, in memory.

    Field names are canonical (those of Get Employee); a name that BambooHR does not have is a custom field. Values are
    text or None. Nothing that occurs in reality is refused: addresses may collide and be malformed, a status may be any
    word. Every operation stamps the record as changed now, in whole seconds; `stamp=False` is for changes that may be
    missing from the feed, such as a date that arrives. Safe to use from several threads.
    """

    def __init__(self, clock: Clock = system_clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.version = 0
        self.changes: dict[str, Change] = {}
        self.known_fields: set[str] = set()
        self._employees: dict[str, Employee] = {}
        self._last_id = 0

    # --- reading -----------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._employees)

    def __iter__(self) -> Iterator[Employee]:
        """All records by id. Hold `lock` while iterating, and change nothing."""
        return iter(sorted(self._employees.values(), key=lambda employee: int(employee.id)))

    def __contains__(self, id: object) -> bool:
        return id in self._employees

    def find(self, id: str) -> Employee | None:
        """The record itself, to read."""
        return self._employees.get(id)

    def values(self, id: str) -> Values:
        """All values of an employee, derived ones included."""
        with self.lock:
            return self.record(self._known(id))

    def record(self, employee: Employee) -> Values:
        """The values of a record, with the derived ones."""
        values = employee.values
        boss = self._employees.get(values.get("supervisorEId") or "")
        return {
            **values,
            "id": employee.id,
            "displayName": display_name(values),
            "bestEmail": values.get("workEmail") or values.get("homeEmail"),
            "supervisor": display_name(boss.values) if boss else values.get("supervisor"),
            "supervisorId": boss.values.get("employeeNumber") if boss else None,
        }

    def today(self) -> date:
        """The day, in UTC."""
        return self.clock().astimezone(UTC).date()

    def starts_later(self, employee: Employee) -> bool:
        """Whether the hire date lies ahead."""
        return (employee.values.get("hireDate") or "") > self.today().isoformat()

    # --- what happens ------------------------------------------------------------------------------------------------

    def hire(self, id: str | None = None, *, hidden: bool = False, **values: str | None) -> str:
        """Add an employee who starts today unless `hireDate` is given; return the id, by default the next free one."""
        with self.lock:
            start = self.today().isoformat()
            defaults: Values = {"status": "Active", "employmentHistoryStatus": "Full-Time", "hireDate": start}
            return self._insert(id, {**defaults, **values}, hidden, None)

    def hire_ahead(self, start: date, id: str | None = None, **values: str | None) -> str:
        """Add an employee who is Inactive with a future hire date, until `dawn` finds that it has come."""
        with self.lock:
            planned: Values = {"status": "Inactive", "hireDate": start.isoformat()}
            return self._insert(id, {**planned, **values}, False, "start")

    def add(self, records: Iterable[Mapping[str, str | None]]) -> list[str]:
        """Hire several employees, such as those of `people.generate`."""
        with self.lock:
            return [self.hire(record.get("id"), hidden=False, **_without_id(record)) for record in records]

    def edit(self, id: str, *, stamp: bool = True, **values: str | None) -> None:
        """Set values, None to unset."""
        with self.lock:
            self._known(id).values.update(values)
            self._happened(id, values, stamp)

    def terminate(self, id: str, on: date | None = None, *, stamp: bool = True, **values: str | None) -> None:
        """End an employment: Inactive today, or when the day comes. `Updated` in the feed, never `Deleted`."""
        with self.lock:
            employee, last_day = self._known(id), on or self.today()
            if last_day > self.today():
                employee.pending = "leave"
            else:
                self._leave(employee)
            employee.values.update({"terminationDate": last_day.isoformat(), **values})
            self._happened(id, values, stamp)

    def rehire(self, id: str, *, stamp: bool = True, **values: str | None) -> None:
        """Rehire under the same id. The old leaving date stays, as it does in reality."""
        with self.lock:
            employee = self._known(id)
            employee.values.setdefault("originalHireDate", employee.values.get("hireDate"))
            employee.values.update(hireDate=self.today().isoformat())
            self._start(employee)
            employee.values.update(values)
            self._happened(id, values, stamp)

    def dawn(self, *, stamp: bool = True) -> list[str]:
        """Apply the dates that have come: future hires become Active, leavers Inactive. Return their ids."""
        with self.lock:
            today = self.today().isoformat()
            due = [employee for employee in self if employee.pending and _date(employee) <= today]
            for employee in due:
                (self._start if employee.pending == "start" else self._leave)(employee)
                self._happened(employee.id, {}, stamp)
            return [employee.id for employee in due]

    def delete(self, id: str) -> None:
        """Erase the record; the feed says Deleted from now on."""
        with self.lock:
            self._known(id)
            del self._employees[id]
            self._stamp(id, "Deleted")

    def hide(self, id: str, *, stamp: bool = True) -> None:
        """Hide an employee from the directory; they stay Active."""
        self._set_hidden(id, True, stamp)

    def unhide(self, id: str, *, stamp: bool = True) -> None:
        """Show an employee in the directory again."""
        self._set_hidden(id, False, stamp)

    def touch(self, id: str, action: Action = "Updated") -> None:
        """Stamp a record without changing it: a change of pay, or a feed that is wrong."""
        with self.lock:
            self._stamp(id, action)

    # --- keeping -----------------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the company to a JSON file."""
        with self.lock:
            kept = {
                "last_id": self._last_id,
                "employees": [asdict(employee) for employee in self],
                "changes": {
                    id: {"action": change.action, "at": change.at.isoformat(), "created": change.created.isoformat()}
                    for id, change in self.changes.items()
                },
            }
        path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, clock: Clock = system_clock) -> Self:
        """The company that `save` wrote."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        company = cls(clock)
        company._last_id = kept["last_id"]
        for row in kept["employees"]:
            company._employees[row["id"]] = Employee(**row)
            company.known_fields.update(row["values"])
        for id, row in kept["changes"].items():
            at, created = datetime.fromisoformat(row["at"]), datetime.fromisoformat(row["created"])
            company.changes[id] = Change(row["action"], at, created)
        return company

    # --- inside ------------------------------------------------------------------------------------------------------

    def _known(self, id: str) -> Employee:
        if id not in self._employees:
            raise KeyError(f"no employee {id}")
        return self._employees[id]

    def _insert(self, id: str | None, values: Values, hidden: bool, pending: Literal["start", "leave"] | None) -> str:
        id = str(self._last_id + 1) if id is None else id
        if not id.isdecimal() or str(int(id)) != id or int(id) < 1:
            raise ValueError(f"an employee id is a positive whole number, not {id!r}")
        if id in self.changes:
            raise ValueError(f"employee {id} exists or existed")
        self._last_id = max(self._last_id, int(id))
        self._employees[id] = Employee(id, values, hidden, pending)
        self.known_fields.update(values)
        self._stamp(id, "Inserted")
        return id

    def _start(self, employee: Employee) -> None:
        employee.values.update(status="Active", employmentHistoryStatus="Full-Time")
        employee.pending = None

    def _leave(self, employee: Employee) -> None:
        employee.values.update(status="Inactive", employmentHistoryStatus="Terminated")
        employee.pending = None

    def _set_hidden(self, id: str, hidden: bool, stamp: bool) -> None:
        with self.lock:
            self._known(id).hidden = hidden
            self._happened(id, {}, stamp)

    def _happened(self, id: str, values: Mapping[str, str | None], stamp: bool) -> None:
        self.known_fields.update(values)
        self.version += 1
        if stamp:
            self._stamp(id, "Updated")

    def _stamp(self, id: str, action: Action) -> None:
        now = self.clock().astimezone(UTC).replace(microsecond=0)
        before = self.changes.get(id)
        self.changes[id] = Change(action, now, before.created if before else now)
        self.version += 1


def _date(employee: Employee) -> str:
    return employee.values.get("hireDate" if employee.pending == "start" else "terminationDate") or ""


def _without_id(record: Mapping[str, str | None]) -> Values:
    return {name: value for name, value in record.items() if name != "id"}
