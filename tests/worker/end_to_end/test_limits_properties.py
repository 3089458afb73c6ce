"""No sequence of runs suspends more accounts in 24 hours than the limit without an approval."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.sandbox.bamboohr import generate
from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from worker.runs.summary import Summary

COMPANY = 60
PER_RUN = 5
"""max(5, 2 % of 60)"""


class Limits(RuleBasedStateMachine):
    """Employees leave and return, runs are killed or fail, an operator approves, reconciles and undoes."""

    @initialize()
    def set_up(self) -> None:
        self.simulation = Simulation({"MAX_SUSPENSIONS": ""})
        self.simulation.company.add(generate(COMPANY, seed=3, without_email=0.0))
        self.simulation.sync()
        self.last = self.simulation.sync()
        self.held: list[str] = []
        self.wrote: list[str] = []
        self.suspended: list[tuple[datetime, int]] = []

    @rule(numbers=st.lists(st.integers(1, COMPANY), min_size=1, max_size=9, unique=True))
    def leave(self, numbers: list[int]) -> None:
        self.simulation.clock.advance(minutes=20)
        for number in numbers:
            self.simulation.company.terminate(str(number))

    @rule(numbers=st.lists(st.integers(1, COMPANY), min_size=1, max_size=5, unique=True))
    def return_(self, numbers: list[int]) -> None:
        self.simulation.clock.advance(minutes=20)
        for number in numbers:
            if self.simulation.company.values(str(number)).get("status") == "Inactive":
                self.simulation.company.rehire(str(number))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.simulation.clock.advance(hours=hours)

    @rule(dies_at=st.none() | st.integers(1, 40))
    def a_run(self, dies_at: int | None) -> None:
        self.counting(lambda: self.simulation.sync(dies_at=dies_at))

    @rule(kind=st.sampled_from(["reset_after", "reset_before", "status", "truncate"]), skip=st.integers(0, 2))
    def a_run_with_a_faulty_moodle(self, kind: str, skip: int) -> None:
        self.simulation.to_moodle.faults.append(Fault(kind, "core_user_update_users", skip, 2))  # type: ignore[arg-type]
        self.counting(lambda: self.simulation.sync())
        self.simulation.to_moodle.faults.clear()

    @rule(dies_at=st.none() | st.integers(1, 40))
    def a_reconcile(self, dies_at: int | None) -> None:
        self.counting(lambda: self.simulation.reconcile(dies_at=dies_at))

    @rule(number=st.integers(1, COMPANY))
    def one_employee(self, number: int) -> None:
        self.counting(lambda: self.simulation.sync(employees=(number,)))

    @rule()
    def approve_the_last_one(self) -> None:
        if self.held:
            self.simulation.approve(self.held.pop())

    @rule()
    def undo_the_last_one(self) -> None:
        if self.wrote:
            self.simulation.undo(self.wrote.pop())

    def counting(self, run: Any) -> None:
        before = self.active()
        summary: Summary | None = run()
        newly = len(before - self.active())
        if newly:
            self.suspended.append((self.simulation.clock(), newly))
        if summary is not None and summary.held:
            self.held.append(summary.run_id)
        if summary is not None and newly:
            self.wrote.append(summary.run_id)
        assert newly <= PER_RUN

    def active(self) -> set[int]:
        return {user["id"] for user in self.simulation.site.users() if not user["suspended"]}

    @invariant()
    def the_daily_limit_is_kept(self) -> None:
        if hasattr(self, "simulation"):
            day = self.simulation.clock() - timedelta(days=1)
            assert sum(number for moment, number in self.suspended if moment > day) <= 2 * PER_RUN


TestLimits = Limits.TestCase
TestLimits.settings = settings(
    max_examples=settings().max_examples * 3 // 5,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow],
)
