"""Reads fields by their API names: with reports, or one by one with Get Employee if the key may run none.

A run uses only one of the two, so that their different spellings of a value never alternate within it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from worker import logs
from worker.bamboohr.client import IDS_PER_CALL, BambooHRClient, Refused
from worker.errors import ReportRefused, SourceError
from worker.planning.baseline import ApiFieldStats
from worker.runs.evidence import BatchReader
from worker.runs.isolation import Wait


class ApiFieldReader(BatchReader[Mapping[str, str]]):
    """Reads the fields of a run's employees that are named by their API names.

    Args:
        stats: Collects the coverage of the fields.
        sample: Other employees, some of whom the first report includes: with only the few employees of an ordinary
            run, a field that the key may no longer see would look like an empty one.
        reads_all: The run reads all employees, so one report serves it.

    Attributes:
        read_error: Why the fields of no further employee could be read; "" otherwise.
    """

    REFUSAL_LOG = (
        "bamboohr.report_refused",
        "BambooHR does not let the key run reports; custom fields are read one employee at a time",
        "allow the key's user to run reports",
    )

    def __init__(
        self,
        bamboohr: BambooHRClient,
        stats: ApiFieldStats,
        wait: Wait,
        isolated: Collection[int] = (),
        *,
        sample: Iterable[int] = (),
        reads_all: bool = False,
    ) -> None:
        super().__init__(bamboohr, wait, isolated)
        self.read_error = ""
        self._stats = stats
        self._sample = sample
        self._reads_all = reads_all
        self._has_all = False
        self._has_report = False

    def read(self, employees: Sequence[int]) -> None:
        """Read the fields of these employees."""
        if not self._stats.fields or not employees:
            return
        try:
            if self._reads_all:
                self._read_one_report_for_all()
            if not self._has_all and not self.read_error:
                self._read(employees)
        except SourceError as fault:
            self.read_error = fault.message

    def never_shown(self) -> list[str]:
        """Return the requested fields that BambooHR has shown for no employee."""
        if self._has_report and not self._stats.row_count:
            return [*self._stats.fields]
        return self._stats.never_shown() if self._stats.row_count or self.refused else []

    def pop(self, employee: int) -> Mapping[str, str]:
        """Return the fields shown for an employee, and release them. Fields that no source shows are left out."""
        return self.rows.pop(employee, {})

    def on_site_refuses(self, code: str) -> None:
        """Continue without the fields: leavers are recognised all the same."""
        self.read_error = code

    def _read_one_report_for_all(self) -> None:
        """Read all employees with one report. If one of them makes it fail, reports are requested in batches."""
        self._reads_all = False
        try:
            self.rows.update(self._report(None))
            self._has_all = True
        except ReportRefused:
            self._continue_one_by_one()
        except Refused as refusal:
            logs.warning("bamboohr.report_in_parts", code=refusal.code, reason="the report of all employees failed")

    def _read_batch(self, batch: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        others = [] if len(batch) == IDS_PER_CALL else self._others(batch)
        self._sample = ()
        if others:
            try:
                rows = self._report([*batch, *others])
                return {employee_id: rows[employee_id] for employee_id in batch if employee_id in rows}
            except Refused:
                # The cause may be one of the others, who are not in the run.
                logs.info("bamboohr.report_without_sample", employees=len(batch))
        return self._report(batch)

    def _others(self, batch: Sequence[int]) -> list[int]:
        """Return employees of the sample, evenly spread, who fill up the batch."""
        found = sorted(set(self._sample).difference(batch, self._isolated))
        step = max(1, -(-len(found) // (IDS_PER_CALL - len(batch))))
        return found[::step]

    def _report(self, employees: Sequence[int] | None) -> Mapping[int, Mapping[str, str]]:
        """Return the rows of a report on these employees (None: all), and count them."""
        report = self._bamboohr.report(employees, self._stats.fields)
        self._has_report = True
        self._stats.add(report.rows.values(), report.shown)
        return report.rows

    def _read_one(self, employee_id: int) -> Mapping[str, str] | None:
        if self._has_report:
            self.read_error = "reports were refused in the middle of the run"
            return None
        row = self._bamboohr.get_custom(employee_id, self._stats.fields)
        if row is not None:
            self._stats.add([row], row)
        return row

    def _has_answer(self) -> bool:
        return bool(self._stats.row_count)
