"""What a run was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.model.step import Step


def as_planned(step: Step) -> Step:
    """The whole plan."""
    return step


@dataclass(frozen=True)
class RunRequest:
    """One run's task.

    `employees`: only these, window and offset untouched; nobody named: the window and whoever waits, or `everybody`.
    `reactivate`: make their accounts active whoever suspended them. `releases`: an operator asked for these very
    people, so those whose writes were undone are not left alone. `approved`: an operator decided on the suspensions,
    so no guard holds them and they do not count. `choose` gives what this job does of each line of the plan.
    """

    command: str = "sync"
    employees: tuple[int, ...] = ()
    everybody: bool = False
    dry_run: bool = False
    reactivate: bool = False
    releases: bool = False
    approved: bool = False
    choose: Callable[[Step], Step] = as_planned

    @property
    def scope(self) -> str:
        """As the summary says it."""
        return "employees" if self.employees else "all"

    @property
    def moves_the_state(self) -> bool:
        """Whether this is a run through the window."""
        return not self.employees and not self.everybody
