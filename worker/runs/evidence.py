"""Reads evidence about single employees with List Employees, or with Get Employee if the key may not list them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from worker.bamboohr.client import BambooHRClient
from worker.errors import SourceError
from worker.model.employee import Evidence
from worker.planning.statuses import StatusTally
from worker.runs.batch_reads import EmployeeReads


class EvidenceReader(EmployeeReads):
    """Reads what BambooHR shows of employees.

    Attributes:
        rows: What BambooHR shows, by employee id.
        no_status_shown: Employees were read one by one, and none has a status that shows whether they left.
    """

    REFUSAL_LOG = (
        "bamboohr.list_refused",
        "BambooHR does not let the key list employees; they are read one by one",
        "allow the key's user to list employees",
    )

    def __init__(
        self,
        bamboohr: BambooHRClient,
        fields: Sequence[str],
        wait: Callable[[float], None],
        isolated: Collection[int] = (),
    ) -> None:
        super().__init__(bamboohr, wait, isolated)
        self.rows: dict[int, Evidence] = {}
        self.no_status_shown = False
        self._answered = False
        self._statuses = StatusTally()
        self._fields = fields

    def read(self, employees: Sequence[int], *, must_exist: Collection[int] = ()) -> None:
        """Read these employees. Raises SourceError if BambooHR answers for none of them.

        Args:
            employees: Their ids.
            must_exist: Employees who certainly exist: if BambooHR returns none of them, the key can see no employee.
        """
        self._read(employees)
        if self.batches_refused:
            self._statuses.add(self.rows[employee_id].facts for employee_id in employees if employee_id in self.rows)
            someone = self._statuses.employees or must_exist
            self.no_status_shown = bool(someone) and not self._statuses.recognised

    def _read_batch(self, batch: Sequence[int]) -> None:
        self.rows.update(self._bamboohr.list_batch(batch, self._fields))

    def _read_one(self, employee_id: int) -> None:
        if employee_id in self.rows:
            return
        row = self._bamboohr.get_employee(employee_id, self._fields)
        self._answered = True
        if row is not None:
            self.rows[employee_id] = row

    def _has_answer(self) -> bool:
        return self._answered or bool(self.rows)

    def on_site_refuses(self, code: str) -> None:
        """End the run: without evidence no leaver is recognised."""
        raise SourceError(
            f"BambooHR does not answer for any single employee ({code}), although it answers otherwise",
            advice="ask BambooHR's support; nothing was changed; the next run reads it again",
        )
