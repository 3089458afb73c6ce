"""The result of one step of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.model.reasons import Reason
from worker.model.step import Step


class Status(StrEnum):
    """The status of a step after the run."""

    DONE = "done"
    """Written, or there was nothing to write."""
    REFUSED = "refused"
    """Moodle or the plan refused this employee by name."""
    FAILED = "failed"
    """Not written for a reason that does not concern the employee: transport, access, or the end of the run."""
    HELD = "held"
    """A guard holds the whole step. A step that is held in part has the status of the rest."""
    EXEMPT = "exempt"
    """Moodle does not allow changes to this account (an administrator, the guest): a skip, not an error."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step and its status.

    `reason` overrides the reason of the step. `wrote`: a request was sent, or a dry run would send one; unless the
    status says otherwise, Moodle carried it out. `isolated`: BambooHR or Moodle refused the request for this employee
    alone.
    """

    step: Step
    status: Status
    reason: Reason | None = None
    wrote: bool = False
    isolated: bool = False

    @property
    def why(self) -> Reason:
        """The reason to report."""
        held = self.step.held[0].reason if self.step.held else None
        return self.reason or self.step.problem or held or self.step.reason
