"""The held changes of a run, in the form that an approval needs, without personal values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.model.step import GuardClass

VALID = timedelta(days=7)
"""How long a held change can be approved."""


@dataclass(frozen=True, slots=True)
class HeldChange:
    """A part of a step that a guard held, or an unconfirmed match, whose `guard_class` is None.

    `account_id`: 0 if the step creates the account. `digest`: see :func:`worker.planning.digests.part_digest`.
    """

    employee_id: int
    account_id: int
    guard_class: GuardClass | None
    digest: str

    @property
    def is_unconfirmed_match(self) -> bool:
        """Whether the operator is asked whose account it is, and not about changes of a class."""
        return self.guard_class is None


@dataclass(frozen=True)
class HeldChanges:
    """All held changes of a run, and when they were held, in seconds since 1970.

    `key_fingerprint`: a digest of the run's id with the same key as the digests of the changes. `resends`: values that
    Moodle had not kept before are among the changes.
    """

    run_id: str
    at: int
    key_fingerprint: str
    changes: Sequence[HeldChange]
    resends: bool = False

    def is_valid(self, now: datetime) -> bool:
        """Return whether they can still be approved."""
        return now.timestamp() - self.at <= VALID.total_seconds()
