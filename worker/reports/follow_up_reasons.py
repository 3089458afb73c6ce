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

_BY_FLAG = {
    FollowUp.UNDONE: reasons.UNDONE,
    FollowUp.HELD: Reason(
        "held",
        "a guard held a change of this class",
        "see which, and how to approve it: {command:explain --employee ID}",
    ),
}
_REFUSALS = {one.code: one for one in reversed(vars(refusals).values()) if isinstance(one, Reason)}
_EXPLAINED_IN_LOG = {
    refusals.REFUSED: "Moodle, its web server or a firewall refuses to write this employee alone",
    "vanished": "the account no longer exists, or is marked as deleted in Moodle",
}
_WRITTEN_EARLY = frozenset({"in_step", "new", "differs", "linked", "relinked", "returned", "reactivated"})
"""The codes of employees who wait although their accounts are up to date."""


def reason_of(flag: FollowUp, note: str) -> Reason:
    """Return why an employee has a flag; `note` is the note recorded with it."""
    if flag in _BY_FLAG:
        return _BY_FLAG[flag]
    if flag is FollowUp.WAITING and note in _WRITTEN_EARLY:
        return Reason(note, "the first day has not begun in every time zone; every run reads them again until then")
    if note in reasons.IN_COMMON:
        return Reason(note, reasons.IN_COMMON[note], "which, and what to do: {command:explain --employee ID}")
    return reasons.by_code(note) or _REFUSALS.get(note) or Reason(note, _EXPLAINED_IN_LOG.get(note, ""), _IN_LOG)
