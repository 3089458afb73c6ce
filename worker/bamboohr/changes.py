"""Parses the list of changed employees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker import logs
from worker.model.employee import Change, parse_employee_id
from worker.timestamps import parse_moment
from worker.transport.json_stream import Malformed


@dataclass(frozen=True)
class Feed:
    """The changed employees, ordered by id.

    Attributes:
        changes: One entry per employee.
        latest: The time by BambooHR's own clock; None if it is not in the answer, or cannot be right.
        dropped: The number of entries that may be about an employee but do not say which.
    """

    changes: tuple[Change, ...]
    latest: datetime | None
    dropped: int = 0

    @property
    def latest_is_unreadable(self) -> bool:
        """Whether employees changed, and it is not known up to when: the next run has to read them again."""
        return self.latest is None and bool(self.changes)


def parse_changes(answer: Mapping[str, Any], since: datetime) -> Feed:
    """Return the feed in an answer: a map by id, or a list of entries (PHP's form of some maps). Raises Malformed.

    `since`: the time from which changes were asked for. A `latest` before it is not that of a list with entries.
    """
    entries = answer.get("employees", "")
    if isinstance(entries, dict):
        pairs: Iterable[tuple[Any, Any]] = entries.items()
    elif isinstance(entries, list):
        pairs = ((None, entry) for entry in entries)
    elif entries is None:
        pairs = ()
    else:
        raise Malformed("no list of changed employees")
    if not entries and _ERRORS & answer.keys():
        raise Malformed("an error in place of the changed employees")
    found: dict[int, Change] = {}
    dropped = 0
    for key, value in pairs:
        entry = value if isinstance(value, dict) else {}
        employee = parse_employee_id(entry.get("id")) or parse_employee_id(key)
        if employee is None:
            dropped += entry.get("id") not in _NO_EMPLOYEE
            continue
        change = Change(employee, deleted=entry.get("action") == "Deleted", at=parse_moment(entry.get("lastChanged")))
        found[employee] = _combined(found[employee], change) if employee in found else change
    if dropped:
        logs.warning("bamboohr.dropped_ids", count=dropped, reason="not a positive integer")
    latest = parse_moment(answer.get("latest"))
    if found and latest is not None and latest < since.replace(microsecond=0):
        latest = None
    return Feed(tuple(found[employee] for employee in sorted(found)), latest, dropped)


_ERRORS = frozenset({"error", "errors"})
_NO_EMPLOYEE = ("0", 0)
"""The id of an entry that BambooHR sends and that is about no employee (observed)."""


def _combined(one: Change, other: Change) -> Change:
    """Combine two entries of one employee, who counts as deleted only if both say so."""
    times = [change.at for change in (one, other) if change.at is not None]
    return Change(one.employee_id, deleted=one.deleted and other.deleted, at=max(times, default=None))
