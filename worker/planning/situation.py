"""What follows from the input and the accounts found so far: lifecycle states, matches and claims. Pure.

The planner uses it for the look-ups that are still needed, and for the step of each employee.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from worker.model import reasons
from worker.model.account import Account, AccountKey
from worker.model.employee import Employee, LifecycleState, employee_id, starts_within
from worker.model.mapping import NAMES, username
from worker.model.moodle_fields import is_email
from worker.model.reasons import Reason, unconfirmed_id
from worker.model.scope import ScopeState
from worker.planning.claims import Claim, Claims, Resolution, address_claims, username_claims
from worker.planning.correlation import (
    AccountIndex,
    Match,
    contradiction,
    is_reserved,
    match_by_idnumber,
    shows_identity,
)
from worker.planning.names import NameComparison, compare_names, same_name
from worker.planning.plan_input import PlanInput
from worker.planning.values import created_values, updated_values


class Situation:
    """The input of a plan, read together with what was looked up.

    Args:
        accounts: By id.
        unreadable: Why a look-up has no answer, by what was looked up.
    """

    def __init__(
        self,
        plan_input: PlanInput,
        accounts: Mapping[int, Account],
        unreadable: Mapping[tuple[AccountKey, str], Reason],
    ) -> None:
        self.plan_input = plan_input
        self.settings = plan_input.settings
        self.mapping = plan_input.settings.mapping
        self.kinds = plan_input.kinds
        self.accounts = accounts
        self.unreadable = unreadable
        self._index = AccountIndex(accounts.values())

    # Accounts

    @cached_property
    def matches(self) -> Mapping[int, Match]:
        """The account of each employee, or the conflict that prevents a match."""
        return {employee.employee_id: self._match(employee) for employee in self.plan_input.employees}

    @cached_property
    def owners(self) -> Mapping[int, int]:
        """The employee of each account that is matched, by account id."""
        return {match.account.id: number for number, match in self.matches.items() if match.account is not None}

    def _match(self, employee: Employee) -> Match:
        if employee.employee_id not in self.plan_input.writable:
            return Match()
        number = str(employee.employee_id)
        record = self.plan_input.records.get(employee.employee_id)
        suspended = str(record.account_id) if record else ""
        if unreadable := self.unreadable.get(("idnumber", number)) or self.unreadable.get(("id", suspended)):
            return Match(conflict=unreadable)
        match = match_by_idnumber(employee, self._index.by_idnumber(number))
        if match.account is not None:
            why = self._contradiction(employee, match.account)
            return match if why is None else Match(conflict=why, contradicted=match.account)
        return match if match.conflict is not None else Match(self._suspended_by_us(employee))

    def _contradiction(self, employee: Employee, account: Account) -> Reason | None:
        """Return why the account may not be the employee's, if anything would be written to it."""
        number, state = employee.employee_id, self.plan_input.lifecycle_states[employee.employee_id]
        may_end = state is not LifecycleState.FUTURE and not account.suspended
        is_written = self.plan_input.is_managed(number) or may_end
        if not is_written or self.is_reserved(account) or number in self.settings.confirmed:
            return None
        owner = self._owner_of_address(employee, account)
        why = contradiction(
            employee,
            account,
            own_auth=self.settings.auth,
            address_owner=owner,
            default_last_name=self.mapping.default_last_name,
        )
        return unconfirmed_id(number, account) if why is None and self._replaces_all(employee, account) else why

    def compare_names(self, employee: Employee, account: Account) -> NameComparison:
        """Compare the names of an employee and of an account; the default last name identifies no employee."""
        return compare_names(employee, account, self.mapping.default_last_name)

    def _owner_of_address(self, employee: Employee, account: Account) -> int | None:
        """Return the other active employee who has the account's address now.

        If nothing is shown of the employee, because they were deleted, return only an employee to whom the account may
        belong: an address is often given to another person after its owner left.
        """
        others = [other for other in self.others_with(employee.employee_id, account.email) if self._is_active(other)]
        if not others or shows_identity(employee):
            return next(iter(others), None)
        read = {one.employee_id: self.compare_names(one, account) for one in self.plan_input.employees}
        return next((other for other in others if other not in read or read[other].any), None)

    def _is_active(self, number: int) -> bool:
        """Return whether an employee with an address works here: the directory shows those outside the run."""
        return self.plan_input.lifecycle_states.get(number, LifecycleState.ACTIVE) is LifecycleState.ACTIVE

    def _replaces_all(self, employee: Employee, account: Account) -> bool:
        """Return whether both names and the address would change, though another name of the employee agrees."""
        address = self.address(employee)
        is_new = bool(address) and self.email_is_updated and not account.has_email(address)
        return is_new and self._replaces_names(employee, account)

    def without_identity(self, employee: Employee, account: Account, values: Mapping[str, str]) -> dict[str, str]:
        """Return the values without the names if both change: they go with an address or username that is refused."""
        withheld = NAMES if self._replaces_names(employee, account) else ()
        return {name: value for name, value in values.items() if name not in withheld}

    def _replaces_names(self, employee: Employee, account: Account) -> bool:
        """Return whether neither the first nor the last name stays the same."""
        new = updated_values(self.mapping, employee, account)
        return all(name in new and not same_name(new[name], account.values[name]) for name in NAMES)

    def _suspended_by_us(self, employee: Employee) -> Account | None:
        """Return the account without idnumber that this product suspended, unless another has their address now."""
        record, address = self.plan_input.records.get(employee.employee_id), self.address(employee)
        account = self.accounts.get(record.account_id) if record else None
        if account is None or any(holder.id != account.id for holder in self.holders(address) if address):
            return None
        is_theirs = record is not None and record.suspended_by_us and self.compare_names(employee, account).any
        is_free = account.suspended and not account.idnumber and not account.is_deleted
        return account if is_theirs and is_free else None

    def suspended_by_us(self, account: Account) -> bool:
        """Return whether this product suspended the account, under any employee id."""
        return account.id in self._suspended_accounts

    @cached_property
    def _suspended_accounts(self) -> frozenset[int]:
        return frozenset(record.account_id for record in self.plan_input.records.values() if record.suspended_by_us)

    # Employees who were hired again under a new id

    @cached_property
    def namesakes(self) -> Mapping[int, tuple[Account, int]]:
        """The account and the other employee's id that it carries, where an employee's address and names find one."""
        found = {}
        for number in self.address_claims.claims:
            kept_by = self.address_claims.resolution(number).kept_by
            other = employee_id(kept_by[0].idnumber) if len(kept_by) == 1 else None
            if self.matches[number].account is not None or other is None or other == number:
                continue
            if self.compare_names(self.plan_input.by_id[number], kept_by[0]).both:
                found[number] = (kept_by[0], other)
        return found

    def former_id(self, number: int) -> int | None:
        """Return the id under which an employee was probably employed before; None if there is none."""
        account, other = self.namesakes.get(number, (None, 0))
        return other if account is not None and self._has_left(other) else None

    def _has_left(self, number: int) -> bool:
        """Return whether there is evidence that an employee left: a deletion that an earlier run acted on, too."""
        if number in self.plan_input.leavers:
            return True
        record = self.plan_input.records.get(number)
        known = (*self.plan_input.employees, *self.plan_input.former)
        is_shown = any(one.employee_id == number and one.is_shown for one in known)
        return record is not None and record.deleted and record.suspended_by_us and not is_shown

    @cached_property
    def relinked(self) -> frozenset[int]:
        """The accounts that an operator approved for employees who were hired again under a new id."""
        confirmed = (number for number in self.namesakes if number in self.settings.confirmed)
        return frozenset(self.namesakes[number][0].id for number in confirmed if self.former_id(number) is not None)

    def is_reserved(self, account: Account) -> bool:
        """Return whether the account is protected: nothing is ever written to it."""
        return is_reserved(account, self.settings.protected)

    # Addresses

    def address(self, employee: Employee) -> str:
        """Return the work e-mail, "" if Moodle would not accept it."""
        address = employee.facts.get("work_email", "")
        return address if is_email(address) else ""

    def holders(self, address: str) -> list[Account]:
        """Return the accounts that have an address now."""
        return self._index.by_email(address)

    def others_with(self, employee_id: int, address: str) -> list[int]:
        """Return the other employees of the company with an address, leavers excluded."""
        others = self.plan_input.email_index.of(address)
        return [other for other in others if other != employee_id and other not in self.plan_input.leavers]

    @property
    def email_is_updated(self) -> bool:
        """Whether the mapping keeps the e-mail address of existing accounts up to date."""
        return "email" in self.mapping.updated

    def address_in_question(self, employee: Employee) -> str:
        """Return the address whose holders have to be known, "" if it does not matter who has it."""
        match = self.matches[employee.employee_id]
        if match.conflict is not None or employee.employee_id not in self.plan_input.writable:
            return ""
        address, account = self.address(employee), match.account
        if account is None:
            return address
        is_managed = self.plan_input.is_managed(employee.employee_id)
        follows = is_managed and self.email_is_updated and not self.is_reserved(account)
        return address if follows and not account.has_email(address) else ""

    def may_hold_account(self, employee: Employee) -> bool:
        """Return whether the employee is in scope and works here, or starts soon enough to be given an account."""
        number = employee.employee_id
        state = self.plan_input.lifecycle_states[number]
        if state is LifecycleState.FUTURE and self.plan_input.scope_states[number] is ScopeState.IN:
            return starts_within(employee, self.plan_input.now, self.settings.hire_lookahead_days)
        return self.plan_input.is_managed(number)

    @cached_property
    def address_claims(self) -> Claims:
        """The claims of employees on addresses that their accounts do not have."""
        claims = [
            Claim(employee.employee_id, address, self.matches[employee.employee_id].account)
            for employee in self.plan_input.employees
            if self.may_hold_account(employee) and (address := self.address_in_question(employee))
        ]
        return address_claims(claims, self.holders, self.owners, self._disputed)

    def _disputed(self, claim: Claim) -> Reason | None:
        others = self.others_with(claim.employee_id, claim.value)
        return reasons.email_disputed(others[0]) if others else self.unreadable.get(("email", claim.value))

    def new_email(self, employee: Employee, account: Account) -> tuple[str, Resolution]:
        """Return the address to send ("" for none) and how the claim to it was resolved."""
        address = self.address(employee)
        if not address or not self.email_is_updated:
            return "", Resolution()
        if account.has_email(address):
            return address, Resolution()
        resolution = self.address_claims.resolution(employee.employee_id)
        return ("" if resolution.refused else address), resolution

    # Usernames

    @cached_property
    def usernames(self) -> Mapping[int, str]:
        """The usernames of accounts to be created, and those that follow the values of existing ones; "" for others."""
        usernames = {}
        for employee in self.plan_input.employees:
            account = self.matches[employee.employee_id].account
            name = self._new_username(employee) if account is None else self._following_username(employee, account)
            usernames[employee.employee_id] = name
        return usernames

    @cached_property
    def username_claims(self) -> Claims:
        """The claims of employees on usernames that their accounts do not have."""
        claims = []
        for number, name in self.usernames.items():
            account = self.matches[number].account
            if self.mapping.accepts_username(name) and (account is None or name != account.username):
                claims.append(Claim(number, name, account))
        return username_claims(claims, self._index.by_username, self.owners, self.address_claims.depends_on)

    def username_resolution(self, employee_id: int) -> Resolution:
        """Return how an employee's claim to a username was resolved."""
        claim = self.username_claims.claims.get(employee_id)
        unreadable = self.unreadable.get(("username", claim.value)) if claim else None
        return Resolution(unreadable) if unreadable else self.username_claims.resolution(employee_id)

    def _new_username(self, employee: Employee) -> str:
        """Return the username of an account that is to be created, "" if none is."""
        number = employee.employee_id
        if number not in self.address_claims.claims:
            return ""
        resolution = self.address_claims.resolution(number)
        if resolution.refused is not None or resolution.kept_by:
            return ""
        values = created_values(self.mapping, employee)
        return self.username(employee, self.address(employee), values) if all(map(values.get, NAMES)) else ""

    def _following_username(self, employee: Employee, account: Account) -> str:
        """Return the username that follows the account's values if the present one does, "" otherwise."""
        if not self.plan_input.is_managed(employee.employee_id) or self.is_reserved(account):
            return ""
        now = account.values
        template = self.mapping.username_template
        derived = username(template, account.idnumber, account.email, now["firstname"], now["lastname"])
        if account.username != derived:
            return ""
        email, resolution = self.new_email(employee, account)
        values = updated_values(self.mapping, employee, account)
        if resolution.refused is not None:
            values = self.without_identity(employee, account, values)
        return self.username(employee, email or account.email, {**now, **values})

    def username(self, employee: Employee, email: str, values: Mapping[str, str]) -> str:
        """Return the username that the template makes of these values."""
        template = self.mapping.username_template
        return username(template, employee.employee_id, email, values["firstname"], values["lastname"])
