"""A run that plans from BambooHR, step by step. Everything that reads or writes is a thin client behind a protocol.

state -> reading -> PLAN -> guards -> journal, writes -> memory -> new state

Every command that plans from BambooHR is such a run, with another :class:`worker.runs.request.Job`: sync, sync of single people,
approve, reconcile, and all that only look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker import logs
from worker.errors import DuplicateDelivery
from worker.model import reasons
from worker.model.history import EmployeeRecord, History, RunRecord
from worker.model.position import Position
from worker.model.result import StepResult
from worker.model.step import Action, Step
from worker.planning.guards import hold_suspensions, is_held, is_unreliable, shrink_confirmed, violations
from worker.planning.memory import intends_to_suspend, park, remember
from worker.planning.plan_input import PlanInput
from worker.planning.planner import make_plan
from worker.planning.window import advance
from worker.runs.applying import Intents
from worker.runs.employee_reader import BambooHRApi
from worker.runs.reading import Reader, RunInput
from worker.runs.request import RunRequest
from worker.runs.results import log_outcome, planned
from worker.runs.run import Run
from worker.state.lock import Lock
from worker.timestamps import iso

_TO_ITS_END = ("held", "errors")


@dataclass(frozen=True)
class Preview:
    """What a run that only looks has seen."""

    run_input: RunInput
    plan_input: PlanInput
    steps: Sequence[Step]


@dataclass(kw_only=True)
class SyncRun(Run):
    """A run that plans from BambooHR."""

    job: RunRequest
    source: BambooHRApi
    _run_input: RunInput | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._reader = Reader(
            self.settings, self.job, self.source, self.target, self.summary, self.clock, self.progress
        )

    @property
    def _dry_run(self) -> bool:
        return self.job.dry_run

    @property
    def _asked_for(self) -> bool:
        return bool(self.job.employees)

    @property
    def _scheduled_time(self) -> str:
        """A look at single people stands for no night, a reconcile for another than the sync."""
        moment = self.settings.scheduled_time if not self.job.employees else ""
        return f"{moment} reconcile" if moment and self.job.everybody else moment

    def look(self) -> Preview:
        """Everything but writing. It takes no lock: it must not make the nightly run wait."""
        history = self.store.history()
        run_input = self._reader.read(history, self._position(None))
        plan_input, steps = self._plan(run_input)
        results = {step.employee_id: planned(step) for step in steps}
        for result in results.values():
            log_outcome(result, asked_for=self._asked_for, dry_run=True, quiet=self.job.everybody)
        self._count(plan_input, results, run_input)
        self.summary.reconcile_due = self._is_reconcile_due(history)
        return Preview(run_input, plan_input, steps)

    def _do(self, history: History, lock: Lock) -> None:
        if history.delivered(self._scheduled_time):
            raise DuplicateDelivery("this scheduled run was done before; the scheduler delivered it twice")
        run_input = self._run_input = self._reader.read(history, self._position(lock))
        plan_input, steps = self._plan(run_input)
        applied = self._write(steps, self._intents(history), run_input.changed, lock, quiet=self.job.everybody)
        # Counted, remembered, moved: in this order, so that nobody is forgotten in between.
        self._remember(self._count(plan_input, applied.results, run_input), applied, history, lock)
        self._move(run_input, lock)

    def _position(self, lock: Lock | None) -> Position | None:
        """Where the sync stands; a run over everybody has nothing to do with that."""
        if self.job.everybody:
            return None
        now = self.clock()
        position = self.store.position(now)
        if position is None:
            position = Position(now - timedelta(days=self.settings.initial_lookback_days))
            if lock is not None and self.job.moves_the_state:
                self.store.create(position, now)
        self.summary.since, self.summary.offset = position.since, position.offset
        self.summary.next_since, self.summary.next_offset = position.since, position.offset
        return position

    # Planning

    def _plan(self, run_input: RunInput) -> tuple[PlanInput, list[Step]]:
        plan_input = self._reader.plan_input(run_input)
        self.summary.counts["processed"] = len(plan_input.employees)
        steps = [self.job.choose(self._unless_unknown(step, plan_input, run_input)) for step in make_plan(plan_input)]
        if self.job.everybody:
            steps = [_not_waited_for(step, plan_input) for step in steps]
            self._tell_unexplained(run_input, steps)
        if self.job.approved:
            return plan_input, steps
        why = violations(
            steps,
            run_input.health,
            run_input.history.last_baseline(),
            self._suspended_today(run_input.history, steps),
            self.settings.max_suspensions,
        )
        if not why:
            return plan_input, steps
        self.summary.warn("suspensions_held", "; ".join(why))
        return plan_input, hold_suspensions(steps, why, "RUN" if self.job.dry_run else self.summary.run_id)

    def _unless_unknown(self, step: Step, plan_input: PlanInput, run_input: RunInput) -> Step:
        """An id that was asked for by hand and is known to nobody is a typing error; it is said, and not waited for."""
        number = step.employee_id
        known = number in run_input.deleted or number in plan_input.remembered
        if not self.job.employees or known or step.reason is not reasons.NO_EVIDENCE:
            return step
        if next(employee for employee in plan_input.employees if employee.employee_id == number).is_shown:
            return replace(step, waits=False)
        self.summary.warn("unknown_employee", f"BambooHR shows nothing of employee {number}")
        return replace(step, reason=reasons.UNKNOWN_EMPLOYEE, waits=False)

    def _tell_unexplained(self, run_input: RunInput, steps: Sequence[Step]) -> None:
        """Accounts that no employee explains are reported, and never touched."""
        explained = frozenset(step.account.id for step in steps if step.account is not None)
        unexplained = self._reader.unexplained(run_input, explained)
        if unexplained is None:
            self.summary.warn(
                "accounts_unread", "the token may not use core_user_get_users: accounts of nobody are not found"
            )
            return
        self.summary.list_ids("unexplained_accounts", unexplained)
        for account in unexplained:
            logs.warning(
                "reconcile.unexplained_account", account_id=account, advice="see whose it is; it was not touched"
            )

    def _suspended_today(self, history: History, steps: Sequence[Step]) -> int:
        """How many were suspended in the last 24 hours; those who are due again now were not, or count as due."""
        due = {step.employee_id for step in steps if step.action is Action.SUSPEND}
        return history.suspended_since(self.clock() - timedelta(days=1), leaving_out=due)

    # Concluding

    def _intents(self, history: History) -> Intents:
        def intents(batch: Sequence[Step]) -> Iterable[EmployeeRecord]:
            now = self.clock()
            return [
                intends_to_suspend(history.records.get(step.employee_id), step, now, approved=self.job.approved)
                for step in batch
                if step.action is Action.SUSPEND
            ]

        return intents

    def _move(self, run_input: RunInput, lock: Lock) -> None:
        if not self.job.moves_the_state or run_input.position is None or run_input.window is None:
            return
        self.stopping.check()
        moved = advance(run_input.position, run_input.window, failed=self.summary.counts["errors"] > 0)
        self.store.move(moved, lock, self.clock())
        self.summary.next_since, self.summary.next_offset = moved.since, moved.offset

    def _count(
        self, plan_input: PlanInput, results: Mapping[int, StepResult], run_input: RunInput
    ) -> dict[int, EmployeeRecord]:
        """Count what came of everybody; what is to be remembered of each."""
        now, limit = self.clock(), self.settings.max_attempts
        records = {
            employee.employee_id: remember(
                run_input.history.records.get(employee.employee_id),
                results[employee.employee_id],
                deleted=employee.deleted or employee.was_deleted,
                now=now,
                max_attempts=limit,
                approved=self.job.approved,
            )
            for employee in plan_input.employees
        }
        parked = park(records, results, max_attempts=limit, company=run_input.directory.rows)
        self.summary.take(results.values(), parked)
        self.summary.held = sorted(number for number, result in results.items() if is_held(result.step))
        return {**records, **parked}

    def _is_reconcile_due(self, history: History) -> bool:
        last = history.last_full_run()
        return last is not None and (
            last.reconcile_due or last.mapping_digest not in ("", self.settings.mapping.digest)
        )

    def _record(self, history: History, now: datetime) -> RunRecord:
        run_input = self._run_input
        clean = not self.job.employees and self.summary.counts["errors"] == 0
        reconciled = self.job.everybody and clean
        self.summary.reconcile_due = self._is_reconcile_due(history) and not reconciled
        dates_read = run_input.dates_read if run_input and clean else {}
        return RunRecord(
            run_id=self.summary.run_id,
            ended_at=int(now.timestamp() * 1000),
            command=self.summary.command,
            scope=self.job.scope,
            successful=clean,
            is_baseline=run_input is not None and self._is_good(run_input, clean=clean, now=now),
            scheduled_time=self._scheduled_time,
            rows=run_input.directory.rows if run_input else 0,
            coverage=run_input.confirmed.coverage if run_input else {},
            mapping_digest=self.settings.mapping.digest,
            reconcile_due=self.summary.reconcile_due,
            outcome=self.summary.outcome,
            held=tuple(self.summary.held),
            since=iso(run_input.position.since) if run_input and run_input.position else "",
            reached=iso(self.summary.next_since) if self.summary.next_since else "",
            dates_read={kind: day.isoformat() for kind, day in dates_read.items()},
        )

    def _is_good(self, run_input: RunInput, *, clean: bool, now: datetime) -> bool:
        """Whether later runs are compared with what this one read.

        Held suspensions are errors, and it may be a company that became smaller which holds them: after a week of that
        no error of a person stands in the way of its being believed.
        """
        history = run_input.history
        went_through = clean or (self.summary.outcome in _TO_ITS_END and shrink_confirmed(history, now))
        return self.job.moves_the_state and went_through and not is_unreliable(run_input.confirmed, history, now)


def _not_waited_for(step: Step, plan_input: PlanInput) -> Step:
    """A look at everybody adds nobody to those who wait, but for future hires: the next one looks at them anyway.

    (A company's former employees whose hire dates are not shown would all be asked about in every night from then on.)
    """
    known = plan_input.remembered.get(step.employee_id)
    waits_already = known is not None and bool(known.follow_ups)
    if not step.waits or waits_already or step.reason in (reasons.STARTS_LATER, reasons.DELETED_BUT_SHOWN):
        return step
    return replace(step, waits=False) if step.action is Action.HOLD else step
