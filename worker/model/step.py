"""One step of the plan per employee, the field changes in it, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.model.account import Account
from worker.model.reasons import Reason


class Action(StrEnum):
    """What happens to the account of one employee."""

    CREATE = "create"
    UPDATE = "update"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    UNCHANGED = "unchanged"
    SKIP = "skip"
    HOLD = "hold"
    """Nothing is written yet: by a rule, or because a guard holds all parts of the step (see :attr:`Step.held`)."""
    CONFLICT = "conflict"


class GuardClass(StrEnum):
    """A kind of change that has a limit of its own."""

    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    IDENTITY = "identity"
    CLEAR = "clear"
    UPDATE = "update"
    CREATE = "create"


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.SUSPEND, Action.REACTIVATE})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The change of one account field. `old` is None if there is no account yet."""

    field: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A part of a step that a guard holds. It is not written; `reason` says why and how to approve it.

    `listed_under`: the class to approve, which is another one than the part's own if it waits for a part of that class.
    """

    listed_under: GuardClass
    changes: tuple[FieldChange, ...]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Step:
    """The plan for one employee.

    Attributes:
        reason: Why this is the action.
        account: The Moodle account concerned; None if there is none.
        changes: The fields to write.
        depends_on: Employees whose steps must be written first, because they free a value that this step takes.
        problem: An error about fields, which are left out, or about a record that cannot be read; the rest of the step
            is written.
        notes: Information for the operator, not errors.
        is_waiting: The employee becomes a :attr:`FollowUp.WAITING`: read in every run until the case is clear.
        classes: The guard classes in which the writes count.
        held: The parts that a guard holds. If no other part is left, the action is HOLD.
        not_kept: Fields whose value Moodle does not keep, so that it is not sent again, each with the digest of the
            value; "" if the field's type has no such value.
    """

    employee_id: int
    action: Action
    reason: Reason
    account: Account | None = None
    changes: tuple[FieldChange, ...] = ()
    depends_on: frozenset[int] = frozenset()
    problem: Reason | None = None
    notes: tuple[Reason, ...] = ()
    is_waiting: bool = False
    classes: frozenset[GuardClass] = frozenset()
    held: tuple[HeldPart, ...] = ()
    not_kept: tuple[tuple[str, str], ...] = ()

    @property
    def account_id(self) -> int | None:
        """The id of the account; None if there is none."""
        return self.account.id if self.account else None

    @property
    def is_error(self) -> bool:
        """Whether the plan itself makes the step an error, before anything is sent to Moodle."""
        return self.action is Action.CONFLICT or self.problem is not None

    @property
    def fields(self) -> list[str]:
        """The names of the fields that change."""
        return [change.field for change in self.changes]

    @property
    def is_fully_held(self) -> bool:
        """Whether a guard holds the whole step."""
        return bool(self.held) and self.action is Action.HOLD

    @property
    def held_under(self) -> tuple[GuardClass, ...]:
        """The classes under which held parts of the step are listed, each once."""
        return tuple(dict.fromkeys(part.listed_under for part in self.held))

    @property
    def suspends(self) -> bool | None:
        """True if the step suspends the account, False if it reactivates it, None if it does neither."""
        return next((change.new == "1" for change in self.changes if change.field == "suspended"), None)


class Status(StrEnum):
    """The status of a step after the run."""

    DONE = "done"
    """Written, or there was nothing to write, also because the step waits by a rule."""
    REFUSED = "refused"
    """Moodle or the plan refused this employee individually."""
    FAILED = "failed"
    """Not written for a reason that does not concern the employee: transport, access, or the end of the run."""
    HELD = "held"
    """A guard holds the whole step. A step that is held in part has the status of the rest."""
    NOT_EDITABLE = "exempt"
    """Moodle does not allow changes to this account (an administrator, the guest): a skip, not an error."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step and its status.

    `reason` overrides the reason of the step. `may_be_written`: Moodle may have carried out all or part of the step, or
    would have to, in a dry run; with the status DONE, it otherwise did. If False, nothing was written. `isolated`:
    BambooHR or Moodle refused the request for this employee alone.
    """

    step: Step
    status: Status
    reason: Reason | None = None
    may_be_written: bool = False
    isolated: bool = False

    @property
    def reported_reason(self) -> Reason:
        """The reason to report."""
        held = self.step.held[0].reason if self.step.held else None
        return self.reason or self.step.problem or held or self.step.reason
