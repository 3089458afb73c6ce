"""Everything that planning looks at, and nothing else: what BambooHR shows, what is remembered, what Moodle holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.accounts import Account
from worker.directory import Bearers
from worker.people import Person, Standing, standing
from worker.state.history import Remembered
from worker.steps import Policy


@dataclass
class World:
    """Everything that planning looks at: the people of the run, ordered by id, and the accounts that were looked up.

    `sees_everybody`: whether `bearers` is of the whole company.
    """

    people: Sequence[Person]
    policy: Policy
    now: datetime
    bearers: Bearers = field(default_factory=Bearers)
    remembered: Mapping[int, Remembered] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sees_everybody: bool = True

    def standing(self, person: Person) -> Standing:
        """Whether somebody works here, by what BambooHR shows and what is remembered of her."""
        known = self.remembered.get(person.employee_id)
        return standing(person, self.now, was_to_start=known is not None and known.was_to_start)

    def is_open(self, person: Person) -> bool:
        """Whether anything may be written about somebody."""
        number, policy = person.employee_id, self.policy
        closed = str(number) in policy.protected or number in policy.undone
        return not closed and self.standing(person) is not Standing.UNKNOWN

    def add(self, accounts: Iterable[Account]) -> None:
        """Take in what a look-up found."""
        self.accounts.update((account.id, account) for account in accounts)
