"""What the planner asks and decides from: the input, who has which account, and who may take which value. Pure.

The values are e-mail addresses and usernames, of which each account has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from worker.model import reasons
from worker.model.account import Account
from worker.model.employee import Employee, LifecycleState, starts_within
from worker.model.mapping import NAMES, username
from worker.model.reasons import Reason
from worker.model.scope import ScopeState
from worker.planning.claims import Claim, Claims, Resolution, address_claims, username_claims
from worker.planning.matching import Matching
from worker.planning.rehires import Rehires
from worker.planning.values import created_values, updated_values


class PlanContext:
    """The input of a plan, and who has which account, read together."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.plan_input = matching.plan_input
        self.settings = matching.settings
        self.mapping = matching.mapping
        self.kinds = matching.plan_input.kinds
        self.unreadable = matching.unreadable

    @cached_property
    def rehires(self) -> Rehires:
        """The employees who were hired again under a new id."""
        return Rehires(self.plan_input, self.matching, self.address_claims)

    # Addresses

    def address_in_question(self, employee: Employee) -> str:
        """Return the address whose holders have to be known, "" if it does not matter who has it."""
        match = self.matching.matches[employee.employee_id]
        if match.conflict is not None or employee.employee_id not in self.plan_input.writable:
            return ""
        address, account = self.matching.address(employee), match.account
        if account is None:
            return address
        is_managed = self.plan_input.is_managed(employee.employee_id)
        follows = is_managed and self.mapping.updates_email and not self.matching.is_reserved(account)
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
            Claim(employee.employee_id, address, self.matching.matches[employee.employee_id].account)
            for employee in self.plan_input.employees
            if self.may_hold_account(employee) and (address := self.address_in_question(employee))
        ]
        return address_claims(claims, self.matching.holders, self.matching.owners, self._disputed)

    def _disputed(self, claim: Claim) -> Reason | None:
        others = self.matching.others_with(claim.employee_id, claim.value)
        return reasons.email_disputed(others[0]) if others else self.unreadable.get(("email", claim.value))

    def new_email(self, employee: Employee, account: Account) -> tuple[str, Resolution]:
        """Return the address to send ("" for none) and how the claim to it was resolved."""
        address = self.matching.address(employee)
        if not address or not self.mapping.updates_email:
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
            account = self.matching.matches[employee.employee_id].account
            name = self._new_username(employee) if account is None else self._following_username(employee, account)
            usernames[employee.employee_id] = name
        return usernames

    @cached_property
    def username_claims(self) -> Claims:
        """The claims of employees on usernames that their accounts do not have."""
        claims = []
        for number, name in self.usernames.items():
            account = self.matching.matches[number].account
            if self.mapping.accepts_username(name) and (account is None or name != account.username):
                claims.append(Claim(number, name, account))
        matching = self.matching
        return username_claims(claims, matching.index.by_username, matching.owners, self.address_claims.depends_on)

    def username_resolution(self, employee_id: int) -> Resolution:
        """Return how an employee's claim to a username was resolved."""
        claim = self.username_claims.claims.get(employee_id)
        unreadable = self.unreadable.get(("username", claim.value)) if claim else None
        return Resolution(unreadable) if unreadable else self.username_claims.resolution(employee_id)

    def without_replaced_names(self, employee: Employee, account: Account, values: Mapping[str, str]) -> dict[str, str]:
        """Return the values without the names if both change: they go with an address or username that is refused."""
        withheld = NAMES if self.matching.replaces_names(employee, account) else ()
        return {name: value for name, value in values.items() if name not in withheld}

    def _new_username(self, employee: Employee) -> str:
        """Return the username of an account that is to be created, "" if none is."""
        number = employee.employee_id
        if number not in self.address_claims.claims:
            return ""
        resolution = self.address_claims.resolution(number)
        if resolution.refused is not None or resolution.kept_by:
            return ""
        values = created_values(self.mapping, employee)
        return self.username(employee, self.matching.address(employee), values) if all(map(values.get, NAMES)) else ""

    def _following_username(self, employee: Employee, account: Account) -> str:
        """Return the username that follows the account's values if the present one does, "" otherwise."""
        if not self.plan_input.is_managed(employee.employee_id) or self.matching.is_reserved(account):
            return ""
        now = account.values
        template = self.mapping.username_template
        derived = username(template, account.idnumber, account.email, now["firstname"], now["lastname"])
        if account.username != derived:
            return ""
        email, resolution = self.new_email(employee, account)
        values = updated_values(self.mapping, employee, account)
        if resolution.refused is not None:
            values = self.without_replaced_names(employee, account, values)
        return self.username(employee, email or account.email, {**now, **values})

    def username(self, employee: Employee, email: str, values: Mapping[str, str]) -> str:
        """Return the username that the template makes of these values."""
        template = self.mapping.username_template
        return username(template, employee.employee_id, email, values["firstname"], values["lastname"])
