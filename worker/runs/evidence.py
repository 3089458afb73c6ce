"""Reads employees with List Employees, or with Get Employee if the key may not list them.

An employee whom BambooHR cannot return does not affect the others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Generic, TypeVar

from worker import logs
from worker.bamboohr.client import IDS_PER_CALL, BambooHRClient, Page, Refused
from worker.errors import ListRefused, ReportRefused, SourceError
from worker.model.employee import Evidence
from worker.model.history import FollowUp, History
from worker.planning.baseline import StatusTally
from worker.runs.isolation import BatchRequest, GiveUpReason, Isolation, Wait
from worker.runs.services import Services
from worker.transport.parallel import in_batches

Row = TypeVar("Row")

_REFUSALS_BEFORE_GIVING_UP = 10
"""This many refusals without an answer mean that the key may read no employee."""


class BatchReader(BatchRequest[int], Generic[Row]):
    """Reads employees in batches, or one by one if the key may not use the endpoint that takes several.

    `isolated`: employees who were isolated in the last run. They are read last, each alone.

    Attributes:
        rows: What BambooHR shows, by employee id.
        refusal_codes: The code of the refusal for each employee who cannot be read alone.
        batches_refused: The key may not use the endpoint that takes several employees.
        refused: The key may read no employee by either endpoint.
    """

    REFUSAL_LOG: ClassVar[tuple[str, str, str]]
    """The log event for refused batches, its reason, and what to do."""

    def __init__(self, bamboohr: BambooHRClient, wait: Wait, isolated: Collection[int]) -> None:
        super().__init__(bamboohr.site_answers, bamboohr.await_site, wait)
        self.rows: dict[int, Row] = {}
        self.refusal_codes: dict[int, str] = {}
        self.batches_refused = False
        self.refused = False
        self._bamboohr = bamboohr
        self._isolated = isolated
        self._in_batches: Isolation[int] = Isolation(self)
        self._alone: Isolation[int] = Isolation(self)

    @abstractmethod
    def _read_batch(self, batch: Sequence[int]) -> Mapping[int, Row]:
        """Read several employees. Raises ListRefused or ReportRefused if the key may not."""

    @abstractmethod
    def _read_one(self, employee_id: int) -> Row | None:
        """Read one employee."""

    @abstractmethod
    def _has_answer(self) -> bool:
        """Return whether BambooHR has answered for any employee."""

    @abstractmethod
    def on_site_refuses(self, code: str) -> None:
        """Handle a BambooHR that answers but returns no employee."""

    def attempt(self, batch: Sequence[int]) -> None:
        """Read one batch, or one employee."""
        if not self.batches_refused:
            self.rows.update(self._read_batch(batch))
        elif batch[0] not in self.rows:
            row = self._read_one(batch[0])
            if row is not None:
                self.rows[batch[0]] = row

    def on_isolated(self, record: int, code: str) -> None:
        """Record that this employee cannot be read."""
        self.refusal_codes[record] = code

    def on_given_up(self, records: Sequence[int], why: GiveUpReason, code: str) -> None:
        """Record the employees who were not read."""
        if why is not GiveUpReason.TOO_MANY:
            self.on_site_refuses(code)
        else:
            self.refusal_codes.update(dict.fromkeys(records, code))

    def _read(self, employees: Sequence[int]) -> None:
        first = [employee_id for employee_id in employees if employee_id not in self._isolated]
        last = [employee_id for employee_id in employees if employee_id in self._isolated]
        unread = [*in_batches(first, IDS_PER_CALL), *in_batches(last, 1)]
        while unread and not self.batches_refused:
            try:
                self._in_batches.send(unread[0], was_isolated=unread[0][0] in self._isolated)
                unread.pop(0)
            except (ListRefused, ReportRefused):
                self._continue_one_by_one()
        if unread:
            rest = [employee_id for batch in unread for employee_id in batch]
            self._one_by_one([employee_id for employee_id in rest if employee_id not in self.refusal_codes])
        self._in_batches.finish()
        self._alone.finish()

    def _continue_one_by_one(self) -> None:
        """Note that the key may not read several employees at once."""
        self.batches_refused = True
        event, reason, what_to_do = self.REFUSAL_LOG
        logs.warning(event, reason=reason, advice=what_to_do)

    def _one_by_one(self, employees: Sequence[int]) -> None:
        refused = 0
        for employee_id in employees:
            if refused >= _REFUSALS_BEFORE_GIVING_UP and not self._has_answer():
                break
            try:
                self._alone.send([employee_id], was_isolated=employee_id in self._isolated)
            except Refused:
                refused += 1
        self.refused = refused > 0 and not self._has_answer()


class EvidenceReader(BatchReader[Evidence]):
    """Reads what BambooHR shows of employees.

    Attributes:
        no_status_shown: Employees were read one by one, and none has a status that shows whether they left.
    """

    REFUSAL_LOG = (
        "bamboohr.list_refused",
        "BambooHR does not let the key list employees; they are read one by one",
        "allow the key's user to list employees",
    )

    def __init__(
        self, bamboohr: BambooHRClient, fields: Sequence[str], wait: Wait, isolated: Collection[int] = ()
    ) -> None:
        super().__init__(bamboohr, wait, isolated)
        self.no_status_shown = False
        self._answered = False
        self._statuses = StatusTally()
        self._fields = fields

    def read(self, employees: Sequence[int], *, must_exist: Collection[int] = ()) -> None:
        """Read these employees. Raises SourceError if so many are refused that the site is at fault.

        If the key may read none of them, even individually, `refused` is set.

        `must_exist`: employees who certainly exist: if BambooHR returns none of them, the key can see no employee.
        """
        self._read(employees)
        if self.batches_refused:
            self._statuses.add(self.rows[employee_id].facts for employee_id in employees if employee_id in self.rows)
            someone = self._statuses.employees or must_exist
            self.no_status_shown = bool(someone) and not self._statuses.recognised

    def _read_batch(self, batch: Sequence[int]) -> Mapping[int, Evidence]:
        rows = self._bamboohr.list_batch(batch, self._fields)
        # Not whether rows are left: the caller releases each row that it has used.
        self._answered = self._answered or bool(rows)
        return rows

    def _read_one(self, employee_id: int) -> Evidence | None:
        row = self._bamboohr.get_employee(employee_id, self._fields)
        self._answered = True
        return row

    def _has_answer(self) -> bool:
        return self._answered

    def on_site_refuses(self, code: str) -> None:
        """End the run: without evidence no leaver is recognised."""
        raise SourceError(
            f"BambooHR does not answer for any single employee ({code}), although it answers otherwise",
            advice="ask BambooHR's support; nothing was changed; the next run reads it again",
        )


_BEFORE_ANY_CHANGE = datetime(1970, 1, 1, tzinfo=UTC)
"""BambooHR lists every employee as changed since then (documented: it records changes from 2011 on)."""


def list_company(
    services: Services, history: History, fields: Sequence[str], take: Callable[[Page], None]
) -> Mapping[int, str]:
    """Read all employees page by page or, if a page is not returned, by their ids.

    `take` is called with each page. A first page makes all earlier pages invalid.

    Returns:
        The code of the refusal of each employee who cannot be read alone.

    Raises:
        SourceError: BambooHR answers for no employee; ListRefused if the key may not list them.
    """
    bamboohr, code = services.bamboohr, ""
    for is_last in (False, True):
        try:
            for page in bamboohr.list_employees(fields):
                take(page)
            return {}
        except Refused as refusal:
            code = refusal.code
            if is_last or not refusal.is_transient:
                break
            bamboohr.await_site()
    reason = "the list of all employees failed; they are listed by their ids"
    logs.warning("bamboohr.list_in_parts", code=code, reason=reason)
    changed = bamboohr.changed_employees(_BEFORE_ANY_CHANGE).changes
    reader = EvidenceReader(bamboohr, fields, services.stop.wait, history.with_flag(FollowUp.ISOLATED))
    reader.read(sorted({*(change.employee_id for change in changed), *history.records}))
    if reader.refused:
        raise SourceError(
            f"BambooHR cannot return the list of all employees ({code}), and refuses to show single ones to the key",
            advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
        )
    take(Page(reader.rows, is_first=True))
    return reader.refusal_codes
