"""Moodle's refusals in an operator's words. Moodle's own texts are never repeated: they can quote user data."""

from __future__ import annotations

from collections.abc import Iterable

from worker.errors import SyncError
from worker.model.account import Account
from worker.model.reasons import Reason, email_taken, username_taken

UNEXPLAINED = "refused"

UNTOUCHABLE = Reason(
    "untouchable", "Moodle lets nobody change this account (an administrator, the guest, a remote user)"
)
HALF_MADE = Reason(
    "half_made",
    "the account was made, but without all of its fields",
    "the next run completes it; if it comes again, raise PHP's max_input_vars or lower MOODLE_BATCH_SIZE",
)

_WARNINGS = {
    "invaliduserid": Reason("vanished", "the account is no longer there", "the next run looks again"),
    "usernotupdateddeleted": Reason("vanished", "the account was deleted in Moodle", "the next run looks again"),
    "useremailduplicate": Reason(
        "email_taken", "the e-mail address belongs to another account", "change that account's address in Moodle"
    ),
    "useremailinvalid": Reason("invalid_email", "Moodle does not take the e-mail address", "correct it in BambooHR"),
}


def taken(key: str, account: Account) -> Reason:
    """A look-up found who has the address or the user name."""
    return email_taken(account) if key == "email" else username_taken(account.name)


def explain(code: str, fields: Iterable[str]) -> Reason:
    """A refusal that no look-up explains."""
    known = _WARNINGS.get(code)
    if known is not None:
        return known
    return Reason(
        UNEXPLAINED,
        f"Moodle refused this account and gives no reason ({code}); sent were {', '.join(fields)}",
        "compare these fields of the person with what Moodle takes (RUNBOOK, refused people)",
    )


def refuses_everybody(function: str, auth: str) -> Reason:
    """So many people were refused one by one that the fault is not theirs."""
    plugin = f"that the authentication plugin {auth!r} (MOODLE_AUTH) is installed, and " if auth else ""
    return Reason(
        "refuses_everybody",
        f"Moodle refuses everybody in {function}, whoever it is; the rest was not tried",
        f"check {plugin}FIELD_MAPPING; then try one person: sync --employee ID",
    )


def no_access(function: str, code: str) -> Reason:
    """The token may not call a function."""
    return Reason(
        "no_access",
        f"the Moodle token may not use {function} ({code})",
        "add the function to its service, and the capability to its user's role (RUNBOOK, Moodle)",
    )


def not_through(what: str) -> Reason:
    """A batch that did not get through."""
    return Reason("not_through", f"Moodle did not answer: {what}", "the next run looks what was done and does the rest")


def waits_for(employee_id: int) -> Reason:
    """Somebody else's write had to come first, and failed."""
    return Reason(
        "waits_for",
        f"employee {employee_id} has to give up the address first, and could not be written",
        "see what is said of that employee; the next run tries both again",
    )


def not_sent(end: SyncError | None) -> Reason:
    """The writing ended before this step."""
    return Reason("not_sent", f"not sent: {end.message if end else 'the writing ended early'}", "the next run sends it")
