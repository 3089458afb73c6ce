"""No change is lost and nothing is done twice: random changes, faults and kills, then runs without faults.

After the faults stop, finitely many runs bring Moodle to exactly what BambooHR implies.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.sandbox.bamboohr import generate
from tests.sandbox.expected import differences
from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import in_sync, next_day_run

BALLAST = 60
MOST_RUNS = 60
KINDS = st.sampled_from(["reset_before", "reset_after", "hang", "status", "html", "truncate", "wrong_type"])
MOODLE_CALLS = st.sampled_from(
    ["*", "core_user_create_users", "core_user_update_users", "core_user_get_users_by_field"]
)
BAMBOO_CALLS = st.sampled_from(["*", "changed", "directory", "employees"])


class RandomChanges(RuleBasedStateMachine):
    """Employees who are hired, changed, hidden and terminated, in a company large enough for the guards' limits."""

    @initialize(batch_size=st.sampled_from([0, 1, 2, 3, 7]), moodle_batch=st.sampled_from([1, 3, 50]))
    def set_up(self, batch_size: int, moodle_batch: int) -> None:
        self.simulation = Simulation({"BATCH_SIZE": "0", "MOODLE_BATCH_SIZE": "50"})
        self.simulation.company.add(generate(BALLAST, seed=3))
        self.simulation.sync()
        # Once more with a single change, so that the ballast lies outside the windows that follow.
        self.simulation.clock.advance(hours=1)
        self.simulation.company.touch("1")
        self.simulation.sync()
        self.simulation.settings.update(BATCH_SIZE=str(batch_size), MOODLE_BATCH_SIZE=str(moodle_batch))
        self.employees: list[str] = []
        self.staying: set[str] = set()
        self.renamed: set[str] = set()
        self.addresses = 0

    def new_address(self) -> str:
        self.addresses += 1
        return f"employee{self.addresses}@example.net"

    def tick(self) -> None:
        self.simulation.clock.advance(minutes=17)

    @rule(has_address=st.booleans(), hidden=st.booleans())
    def hire(self, has_address: bool, hidden: bool) -> None:
        self.tick()
        number = len(self.employees)
        self.employees.append(
            self.simulation.company.hire(
                hidden=hidden,
                firstName=f"First{number}",
                lastName=f"Last{number}",
                workEmail=self.new_address() if has_address else None,
                department="Sales",
            )
        )

    @precondition(lambda self: self.employees)
    @rule(data=st.data(), name=st.sampled_from(["Alpha", "Beta"]), department=st.sampled_from(["Sales", "Legal", None]))
    def edit(self, data: st.DataObject, name: str, department: str | None) -> None:
        self.tick()
        number = self.draw_employee(data)
        self.simulation.company.edit(number, department=department)
        if number not in self.staying:
            self.renamed.add(number)
            self.simulation.company.edit(number, lastName=name)

    @precondition(lambda self: self.employees)
    @rule(data=st.data())
    def give_a_new_address(self, data: st.DataObject) -> None:
        self.tick()
        self.simulation.company.edit(self.draw_employee(data), workEmail=self.new_address())

    @precondition(lambda self: self.employees)
    @rule(data=st.data())
    def pass_on_an_address(self, data: st.DataObject) -> None:
        """Give an employee a new address, and a newcomer the old one, on the same day.

        The giver stays from then on, under the same names: the account of a leaver keeps its address, and a newcomer
        who gets that address is a conflict for an operator to resolve, as is a giver with another name.
        """
        giver = self.draw_employee(data)
        values = self.simulation.company.values(giver)
        if not values.get("workEmail") or values.get("status") == "Inactive" or giver in self.renamed:
            return
        self.tick()
        self.staying.add(giver)
        self.simulation.company.edit(giver, workEmail=self.new_address())
        self.employees.append(
            self.simulation.company.hire(
                firstName="Taker", lastName="Of", workEmail=values["workEmail"], department="Sales"
            )
        )

    @precondition(lambda self: self.employees)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.tick()
        number = self.draw_employee(data)
        if number not in self.staying:
            self.simulation.company.terminate(number)

    @precondition(lambda self: self.employees)
    @rule(data=st.data())
    def return_(self, data: st.DataObject) -> None:
        self.tick()
        number = self.draw_employee(data)
        if self.simulation.company.values(number).get("status") == "Inactive":
            self.simulation.company.rehire(number)

    @precondition(lambda self: self.employees)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        self.tick()
        number = self.draw_employee(data)
        if number not in self.staying:
            self.simulation.company.delete(number)
            self.employees.remove(number)

    @precondition(lambda self: self.employees)
    @rule(data=st.data(), hide=st.booleans())
    def hide_or_show(self, data: st.DataObject, hide: bool) -> None:
        self.tick()
        number = self.draw_employee(data)
        if hide:
            self.simulation.company.hide(number)
        else:
            self.simulation.company.unhide(number)

    @rule()
    def a_run(self) -> None:
        self.simulation.sync()

    @rule(dies_at=st.integers(1, 60))
    def a_run_that_is_killed(self, dies_at: int) -> None:
        self.simulation.sync(dies_at=dies_at)

    @rule(kind=KINDS, operation=MOODLE_CALLS, skip=st.integers(0, 8), times=st.integers(0, 3))
    def a_run_with_a_faulty_moodle(self, kind: str, operation: str, skip: int, times: int) -> None:
        self.simulation.to_moodle.faults.append(Fault(kind, operation, skip, times))  # type: ignore[arg-type]
        self.simulation.sync()
        self.simulation.to_moodle.faults.clear()

    @rule(kind=KINDS, operation=BAMBOO_CALLS, skip=st.integers(0, 3), times=st.integers(0, 9))
    def a_run_with_a_faulty_bamboohr(self, kind: str, operation: str, skip: int, times: int) -> None:
        self.simulation.to_bamboo.faults.append(Fault(kind, operation, skip, times))  # type: ignore[arg-type]
        self.simulation.sync()
        self.simulation.to_bamboo.faults.clear()

    def draw_employee(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.employees), label="employee")

    def teardown(self) -> None:
        if not hasattr(self, "simulation"):
            return
        # In no time zone is a hire date still "today": until then a leaver counts as an employee who may yet start.
        self.simulation.clock.advance(days=2)
        self.until_a_window_closes()
        self.until_a_window_closes()
        wrong = differences(self.simulation.company, self.own_accounts(), self.simulation.ever)
        assert wrong == [], wrong
        self.simulation.to_moodle.calls.clear()
        self.simulation.sync()
        assert not [call for call in self.simulation.to_moodle.calls if call.endswith(("create_users", "update_users"))]

    def until_a_window_closes(self) -> None:
        for _ in range(MOST_RUNS):
            summary = self.simulation.sync()
            assert summary is not None
            assert summary.counts["errors"] == 0, summary.as_dict(self.simulation.clock())
            if summary.next_offset == 0:
                return
        raise AssertionError("the window never closed")

    def own_accounts(self) -> list[dict[str, object]]:
        return [user for user in self.simulation.site.users() if user["idnumber"]]


TestConvergence = RandomChanges.TestCase
TestConvergence.settings = settings(
    max_examples=settings().max_examples // 2,
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow],
)


# Dates that arrive without an entry in the feed

FURTHEST_DAY = 5
LESS_SHOWN: list[dict[str, Any]] = [
    {"list_refused": 403},
    {"list_restricted": frozenset({"terminationDate"})},
    {"list_restricted": frozenset({"hireDate", "terminationDate"})},
    {"list_restricted": frozenset({"status"}), "get_restricted": frozenset({"status"})},
    {"directory_sharing": "off"},
    {"directory_keeps": 0.9},
    {"directory_nulls": frozenset({"department"})},
]


@dataclass
class RandomWeeks:
    """Employees who start and leave on dates that were entered long ago, and runs of which any may fail."""

    generator: random.Random
    simulation: Simulation
    employees: list[str] = field(default_factory=lambda: [str(number) for number in range(2, 14)])
    story: list[object] = field(default_factory=list)

    def a_day(self) -> None:
        """Make two changes, let dates take effect, and run."""
        for happens in self.generator.choices(
            [self.leave, self.start, self.return_, self.edit, self.many_changes], k=2
        ):
            self.simulation.clock.advance(minutes=17)
            happens()
        self.a_day_passes()
        (kind_of_run,) = self.generator.choices(
            [self.undisturbed, self.killed, self.moodle_refuses_writes, self.less_is_shown, self.reconcile],
            [8, 4, 3, 3, 2],
        )
        kind_of_run()

    def a_day_passes(self) -> None:
        self.simulation.clock.advance(days=1)
        self.simulation.company.dawn(stamp=False)

    def draw_employee(self, status: str) -> str | None:
        company = self.simulation.company
        found = [
            number
            for number in self.employees
            if company.values(number)["status"] == status
            and (employee := company.find(number)) is not None
            and employee.pending is None
        ]
        return self.generator.choice(found) if found else None

    def day(self) -> date:
        return self.simulation.company.today() + timedelta(days=self.generator.randint(1, FURTHEST_DAY))

    def leave(self) -> None:
        if employee_id := self.draw_employee("Active"):
            on, stamp = self.day(), self.generator.random() < 0.3
            self.simulation.company.terminate(employee_id, on=on, stamp=stamp)
            self.story.append(("leaves", employee_id, on, stamp))

    def start(self) -> None:
        on, number = self.day(), len(self.employees)
        self.simulation.clock.advance(days=-40)
        employee_id = self.simulation.company.hire_ahead(
            on, firstName=f"F{number}", lastName="L", workEmail=f"p{number}@example.net", department="Sales"
        )
        self.simulation.clock.advance(days=40)
        self.employees.append(employee_id)
        self.story.append(("starts", employee_id, on))

    def return_(self) -> None:
        if employee_id := self.draw_employee("Inactive"):
            self.simulation.company.rehire(employee_id)
            self.story.append(("returns", employee_id))

    def edit(self) -> None:
        employee_id = self.generator.choice(self.employees)
        self.simulation.company.edit(employee_id, department=self.generator.choice(["Sales", "Legal", None]))
        self.story.append(("edited", employee_id))

    def many_changes(self) -> None:
        for number in range(40, 52):
            self.simulation.company.touch(str(number))

    def undisturbed(self) -> None:
        self.record("run", self.simulation.sync())

    def killed(self) -> None:
        self.record("killed", self.simulation.sync(dies_at=self.generator.randint(10, 40)))

    def moodle_refuses_writes(self) -> None:
        self.simulation.to_moodle.faults.append(Fault("reset_before", "core_user_update_users", times=0))
        self.record("unwritten", self.simulation.sync())
        self.simulation.to_moodle.faults.clear()

    def less_is_shown(self) -> None:
        whole, less = self.simulation.bamboo.settings, self.generator.choice(LESS_SHOWN)
        self.simulation.bamboo.settings = replace(whole, **less)
        self.record(less, self.simulation.sync())
        for _ in range(self.generator.randint(0, 3)):
            self.a_day_passes()
            self.record(less, self.simulation.sync())
        self.simulation.bamboo.settings = whole

    def reconcile(self) -> None:
        self.record(
            "reconcile", self.simulation.reconcile(dies_at=self.generator.choice([None, self.generator.randint(1, 60)]))
        )

    def record(self, what: object, summary: Any) -> None:
        self.story.append((str(self.simulation.company.today()), what, summary.outcome if summary else "dead"))


@pytest.mark.parametrize("seed", range(30))
def test_accounts_follow_the_dates_after_weeks_in_which_any_run_may_fail(seed: int) -> None:
    generator = random.Random(seed)
    look_ahead = generator.choice(["0", "3"])
    weeks = RandomWeeks(generator, in_sync(BALLAST, HIRE_LOOKAHEAD_DAYS=look_ahead, LIMITS='{"suspend": 10}'))
    weeks.simulation.settings["BATCH_SIZE"] = generator.choice(["0", "2", "5"])
    for _ in range(12):
        weeks.a_day()
    weeks.simulation.settings["BATCH_SIZE"] = "0"

    last_runs = [next_day_run(weeks.simulation) for _ in range(FURTHEST_DAY + 3)]

    wrong = differences(weeks.simulation.company, weeks.simulation.site.users(), weeks.simulation.ever)
    assert (wrong, last_runs[-1].counts["errors"]) == ([], 0), weeks.story
