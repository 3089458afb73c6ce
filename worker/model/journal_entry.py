"""The journal: what a run is about to write, kept before it is written, so that the run can be taken back. Pure.

It is the one place of the state with personal values: the old and the new value of every field. An entry is kept for
90 days. Readers test that themselves, for a table forgets late (DynamoDB deletes within days of the expiry).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from worker.model.step import Action, FieldChange, Step

KEPT = timedelta(days=90)
_LONGEST_VALUE = 20_000
"""Characters. Nothing that is synchronised is near it, but a custom field may have been filled by hand with anything:
such a field is not kept, and an undo leaves it."""
_LARGEST = 200_000
"""Bytes of entries in one item. DynamoDB takes 400 KB; beside the values are names and the item's own overhead."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What a run set out to write to one account. `account_id` is None where the write makes the account.

    `at` is the moment just before the write, in seconds since 1970. `seen`: when BambooHR had last changed her by then,
    by its own clock, or else when the run began to read; 0 where neither is known.
    """

    employee_id: int
    action: Action
    account_id: int | None
    changes: tuple[FieldChange, ...]
    at: int
    seen: int = 0

    @classmethod
    def of(cls, step: Step, now: datetime, changed: datetime | None = None) -> JournalEntry:
        """The entry of a step that is about to be sent; `changed`: when BambooHR changed her, if that is known."""
        account_id = step.account.id if step.account else None
        seen = int(changed.timestamp()) if changed else 0
        changes = tuple(change for change in step.changes if len(change.old or "") <= _LONGEST_VALUE)
        return cls(step.employee_id, step.action, account_id, changes, int(now.timestamp()), seen)

    def changed(self, field: str) -> FieldChange | None:
        """What was to become of one field."""
        return next((change for change in self.changes if change.field == field), None)


def pack(entries: Iterable[JournalEntry]) -> Iterator[list[dict[str, Any]]]:
    """The entries as plain data, in portions that fit into one item of the table."""
    portion: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        plain = {
            "employee": entry.employee_id,
            "action": entry.action.value,
            "account": entry.account_id,
            "at": entry.at,
            "seen": entry.seen,
            "changes": [[change.field, change.old, change.new] for change in entry.changes],
        }
        length = len(json.dumps(plain, ensure_ascii=False).encode())
        if portion and size + length > _LARGEST:
            yield portion
            portion, size = [], 0
        portion.append(plain)
        size += length
    if portion:
        yield portion


def unpack(portions: Iterable[Sequence[Mapping[str, Any]]]) -> list[JournalEntry]:
    """The entries again, in the order in which they were kept."""
    return [
        JournalEntry(
            int(plain["employee"]),
            Action(plain["action"]),
            None if plain["account"] is None else int(plain["account"]),
            tuple(FieldChange(field, old, new) for field, old, new in plain["changes"]),
            int(plain["at"]),
            int(plain.get("seen", 0)),
        )
        for portion in portions
        for plain in portion
    ]
