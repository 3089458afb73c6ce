"""Finds the account of each employee: by idnumber, and by e-mail only if that finds none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.reasons import (
    Reason,
    several_accounts,
    unconfirmed_address,
    unconfirmed_id,
    unconfirmed_unseen,
)
from worker.planning.names import compare_names

RESERVED_USERNAMES = frozenset({"guest", "admin"})
RESERVED_AUTH = frozenset({"nologin", "webservice", "mnet"})


class AccountIndex:
    """The accounts that were looked up, by idnumber, e-mail and username; each list is ordered by account id."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._found: dict[tuple[str, str], list[Account]] = {}
        for account in sorted(accounts, key=lambda account: account.id):
            for key, value in (
                ("idnumber", account.idnumber),
                ("email", account.email.casefold()),
                ("username", account.username),
            ):
                self._found.setdefault((key, value), []).append(account)

    def by_idnumber(self, idnumber: str) -> list[Account]:
        """The accounts with exactly this idnumber."""
        return self._found.get(("idnumber", idnumber), [])

    def by_email(self, address: str) -> list[Account]:
        """The accounts with this e-mail address, ignoring case."""
        return self._found.get(("email", address.casefold()), [])

    def by_username(self, name: str) -> list[Account]:
        """The accounts with this username (Moodle stores usernames in lower case)."""
        return self._found.get(("username", name), [])


@dataclass(frozen=True, slots=True)
class Match:
    """The result of a match by idnumber: an account, a conflict, or neither.

    `contradicted`: the account with the idnumber, if it does not look like the employee's. `conflict` says why; nothing
    is written to the account.
    """

    account: Account | None = None
    conflict: Reason | None = None
    contradicted: Account | None = None


def match_by_idnumber(employee: Employee, accounts: Iterable[Account]) -> Match:
    """Find the account whose idnumber is the employee id, compared exactly.

    Moodle does not keep idnumbers unique, and ignores case when it looks them up.
    """
    candidates = [account for account in accounts if account.idnumber == str(employee.employee_id)]
    if len(candidates) > 1:
        return Match(conflict=several_accounts(candidates))
    return Match(candidates[0] if candidates else None)


def shows_identity(employee: Employee) -> bool:
    """Whether BambooHR shows an e-mail address or a name of the employee, blank ones excepted."""
    return any(employee.facts.get(name) for name in ("work_email", "first_name", "preferred_name", "last_name"))


def contradiction(
    employee: Employee,
    account: Account,
    *,
    own_auth: str,
    address_owner: int | None = None,
    default_last_name: str = "",
) -> Reason | None:
    """Return why the match by idnumber is not trusted; None if it is.

    BambooHR may give its ids to other employees, and another system may use the same numbers. Only values that are
    shown and not empty count.

    Args:
        employee: The employee as BambooHR shows them.
        account: The account with the employee id as its idnumber.
        own_auth: The authentication method of accounts that this product creates.
        address_owner: Another active employee whose work e-mail the account has now.
        default_last_name: See :func:`compare_names`.
    """
    if not shows_identity(employee) and address_owner is None:
        return None if account.auth == own_auth else unconfirmed_unseen(employee.employee_id, account)
    if address_owner is None and account.has_email(employee.facts.get("work_email", "")):
        return None
    names = compare_names(employee, account, default_last_name)
    if address_owner is not None and not names.both:
        return unconfirmed_address(employee.employee_id, account, address_owner)
    return None if names.any else unconfirmed_id(employee.employee_id, account)


def is_reserved(account: Account, protected: Iterable[str]) -> bool:
    """Whether the account is protected: nothing is ever written to it."""
    return (
        account.username in RESERVED_USERNAMES
        or account.auth in RESERVED_AUTH
        or account.username.casefold() in protected
    )


def is_passed_on(accounts: Sequence[Account], others: Iterable[int]) -> bool:
    """Whether each of the accounts belongs, by its idnumber, to one of the other employees."""
    ids = {str(other) for other in others}
    return all(account.idnumber in ids for account in accounts)
