"""Which account belongs to which employee: by idnumber, unless what BambooHR shows contradicts it. Pure.

Employees without a match by idnumber are matched by e-mail address: see `worker/planning/decisions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from worker.model.account import Account, AccountKey
from worker.model.account_reasons import (
    idnumber_has_blanks,
    several_accounts,
    unconfirmed_address,
    unconfirmed_id,
    unconfirmed_unseen,
)
from worker.model.employee import Employee, LifecycleState, email_key
from worker.model.mapping import NAMES, FieldMapping, folded
from worker.model.moodle_fields import is_email
from worker.model.reasons import Reason
from worker.planning.names import NameComparison, compare_names, same_name
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.values import values_for_update

RESERVED_USERNAMES = frozenset({"guest", "admin"})
RESERVED_AUTH = frozenset({"nologin", "webservice", "mnet"})


FailedLookups = Mapping[tuple[AccountKey, str], Reason]
"""Why a look-up has no answer, by key and value."""


@dataclass(frozen=True, slots=True)
class Match:
    """The result of a match by idnumber, or by the remembered account id: an account, an error, or neither.

    `contradicted` is the account with the idnumber if it is not taken for the employee's, as `error` says.
    """

    account: Account | None = None
    error: Reason | None = None
    contradicted: Account | None = None


def match_by_idnumber(employee: Employee, accounts: Sequence[Account]) -> Match:
    """Find the account whose idnumber is the employee id, compared exactly.

    Moodle does not keep idnumbers unique. Its look-ups ignore case and, on MariaDB, blanks at the end.
    An account that has the id with blanks was given it by hand: the employee must not get a second one.
    """
    idnumber = str(employee.employee_id)
    candidates = [account for account in accounts if account.idnumber == idnumber]
    if len(candidates) > 1:
        return Match(error=several_accounts(candidates))
    with_blanks = [account for account in accounts if account.idnumber.strip() == idnumber]
    if not candidates and with_blanks:
        return Match(error=idnumber_has_blanks(with_blanks[0]), contradicted=with_blanks[0])
    return Match(candidates[0] if candidates else None)


def shows_identity(employee: Employee, mapping: FieldMapping) -> bool:
    """Return whether BambooHR shows an e-mail address or a name of the employee, blank ones excepted."""
    fields = ("work_email", *mapping.first_name_fields, *mapping.last_name_fields)
    return any(employee.facts.get(name) for name in fields)


def contradiction(
    employee: Employee, account: Account, settings: PlanSettings, address_owner: int | None = None
) -> Reason | None:
    """Return why the match by idnumber is not trusted; None if it is.

    BambooHR may give its ids to other employees, and another system may use the same numbers. Only values that are
    shown and not empty count.

    `address_owner`: another active employee whose work e-mail the account has now.
    """
    if not shows_identity(employee, settings.mapping):
        is_trusted = account.auth == settings.auth and address_owner is None
        return None if is_trusted else unconfirmed_unseen(employee.employee_id, account, address_owner)
    if address_owner is None and account.has_email(employee.facts.get("work_email", "")):
        return None
    names = compare_names(employee, account, settings.mapping)
    if address_owner is not None and not names.both:
        return unconfirmed_address(employee.employee_id, account, address_owner)
    return None if names.any else unconfirmed_id(employee.employee_id, account)


def is_protected(account: Account, protected: Iterable[str]) -> bool:
    """Return whether the account is protected: nothing is ever written to it."""
    is_of_moodle = account.username in RESERVED_USERNAMES or account.auth in RESERVED_AUTH
    return is_of_moodle or folded(account.username) in protected


def belong_to_others(accounts: Sequence[Account], others: Iterable[int]) -> bool:
    """Return whether each of the accounts belongs, by its idnumber, to one of the other employees."""
    ids = {str(other) for other in others}
    return all(account.idnumber in ids for account in accounts)


class Matching:
    """Matches the employees of a run with the accounts looked up so far, which are given by id."""

    def __init__(self, plan_input: PlanInput, accounts: Mapping[int, Account], failed_lookups: FailedLookups) -> None:
        self.plan_input = plan_input
        self.settings = plan_input.settings
        self.mapping = plan_input.settings.mapping
        self.accounts = accounts
        self.failed_lookups = failed_lookups
        self._by_value: dict[tuple[AccountKey, str], list[Account]] = {}
        for account in sorted(accounts.values(), key=lambda account: account.id):
            self._by_value.setdefault(("idnumber", account.idnumber.strip()), []).append(account)
            self._by_value.setdefault(("email", email_key(account.email)), []).append(account)
            self._by_value.setdefault(("username", account.username), []).append(account)

    @cached_property
    def matches(self) -> Mapping[int, Match]:
        """The account of each employee, or the conflict that prevents a match."""
        return {employee.employee_id: self._match(employee) for employee in self.plan_input.employees}

    @cached_property
    def owners(self) -> Mapping[int, int]:
        """The employee of each matched account, by account id."""
        return {match.account.id: employee_id for employee_id, match in self.matches.items() if match.account}

    def _match(self, employee: Employee) -> Match:
        if employee.employee_id not in self.plan_input.writable | self.plan_input.deleted_earlier:
            return Match()
        idnumber = str(employee.employee_id)
        suspended = str(self.plan_input.record(employee.employee_id).suspended_account_id)
        if no_answer := self.failed_lookups.get(("idnumber", idnumber)) or self.failed_lookups.get(("id", suspended)):
            return Match(error=no_answer)
        match = match_by_idnumber(employee, self._by_value.get(("idnumber", idnumber), ()))
        if match.account is not None:
            why = self._contradiction(employee, match.account)
            return match if why is None else Match(error=why, contradicted=match.account)
        return match if match.error is not None else Match(self._account_suspended_by_us(employee))

    def _contradiction(self, employee: Employee, account: Account) -> Reason | None:
        """Return why the match is not trusted; None if it is, or if nothing would be written to the account."""
        employee_id, state = employee.employee_id, self.plan_input.lifecycle_states[employee.employee_id]
        may_end = state is not LifecycleState.FUTURE and not account.suspended
        is_written = self.plan_input.is_managed(employee_id) or may_end
        if not is_written or self.is_protected(account) or employee_id in self.settings.confirmed:
            return None
        why = contradiction(employee, account, self.settings, self._owner_of_address(employee, account))
        if why is not None:
            return why
        # Another name of the employee may agree, but nothing of what identifies the account would stay the same.
        address = self.address(employee)
        is_new = bool(address) and self.mapping.updates_email and not account.has_email(address)
        return unconfirmed_id(employee_id, account) if is_new and self._replaces_names(employee, account) else None

    def compare_names(self, employee: Employee, account: Account) -> NameComparison:
        """Compare the names of an employee and of an account."""
        return compare_names(employee, account, self.mapping)

    def _owner_of_address(self, employee: Employee, account: Account) -> int | None:
        """Return the other active employee who has the account's address now.

        If BambooHR shows nothing of the employee, because they were deleted, only an employee to whom the account may
        belong counts: an address is often reassigned after its owner leaves.
        """
        read, states = self.plan_input.by_id, self.plan_input.lifecycle_states
        # Employees outside the run work here: the directory has their address.
        others = [
            other
            for other in self.other_employees_with(employee.employee_id, account.email)
            if states.get(other, LifecycleState.ACTIVE) is LifecycleState.ACTIVE
        ]
        if not shows_identity(employee, self.mapping):
            others = [one for one in others if one not in read or self.compare_names(read[one], account).any]
        return next(iter(others), None)

    def _replaces_names(self, employee: Employee, account: Account) -> bool:
        """Return whether neither the first nor the last name stays the same, not even in the field of the other."""
        new, present = values_for_update(self.mapping, employee, account), account.values
        is_swapped = same_name(" ".join(new.get(name, "") for name in NAMES), " ".join(present[name] for name in NAMES))
        return not is_swapped and all(name in new and not same_name(new[name], present[name]) for name in NAMES)

    def without_replaced_names(self, employee: Employee, account: Account, values: Mapping[str, str]) -> dict[str, str]:
        """Return the values, without the names if both would change: they wait for the refused address or username."""
        withheld = NAMES if self._replaces_names(employee, account) else ()
        return {name: value for name, value in values.items() if name not in withheld}

    def _account_suspended_by_us(self, employee: Employee) -> Account | None:
        """Return the account without idnumber that this product suspended, unless another account has the address."""
        record, address = self.plan_input.record(employee.employee_id), self.address(employee)
        account = self.accounts.get(record.suspended_account_id) if record.suspended_by_us else None
        if account is None or any(holder.id != account.id for holder in self.holders(address) if address):
            return None
        is_free = account.suspended and not account.idnumber and not account.is_deleted
        return account if is_free and self.compare_names(employee, account).any else None

    @cached_property
    def accounts_suspended_by_us(self) -> frozenset[int]:
        """The accounts that this product suspended, under any employee id."""
        return frozenset(
            record.suspended_account_id for record in self.plan_input.records.values() if record.suspended_by_us
        )

    def is_protected(self, account: Account) -> bool:
        """Return whether the account is protected: nothing is ever written to it."""
        return is_protected(account, self.settings.protected)

    def address(self, employee: Employee) -> str:
        """Return the work e-mail, "" if Moodle would not accept it."""
        address = employee.facts.get("work_email", "")
        return address if is_email(address) else ""

    def holders(self, address: str) -> list[Account]:
        """Return the accounts that have an address now, ordered by account id."""
        return self._by_value.get(("email", email_key(address)), [])

    def username_holders(self, name: str) -> list[Account]:
        """Return the accounts that have a username now (Moodle stores usernames in lower case)."""
        return self._by_value.get(("username", name), [])

    def other_employees_with(self, employee_id: int, address: str) -> list[int]:
        """Return the other employees of the company with an address, leavers excluded."""
        others = self.plan_input.email_index.of(address)
        return [other for other in others if other != employee_id and other not in self.plan_input.leavers]
