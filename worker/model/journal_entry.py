"""The journal: what a run is about to write, stored before it is written, so that the run can be undone. Pure.

It is the one place of the state with personal values: the old and the new value of every field. An entry is kept for
90 days. Readers check that themselves: DynamoDB deletes an item within days of its expiry, not at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from worker.model.step import Action, FieldChange, GuardClass, Step
from worker.timestamps import NO_MOMENT

RETENTION = timedelta(days=90)
_MAX_VALUE_LENGTH = 20_000
"""Characters. No synchronised value is near it, but a custom field may have been filled by hand with anything. Such a
field is not kept, and an undo leaves it alone."""
_MAX_PORTION_BYTES = 200_000
"""Entries in one item. DynamoDB takes 400 KB; names and the item's own overhead come on top of the values."""


@dataclass(frozen=True, slots=True)
class FailedWrite:
    """The new value of each field in a write for one employee that a run let through and Moodle did not accept.

    `classes`: as in :class:`JournalEntry`. `is_refused`: Moodle refused the write for this employee alone.
    """

    values: Mapping[str, str]
    classes: Set[GuardClass] = frozenset()
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class RecentWrites:
    """The writes of recent runs that matter to the guards of the next one.

    `changed`: the employees whose accounts were changed, by the class in which the change counts. `failed_writes`: the
    writes that the last run of this window let through and Moodle did not accept, by employee.
    """

    changed: Mapping[GuardClass, Set[int]] = field(default_factory=dict)
    failed_writes: Mapping[int, FailedWrite] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What a run is about to write to one account.

    Attributes:
        account_id: The account; None if the write creates it.
        at: Just before the write, in seconds since 1970.
        last_change_at: When the employee last changed in BambooHR, by its clock, or else when the run began to read; 0
            if neither is known.
        classes: The guard classes in which the write counts towards the limits; none for an approved write, an undo,
            and exempt changes.
        is_read_back: The entry holds what the account showed after a write in place of the values that were sent: the
            new values are those shown, the old ones those sent.
        is_failed: The account was not changed after all. Not stored in the entry, but set by the journal's reader.
    """

    employee_id: int
    action: Action
    account_id: int | None
    changes: tuple[FieldChange, ...]
    at: int
    last_change_at: int = 0
    classes: frozenset[GuardClass] = frozenset()
    is_read_back: bool = False
    is_failed: bool = False

    @classmethod
    def of(cls, step: Step, now: datetime, changed: datetime | None = None) -> JournalEntry:
        """Return the entry of a step that is about to be sent; `changed`: when the employee changed, if known."""
        changes = tuple(change for change in step.changes if len(change.old or "") <= _MAX_VALUE_LENGTH)
        last_change_at = int(changed.timestamp()) if changed else 0
        at = int(now.timestamp())
        return cls(step.employee_id, step.action, step.account_id, changes, at, last_change_at, step.classes)

    @classmethod
    def of_read_back(cls, step: Step, shown: Iterable[FieldChange], now: datetime) -> JournalEntry:
        """Return the entry of what the account of a step shows in place of the values that were sent."""
        changes = tuple(change for change in shown if len(change.new) <= _MAX_VALUE_LENGTH)
        return cls(step.employee_id, step.action, step.account_id, changes, int(now.timestamp()), is_read_back=True)

    def changed(self, field: str) -> FieldChange | None:
        """Return the change of one field; None if there is none."""
        return next((change for change in self.changes if change.field == field), None)


def pack(entries: Iterable[JournalEntry]) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries as plain data, in portions that fit into one item of the table."""
    portion: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        plain = {
            "employee": entry.employee_id,
            "action": entry.action.value,
            "account": entry.account_id,
            "at": entry.at,
            "seen": entry.last_change_at,
            "classes": sorted(entry.classes),
            "changes": [[change.field, change.old, change.new] for change in entry.changes],
            **({"read_back": True} if entry.is_read_back else {}),
        }
        length = len(json.dumps(plain, ensure_ascii=False).encode())
        if portion and size + length > _MAX_PORTION_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(plain)
        size += length
    if portion:
        yield portion


def unpack(portions: Iterable[Sequence[Mapping[str, Any]]]) -> list[JournalEntry]:
    """Return the entries, in the order in which they were stored."""
    return [
        JournalEntry(
            int(plain["employee"]),
            Action(plain["action"]),
            None if plain["account"] is None else int(plain["account"]),
            tuple(FieldChange(field, old, new) for field, old, new in plain["changes"]),
            _written_at(plain),
            _last_change_at(plain),
            _classes(plain),
            plain.get("read_back") is True,
        )
        for portion in portions
        for plain in portion
    ]


def _written_at(plain: Mapping[str, Any]) -> int:
    """Return when an entry was written. Raises ValueError if it cannot be meant: the limits count by it."""
    at = int(plain["at"])
    if not 0 <= at < NO_MOMENT:
        raise ValueError(at)
    return at


def _last_change_at(plain: Mapping[str, Any]) -> int:
    """Return when the employee last changed; 0 if an earlier version stored no time, or if it cannot be meant."""
    at = int(plain.get("seen", 0))
    return at if 0 <= at < NO_MOMENT else 0


def _classes(plain: Mapping[str, Any]) -> frozenset[GuardClass]:
    """Return the classes of an entry. An earlier version stored none, and limited only suspensions."""
    if "classes" in plain:
        return frozenset(map(GuardClass, plain["classes"]))
    return frozenset({GuardClass.SUSPEND} if plain["action"] == Action.SUSPEND else ())
