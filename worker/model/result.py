"""What came of a step of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.model.reasons import Reason
from worker.model.step import Step


class Status(StrEnum):
    """What came of a step."""

    DONE = "done"
    """Written, or nothing was to be written."""
    REFUSED = "refused"
    """Moodle, or the plan, refused this very person."""
    FAILED = "failed"
    """Not written for a reason that is not hers: transport, access, the end of the run."""
    HELD = "held"
    """A suspension that a guard holds."""
    EXEMPT = "exempt"
    """Moodle lets nobody touch this account (an administrator, the guest): a skip, not an error."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step and what came of it. `reason` says why, where it is not the step's own. `wrote`: something was sent, and
    was done as far as the verdict does not say otherwise."""

    step: Step
    status: Status
    reason: Reason | None = None
    wrote: bool = False

    @property
    def why(self) -> Reason:
        """The reason to report."""
        return self.reason or self.step.problem or self.step.reason
