"""No sequence of runs changes more accounts of a class in 24 hours than its limit without an approval."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.sandbox.bamboohr import generate
from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import completed_run, in_sync
from worker.model.history import FollowUp
from worker.runs.summary import Summary

COMPANY = 60
PER_RUN = {"suspend": 5, "reactivate": 5, "identity": 5, "clear": 4, "update": 6, "create": 3}
LIMITS = {name: limit for name, limit in PER_RUN.items() if limit != 5}
"""The defaults of a company of 60 are max(5, 2 %); the other classes get smaller limits, which are easier to reach."""


class Limits(RuleBasedStateMachine):
    """Employees change in every way, runs are killed or fail, an operator approves, reconciles and undoes."""

    @initialize()
    def set_up(self) -> None:
        self.simulation = Simulation({"MAX_SUSPENSIONS": "", "LIMITS": json.dumps(LIMITS)})
        self.simulation.company.add(generate(COMPANY, seed=3, without_email=0.0))
        self.simulation.sync()
        self.simulation.sync()
        self.simulation.reconcile()  # the first one belongs to the initial import
        self.held: list[str] = []
        self.may_be_written: list[str] = []
        self.hires = 0
        self.refused_alone: set[int] = set()
        self.changed: dict[str, list[tuple[datetime, set[int]]]] = {name: [] for name in PER_RUN}

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

    @rule(
        numbers=st.lists(st.integers(1, COMPANY), min_size=1, max_size=12, unique=True),
        field=st.sampled_from(["workEmail", "department", "no department"]),
        word=st.integers(1, 9),
    )
    def edit(self, numbers: list[int], field: str, word: int) -> None:
        self.simulation.clock.advance(minutes=20)
        for number in map(str, numbers):
            if field == "workEmail":
                self.simulation.company.edit(number, workEmail=f"p{number}.{word}@acme.example")
            else:
                self.simulation.company.edit(number, department=f"Team {word}" if field == "department" else "")

    @rule(count=st.integers(1, 8))
    def hire(self, count: int) -> None:
        self.simulation.clock.advance(minutes=20)
        for _ in range(count):
            self.hires += 1
            self.simulation.company.hire(
                firstName="New", lastName="Starter", workEmail=f"new{self.hires}@acme.example", department="Sales"
            )

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

    @rule(operation=st.sampled_from(["core_user_update_users", "core_user_create_users"]))
    def a_run_whose_writes_a_firewall_refuses(self, operation: str) -> None:
        self.simulation.to_moodle.faults.append(Fault("firewall", operation, times=0, status=403))
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
        if self.may_be_written:
            self.simulation.undo(self.may_be_written.pop())

    def counting(self, run: Any) -> None:
        before = self.accounts()
        records = self.simulation.memory().records
        self.refused_alone |= {number for number, record in records.items() if record.has(FollowUp.ISOLATED)}
        summary: Summary | None = run()
        found = changed(before, self.accounts())
        changes = {name: employees - self.refused_alone for name, employees in found.items()}
        for name, employees in changes.items():
            self.changed[name].append((self.simulation.clock(), employees))
            assert len(employees) <= PER_RUN[name], (name, employees)
        if summary is not None and summary.held:
            self.held.append(summary.run_id)
        if summary is not None and any(changes.values()):
            self.may_be_written.append(summary.run_id)

    def accounts(self) -> dict[int, dict[str, Any]]:
        return {user["id"]: dict(user) for user in self.simulation.site.users()}

    @invariant()
    def the_daily_limits_are_kept(self) -> None:
        if hasattr(self, "simulation"):
            day = self.simulation.clock() - timedelta(days=1)
            for name, written in self.changed.items():
                employees = [one for moment, some in written if moment > day for one in some]
                assert len(set(employees)) <= 2 * PER_RUN[name], (name, employees)


def changed(before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]) -> dict[str, set[int]]:
    """Return the employees whose accounts changed between two moments, by class."""
    found: dict[str, set[int]] = {name: set() for name in PER_RUN}
    for account_id, now in after.items():
        then, number = before.get(account_id), int(now["idnumber"] or 0)
        if then is None:
            found["create"].add(number)
            continue
        if now["suspended"] != then["suspended"]:
            found["suspend" if now["suspended"] else "reactivate"].add(number)
        if (now["email"], now["username"]) != (then["email"], then["username"]):
            found["identity"].add(number)
        if now["department"] != then["department"]:
            found["update" if now["department"] else "clear"].add(number)
    return found


def test_what_a_killed_run_wrote_counts_as_long_as_its_batched_window_is_open() -> None:
    simulation = in_sync(COMPANY, LIMITS='{"update": 5}')
    for number in range(1, 16):
        simulation.company.edit(str(number), department="Moved")
    simulation.settings["BATCH_SIZE"] = "5"
    assert next(at for at in itertools.count(1) if simulation.sync(dies_at=at) is None and moved(simulation) == 5)
    simulation.clock.advance(hours=1)
    retry = completed_run(simulation)
    simulation.clock.advance(days=3)
    second = completed_run(simulation)
    simulation.clock.advance(days=3)
    third = completed_run(simulation)

    assert [run.counts["updated"] for run in (retry, second, third)] == [0, 5, 0]
    assert third.exit_code == 4
    assert "5 updates are due after 10" in third.message


def test_runs_that_fail_by_turns_let_through_no_more_than_the_limit_of_a_day() -> None:
    simulation = in_sync(COMPANY, LIMITS='{"create": 5}')
    accounts, held = len(simulation.site.users()), []
    for first in range(0, 40, 5):
        for number in range(first, first + 5):
            simulation.company.hire(firstName="New", lastName="Starter", workEmail=f"new{number}@acme.example")
        simulation.to_moodle.faults.append(Fault("firewall", "core_user_create_users", times=0, status=403))
        held.append(completed_run(simulation).counts["held"])
        simulation.to_moodle.faults.clear()
        held.append(completed_run(simulation).counts["held"])

    assert len(simulation.site.users()) - accounts == 10
    assert held[:4] == [0, 0, 0, 0]
    assert held[-1] == 30


def test_employees_who_are_refused_alone_hold_no_others() -> None:
    simulation = in_sync(COMPANY, LIMITS='{"create": 5}')
    for day in range(2):
        for number in range(5):
            simulation.company.hire(firstName="Bad", lastName="Record", workEmail=f"bad{day}{number}@acme.example")
            simulation.to_moodle.faults.append(
                Fault("status", "core_user_create_users", times=0, status=403, text=f"bad{day}{number}@")
            )
        assert completed_run(simulation).counts["held"] == 0
        simulation.clock.advance(hours=2)
    simulation.company.hire("9000", firstName="Good", lastName="Record", workEmail="good@acme.example")

    run = completed_run(simulation)

    assert (run.counts["created"], run.counts["errors"], run.counts["held"]) == (1, 10, 0)


def moved(simulation: Simulation) -> int:
    return sum(user["department"] == "Moved" for user in simulation.site.users())


TestLimits = Limits.TestCase
TestLimits.settings = settings(
    max_examples=settings().max_examples * 3 // 5,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow],
)
