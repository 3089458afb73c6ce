"""Which account belongs to which employee: by idnumber, and by e-mail only if that finds none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.moodle_fields import same_text
from worker.model.reasons import Reason, foreign_account, several_accounts

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
    """The result of a match by idnumber: an account, a conflict, or neither."""

    account: Account | None = None
    conflict: Reason | None = None


def match_by_idnumber(
    employee: Employee, accounts: Iterable[Account], own_auth: str, protected: Iterable[str]
) -> Match:
    """Find the account whose idnumber is the employee id, compared exactly.

    Moodle does not keep idnumbers unique and finds them ignoring case, and another system may use the same numbers. So
    the match is trusted only if the account's authentication is `own_auth`, or its e-mail, first or last name matches.
    A protected account needs no confirmation, because nothing is written to it.

    Args:
        employee: The employee as BambooHR shows them.
        accounts: The accounts that the look-up by idnumber found.
        own_auth: The authentication method of accounts that this product creates.
        protected: Usernames of protected accounts.
    """
    candidates = [account for account in accounts if account.idnumber == str(employee.employee_id)]
    if not candidates:
        return Match()
    if len(candidates) > 1:
        return Match(conflict=several_accounts(candidates))
    account = candidates[0]
    confirmed = (
        account.auth == own_auth
        or account.has_email(employee.facts.get("work_email", ""))
        or names_agree(employee, account)
    )
    if confirmed or is_reserved(account, protected):
        return Match(account)
    return Match(conflict=foreign_account(account))


def names_agree(employee: Employee, account: Account) -> bool:
    """Whether the first name (legal or preferred) or the last name matches; a blank name matches nothing."""
    first_names = (employee.facts.get("first_name", ""), employee.facts.get("preferred_name", ""))
    if any(same_text(name, account.values["firstname"]) for name in first_names):
        return True
    return same_text(employee.facts.get("last_name", ""), account.values["lastname"])


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
