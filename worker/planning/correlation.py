"""Which account is whose: one person, one account, by idnumber first, by e-mail only if that finds none. Pure."""

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
    """The accounts that were looked up, by what they are found by; those of one key in the order of their ids."""

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
        """Those with exactly this idnumber."""
        return self._found.get(("idnumber", idnumber), [])

    def by_email(self, address: str) -> list[Account]:
        """Those that have this address, whatever its case."""
        return self._found.get(("email", address.casefold()), [])

    def by_username(self, name: str) -> list[Account]:
        """Those with this user name (Moodle takes lower case only)."""
        return self._found.get(("username", name), [])


@dataclass(frozen=True, slots=True)
class Match:
    """What the idnumber says: an account, nobody, or a conflict."""

    account: Account | None = None
    conflict: Reason | None = None


def match_by_idnumber(
    employee: Employee, accounts: Iterable[Account], own_auth: str, protected: Iterable[str]
) -> Match:
    """The account whose idnumber is the employee id, compared exactly.

    Moodle does not keep idnumbers unique and finds them whatever their case; another system may use the same numbers.
    So the account is believed only if its authentication is ours, or the e-mail, the first or the last name agrees. A
    protected one needs no belief: nothing is written to it, whosever it is.
    """
    same = [account for account in accounts if account.idnumber == str(employee.employee_id)]
    if not same:
        return Match()
    if len(same) > 1:
        return Match(conflict=several_accounts(same))
    account = same[0]
    believed = (
        account.auth == own_auth
        or account.has_email(employee.facts.get("work_email", ""))
        or names_agree(employee, account)
    )
    if believed or is_reserved(account, protected):
        return Match(account)
    return Match(conflict=foreign_account(account))


def names_agree(employee: Employee, account: Account) -> bool:
    """Whether the first or the last name is the same; blank names agree with nothing."""
    firsts = (employee.facts.get("first_name", ""), employee.facts.get("preferred_name", ""))
    if any(same_text(first, account.values["firstname"]) for first in firsts):
        return True
    return same_text(employee.facts.get("last_name", ""), account.values["lastname"])


def is_reserved(account: Account, protected: Iterable[str]) -> bool:
    """Whether nothing may ever be written to the account."""
    return (
        account.username in RESERVED_USERNAMES
        or account.auth in RESERVED_AUTH
        or account.username.casefold() in protected
    )


def is_passed_on(accounts: Sequence[Account], others: Iterable[int]) -> bool:
    """Whether every one of these accounts belongs, by its idnumber, to one of these other employees."""
    ids = {str(other) for other in others}
    return all(account.idnumber in ids for account in accounts)
