"""Reads employees in batches; an employee whom BambooHR cannot return does not affect the others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from worker import logs
from worker.bamboohr.client import IDS_PER_CALL, BambooHRClient
from worker.errors import ListRefused, ReportRefused
from worker.runs.isolation import BatchRequest, Isolation, Skipped
from worker.transport.parallel import in_batches
from worker.transport.refusal import BatchRefused

_REFUSALS_TRUSTED = 10
"""This many refusals without an answer mean that the key may read no employee."""


class EmployeeReads(BatchRequest[int]):
    """Reads employees in batches, or one by one if the key may not use the endpoint that takes several.

    Args:
        wait: Sleeps for a number of seconds, and raises if the run must end.
        isolated: Employees who were isolated in the last run. They are read last, each alone.

    Attributes:
        unreadable: The code of the refusal for each employee who cannot be read alone.
        batches_refused: The key may not use the endpoint that takes several employees.
        refused: The key may read no employee by either endpoint.
    """

    REFUSAL_LOG: ClassVar[tuple[str, str, str]]
    """The log event for refused batches, its reason, and what to do."""

    def __init__(self, bamboohr: BambooHRClient, wait: Callable[[float], None], isolated: Collection[int]) -> None:
        super().__init__(bamboohr.site_answers, bamboohr.await_site)
        self.unreadable: dict[int, str] = {}
        self.batches_refused = False
        self.refused = False
        self._bamboohr = bamboohr
        self._isolated = isolated
        self._in_batches: Isolation[int] = Isolation(self, wait)
        self._alone: Isolation[int] = Isolation(self, wait)

    @abstractmethod
    def _read_batch(self, batch: Sequence[int]) -> None:
        """Read several employees. Raises ListRefused or ReportRefused if the key may not."""

    @abstractmethod
    def _read_one(self, employee_id: int) -> None:
        """Read one employee."""

    @abstractmethod
    def _has_answer(self) -> bool:
        """Return whether BambooHR has answered for any employee."""

    @abstractmethod
    def on_site_refuses(self, code: str) -> None:
        """Handle a BambooHR that answers but returns no employee."""

    def attempt(self, batch: Sequence[int]) -> None:
        """Read one batch, or one employee."""
        if self.batches_refused:
            self._read_one(*batch)
        else:
            self._read_batch(batch)

    def on_isolated(self, record: int, code: str) -> None:
        """Record that this employee cannot be read."""
        self.unreadable[record] = code

    def on_skipped(self, records: Sequence[int], why: Skipped, code: str) -> None:
        """Record the employees who were not read."""
        if why is Skipped.SITE_REFUSES:
            self.on_site_refuses(code)
        else:
            self.unreadable.update(dict.fromkeys(records, code))

    def _read(self, employees: Sequence[int]) -> None:
        first = [employee_id for employee_id in employees if employee_id not in self._isolated]
        last = [employee_id for employee_id in employees if employee_id in self._isolated]
        batches = [*in_batches(first, IDS_PER_CALL), *in_batches(last, 1)]
        for at, batch in enumerate(batches):
            if not self.batches_refused:
                self._send(batch)
            if self.batches_refused:
                rest = [employee_id for later in batches[at:] for employee_id in later]
                self._one_by_one([employee_id for employee_id in rest if employee_id not in self.unreadable])
                break
        self._in_batches.finish()
        self._alone.finish()

    def _send(self, batch: Sequence[int]) -> None:
        try:
            self._in_batches.send(batch, was_isolated=batch[0] in self._isolated)
        except (ListRefused, ReportRefused):
            self._refuse_batches()

    def _refuse_batches(self) -> None:
        self.batches_refused = True
        event, reason, what_to_do = self.REFUSAL_LOG
        logs.warning(event, reason=reason, advice=what_to_do)

    def _one_by_one(self, employees: Sequence[int]) -> None:
        refused = 0
        for employee_id in employees:
            if refused >= _REFUSALS_TRUSTED and not self._has_answer():
                break
            try:
                self._alone.send([employee_id], was_isolated=employee_id in self._isolated)
            except BatchRefused:
                refused += 1
        self.refused = refused > 0 and not self._has_answer()
