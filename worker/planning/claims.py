"""Addresses and user names move between people. Who may take which, judged against Moodle as it will be. Pure.

Somebody may take an address if nobody else in the company has it, and every account that holds it now gives it up in
this same plan. That is a question about the other person's claim, and so on; a circle is a swap, which Moodle cannot
do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from worker.model.account import Account
from worker.model.reasons import Reason, email_swapped, email_taken, username_taken


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whether a claim holds. `after`: who has to be written first. `stays`: accounts that keep what is claimed."""

    refused: Reason | None = None
    depends_on: frozenset[int] = frozenset()
    kept_by: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody wants a value that her account, if she has one, does not have yet."""

    employee_id: int
    value: str
    own: Account | None


@dataclass
class Claims:
    """All claims on one kind of value (addresses, or user names).

    `holders` gives the accounts that have a value now; `owners` the person in this run to whom an account belongs.
    `disputed` says why a claim cannot hold whatever Moodle has; `before` who has to be written before somebody for
    another reason than these claims.
    """

    claims: Mapping[int, Claim]
    holders: Callable[[str], Iterable[Account]]
    owners: Mapping[int, int]
    disputed: Callable[[Claim], Reason | None]
    swapped: Callable[[int], Reason]
    taken: Callable[[Account], Reason]
    before: Callable[[int], frozenset[int]] = lambda _: frozenset()
    _resolutions: dict[int, Resolution] = field(default_factory=dict)
    _asking: list[int] = field(default_factory=list)
    _circling: set[int] = field(default_factory=set)

    def resolution(self, employee_id: int) -> Resolution:
        """Whether this person's claim holds. Whoever it depends on is judged first; by a loop, for chains are long."""
        if employee_id not in self._resolutions:
            self._asking.append(employee_id)
            self._judge_upwards(employee_id)
        return self._resolutions[employee_id]

    def _judge_upwards(self, employee_id: int) -> None:
        while employee_id not in self._resolutions:
            asking = self._asking[-1]
            further = next((owner for owner in self._depends_on(asking) if owner not in self._resolutions), None)
            if further is not None:
                self._asking.append(further)
            else:
                self._resolutions[asking] = self._judge(self.claims[asking])
                self._asking.pop()

    def _depends_on(self, employee_id: int) -> Iterable[int]:
        """The owners of what somebody claims who claim something themselves, and are not being asked already."""
        for account in self.holders(self.claims[employee_id].value):
            owner = self.owners.get(account.id)
            if owner is not None and owner in self.claims and owner not in self._asking:
                yield owner

    def depends_on(self, employee_id: int) -> frozenset[int]:
        """Who has to be written first for the sake of this person's claim, if she has one that holds."""
        return self.resolution(employee_id).depends_on if employee_id in self.claims else frozenset()

    def _judge(self, claim: Claim) -> Resolution:
        disputed = self.disputed(claim)
        own_id = claim.own.id if claim.own else None
        depends_on: set[int] = set()
        kept_by: list[Account] = []
        for account in self.holders(claim.value):
            if account.id == own_id:
                continue
            owner = self.owners.get(account.id)
            if owner is None or owner not in self.claims:
                kept_by.append(account)
            elif self._is_circle(claim.employee_id, owner):
                return Resolution(disputed or self.swapped(owner), kept_by=(account,))
            elif self.resolution(owner).refused is None:
                depends_on.add(owner)
            else:
                kept_by.append(account)
        if disputed is None and kept_by and claim.own is not None:
            disputed = self.taken(kept_by[0])
        return Resolution(disputed, frozenset() if disputed else frozenset(depends_on), tuple(kept_by))

    def _is_circle(self, employee_id: int, owner: int) -> bool:
        """Whether the owner can be written only after this person, who would have to wait for her."""
        if owner in self._asking:
            self._circling.update(self._asking[self._asking.index(owner) :])
            return True
        self.resolution(owner)
        return employee_id in self._circling or employee_id in self._first(owner)

    def _first(self, employee_id: int) -> set[int]:
        """Everybody who has to be written before somebody, as far as it is known."""
        found: set[int] = set()
        left = [employee_id]
        while left:
            number = left.pop()
            known = self._resolutions.get(number, Resolution())
            more = (known.depends_on | self.before(number)) - found
            found |= more
            left += more
        return found


def address_claims(
    claims: Sequence[Claim],
    holders: Callable[[str], Iterable[Account]],
    owners: Mapping[int, int],
    disputed: Callable[[Claim], Reason | None],
) -> Claims:
    """Claims on e-mail addresses."""
    return Claims({claim.employee_id: claim for claim in claims}, holders, owners, disputed, email_swapped, email_taken)


def username_claims(
    claims: Sequence[Claim],
    holders: Callable[[str], Iterable[Account]],
    owners: Mapping[int, int],
    before: Callable[[int], frozenset[int]],
) -> Claims:
    """Claims on user names. Two people who are made the same name: the lower employee id has it.

    An account's address and name are written at once, so who waits for an address counts here as well (`before`).
    """
    first: dict[str, int] = {}
    for claim in claims:
        first.setdefault(claim.value, claim.employee_id)

    def disputed(claim: Claim) -> Reason | None:
        other = first[claim.value]
        return None if other == claim.employee_id else username_taken(f"employee {other}")

    return Claims(
        {claim.employee_id: claim for claim in claims},
        holders,
        owners,
        disputed,
        lambda other: username_taken(f"employee {other}, whose own is blocked by hers"),
        lambda account: username_taken(account.name),
        before,
    )
