"""Describes what many changes have in common: a mass change has one cause, and its pattern shows it. Pure.

A pattern names fields and e-mail domains, never an address or another value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from worker.model.mapping import PROFILE_FIELD
from worker.model.step import FieldChange, GuardClass

T = TypeVar("T")

_SHARE_PERCENT = 50
"""A pattern is named if at least this share of the changes has it."""


def pattern(guard_class: GuardClass, changes: Sequence[Sequence[FieldChange]], company: int) -> str:
    """Return what the changes of a class have in common, "" if nothing.

    Args:
        guard_class: The class.
        changes: The changes of each account in it.
        company: The number of active employees; 0 if it is not known.
    """
    if guard_class is GuardClass.CREATE:
        return f"{_accounts(len(changes), 'new account')} for a company of {company:,}" if company else ""
    if guard_class is GuardClass.IDENTITY:
        return _moved_domain(changes) or _changed_field(changes, "changes")
    if guard_class in (GuardClass.CLEAR, GuardClass.UPDATE):
        return _changed_field(changes, "is emptied" if guard_class is GuardClass.CLEAR else "changes")
    return ""


def _accounts(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def _moved_domain(changes: Sequence[Sequence[FieldChange]]) -> str:
    emails = (change for one in changes for change in one if change.field == "email" and change.old)
    moves = ((_domain(change.old or ""), _domain(change.new)) for change in emails)
    common = _most_common((move for move in moves if move[0] != move[1]), len(changes))
    if common is None:
        return ""
    (before, now), number = common
    return f"the e-mail domain changes from {before} to {now} for {number:,} of {len(changes):,}"


def _changed_field(changes: Sequence[Sequence[FieldChange]], verb: str) -> str:
    fields = (name for one in changes for name in dict.fromkeys(change.field for change in one))
    common = _most_common(fields, len(changes))
    if common is None:
        return ""
    name, number = common
    return f"{name.removeprefix(PROFILE_FIELD)} {verb} for {number:,} of {len(changes):,}"


def _most_common(found: Iterable[T], total: int) -> tuple[T, int] | None:
    counted = Counter(found).most_common(1)
    return counted[0] if counted and counted[0][1] * 100 >= total * _SHARE_PERCENT else None


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
