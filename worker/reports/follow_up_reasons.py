"""The reason for a follow-up in words, from the code in the state. Pure.

The words of many reasons need the employee or the refusal, which the state does not store: these are general ones.
"""

from __future__ import annotations

from worker.model import reasons
from worker.model.history import FollowUp
from worker.model.reasons import Reason
from worker.moodle import refusals

_IN_LOG = (
    "the reason in words is in the log of its last run (event sync.person); to see it again, try the employee alone:"
    " {command:sync --employee ID}"
)
_ASK = "which, and what to do: {command:explain --employee ID}"

_BY_FLAG = {
    FollowUp.UNDONE: reasons.UNDONE,
    FollowUp.HELD: Reason(
        "held",
        "a guard held a change of this class",
        "see which, and how to approve it: {command:explain --employee ID}",
    ),
}
_SEEN_AGAIN = {
    **reasons.IN_COMMON,
    "unreadable_account": "Moodle cannot answer a look-up of this employee",
    "unreadable_employee": "BambooHR cannot return this employee's record",
    "unreadable_fields": "BambooHR cannot return some of this employee's fields",
}
"""Reasons that every run, and `explain`, finds again when it reads."""
_REFUSALS = {
    one.code: one
    for one in (
        refusals.UNTOUCHABLE,
        refusals.HALF_MADE,
        refusals.EXTENDED_USERNAME_REFUSED,
        Reason(refusals.REFUSED, "Moodle, its web server or a firewall refuses to write this employee alone", _IN_LOG),
        Reason("vanished", "the account no longer exists, or is marked as deleted in Moodle", _IN_LOG),
    )
}
_WRITTEN_EARLY = frozenset({"in_step", "new", "differs", "linked", "relinked", "returned", "reactivated"})
"""The codes of employees who wait although their accounts are up to date."""


def is_seen_again(note: str) -> bool:
    """Return whether `explain` finds the reason itself, if it still applies."""
    return note in _SEEN_AGAIN


def reason_of(flag: FollowUp, note: str) -> Reason:
    """Return why an employee has a flag; `note` is the note recorded with it."""
    if flag in _BY_FLAG:
        return _BY_FLAG[flag]
    if flag is FollowUp.WAITING and note in _WRITTEN_EARLY:
        return Reason(note, "the first day has not begun in every time zone; every run reads them again until then")
    if note in _SEEN_AGAIN:
        return Reason(note, _SEEN_AGAIN[note], _ASK)
    return reasons.by_code(note) or _REFUSALS.get(note) or Reason(note, "", _IN_LOG)
