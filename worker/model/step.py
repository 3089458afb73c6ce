"""What a plan is made of: one step a person, and the settings that decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.model.account import Account
from worker.model.reasons import Reason


class Action(StrEnum):
    """What happens to one person's account."""

    CREATE = "create"
    UPDATE = "update"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    UNCHANGED = "unchanged"
    SKIP = "skip"
    HOLD = "hold"
    CONFLICT = "conflict"


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.SUSPEND, Action.REACTIVATE})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an account. `old` is None where there is no account yet."""

    field: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Step:
    """One person's line of the plan.

    `after`: employees whose writes free what this one takes. `problem`: an error beside the action; the field it
    concerns is left out and the rest is done. `notes`: what an operator may want to know, no errors. `waits`: she is
    taken into every run until it is clear.
    """

    employee_id: int
    action: Action
    reason: Reason
    account: Account | None = None
    changes: tuple[FieldChange, ...] = ()
    depends_on: frozenset[int] = frozenset()
    problem: Reason | None = None
    notes: tuple[Reason, ...] = ()
    waits: bool = False

    @property
    def is_error(self) -> bool:
        """Whether the run is an error because of this line, whatever Moodle will say."""
        return self.action is Action.CONFLICT or self.problem is not None

    @property
    def fields(self) -> list[str]:
        """The names of the fields that change."""
        return [change.field for change in self.changes]
