"""Which e-mail addresses and usernames the employees of a plan may take. Pure.

A username may be derived from the account's address, so the claims depend on each other: see :func:`resolved`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from worker.model import reasons
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.mapping import NAMES, placeholders, username
from worker.model.reasons import Reason
from worker.planning.claims import Claim, Claims, Resolution, username_claims
from worker.planning.matching import Matching
from worker.planning.values import created_values, updated_values


def resolved(matching: Matching, claims: Mapping[int, Claim]) -> ValueClaims:
    """Resolve the claims on addresses together with those on the usernames derived from them.

    An address waits while the username derived from it is refused: written alone, it would leave the account with a
    username that no later run could change. Employees who claim the present address of that account then wait as well,
    and so on, until no further claim is refused.
    """
    found = ValueClaims(matching, claims, {})
    while withheld := found.addresses_without_username():
        found = ValueClaims(matching, claims, {**found.withheld, **withheld})
    return found


class ValueClaims:
    """The claims on addresses, the usernames that follow from them, and the claims on these usernames.

    `withheld`: why an employee's claim to an address is refused although it could be met.
    """

    def __init__(self, matching: Matching, claims: Mapping[int, Claim], withheld: Mapping[int, Reason]) -> None:
        self._matching = matching
        self._input = matching.plan_input
        self._mapping = matching.mapping
        self._unanswered = matching.unanswered
        self.withheld = withheld
        self.address_claims = Claims(claims, matching.holders, matching.owners, self._why_disputed)

    def _why_disputed(self, claim: Claim) -> Reason | None:
        others = self._matching.others_with(claim.employee_id, claim.value)
        if others:
            return reasons.email_disputed(others[0])
        return self._unanswered.get(("email", claim.value)) or self.withheld.get(claim.employee_id)

    def addresses_without_username(self) -> dict[int, Reason]:
        """Return whose account would get an address without the username derived from it, and why."""
        if "work_email" not in placeholders(self._mapping.username_template):
            return {}
        existing = [claim.employee_id for claim in self.address_claims.claims.values() if claim.own is not None]
        named = [employee_id for employee_id in existing if employee_id in self.username_claims.claims]
        refused = {employee_id: self.username_resolution(employee_id).refused for employee_id in named}
        return {employee_id: why for employee_id, why in refused.items() if why and employee_id not in self.withheld}

    def address_to_send(self, employee: Employee, account: Account) -> tuple[str, Resolution]:
        """Return the address to send to an account ("" for none) and how the claim to it was resolved."""
        address = self._matching.address(employee)
        if not address or not self._mapping.updates_email:
            return "", Resolution()
        if account.has_email(address):
            return address, Resolution()
        resolution = self.address_claims.resolution(employee.employee_id)
        return ("" if resolution.refused else address), resolution

    @cached_property
    def usernames(self) -> Mapping[int, str]:
        """The usernames of new accounts, and those that follow the values of existing accounts; "" for others."""
        return {employee.employee_id: self._username(employee) for employee in self._input.employees}

    @cached_property
    def username_claims(self) -> Claims:
        """The claims of employees on usernames that their accounts do not have."""
        matching = self._matching
        claims = {}
        for employee_id, name in self.usernames.items():
            account = matching.matches[employee_id].account
            if self._mapping.accepts_username(name) and (account is None or name != account.username):
                claims[employee_id] = Claim(employee_id, name, account)
        return username_claims(claims, matching.username_holders, matching.owners, self.address_claims.depends_on)

    def username_resolution(self, employee_id: int) -> Resolution:
        """Return how an employee's claim to a username was resolved."""
        claim = self.username_claims.claims.get(employee_id)
        unanswered = self._unanswered.get(("username", claim.value)) if claim else None
        return Resolution(unanswered) if unanswered else self.username_claims.resolution(employee_id)

    def _username(self, employee: Employee) -> str:
        account = self._matching.matches[employee.employee_id].account
        return self._new_username(employee) if account is None else self._following_username(employee, account)

    def _new_username(self, employee: Employee) -> str:
        """Return the username of an account that is to be created, "" if none is."""
        if employee.employee_id not in self.address_claims.claims:
            return ""
        resolution = self.address_claims.resolution(employee.employee_id)
        if resolution.refused is not None or resolution.kept_by:
            return ""
        values = created_values(self._mapping, employee)
        return self._name_of(employee, self._matching.address(employee), values) if all(map(values.get, NAMES)) else ""

    def _following_username(self, employee: Employee, account: Account) -> str:
        """Return the username due if the present one is derived from the account's values, "" otherwise."""
        if not self._input.is_managed(employee.employee_id) or self._matching.is_reserved(account):
            return ""
        now = account.values
        template = self._mapping.username_template
        derived = username(template, account.idnumber, account.email, now["firstname"], now["lastname"])
        if account.username != derived:
            return ""
        email, resolution = self.address_to_send(employee, account)
        values = updated_values(self._mapping, employee, account)
        if resolution.refused is not None:
            values = self._matching.without_replaced_names(employee, account, values)
        return self._name_of(employee, email or account.email, {**now, **values})

    def _name_of(self, employee: Employee, email: str, values: Mapping[str, str]) -> str:
        template = self._mapping.username_template
        return username(template, employee.employee_id, email, values["firstname"], values["lastname"])
