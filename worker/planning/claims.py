"""Claims on e-mail addresses and usernames, which move between employees, and the order of writes. Pure.

A claim is judged against Moodle as it will be after the plan: an employee may take a value if no other employee in the
company has it, and if every account that holds it now gives it up in the same plan. That depends on the claim of the
account's owner, and so on. A cycle is an exchange, which Moodle cannot carry out one account at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from worker.model.account import Account
from worker.model.account_reasons import email_swapped, email_taken, username_taken
from worker.model.reasons import Reason
from worker.model.step import Step


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to a claim: why the value is refused, who must be written first, and the accounts that keep it.

    `why_refused` is None for an employee without an account if only `kept_by` prevents the claim: that account may be
    theirs.
    """

    why_refused: Reason | None = None
    depends_on: frozenset[int] = frozenset()
    kept_by: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """An employee's claim on a value that their account (`own`; None if there is none) does not have yet."""

    employee_id: int
    value: str
    own: Account | None


@dataclass
class Claims:
    """All claims on one kind of value: addresses, or usernames.

    Attributes:
        holders: Returns the accounts that have a value now.
        owners: The employee of this run to whom an account belongs, by account id.
        why_disputed: Returns why a claim is refused whatever Moodle holds; None if it is not.
        why_swapped: Makes the reason for an exchange with another employee.
        why_taken: Makes the reason for a value that an account keeps.
        written_before: Returns who must be written before an employee for reasons other than these claims.
    """

    claims: Mapping[int, Claim]
    holders: Callable[[str], Iterable[Account]]
    owners: Mapping[int, int]
    why_disputed: Callable[[Claim], Reason | None]
    why_swapped: Callable[[int], Reason] = email_swapped
    why_taken: Callable[[Claim, Account], Reason] = lambda claim, account: email_taken(account, own=claim.own)
    written_before: Callable[[int], frozenset[int]] = lambda _: frozenset()
    _resolutions: dict[int, Resolution] = field(default_factory=dict)
    _in_circle: set[int] = field(default_factory=set)

    def resolution(self, employee_id: int) -> Resolution:
        """Resolve the claim of an employee, and first the claims that it depends on.

        This is a depth-first search with an explicit path, because chains can be as long as the company.
        """
        path = [] if employee_id in self._resolutions else [employee_id]
        while path:
            claim = self.claims[path[-1]]
            owners = (self._claiming_owner(account) for account in self.holders(claim.value))
            unresolved = (owner for owner in owners if owner is not None and owner not in self._resolutions)
            following = next((owner for owner in unresolved if owner not in path), None)
            if following is not None:
                path.append(following)
            else:
                self._resolutions[claim.employee_id] = self._judge(claim, path)
                path.pop()
        return self._resolutions[employee_id]

    def depends_on(self, employee_id: int) -> frozenset[int]:
        """Return the employees who must be written first so that this employee's claim, if any, can be met."""
        return self.resolution(employee_id).depends_on if employee_id in self.claims else frozenset()

    def _claiming_owner(self, account: Account) -> int | None:
        """Return the employee to whom the account belongs if they claim another value for it; None otherwise."""
        owner = self.owners.get(account.id)
        return owner if owner in self.claims else None

    def _judge(self, claim: Claim, path: Sequence[int]) -> Resolution:
        """Resolve one claim. The claims it depends on are resolved, except those on `path`, which wait for this one."""
        why_refused = self.why_disputed(claim)
        depends_on: set[int] = set()
        kept_by: list[Account] = []
        for account in self.holders(claim.value):
            if claim.own is not None and account.id == claim.own.id:
                continue
            owner = self._claiming_owner(account)
            if owner is None:
                kept_by.append(account)
            elif self._closes_circle(claim.employee_id, owner, path):
                return Resolution(why_refused or self.why_swapped(owner), kept_by=(account,))
            elif self._resolutions[owner].why_refused is None:
                depends_on.add(owner)
            else:
                kept_by.append(account)
        if why_refused is None and kept_by and claim.own is not None:
            why_refused = self.why_taken(claim, kept_by[0])
        return Resolution(why_refused, frozenset() if why_refused else frozenset(depends_on), tuple(kept_by))

    def _closes_circle(self, employee_id: int, owner: int, path: Sequence[int]) -> bool:
        """Return whether the owner of the claimed value can only be written after the employee who claims it."""
        if owner not in self._resolutions:
            self._in_circle.update(path[path.index(owner) :])
        return employee_id in self._in_circle or employee_id in self._all_written_before(owner)

    def _all_written_before(self, employee_id: int) -> set[int]:
        """Return all employees who must be written before this one, by the claims resolved so far."""
        found: set[int] = set()
        remaining = [employee_id]
        while remaining:
            employee_id = remaining.pop()
            resolution = self._resolutions.get(employee_id, Resolution())
            more = (resolution.depends_on | self.written_before(employee_id)) - found
            found |= more
            remaining += more
        return found


def username_claims(
    claims: dict[int, Claim],
    holders: Callable[[str], Iterable[Account]],
    owners: Mapping[int, int],
    written_before: Callable[[int], frozenset[int]],
) -> Claims:
    """Return the claims on usernames. If several employees claim the same one, the first in `claims` gets it.

    An account's address and username are written in one request, so the order that the addresses require counts as
    well (`written_before`). For the other arguments, see :class:`Claims`.
    """
    first = {claim.value: employee_id for employee_id, claim in reversed(claims.items())}

    def why_disputed(claim: Claim) -> Reason | None:
        other = first[claim.value]
        return None if other == claim.employee_id else username_taken(f"employee {other}")

    return Claims(
        claims,
        holders,
        owners,
        why_disputed,
        lambda other: username_taken(f"employee {other}, whose new username depends on this one"),
        lambda _, account: username_taken(account.label),
        written_before,
    )


def sort_by_dependency(updates: Sequence[Step]) -> tuple[list[Step], int]:
    """Order steps so that each comes after the steps it depends on; return also how many of them depend on
    another or are depended on.

    Those come first. Steps that depend on each other (one takes an address, the other a username) get any order;
    neither can be written.
    """
    by_employee = {step.employee_id: step for step in updates}
    ordered: dict[int, Step] = {}
    visited: set[int] = set()
    for first in updates:
        # A depth-first search with an explicit path: chains can be long.
        path = [first] if first.depends_on and first.employee_id not in visited else []
        visited.update(step.employee_id for step in path)
        while path:
            unvisited = sorted(path[-1].depends_on & by_employee.keys() - visited)
            if unvisited:
                visited.add(unvisited[0])
                path.append(by_employee[unvisited[0]])
            else:
                done = path.pop()
                ordered[done.employee_id] = done
    return list({**ordered, **by_employee}.values()), len(ordered)
