"""Evidence about single employees; one whom BambooHR cannot answer for does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from worker import logs
from worker.bamboohr.client import IDS_PER_CALL
from worker.errors import ListRefused, SourceError
from worker.model.employee import Evidence
from worker.runs.apis import BambooHRApi
from worker.runs.isolation import Isolation, Skipped
from worker.transport.refusal import BatchRefused

REFUSALS_TRUSTED = 10
"""This many refusals without an answer mean that the key may read no employee."""


class EvidenceReader:
    """Reads employees by List Employees, or one by one by Get Employee where the key may not list.

    Attributes:
        rows: What BambooHR shows, by employee id.
        unreadable: The code of the refusal for each employee who cannot be read alone.
        refused: The key may read no employee by either endpoint.
        no_status_shown: Employees were read one by one, and none of them has a status.
    """

    def __init__(
        self,
        bamboohr: BambooHRApi,
        fields: Sequence[str],
        wait: Callable[[float], None],
        isolated: Collection[int] = (),
    ) -> None:
        self.rows: dict[int, Evidence] = {}
        self.unreadable: dict[int, str] = {}
        self.refused = False
        self.no_status_shown = False
        self._status_seen = False
        self._bamboohr = bamboohr
        self._fields = fields
        self._isolated = isolated
        self._lists = True
        self._list: Isolation[int] = Isolation(Requests(bamboohr, self._list_batch, self.unreadable), wait)
        self._get: Isolation[int] = Isolation(Requests(bamboohr, self._get_one, self.unreadable), wait)

    def read(self, employees: Sequence[int]) -> None:
        """Read these employees. Raises SourceError if BambooHR answers for none of them."""
        batches = in_batches(employees, self._isolated)
        for at, batch in enumerate(batches):
            if self._lists and not self._list_allowed(batch):
                rest = [employee_id for later in batches[at:] for employee_id in later]
                self._one_by_one([employee_id for employee_id in rest if not self._is_settled(employee_id)])
                break
        if not self._lists:
            read = [self.rows[employee_id] for employee_id in employees if employee_id in self.rows]
            self._status_seen = self._status_seen or any(row.facts.get("status") for row in read)
            self.no_status_shown = bool(read) and not self._status_seen
        self._list.finish()
        self._get.finish()

    def _list_allowed(self, batch: Sequence[int]) -> bool:
        """Read a batch by List Employees; return whether the key may."""
        try:
            self._list.send(batch, was_isolated=batch[0] in self._isolated)
        except ListRefused:
            self._lists = False
            logs.warning(
                "bamboohr.list_refused",
                reason="BambooHR does not let the key list employees; they are read one by one",
                advice="allow the key's user to list employees",
            )
        return self._lists

    def _one_by_one(self, employees: Sequence[int]) -> None:
        answered = bool(self.rows)
        refused = 0
        for employee_id in employees:
            try:
                self._get.send([employee_id], was_isolated=employee_id in self._isolated)
            except BatchRefused:
                refused += 1
                if refused >= REFUSALS_TRUSTED and not answered:
                    break
            else:
                answered = True
        self.refused = bool(employees) and not answered

    def _is_settled(self, employee_id: int) -> bool:
        return employee_id in self.rows or employee_id in self.unreadable

    def _list_batch(self, batch: Sequence[int]) -> None:
        self.rows.update(self._bamboohr.list_batch(batch, self._fields))

    def _get_one(self, batch: Sequence[int]) -> None:
        for employee_id in batch:
            row = self._bamboohr.get_employee(employee_id, self._fields)
            if row is not None:
                self.rows[employee_id] = row


def in_batches(employees: Sequence[int], isolated: Collection[int]) -> list[Sequence[int]]:
    """Return the employees in batches; those who were isolated in the last run come last, each alone."""
    first = [employee_id for employee_id in employees if employee_id not in isolated]
    batches: list[Sequence[int]] = [first[at : at + IDS_PER_CALL] for at in range(0, len(first), IDS_PER_CALL)]
    return batches + [[employee_id] for employee_id in employees if employee_id in isolated]


class Requests:
    """Reads of one endpoint, as a :class:`worker.runs.isolation.BatchRequest`. `unreadable` is filled, by employee."""

    def __init__(
        self, bamboohr: BambooHRApi, attempt: Callable[[Sequence[int]], None], unreadable: dict[int, str]
    ) -> None:
        self._bamboohr = bamboohr
        self._unreadable = unreadable
        self.attempt = attempt

    def still_to_send(self, batch: Sequence[int], _refusal: BatchRefused) -> Sequence[int]:
        """Return all of it: a refused read answers nothing."""
        return batch

    def site_answers(self) -> bool:
        """Return whether BambooHR answers at all."""
        return self._bamboohr.site_answers()

    def send_patiently(self, batch: Sequence[int]) -> None:
        """Wait until BambooHR answers, then read the batch once more."""
        self._bamboohr.await_site()
        self.attempt(batch)

    def isolated(self, record: int, code: str) -> None:
        """Take note that this employee cannot be read."""
        self._unreadable[record] = code

    def skipped(self, records: Sequence[int], why: Skipped, code: str) -> None:
        """Take note of employees who were not read."""
        if why is Skipped.SITE_REFUSES:
            raise SourceError(
                f"BambooHR does not answer for any single employee ({code}), although it answers otherwise",
                advice="ask BambooHR's support; nothing was changed; the next run reads it again",
            )
        self._unreadable.update(dict.fromkeys(records, code))
