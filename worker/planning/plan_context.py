"""What all decisions share: the input, the account of each employee, and the values that each may take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from worker.model import account_reasons
from worker.model.account import Account
from worker.model.employee import Employee, LifecycleState, parse_employee_id, starts_within
from worker.model.mapping import NAMES, placeholders, username
from worker.model.reasons import Reason
from worker.model.scope import ScopeState
from worker.planning.claims import Claim, Claims, Resolution, username_claims
from worker.planning.matching import Matching
from worker.planning.values import values_for_new_account, values_for_update


class PlanContext:
    """The input of a plan and the matched accounts, with what follows from both."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.plan_input = matching.plan_input
        self.settings = matching.settings
        self.mapping = matching.mapping
        self.failed_lookups = matching.failed_lookups

    def address_in_question(self, employee: Employee) -> str:
        """Return the address whose holders must be known, "" if they do not matter."""
        match = self.matching.matches[employee.employee_id]
        if match.error is not None or employee.employee_id not in self.plan_input.writable:
            return ""
        address, account = self.matching.address(employee), match.account
        if account is None:
            return address
        is_managed = self.plan_input.is_managed(employee.employee_id)
        follows = is_managed and self.mapping.updates_email and not self.matching.is_protected(account)
        return address if follows and not account.has_email(address) else ""

    def may_have_account(self, employee: Employee) -> bool:
        """Return whether the employee is in scope and works here, or starts soon enough to be given an account."""
        employee_id = employee.employee_id
        state = self.plan_input.lifecycle_states[employee_id]
        if state is LifecycleState.FUTURE and self.plan_input.scope_states[employee_id] is ScopeState.IN:
            return starts_within(employee, self.plan_input.now, self.settings.hire_lookahead_days)
        return self.plan_input.is_managed(employee_id)

    @cached_property
    def claims_on_addresses(self) -> Mapping[int, Claim]:
        """The claims of employees on addresses that their accounts do not have."""
        claims = {}
        for employee in self.plan_input.employees:
            if self.may_have_account(employee) and (address := self.address_in_question(employee)):
                account = self.matching.matches[employee.employee_id].account
                claims[employee.employee_id] = Claim(employee.employee_id, address, account)
        return claims

    @cached_property
    def value_claims(self) -> ValueClaims:
        """The addresses and usernames that each employee may take.

        An address waits while the username derived from it is refused: written alone, it would leave the account with a
        username that no later run could change. Employees who claim the present address of that account then wait as
        well, and so on, until no further claim is refused.
        """
        found = ValueClaims(self.matching, self.claims_on_addresses, {})
        while withheld := found.claims_to_withhold():
            found = ValueClaims(self.matching, self.claims_on_addresses, {**found.withheld, **withheld})
        return found

    # Employees who were hired again under a new id, and have an account that carries the former one

    @cached_property
    def rehire_candidates(self) -> Mapping[int, tuple[Account, int]]:
        """By employee id, the account with the employee's address and names, and the other id that it carries."""
        found = {}
        for employee_id in self.claims_on_addresses:
            kept_by = self.value_claims.address_claims.resolution(employee_id).kept_by
            other = parse_employee_id(kept_by[0].idnumber) if len(kept_by) == 1 else None
            if self.matching.matches[employee_id].account is not None or other is None or other == employee_id:
                continue
            if self.matching.compare_names(self.plan_input.by_id[employee_id], kept_by[0]).both:
                found[employee_id] = (kept_by[0], other)
        return found

    def former_id(self, employee_id: int) -> int | None:
        """Return the id under which an employee was probably employed before; None if there is none."""
        _, other = self.rehire_candidates.get(employee_id, (None, None))
        return other if other is not None and self._has_left(other) else None

    def _has_left(self, employee_id: int) -> bool:
        """Return whether an employee left, by what BambooHR shows or by a deletion that an earlier run acted on."""
        return employee_id in self.plan_input.leavers | self.plan_input.deleted_earlier

    @cached_property
    def confirmed_rehire_accounts(self) -> frozenset[int]:
        """The accounts that an operator approved for employees who were hired again under a new id."""
        confirmed = self.rehire_candidates.keys() & self.settings.confirmed
        return frozenset(self.rehire_candidates[one][0].id for one in confirmed if self.former_id(one) is not None)

    def is_passed_on(self, account: Account | None) -> bool:
        """Return whether an operator gives the account to another employee: it no longer matters whose it was."""
        return account is not None and account.id in self.confirmed_rehire_accounts


class ValueClaims:
    """The claims on addresses, the usernames that follow from them, and the claims on these usernames.

    `withheld`: why an employee's claim to an address is refused although it could be met.
    """

    def __init__(self, matching: Matching, claims: Mapping[int, Claim], withheld: Mapping[int, Reason]) -> None:
        self._matching = matching
        self._input = matching.plan_input
        self._mapping = matching.mapping
        self._failed_lookups = matching.failed_lookups
        self.withheld = withheld
        self.address_claims = Claims(
            claims, matching.holders, matching.owners, self._why_disputed, why_taken=self._why_taken
        )

    def _why_disputed(self, claim: Claim) -> Reason | None:
        if others := self._matching.other_employees_with(claim.employee_id, claim.value):
            return account_reasons.email_disputed(others[0])
        return self._failed_lookups.get(("email", claim.value)) or self.withheld.get(claim.employee_id)

    def _why_taken(self, claim: Claim, account: Account) -> Reason:
        name = self.username_with_address(self._input.by_id[claim.employee_id])
        return account_reasons.email_taken(account, name, claim.own)

    def username_with_address(self, employee: Employee) -> str:
        """Return the username that the account has once the employee gets their work e-mail, "" if it keeps its own."""
        account, address = self._matching.matches[employee.employee_id].account, self._matching.address(employee)
        if account is None:
            values = values_for_new_account(self._mapping, employee)
            return self._username_of(employee, address, values) if all(map(values.get, NAMES)) else ""
        if not self._has_derived_username(employee, account):
            return ""
        return self._username_of(
            employee, address, {**account.values, **values_for_update(self._mapping, employee, account)}
        )

    def claims_to_withhold(self) -> dict[int, Reason]:
        """Return whose account would get an address without the username derived from it, and why."""
        if "work_email" not in placeholders(self._mapping.username_template):
            return {}
        existing = [claim.employee_id for claim in self.address_claims.claims.values() if claim.own is not None]
        named = [employee_id for employee_id in existing if employee_id in self.username_claims.claims]
        refused = {employee_id: self.username_resolution(employee_id).why_refused for employee_id in named}
        return {employee_id: why for employee_id, why in refused.items() if why and employee_id not in self.withheld}

    def address_to_send(self, employee: Employee, account: Account) -> tuple[str, Resolution]:
        """Return the address to send to an account ("" for none) and how the claim to it was resolved.

        An address that differs only in case is the same one: the site's logins may write it in capitals each time.
        """
        address = self._matching.address(employee)
        if not address or not self._mapping.updates_email or account.has_email(address):
            return "", Resolution()
        resolution = self.address_claims.resolution(employee.employee_id)
        return ("" if resolution.why_refused else address), resolution

    @cached_property
    def due_usernames(self) -> Mapping[int, str]:
        """The usernames of new accounts, and those that follow the values of existing accounts; "" for others."""
        return {employee.employee_id: self._username(employee) for employee in self._input.employees}

    @cached_property
    def username_claims(self) -> Claims:
        """The claims of employees on usernames that their accounts do not have."""
        matching = self._matching
        claims = {}
        for employee_id, name in self.due_usernames.items():
            account = matching.matches[employee_id].account
            if self._mapping.accepts_username(name) and (account is None or name != account.username):
                claims[employee_id] = Claim(employee_id, name, account)
        return username_claims(claims, matching.username_holders, matching.owners, self.address_claims.depends_on)

    def username_resolution(self, employee_id: int) -> Resolution:
        """Return how an employee's claim to a username was resolved."""
        claim = self.username_claims.claims.get(employee_id)
        no_answer = self._failed_lookups.get(("username", claim.value)) if claim else None
        return Resolution(no_answer) if no_answer else self.username_claims.resolution(employee_id)

    def _username(self, employee: Employee) -> str:
        account = self._matching.matches[employee.employee_id].account
        return self._new_username(employee) if account is None else self._following_username(employee, account)

    def _new_username(self, employee: Employee) -> str:
        """Return the username of an account that is to be created, "" if none is."""
        if employee.employee_id not in self.address_claims.claims:
            return ""
        resolution = self.address_claims.resolution(employee.employee_id)
        if resolution.why_refused is not None or resolution.kept_by:
            return ""
        return self.username_with_address(employee)

    def _following_username(self, employee: Employee, account: Account) -> str:
        """Return the username due if the present one is derived from the account's values, "" otherwise."""
        if not self._has_derived_username(employee, account):
            return ""
        email, resolution = self.address_to_send(employee, account)
        values = values_for_update(self._mapping, employee, account)
        if resolution.why_refused is not None:
            values = self._matching.without_replaced_names(employee, account, values)
        return self._username_of(employee, email or account.email, {**account.values, **values})

    def _has_derived_username(self, employee: Employee, account: Account) -> bool:
        """Return whether the account's username is made of its present values, and may change with them."""
        if not self._input.is_managed(employee.employee_id) or self._matching.is_protected(account):
            return False
        template, now = self._mapping.username_template, account.values
        return account.username == username(
            template, account.idnumber, account.email, now["firstname"], now["lastname"]
        )

    def _username_of(self, employee: Employee, email: str, values: Mapping[str, str]) -> str:
        template = self._mapping.username_template
        return username(template, employee.employee_id, email, values["firstname"], values["lastname"])
