"""Nobody is lost and nothing is done twice, whatever happens: random changes, faults and kills, then peace.

After the faults stop, finitely many nights bring Moodle to exactly what BambooHR implies.
"""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.sandbox.bamboohr import generate
from tests.sandbox.expected import differences
from tests.sandbox.wire import Fault
from tests.simulation import Simulation

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
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
