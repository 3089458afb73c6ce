"""The request for a run: which employees it covers, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from worker.model.held_change import HeldChange


@dataclass(frozen=True)
class ChangedEmployees:
    """The next window of the changed feed, arrived dates, and employees with a follow-up. Moves the state."""


@dataclass(frozen=True)
class SelectedEmployees:
    """Only these employees, by id. Does not move the state."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class AllEmployees:
    """A full pass over the company, active and inactive. Does not move the state."""


@dataclass(frozen=True)
class RunRequest:
    """The request for one run.

    Attributes:
        covers: Which employees the run is about. ("Scope" is the setting that limits the sync as a whole.)
        dry_run: Read, plan and report, but write nothing and take no lock.
        reactivate: Reactivate the selected employees' accounts, even if this product did not suspend them.
        includes_undone: Employees whose writes were undone are not left alone, because an operator selected them.
        resends: Values that Moodle did not keep are sent again, because an operator corrected the field there.
        approved: The held changes of a run that an operator approved: this run writes nothing else, no guard holds
            them, and they do not count towards the limits.
    """

    command: str = "sync"
    covers: ChangedEmployees | SelectedEmployees | AllEmployees = ChangedEmployees()
    dry_run: bool = False
    reactivate: bool = False
    includes_undone: bool = False
    resends: bool = False
    approved: tuple[HeldChange, ...] = ()

    @property
    def selected(self) -> tuple[int, ...]:
        """The employees that were named; empty unless :class:`SelectedEmployees` are covered."""
        return self.covers.ids if isinstance(self.covers, SelectedEmployees) else ()

    @property
    def all_employees(self) -> bool:
        """Whether this is a full pass."""
        return isinstance(self.covers, AllEmployees)

    @property
    def takes_window(self) -> bool:
        """Whether the run takes the next part of the window."""
        return isinstance(self.covers, ChangedEmployees)

    @property
    def summary_scope(self) -> str:
        """The value of the summary's `scope`."""
        return "employees" if self.selected else "all"
