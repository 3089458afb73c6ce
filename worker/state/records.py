"""The stored form of records: plain data under keys that never change, even if an attribute is renamed.

Implausible values, from another version or written by hand, are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from worker.model.history import NO_ACCOUNT, EmployeeRecord, FollowUp, FollowUpDetail, RunRecord
from worker.timestamps import NO_MOMENT

V = TypeVar("V")
Stored = Mapping[str, Any]

EMPLOYEE_KEYS = {"last_change_at": "seen", "suspended_account_id": "account"}
RUN_KEYS = {
    "selection": "scope",
    "is_baseline": "good",
    "successful": "clean",
    "plan_digest": "mapping",
    "company_size": "company",
    "row_count": "rows",
    "ended_at_ms": "ended_at",
    "first_run_ended_at_ms": "began",
    "next_since": "reached",
}
"""The key of each attribute that was renamed since it was first stored; all others have their own name."""

_NO_ID = 2**53
_MOMENTS = ("suspended_at", "undone_at", "last_change_at")


def _simple(kind: type, keys: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """Return the stored key and the default of each text, number and flag that has a default."""
    return {
        part.name: (keys.get(part.name, part.name), part.default)
        for part in fields(kind)
        if isinstance(part.default, (str, int))
    }


_OF_EMPLOYEE = _simple(EmployeeRecord, EMPLOYEE_KEYS)
_OF_RUN = {**_simple(RunRecord, RUN_KEYS), "command": ("command", ""), "selection": (RUN_KEYS["selection"], "")}


def _read(parts: Mapping[str, tuple[str, Any]], stored: Stored) -> dict[str, Any]:
    return {name: stored[key] for name, (key, default) in parts.items() if type(stored.get(key)) is type(default)}


# Employees


def store_employee(employee: EmployeeRecord) -> dict[str, Any]:
    """Return the stored form of a record: everything that is not at its default."""
    stored: dict[str, Any] = {"id": employee.employee_id}
    if employee.follow_ups:
        stored["follow_ups"] = {str(flag): [*detail] for flag, detail in employee.follow_ups.items()}
    if employee.not_kept:
        stored["not_kept"] = dict(employee.not_kept)
    for name, (key, default) in _OF_EMPLOYEE.items():
        value = getattr(employee, name)
        if value != default:
            stored[key] = value
    return stored


def read_employee(employee_id: int, stored: Stored) -> EmployeeRecord:
    """Return the record from its stored form, or from an item `#person#<id>` of an earlier version."""
    attributes = _read(_OF_EMPLOYEE, stored)
    if not NO_ACCOUNT <= attributes.get("suspended_account_id", 0) < _NO_ID:
        del attributes["suspended_account_id"]
    for name in _MOMENTS:
        if not 0 <= attributes.get(name, 0) < NO_MOMENT:
            del attributes[name]
    flags, reason = stored.get("follow_ups"), stored.get("reason")
    if flags is None and isinstance(reason, str) and reason:
        flags = {reason: [stored.get("note"), stored.get("action")]}
    if isinstance(flags, dict):
        attributes["follow_ups"] = dict(_flags(flags))
    attributes["not_kept"] = _only(str, stored.get("not_kept"))
    return EmployeeRecord(employee_id, **attributes)


def _flags(stored: Stored) -> Iterator[tuple[FollowUp, FollowUpDetail]]:
    """Yield the flags. One that is unknown to this version becomes WAITING: every run then takes the employee."""
    for name, detail in stored.items():
        texts = [text if isinstance(text, str) else "" for text in detail] if isinstance(detail, list) else []
        yield FollowUp(name) if name in _FLAGS else FollowUp.WAITING, FollowUpDetail(*[*texts, "", ""][:2])


_FLAGS = frozenset(FollowUp)


# Runs


def store_run(run: RunRecord) -> dict[str, Any]:
    """Return the stored form of a record, without its id, and without `scope_matched` if that is empty."""
    stored = {RUN_KEYS.get(part.name, part.name): getattr(run, part.name) for part in fields(RunRecord)}
    del stored["run_id"]
    del stored["scope_matched"]
    matched = {"scope_matched": [*run.scope_matched]} if run.scope_matched else {}
    return {**stored, "coverage": dict(run.coverage), "dates_read": dict(run.dates_read), **matched}


def read_run(run_id: str, stored: Stored) -> RunRecord:
    """Return the record from its stored form."""
    attributes = {"command": "", "selection": "", **_read(_OF_RUN, stored)}
    held, ended_at, matched = (stored.get(key) for key in ("held", "ended_at", "scope_matched"))
    if isinstance(held, list):
        # An earlier version stored the ids of the employees whose suspensions were held.
        attributes["held_count"] = len(held)
    return RunRecord(
        run_id=run_id,
        ended_at_ms=ended_at if type(ended_at) is int and 0 <= ended_at < NO_MOMENT * 1_000 else 0,
        coverage=_only(int, stored.get("coverage")),
        dates_read=_only(str, stored.get("dates_read")),
        scope_matched=tuple(text for text in matched if isinstance(text, str)) if isinstance(matched, list) else (),
        **attributes,
    )


def _only(kind: type[V], stored: object) -> dict[str, V]:
    """Return the values of this type in a mapping; none if it is not a mapping."""
    return {name: value for name, value in stored.items() if type(value) is kind} if isinstance(stored, dict) else {}
