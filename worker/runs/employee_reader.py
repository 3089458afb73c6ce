"""What BambooHR shows of each employee of a run: the directory that was read, and evidence where it is not enough."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from worker.bamboohr.client import Answered
from worker.errors import SourceError
from worker.model.employee import Employee, Evidence
from worker.model.field_catalogue import EVIDENCE
from worker.runs.apis import BambooHRApi
from worker.runs.read_bamboohr import RunInput


class EmployeeReader:
    """Reads employees. `refused`: BambooHR shows the key no employee outside the directory.

    Each employee is asked for once: the row that was read of them is released then, for a full pass reads 20,000.
    """

    def __init__(self, bamboohr: BambooHRApi, inputs: RunInput, fields: Sequence[str]) -> None:
        self.refused = False
        self._bamboohr = bamboohr
        self._directory = inputs.directory
        self._fields = fields
        self._deleted = inputs.deleted
        self._was_deleted = frozenset(number for number, record in inputs.history.records.items() if record.deleted)
        self._rows = inputs.rows
        hidden = any(name not in self._directory.shown for name in fields)
        self._directory_is_enough = self._directory.available and not hidden

    def employees(self, wanted: Collection[int]) -> list[Employee]:
        """Return these employees, ordered by id."""
        ids = sorted(wanted)
        answered = self._evidence(number for number in ids if self._needs_evidence(number))
        if answered.refused and not self._directory.available:
            raise SourceError(
                "BambooHR refuses both the directory and single employees",
                advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
            )
        self.refused = self.refused or answered.refused
        return [self._employee(number, answered.rows.get(number) or self._rows.pop(number, None)) for number in ids]

    def _evidence(self, numbers: Iterable[int]) -> Answered:
        asked = list(numbers)
        return self._bamboohr.evidence(asked, (*self._fields, *EVIDENCE)) if asked else Answered({})

    def _needs_evidence(self, number: int) -> bool:
        """Return whether the directory alone does not settle who the employee is.

        It hides them or a field that is needed, says that they left, or has an unreliable field empty.
        """
        if number in self._rows:
            return False
        listing = self._directory.listing(number)
        if not self._directory_is_enough or listing is None or listing.get("status") == "Inactive":
            return True
        return not self._directory.unreliable_fields <= listing.keys()

    def _employee(self, number: int, row: Evidence | None) -> Employee:
        if row is not None:
            self._directory.email_index.add(row.facts.get("work_email", ""), number)
        listing = self._directory.listing(number)
        self._directory.employees.pop(number, None)
        if row is not None and listing is not None:
            hidden = self._directory.unreliable_fields - listing.keys()
            self._directory.contradicted.update(name for name in hidden if row.facts.get(name))
        return Employee.seen(
            number,
            deleted=self._deleted.get(number, False),
            was_deleted=number not in self._deleted and number in self._was_deleted,
            listing=listing,
            evidence=row,
        )
