"""Why an account is not an employee's beyond doubt, and who has the address or username that they need, in words.

Like all reasons, these name employees and accounts by id only.
"""

from __future__ import annotations

from collections.abc import Iterable

from worker.model.account import Account
from worker.model.reasons import UNCONFIRMED, Reason


def username_kept(account: Account) -> Reason:
    """Moodle does not accept the new username; the other fields are updated."""
    text = f"the new username has characters that Moodle does not accept; {account.label} keeps its current one"
    return Reason("username_kept", text, "change the e-mail address or USERNAME_TEMPLATE")


def unconfirmed_id(employee_id: int, account: Account) -> Reason:
    """The idnumber matches, but neither the e-mail address nor a name does."""
    return _unconfirmed(
        employee_id,
        f"{account.label} has the employee id as its idnumber, but neither its e-mail address nor its names are the"
        " employee's: either the account belongs to another person, because ids were reassigned or come from another"
        " system, or everything that identifies the employee changed at once",
    )


def unconfirmed_address(employee_id: int, account: Account, other: int) -> Reason:
    """The idnumber matches, but the account has the address of another employee."""
    return _unconfirmed(
        employee_id,
        f"{account.label} has the employee id as its idnumber, but its e-mail address is now the work e-mail of"
        f" employee {other}, and its names do not both match: either the account belongs to employee {other}, or the"
        f" address was given to employee {other} and this employee's names changed",
        f"enter {other} as the account's idnumber",
    )


def unconfirmed_unseen(employee_id: int, account: Account, other: int | None = None) -> Reason:
    """The idnumber matches, and BambooHR shows nothing to compare. `other`: who has the account's address now."""
    text = (
        f"{account.label} has the employee id as its idnumber, but BambooHR shows neither an e-mail address nor a name"
        " of the employee"
    )
    if other is None:
        return _unconfirmed(
            employee_id, f"{text}: either the account is the employee's, or another system uses the same number"
        )
    return _unconfirmed(
        employee_id,
        f"{text}, and its e-mail address is now the work e-mail of employee {other}: either the account belongs to"
        f" employee {other}, who may have had two records, or the address was given to employee {other} later",
        f"enter {other} as the account's idnumber",
    )


def unconfirmed_email(employee_id: int, account: Account) -> Reason:
    """The e-mail address matches, but no name does."""
    return _unconfirmed(
        employee_id,
        f"{account.label} has the employee's e-mail address and no idnumber, but other names: either it is a shared or"
        " recycled address and the account belongs to another person, or the account is the employee's under another"
        " name",
        "give the account or the employee another address",
    )


def unconfirmed_rehire(employee_id: int, account: Account, former: int) -> Reason:
    """The account with the employee's address and names carries the id of an employee who left."""
    return Reason(
        UNCONFIRMED,
        f"{account.label} has the employee's e-mail address and both names, and the id of employee {former}, who left:"
        " either the employee was hired again under a new id, or another person with the same names got the address",
        f"if they are the same person: {{command:approve RUN --employee {employee_id}}}, which gives the account the"
        f" new id and reactivates it; if not: give {account.label} another e-mail address and username, and the next"
        " run creates an account",
    )


def _unconfirmed(
    employee_id: int, text: str, if_not: str = "give the account the idnumber of its owner, or none"
) -> Reason:
    advice = f"if the account is the employee's: {{command:approve RUN --employee {employee_id}}}; if not: {if_not}"
    return Reason(UNCONFIRMED, text, advice)


def several_accounts(accounts: Iterable[Account]) -> Reason:
    """More than one account could belong to the employee."""
    text = f"more than one account could be the employee's: {', '.join(account.label for account in accounts)}"
    advice = "leave the employee id as idnumber on one of them, and give the others another e-mail address"
    return Reason("several_accounts", text, advice)


def idnumber_has_blanks(account: Account) -> Reason:
    """The idnumber is the employee id, with blanks around it."""
    text = f"{account.label} has the employee id as its idnumber, but with a blank before or after it"
    return Reason(
        "idnumber_has_blanks", text, "remove the blank from the account's idnumber; the next run does the rest"
    )


_OR_THEIRS = "; or, if it is the employee's, enter the employee id as its idnumber"


def email_taken(account: Account, username: str = "", own: Account | None = None) -> Reason:
    """The e-mail address belongs to the account of another person, or to a second one of the employee.

    `username`: what the employee needs as well. `own`: the employee's account; None if they have none.
    """
    is_both = account.username == username
    text = "the e-mail address and the username belong" if is_both else "the e-mail address belongs"
    values = "address and username" if is_both else "address"
    or_theirs = _OR_THEIRS
    if own is not None:
        # Two accounts with the employee id would be a conflict, and neither would be suspended.
        move = f"move the employee id to it as its idnumber and suspend {own.label}"
        or_theirs = "" if account.idnumber else f"; or, if it is to be the employee's, {move}"
    text, advice = f"{text} to another account, {account.label}", f"change that account's {values}{or_theirs}"
    return Reason("email_taken", text, advice)


def email_disputed(other: int) -> Reason:
    """Another employee has the same address in BambooHR."""
    text = f"employee {other} has the same work e-mail in BambooHR"
    return Reason("email_disputed", text, "give each of them their own address in BambooHR")


def email_swapped(other: int) -> Reason:
    """Employees exchange their addresses, which Moodle cannot do one account at a time."""
    text = f"would swap addresses with employee {other}, and Moodle does not accept an address that is in use"
    return Reason("email_swapped", text, "give one of the accounts another address by hand; the next run does the rest")


def username_taken(other: str, *, may_be_theirs: bool = False) -> Reason:
    """Another account or employee has the username. `other` names it; `may_be_theirs`: it may be the employee's own."""
    text = f"the username made by USERNAME_TEMPLATE is taken by {other}"
    advice = f"rename that account, or change USERNAME_TEMPLATE{_OR_THEIRS if may_be_theirs else ''}"
    return Reason("username_taken", text, advice)
