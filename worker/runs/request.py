"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from worker.model.held_change import HeldChange


@dataclass(frozen=True)
class ChangedEmployees:
    """The next window of the changed feed, arrived dates, and employees with a follow-up. Moves the state."""


@dataclass(frozen=True)
class SelectedEmployees:
    """These employees only, by id. The state stays where it is."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class AllEmployees:
    """A full pass over the company, active and inactive. The state stays where it is."""


@dataclass(frozen=True)
class RunRequest:
    """One run's task.

    Attributes:
        covers: Which employees the run is about. ("Scope" is the setting that says whom the sync is for at all.)
        dry_run: Read, plan and report, but write nothing and take no lock.
        reactivate: Reactivate the selected employees' accounts, even if this product did not suspend them.
        includes_undone: An operator selected these very employees: those whose writes were undone are not left alone.
        resends: Values that Moodle did not keep are sent again, because an operator corrected the field there.
        approved: What an operator decided on of the changes that a run held: this run writes nothing else, no guard
            holds it, and it does not count towards the limits.
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
    def moves_state(self) -> bool:
        """Whether this is a run through the window."""
        return isinstance(self.covers, ChangedEmployees)

    @property
    def summary_scope(self) -> str:
        """What is covered, as the summary's `scope` says it."""
        return "employees" if self.selected else "all"
