"""What BambooHR shows of the people of a run: the directory that was read, and evidence for those it does not show."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from worker.bamboohr.client import Answered, Feed, Page
from worker.bamboohr.directory import Directory
from worker.errors import SourceError
from worker.model.employee import Employee, Evidence
from worker.model.field_catalogue import EVIDENCE


class BambooHRApi(Protocol):
    """What a run needs of BambooHR; see :class:`worker.bamboohr.client.client.BambooHR`."""

    def changed_employees(self, since: datetime) -> Feed:
        """Who changed, ordered by id."""

    def list_employees(self, fields: Iterable[str]) -> Iterable[Page]:
        """Everybody, active and inactive; ListRefused where the key may not list employees."""

    def directory(self, wanted: Container[int], needed: Iterable[str]) -> Directory:
        """The company directory, with the facts of those wanted."""

    def evidence(self, employees: Sequence[int], fields: Iterable[str]) -> Answered:
        """What is known of single people."""


class EmployeeReader:
    """Reads people.

    `deleted`: who is deleted by this run's feed; `was_deleted`: by that of an earlier run. `rows`: evidence that was
    read already. Each person is asked for once: what was read of her is let go then, for a reconcile reads 20,000.
    """

    def __init__(
        self,
        source: BambooHRApi,
        directory: Directory,
        fields: Sequence[str],
        deleted: Mapping[int, bool],
        was_deleted: Collection[int],
        rows: dict[int, Evidence] | None = None,
    ) -> None:
        self.directory = directory
        self.refused = False
        self._source = source
        self._fields = fields
        self._deleted = deleted
        self._was_deleted = was_deleted
        self._rows = {} if rows is None else rows
        self._thin = not directory.available or any(name not in directory.shown for name in fields)

    def employees(self, wanted: Iterable[int]) -> list[Employee]:
        """These people, ordered by id. Where the directory does not show what is needed, each is read as evidence."""
        ids = sorted(wanted)
        asked = [number for number in ids if number not in self._rows and (self._thin or self._needs_evidence(number))]
        answered = self._source.evidence(asked, (*self._fields, *EVIDENCE)) if asked else Answered({})
        if answered.refused and not self.directory.available:
            raise SourceError(
                "BambooHR refuses both the directory and every look at single employees",
                advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
            )
        self.refused = self.refused or answered.refused
        return [self._person(number, answered.rows.get(number) or self._rows.pop(number, None)) for number in ids]

    def _needs_evidence(self, number: int) -> bool:
        """Whether the directory alone does not tell who she is.

        It does not show her, or says that she left, or a field is empty of which that says nothing.
        """
        listing = self.directory.listing(number)
        return (
            listing is None
            or listing.get("status") == "Inactive"
            or not self.directory.unreliable_fields <= listing.keys()
        )

    def _person(self, number: int, row: Evidence | None) -> Employee:
        if row is not None:
            self.directory.email_index.add(row.facts.get("work_email", ""), number)
        listing = self.directory.listing(number)
        self.directory.employees.pop(number, None)
        if row is not None and listing is not None:
            hidden = self.directory.unreliable_fields - listing.keys()
            self.directory.contradicted.update(name for name in hidden if row.facts.get(name))
        return Employee.seen(
            number,
            deleted=self._deleted.get(number, False),
            was_deleted=number not in self._deleted and number in self._was_deleted,
            listing=listing,
            evidence=row,
        )
