"""Why somebody was written, held, skipped or refused, in words that an operator understands.

A reason is a stable code (for filters and tests), a sentence, and what to do. It names people and accounts by id alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from worker.model.account import Account


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: str
    text: str
    advice: str = ""


NEW = Reason("new", "works here and has no account yet")
DIFFERS = Reason("differs", "BambooHR and Moodle differ")
LINKED = Reason("linked", "the account with her e-mail address belonged to nobody; it is hers now")
RETURNED = Reason("returned", "works here again; this product had suspended the account")
REACTIVATED = Reason("reactivated", "works here; the setting or the operator asked for the account to be reactivated")
LEFT = Reason("left", "BambooHR says Inactive or Deleted")
IN_STEP = Reason("in_step", "nothing differs")
ALREADY_SUSPENDED = Reason("already_suspended", "left, and the account is suspended already")
LEFT_WITHOUT_ACCOUNT = Reason("left_without_account", "left, and there is no account")

NO_EMAIL = Reason("no_email", "has no work e-mail, and no account can be made without one", "enter it in BambooHR")
INVALID_EMAIL = Reason("invalid_email", "the work e-mail is none that Moodle takes", "correct it in BambooHR")
NO_NAME = Reason("no_name", "has no first or no last name, and no account can be made without", "enter it in BambooHR")
INVALID_USERNAME = Reason(
    "invalid_username",
    "the user name made for her has characters that Moodle does not take",
    "change the e-mail address or USERNAME_TEMPLATE; a user name is never rewritten silently",
)
PROTECTED = Reason("protected", "a protected account or person; nothing is ever written")

UNDONE = Reason(
    "undone",
    "an operator took back what a run had written to her; she is left alone until BambooHR changes her again",
    "to let the runs go on with her: parked retry ID",
)
NOT_DUE = Reason("not_due", "is on the list, but no suspension is due for her any more", "see: explain --employee ID")
PLAN_OUTDATED = Reason(
    "plan_outdated",
    "something has changed since the plan was made, so that another thing would be written now; left as it is",
    "make a new plan and read it",
)
NOTHING_TO_UNDO = Reason("nothing_to_undo", "the account holds nothing of what that run set out to write")
TAKEN_BACK = Reason("taken_back", "what that run wrote is taken back")
CANNOT_BE_BLANK = Reason(
    "cannot_be_blank",
    "the run filled a name or address that was blank; Moodle is never sent a blank one, so it stays",
    "correct it by hand where that is wanted",
)

NO_EVIDENCE = Reason(
    "no_evidence",
    "BambooHR does not say whether she works here (no row, or a status that is empty, restricted or unknown)",
    "let the key's user see her and her status; she is asked about in every run until then",
)
UNKNOWN_EMPLOYEE = Reason(
    "unknown_employee", "BambooHR shows nothing of this employee id to the key", "check the id; she is not waited for"
)
DELETED_BUT_SHOWN = Reason(
    "deleted_but_shown",
    "BambooHR says deleted, and shows her all the same",
    "look at her record; she is asked about in every run until it is clear",
)
STARTS_LATER = Reason("starts_later", "her first day is still ahead; she is asked about in every run until then")
START_NOT_SHOWN = Reason(
    "start_not_shown",
    "is inactive, and BambooHR does not show the hire date: she may not have started yet",
    "let the key's user see hire dates",
)
LEAVER_UNSURE = Reason(
    "leaver_unsure",
    "left; the account with her e-mail address may be somebody else's (the names differ, or others have the address)",
    "suspend it by hand, or enter her employee id as its idnumber",
)
LINK_UNSURE = Reason(
    "link_unsure",
    "the account with her e-mail address has another name, and the directory shows less of the company than before: the"
    " address may be somebody else's",
    "nothing, if the directory is whole again in the next run; else enter her employee id as the account's idnumber",
)
SUSPENDED_ELSEWHERE = Reason(
    "suspended_elsewhere",
    "works here, but somebody else suspended the account; it is left so",
    "reactivate it in Moodle, or with: sync --employee ID --reactivate",
)
EMAIL_KEPT = Reason("email_kept", "the work e-mail is none that Moodle takes; the account keeps the one it has")


def edited_since(fields: Iterable[str]) -> Reason:
    """What a run wrote is not what the account holds now."""
    return Reason(
        "edited_since",
        f"changed since that run, and left as it is now: {', '.join(fields)}",
        "look at these fields of the account, and correct them by hand where that is wanted",
    )


def field_not_shown(fields: Iterable[str]) -> Reason:
    """An account cannot be made while BambooHR hides what it is made of."""
    return Reason(
        "field_not_shown",
        f"BambooHR does not show {', '.join(sorted(fields))}, which a new account needs",
        "let the key's user see it; she is asked about in every run until then",
    )


def username_kept(account: Account) -> Reason:
    """The rest of the account follows; its user name cannot."""
    return Reason(
        "username_kept",
        f"the new user name has characters that Moodle does not take; {account.name} keeps the one it has",
        "change the e-mail address or USERNAME_TEMPLATE",
    )


def foreign_account(account: Account) -> Reason:
    """The idnumber matches, nothing else does."""
    return Reason(
        "foreign_account",
        f"{account.name} has her employee id as idnumber, but neither its authentication, e-mail nor name agree: it"
        " belongs to another system",
        "clear the idnumber of that account, or correct the account by hand",
    )


def several_accounts(accounts: Iterable[Account]) -> Reason:
    """More than one account could be hers."""
    return Reason(
        "several_accounts",
        f"more than one account could be hers: {', '.join(account.name for account in accounts)}",
        "leave her employee id as idnumber on one of them, and another e-mail address on the others",
    )


def email_taken(account: Account) -> Reason:
    """The address belongs to an account that is not hers."""
    return Reason(
        "email_taken",
        f"the e-mail address belongs to another account, {account.name}",
        "change that account's address; or, if it is hers, enter her employee id as its idnumber",
    )


def email_disputed(other: int) -> Reason:
    """Somebody else in BambooHR has the same address."""
    return Reason(
        "email_disputed",
        f"employee {other} has the same work e-mail in BambooHR",
        "give each of them an address of her own in BambooHR",
    )


def email_swapped(other: int) -> Reason:
    """Addresses that go round in a circle cannot be moved one by one."""
    return Reason(
        "email_swapped",
        f"she and employee {other} exchange their addresses, and Moodle lets nobody take an address that is in use",
        "give one of the accounts another address by hand; the next run does the rest",
    )


def username_taken(other: str) -> Reason:
    """The user name belongs to an account that is not hers."""
    return Reason(
        "username_taken",
        f"the user name made for her belongs to another, {other}",
        "rename that account, or change USERNAME_TEMPLATE",
    )
