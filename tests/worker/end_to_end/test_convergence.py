"""Nobody is lost and nothing is done twice, whatever happens: random changes, faults and kills, then peace.

After the faults stop, finitely many nights bring Moodle to exactly what BambooHR implies.
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
from tests.worker.end_to_end.weeks import in_step, next_night

BALLAST = 60
MOST_NIGHTS = 60
KINDS = st.sampled_from(["reset_before", "reset_after", "hang", "status", "html", "truncate", "wrong_type"])
MOODLE_CALLS = st.sampled_from(
    ["*", "core_user_create_users", "core_user_update_users", "core_user_get_users_by_field"]
)
BAMBOO_CALLS = st.sampled_from(["*", "changed", "directory", "employees"])


class Nights(RuleBasedStateMachine):
    """A company of people who come, change, hide and go, beside a ballast that keeps the guards still."""

    @initialize(batch_size=st.sampled_from([0, 1, 2, 3, 7]), moodle_batch=st.sampled_from([1, 3, 50]))
    def found_a_company(self, batch_size: int, moodle_batch: int) -> None:
        self.town = Simulation({"BATCH_SIZE": "0", "MOODLE_BATCH_SIZE": "50"})
        self.town.company.add(generate(BALLAST, seed=3))
        self.town.night()
        # Once more with a single change, so that the ballast lies outside the windows that follow.
        self.town.clock.advance(hours=1)
        self.town.company.touch("1")
        self.town.night()
        self.town.settings.update(BATCH_SIZE=str(batch_size), MOODLE_BATCH_SIZE=str(moodle_batch))
        self.people: list[str] = []
        self.staying: set[str] = set()
        self.addresses = 0

    def new_address(self) -> str:
        self.addresses += 1
        return f"person{self.addresses}@example.net"

    def tick(self) -> None:
        self.town.clock.advance(minutes=17)

    @rule(has_address=st.booleans(), hidden=st.booleans())
    def hire(self, has_address: bool, hidden: bool) -> None:
        self.tick()
        number = len(self.people)
        self.people.append(
            self.town.company.hire(
                hidden=hidden,
                firstName=f"First{number}",
                lastName=f"Last{number}",
                workEmail=self.new_address() if has_address else None,
                department="Sales",
            )
        )

    @precondition(lambda self: self.people)
    @rule(data=st.data(), name=st.sampled_from(["Alpha", "Beta"]), department=st.sampled_from(["Sales", "Legal", None]))
    def edit(self, data: st.DataObject, name: str, department: str | None) -> None:
        self.tick()
        self.town.company.edit(self.somebody(data), lastName=name, department=department)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def give_a_new_address(self, data: st.DataObject) -> None:
        self.tick()
        self.town.company.edit(self.somebody(data), workEmail=self.new_address())

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def pass_an_address_on(self, data: st.DataObject) -> None:
        """One person gets a new address, and a newcomer gets the old one, on the same day.

        The giver stays from then on: the account of somebody who left keeps its address, and a newcomer who is given
        it is a conflict for an operator to settle.
        """
        giver = self.somebody(data)
        values = self.town.company.values(giver)
        if not values.get("workEmail") or values.get("status") == "Inactive":
            return
        self.tick()
        self.staying.add(giver)
        self.town.company.edit(giver, workEmail=self.new_address())
        self.people.append(
            self.town.company.hire(firstName="Taker", lastName="Of", workEmail=values["workEmail"], department="Sales")
        )

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.tick()
        number = self.somebody(data)
        if number not in self.staying:
            self.town.company.terminate(number)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        self.tick()
        number = self.somebody(data)
        if self.town.company.values(number).get("status") == "Inactive":
            self.town.company.rehire(number)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        self.tick()
        number = self.somebody(data)
        if number not in self.staying:
            self.town.company.delete(number)
            self.people.remove(number)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), hide=st.booleans())
    def hide_or_show(self, data: st.DataObject, hide: bool) -> None:
        self.tick()
        number = self.somebody(data)
        if hide:
            self.town.company.hide(number)
        else:
            self.town.company.unhide(number)

    @rule()
    def a_night(self) -> None:
        self.town.night()

    @rule(dies_at=st.integers(1, 60))
    def a_night_that_is_killed(self, dies_at: int) -> None:
        self.town.night(dies_at=dies_at)

    @rule(kind=KINDS, operation=MOODLE_CALLS, skip=st.integers(0, 8), times=st.integers(0, 3))
    def a_night_with_a_faulty_moodle(self, kind: str, operation: str, skip: int, times: int) -> None:
        self.town.to_moodle.faults.append(Fault(kind, operation, skip, times))  # type: ignore[arg-type]
        self.town.night()
        self.town.to_moodle.faults.clear()

    @rule(kind=KINDS, operation=BAMBOO_CALLS, skip=st.integers(0, 3), times=st.integers(0, 9))
    def a_night_with_a_faulty_bamboohr(self, kind: str, operation: str, skip: int, times: int) -> None:
        self.town.to_bamboo.faults.append(Fault(kind, operation, skip, times))  # type: ignore[arg-type]
        self.town.night()
        self.town.to_bamboo.faults.clear()

    def somebody(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.people), label="who")

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        # Nobody's first day is still "today" anywhere: until then a leaver counts as somebody who may yet start.
        self.town.clock.advance(days=2)
        self.until_a_window_closes()
        self.until_a_window_closes()
        wrong = differences(self.town.company, self.own_accounts(), self.town.ever)
        assert wrong == [], wrong
        self.town.to_moodle.calls.clear()
        self.town.night()
        assert not [call for call in self.town.to_moodle.calls if call.endswith(("create_users", "update_users"))]

    def until_a_window_closes(self) -> None:
        for _ in range(MOST_NIGHTS):
            summary = self.town.night()
            assert summary is not None
            assert summary.counts["errors"] == 0, summary.as_dict(self.town.clock())
            if summary.next_offset == 0:
                return
        raise AssertionError("the window never closed")

    def own_accounts(self) -> list[dict[str, object]]:
        return [user for user in self.town.site.users() if user["idnumber"]]


TestConvergence = Nights.TestCase
TestConvergence.settings = settings(
    max_examples=settings().max_examples // 2,
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow],
)


# Weeks in which days come without a word in the feed

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
class Weeks:
    """People who start and leave on days that were entered long ago, and nights of which any may go wrong."""

    dice: random.Random
    town: Simulation
    people: list[str] = field(default_factory=lambda: [str(number) for number in range(2, 14)])
    story: list[object] = field(default_factory=list)

    def a_day(self) -> None:
        """Two things happen, dates take effect, and there is a night."""
        for happens in self.dice.choices([self.leave, self.start, self.return_, self.edit, self.busy], k=2):
            self.town.clock.advance(minutes=17)
            happens()
        self.a_day_comes()
        (night,) = self.dice.choices(
            [self.quiet, self.killed, self.moodle_takes_nothing, self.less_is_shown, self.reconcile], [8, 4, 3, 3, 2]
        )
        night()

    def a_day_comes(self) -> None:
        self.town.clock.advance(days=1)
        self.town.company.dawn(stamp=False)

    def somebody(self, status: str) -> str | None:
        company = self.town.company
        found = [
            number
            for number in self.people
            if company.values(number)["status"] == status
            and (employee := company.find(number)) is not None
            and employee.pending is None
        ]
        return self.dice.choice(found) if found else None

    def day(self) -> date:
        return self.town.company.today() + timedelta(days=self.dice.randint(1, FURTHEST_DAY))

    def leave(self) -> None:
        if who := self.somebody("Active"):
            on, stamp = self.day(), self.dice.random() < 0.3
            self.town.company.terminate(who, on=on, stamp=stamp)
            self.story.append(("leaves", who, on, stamp))

    def start(self) -> None:
        on, number = self.day(), len(self.people)
        self.town.clock.advance(days=-40)
        who = self.town.company.hire_ahead(
            on, firstName=f"F{number}", lastName="L", workEmail=f"p{number}@example.net", department="Sales"
        )
        self.town.clock.advance(days=40)
        self.people.append(who)
        self.story.append(("starts", who, on))

    def return_(self) -> None:
        if who := self.somebody("Inactive"):
            self.town.company.rehire(who)
            self.story.append(("returns", who))

    def edit(self) -> None:
        who = self.dice.choice(self.people)
        self.town.company.edit(who, department=self.dice.choice(["Sales", "Legal", None]))
        self.story.append(("edited", who))

    def busy(self) -> None:
        for number in range(40, 52):
            self.town.company.touch(str(number))

    def quiet(self) -> None:
        self.told("night", self.town.night())

    def killed(self) -> None:
        self.told("killed", self.town.night(dies_at=self.dice.randint(10, 40)))

    def moodle_takes_nothing(self) -> None:
        self.town.to_moodle.faults.append(Fault("reset_before", "core_user_update_users", times=0))
        self.told("unwritten", self.town.night())
        self.town.to_moodle.faults.clear()

    def less_is_shown(self) -> None:
        whole, less = self.town.bamboo.settings, self.dice.choice(LESS_SHOWN)
        self.town.bamboo.settings = replace(whole, **less)
        self.told(less, self.town.night())
        for _ in range(self.dice.randint(0, 3)):
            self.a_day_comes()
            self.told(less, self.town.night())
        self.town.bamboo.settings = whole

    def reconcile(self) -> None:
        self.told("reconcile", self.town.reconcile(dies_at=self.dice.choice([None, self.dice.randint(1, 60)])))

    def told(self, what: object, summary: Any) -> None:
        self.story.append((str(self.town.company.today()), what, summary.outcome if summary else "dead"))


@pytest.mark.parametrize("seed", range(30))
def test_after_weeks_in_which_any_night_may_go_wrong_everybody_is_where_the_dates_say(seed: int) -> None:
    dice = random.Random(seed)
    weeks = Weeks(dice, in_step(BALLAST, HIRE_LOOKAHEAD_DAYS=dice.choice(["0", "3"])))
    weeks.town.settings["BATCH_SIZE"] = dice.choice(["0", "2", "5"])
    for _ in range(12):
        weeks.a_day()
    weeks.town.settings["BATCH_SIZE"] = "0"

    peace = [next_night(weeks.town) for _ in range(FURTHEST_DAY + 3)]

    wrong = differences(weeks.town.company, weeks.town.site.users(), weeks.town.ever)
    assert (wrong, peace[-1].counts["errors"]) == ([], 0), weeks.story
