"""A run that takes another one back.

journal of that run -> look-ups -> reverse plan -> journal, writes -> whoever was undone is left alone
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from worker.errors import UsageError
from worker.model.history import EmployeeRecord, History, RunRecord
from worker.model.step import Step
from worker.planning.memory import intends_to_undo, undone
from worker.planning.undo_plan import RecordedWrite, UndoScope, becomes_suspended, undo_steps, written
from worker.runs.applying import Intents, WriteResult
from worker.runs.results import log_outcome, planned
from worker.runs.run import Run
from worker.state.lock import Lock


@dataclass(kw_only=True)
class UndoRun(Run):
    """Takes back what `run_id` wrote: to everybody or to `employees`, all of it or `only` a part."""

    run_id: str
    only: UndoScope
    employees: tuple[int, ...]
    dry_run: bool
    _seen: dict[int, int] = field(default_factory=dict, init=False)

    @property
    def _dry_run(self) -> bool:
        return self.dry_run

    @property
    def _asked_for(self) -> bool:
        return bool(self.employees)

    def look(self) -> list[Step]:
        """The reverse plan. Nothing is written and no lock is taken."""
        steps = self._plan()
        results = [planned(step) for step in steps]
        for result in results:
            log_outcome(result, asked_for=self._asked_for, dry_run=True)
        self.summary.take(results, ())
        return steps

    def _do(self, history: History, lock: Lock) -> None:
        steps = self._plan()
        changed = {number: datetime.fromtimestamp(seen, UTC) for number, seen in self._seen.items() if seen}
        applied = self._write(steps, self._intents(history), changed, lock, quiet=False)
        self.summary.take(applied.results.values(), ())
        self._remember(self._left_alone(history, applied), applied, history, lock)

    def _plan(self) -> list[Step]:
        wrote = self._written()
        self._seen = {one.employee_id: one.seen for one in wrote}
        self.summary.counts["processed"] = len(wrote)
        self.target.check_visibility()
        by_id = [str(one.account_id) for one in wrote if one.account_id is not None]
        made = [str(one.employee_id) for one in wrote if one.account_id is None]
        accounts = [*self.target.look_up("id", by_id), *self.target.look_up("idnumber", made)]
        return undo_steps(wrote, accounts, self.settings.protected)

    def _written(self) -> list[RecordedWrite]:
        entries = self.store.journal_of(self.run_id)
        wrote = written(entries, self.only, self.employees)
        if wrote:
            return wrote
        if entries:
            raise UsageError(
                f"the run {self.run_id} wrote nothing of what is to be taken back",
                advice="see what it wrote: explain --employee ID; or leave out --only and --employee",
            )
        if self.store.run(self.run_id) is None:
            raise UsageError(
                f"there is no run {self.run_id}, or its journal is older than 90 days",
                advice="the id is the run_id of the run's summary line, and is named in its log",
            )
        raise UsageError(f"the run {self.run_id} wrote nothing to Moodle; there is nothing to take back")

    def _intents(self, history: History) -> Intents:
        def intents(batch: Sequence[Step]) -> Iterable[EmployeeRecord]:
            now = self.clock()
            return [
                intends_to_undo(
                    history.records.get(step.employee_id),
                    step,
                    self.run_id,
                    now,
                    seen=self._seen[step.employee_id],
                    suspended=becomes_suspended(step),
                )
                for step in batch
            ]

        return intents

    def _left_alone(self, history: History, applied: WriteResult) -> dict[int, EmployeeRecord]:
        """Whoever was taken back, even in part, is left alone from now on."""
        now = self.clock()
        records: dict[int, EmployeeRecord] = {}
        for number, result in applied.results.items():
            known = history.records.get(number)
            employee = undone(
                known,
                result,
                self.run_id,
                now,
                seen=self._seen[number],
                suspended=becomes_suspended(result.step),
            )
            if employee is None and number in applied.intents:
                employee = applied.intents[number] if result.wrote else known or EmployeeRecord(number)
            if employee is not None:
                records[number] = employee
        return records

    def _record(self, _history: History, now: datetime) -> RunRecord:
        return RunRecord(
            run_id=self.summary.run_id,
            ended_at=int(now.timestamp() * 1000),
            command=self.summary.command,
            scope=self.summary.scope,
            outcome=self.summary.outcome,
        )
