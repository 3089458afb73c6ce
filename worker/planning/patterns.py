"""Describes what the changes of a guard class have in common, which shows the cause of a mass change. Pure.

A pattern names fields and e-mail domains, never an address or another value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from worker.model.step import FieldChange, GuardClass
from worker.words import counted

_SHARE_PERCENT = 50
"""A pattern is reported if at least this share of the changes has it."""
_DOMAINS_NAMED = 3
"""At most this many former domains are named; the others are counted."""


def common_cause(guard_class: GuardClass, changes: Sequence[Sequence[FieldChange]], company_size: int) -> str:
    """Return what the changes of each account in a class have in common, "" if nothing."""
    if guard_class is GuardClass.CREATE:
        return f"{counted(len(changes), 'new account')} for a company of {company_size:,}" if company_size else ""
    if guard_class is GuardClass.IDENTITY:
        return _moved_domain(changes) or _changed_field(changes, "changes")
    if guard_class in (GuardClass.CLEAR, GuardClass.UPDATE):
        return _changed_field(changes, "is emptied" if guard_class is GuardClass.CLEAR else "changes")
    return ""


def _moved_domain(changes: Sequence[Sequence[FieldChange]]) -> str:
    emails = (change for one in changes for change in one if change.field == "email" and change.old)
    moves = [(_domain(change.old or ""), _domain(change.new)) for change in emails]
    moved = [(before, now) for before, now in moves if before != now]
    common = _most_common((now for _, now in moved), len(changes))
    if common is None:
        return ""
    now, number = common
    former = Counter(old for old, new in moved if new == now).most_common()
    if len(former) == 1:
        return f"the e-mail domain changes from {former[0][0]} to {now} for {number:,} of {len(changes):,}"
    origins = [f"{domain} for {count:,}" for domain, count in former[:_DOMAINS_NAMED]]
    if rest := [count for _, count in former[_DOMAINS_NAMED:]]:
        origins.append(f"and {counted(len(rest), 'other')} for {sum(rest):,}")
    return f"the e-mail domain changes to {now} for {number:,} of {len(changes):,} (from {', '.join(origins)})"


def _changed_field(changes: Sequence[Sequence[FieldChange]], verb: str) -> str:
    fields = (name for one in changes for name in dict.fromkeys(change.field for change in one))
    common = _most_common(fields, len(changes))
    return f"{common[0]} {verb} for {common[1]:,} of {len(changes):,}" if common else ""


def _most_common(found: Iterable[str], total: int) -> tuple[str, int] | None:
    counted = Counter(found).most_common(1)
    return counted[0] if counted and counted[0][1] * 100 >= total * _SHARE_PERCENT else None


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
