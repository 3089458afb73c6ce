"""No sequence of runs suspends more people in 24 hours than the limit without an approval."""

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
    """People leave and come back, nights are killed or fail, an operator approves, reconciles and undoes."""

    @initialize()
    def found_a_company(self) -> None:
        self.town = Simulation({"MAX_SUSPENSIONS": ""})
        self.town.company.add(generate(COMPANY, seed=3, without_email=0.0))
        self.town.night()
        self.last = self.town.night()
        self.held: list[str] = []
        self.wrote: list[str] = []
        self.suspended: list[tuple[datetime, int]] = []

    @rule(people=st.lists(st.integers(1, COMPANY), min_size=1, max_size=9, unique=True))
    def leave(self, people: list[int]) -> None:
        self.town.clock.advance(minutes=20)
        for number in people:
            self.town.company.terminate(str(number))

    @rule(people=st.lists(st.integers(1, COMPANY), min_size=1, max_size=5, unique=True))
    def come_back(self, people: list[int]) -> None:
        self.town.clock.advance(minutes=20)
        for number in people:
            if self.town.company.values(str(number)).get("status") == "Inactive":
                self.town.company.rehire(str(number))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.town.clock.advance(hours=hours)

    @rule(dies_at=st.none() | st.integers(1, 40))
    def a_night(self, dies_at: int | None) -> None:
        self.counting(lambda: self.town.night(dies_at=dies_at))

    @rule(kind=st.sampled_from(["reset_after", "reset_before", "status", "truncate"]), skip=st.integers(0, 2))
    def a_night_with_a_faulty_moodle(self, kind: str, skip: int) -> None:
        self.town.to_moodle.faults.append(Fault(kind, "core_user_update_users", skip, 2))  # type: ignore[arg-type]
        self.counting(lambda: self.town.night())
        self.town.to_moodle.faults.clear()

    @rule(dies_at=st.none() | st.integers(1, 40))
    def a_reconcile(self, dies_at: int | None) -> None:
        self.counting(lambda: self.town.reconcile(dies_at=dies_at))

    @rule(number=st.integers(1, COMPANY))
    def one_person(self, number: int) -> None:
        self.counting(lambda: self.town.night(employees=(number,)))

    @rule()
    def approve_the_last_one(self) -> None:
        if self.held:
            self.town.approve(self.held.pop())

    @rule()
    def undo_the_last_one(self) -> None:
        if self.wrote:
            self.town.undo(self.wrote.pop())

    def counting(self, run: Any) -> None:
        before = self.active()
        summary: Summary | None = run()
        newly = len(before - self.active())
        if newly:
            self.suspended.append((self.town.clock(), newly))
        if summary is not None and summary.held:
            self.held.append(summary.run_id)
        if summary is not None and newly:
            self.wrote.append(summary.run_id)
        assert newly <= PER_RUN

    def active(self) -> set[int]:
        return {user["id"] for user in self.town.site.users() if not user["suspended"]}

    @invariant()
    def the_limit_of_a_day_is_kept(self) -> None:
        if hasattr(self, "town"):
            day = self.town.clock() - timedelta(days=1)
            assert sum(number for moment, number in self.suspended if moment > day) <= 2 * PER_RUN


TestLimits = Limits.TestCase
TestLimits.settings = settings(
    max_examples=settings().max_examples * 3 // 5,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow],
)
