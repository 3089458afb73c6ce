"""Reads fields by their API names: with reports, or one by one with Get Employee if the key may run none.

One source serves a whole run, so that two spellings of a value never take turns within it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from worker import logs
from worker.bamboohr.client import IDS_PER_CALL, Refused
from worker.bamboohr.report import Report
from worker.errors import ReportRefused
from worker.planning.readings import CustomFieldStats
from worker.runs.apis import BambooHRApi
from worker.runs.evidence import REFUSALS_TRUSTED, Requests, in_batches
from worker.runs.isolation import Isolation, Skipped
from worker.transport.refusal import BatchRefused


class CustomFieldReader:
    """Reads the fields of a run's employees that are named by their API names.

    Args:
        stats: Is filled with how well the fields are filled.
        isolated: Employees who were isolated in the last run.
        sample: Other employees. The first report has some of them as well: with only the few employees of an ordinary
            run, a field that the key may no longer see could not be told from an empty one.
        reads_all: The run reads all employees, so that one report serves it.

    Attributes:
        unreadable: The code of the refusal for each employee whose fields cannot be read.
        refused: The key may run no reports and read no employee.
        unread: Why the fields of no further employee could be read, though the others' were; "" otherwise.
    """

    def __init__(
        self,
        bamboohr: BambooHRApi,
        stats: CustomFieldStats,
        wait: Callable[[float], None],
        isolated: Collection[int] = (),
        *,
        sample: Iterable[int] = (),
        reads_all: bool = False,
    ) -> None:
        self.unreadable: dict[int, str] = {}
        self.refused = False
        self.unread = ""
        self._bamboohr = bamboohr
        self._stats = stats
        self._isolated = isolated
        self._sample = sample
        self._reads_all = reads_all
        self._has_all = False
        self._reports = True
        self._answered = False
        self._rows: dict[int, Mapping[str, str]] = {}
        self._by_report: Isolation[int] = Isolation(_Requests(self, bamboohr, self._report_batch), wait)
        self._by_employee: Isolation[int] = Isolation(_Requests(self, bamboohr, self._get_one), wait)

    def read(self, employees: Sequence[int]) -> None:
        """Read the fields of these employees."""
        if not self._stats.fields or self._has_all or not employees:
            return
        if self._reads_all:
            self._report_all()
        batches = [] if self._has_all else in_batches(employees, self._isolated)
        for at, batch in enumerate(batches):
            if self.unread or (self._reports and self._report_allowed(batch)):
                continue
            if self._answered:
                self.unread = "reports were refused in the middle of the run"
                break
            self._one_by_one([employee_id for later in batches[at:] for employee_id in later])
            break
        self._by_report.finish()
        self._by_employee.finish()

    def never_shown(self) -> list[str]:
        """Return the fields that BambooHR has shown for no employee, though it was asked."""
        if self._answered and not self._stats.rows:
            return [*self._stats.fields]
        return self._stats.never_shown() if self._stats.rows or self.refused else []

    def take(self, employee: int) -> Mapping[str, str]:
        """Return what is shown of an employee, and release it. What no source shows of them is left out."""
        return self._rows.pop(employee, {})

    # Reports

    def _report_all(self) -> None:
        """One report serves all employees, unless one of them makes it fail: then it is asked for in batches."""
        self._reads_all = False
        try:
            self._keep(self._bamboohr.report(None, self._stats.fields))
            self._has_all = True
        except ReportRefused:
            self._refused()
        except Refused as refusal:
            logs.warning("bamboohr.report_in_parts", code=refusal.code, reason="the report of all employees failed")

    def _report_allowed(self, batch: Sequence[int]) -> bool:
        """Read a batch by a report; return whether the key may run any."""
        try:
            self._by_report.send(batch, was_isolated=batch[0] in self._isolated)
        except ReportRefused:
            self._refused()
        return self._reports

    def _refused(self) -> None:
        self._reports = False
        logs.warning(
            "bamboohr.report_refused",
            reason="BambooHR does not let the key run reports; custom fields are read one employee at a time",
            advice="allow the key's user to run reports",
        )

    def _report_batch(self, batch: Sequence[int]) -> None:
        others = [] if len(batch) == IDS_PER_CALL else self._others(batch)
        self._sample = ()
        if others:
            try:
                self._keep(self._bamboohr.report([*batch, *others], self._stats.fields), batch)
            except Refused:
                # One of the others may be the cause, who is not in the run.
                logs.info("bamboohr.report_without_sample", employees=len(batch))
            else:
                return
        self._keep(self._bamboohr.report(batch, self._stats.fields), batch)

    def _others(self, batch: Sequence[int]) -> list[int]:
        """Return employees of the sample, evenly spread, with whom the batch is full."""
        found = sorted(set(self._sample).difference(batch, self._isolated))
        step = max(1, -(-len(found) // (IDS_PER_CALL - len(batch))))
        return found[::step]

    def _keep(self, report: Report, wanted: Collection[int] | None = None) -> None:
        self._answered = True
        self._stats.add(report.rows.values(), report.shown)
        self._rows.update(report.rows if wanted is None else {n: report.rows[n] for n in wanted if n in report.rows})

    # Get Employee

    def _one_by_one(self, employees: Sequence[int]) -> None:
        refused = 0
        for employee_id in employees:
            if self.unread or refused >= REFUSALS_TRUSTED:
                break
            try:
                self._by_employee.send([employee_id], was_isolated=employee_id in self._isolated)
            except BatchRefused:
                refused += not self._stats.rows
        self.refused = refused > 0 and not self._stats.rows

    def _get_one(self, batch: Sequence[int]) -> None:
        for employee_id in batch:
            row = self._bamboohr.get_custom(employee_id, self._stats.fields)
            if row is not None:
                self._stats.add([row], row)
                self._rows[employee_id] = row


class _Requests(Requests):
    """As for evidence, but a site that answers for no employee does not end the run: leavers are known without it."""

    def __init__(
        self, reader: CustomFieldReader, bamboohr: BambooHRApi, attempt: Callable[[Sequence[int]], None]
    ) -> None:
        super().__init__(bamboohr, attempt, reader.unreadable)
        self._reader = reader

    def skipped(self, records: Sequence[int], why: Skipped, code: str) -> None:
        """Take note of employees who were not read."""
        if why is Skipped.SITE_REFUSES:
            self._reader.unread = code
        else:
            super().skipped(records, why, code)
