"""What the runs need of the two systems. The clients implement it, as do the small clients of the tests."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from worker.bamboohr.client import Feed, Page
from worker.bamboohr.directory import Directory, Observer
from worker.bamboohr.report import Report
from worker.model.account import Account, AccountKey, AccountRef
from worker.model.employee import Evidence
from worker.model.field_kinds import Kinds
from worker.moodle.client import Record, Updated
from worker.transport.retries import Retries


class BambooHRApi(Protocol):
    """See :class:`worker.bamboohr.client.BambooHRClient`."""

    def changed_employees(self, since: datetime) -> Feed:
        """Return the employees that changed, ordered by id."""

    def list_employees(self, fields: Iterable[str]) -> Iterable[Page]:
        """Return all employees, active and inactive, in pages. Raises ListRefused."""

    def directory(self, wanted: Container[int], needed: Iterable[str], observe: Observer | None = None) -> Directory:
        """Return the company directory, with the facts of the employees wanted."""

    def list_batch(self, employees: Sequence[int], fields: Sequence[str]) -> dict[int, Evidence]:
        """Return what List Employees shows of some employees, in one quick attempt. Raises ListRefused."""

    def get_employee(self, employee: int, fields: Sequence[str]) -> Evidence | None:
        """Return what Get Employee shows, in one quick attempt."""

    def report(self, employees: Sequence[int] | None, fields: Sequence[str]) -> Report:
        """Return what a report shows of fields by their API names, in one quick attempt. Raises ReportRefused."""

    def get_custom(self, employee: int, fields: Sequence[str]) -> dict[str, str] | None:
        """Return what Get Employee shows of fields by their API names, in one quick attempt."""

    def site_answers(self) -> bool:
        """Return whether BambooHR answers, in one quick attempt."""

    def await_site(self) -> None:
        """Wait until BambooHR answers; raise SourceError if it does not answer in time."""


class MoodleWriteApi(Protocol):
    """What writing needs of Moodle; see :class:`worker.moodle.client.MoodleClient`."""

    batch_size: int
    concurrency: int

    @property
    def field_kinds(self) -> Kinds:
        """The kinds of the custom profile fields that any account has shown so far."""

    def create(self, records: Sequence[Record], retries: Retries | None = None) -> None:
        """Create accounts, all or none: one attempt."""

    def update(self, records: Sequence[Record], retries: Retries | None = None) -> Updated:
        """Change accounts, each for itself: one attempt."""

    def retries(self) -> Retries | None:
        """Return the retries of one batch."""

    def look_up_batch(self, key: AccountKey, values: Sequence[str]) -> list[Account]:
        """Return the accounts that have one of these values, in one quick attempt."""

    def check_visibility(self) -> None:
        """Raise unless the token sees accounts with every key that planning needs; waits and retries."""

    def site_answers(self) -> bool:
        """Return whether the site answers, in one quick attempt."""


class MoodleApi(MoodleWriteApi, Protocol):
    """What a run needs of Moodle; see :class:`worker.moodle.client.MoodleClient`."""

    def look_up(self, key: AccountKey, values: Iterable[str]) -> list[Account]:
        """Return the accounts that have one of these values, in batches; waits and retries."""

    def list_accounts(self, auth: str) -> list[AccountRef]:
        """Return every account with this authentication. Raises TargetError where they cannot be listed."""
