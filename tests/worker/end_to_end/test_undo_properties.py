"""For any plan and any manual edits, undo restores what the run changed and no one else has changed since."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation

FIELDS = ("firstname", "lastname", "email", "username", "department", "idnumber", "suspended")
EMPLOYEES = 8

changes = st.lists(
    st.tuples(
        st.sampled_from(
            ["hire", "leave", "return", "move", "rename", "address", "pass on", "link", "hide", "delete", "nothing"]
        ),
        st.integers(1, EMPLOYEES),
    ),
    min_size=1,
    max_size=12,
)
hand_edits = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["firstname", "department", "suspended", "email", "username"])),
    max_size=6,
)


def snapshot(simulation: Simulation) -> dict[int, dict[str, Any]]:
    return {user["id"]: {field: user[field] for field in FIELDS} for user in simulation.site.users()}


def simulation_of(moodle_batch: int) -> Simulation:
    simulation = Simulation({"MOODLE_BATCH_SIZE": str(moodle_batch)})
    simulation.company.add(generate(EMPLOYEES, seed=5, without_email=0.0))
    for number in (6, 7, 8):
        simulation.site.add_user(f"walk.in{number}", **_account_values(simulation, number))
    simulation.sync()
    simulation.company.terminate("2")
    simulation.clock.advance(days=2)
    simulation.sync()
    simulation.clock.advance(hours=1)
    return simulation


def _account_values(simulation: Simulation, number: int) -> dict[str, str]:
    values = simulation.company.values(str(number))
    return {
        "firstname": values["firstName"] or "",
        "lastname": values["lastName"] or "",
        "email": f"old{number}@example.org" if number != 6 else values["workEmail"] or "",
        "auth": "manual",
    }


def make_change(simulation: Simulation, what: str, number: int, nth: int) -> None:
    company, employee_id = simulation.company, str(number)
    if what == "hire" or employee_id not in company:
        company.hire(firstName=f"New{nth}", lastName="Comer", workEmail=f"new{nth}@example.net", department="Sales")
    elif what == "leave":
        company.terminate(employee_id)
    elif what == "return":
        company.rehire(employee_id)
    elif what == "move":
        company.edit(employee_id, department=f"Department {nth}")
    elif what == "rename":
        company.edit(employee_id, lastName=f"Married{nth}")
    elif what == "address":
        company.edit(employee_id, workEmail=f"moved{nth}@example.net")
    elif what == "pass on":
        old = company.values(employee_id)["workEmail"]
        company.edit(employee_id, workEmail=f"moved{nth}@example.net")
        company.hire(firstName=f"Heir{nth}", lastName="Of", workEmail=old, department="Legal")
    elif what == "link":
        simulation.site.add_user(
            f"link{nth}", firstname="Li", lastname="Nk", email=f"link{nth}@example.net", auth="manual"
        )
        company.hire(firstName="Li", lastName="Nk", workEmail=f"link{nth}@example.net", department="Sales")
    elif what == "delete":
        company.delete(employee_id)
    elif what == "hide":
        company.hide(employee_id)


def run_after(simulation: Simulation, what: list[tuple[str, int]]) -> tuple[dict[int, dict[str, Any]], str]:
    """Make changes and run; return what Moodle held before the run, and the run's id."""
    for nth, (kind, number) in enumerate(what):
        make_change(simulation, kind, number, nth)
    before = snapshot(simulation)
    run = simulation.sync()
    assert run is not None
    return before, run.run_id


def edit_by_hand(simulation: Simulation, at: int, field: str) -> None:
    own = {simulation.site.guest_id, simulation.site.admin_id, simulation.site.service_id}
    users = [user for user in simulation.site.users() if user["id"] not in own]
    user = users[at % len(users)]
    values: dict[str, Any] = {
        "suspended": not user["suspended"],
        "email": f"hand{user['id']}@example.com",
        "username": f"hand{user['id']}",
    }
    simulation.site.change_user(user["id"], **{field: values.get(field, f"Hand {user['id']}")})


@settings(max_examples=settings().max_examples * 3 // 2, suppress_health_check=[HealthCheck.too_slow])
@given(what=changes, edits=hand_edits, moodle_batch=st.sampled_from([1, 2, 50]))
def test_undo_restores_what_only_the_run_changed(
    what: list[tuple[str, int]], edits: list[tuple[int, str]], moodle_batch: int
) -> None:
    simulation = simulation_of(moodle_batch)
    before, run_id = run_after(simulation, what)
    wrote = snapshot(simulation)
    for at, field in edits:
        edit_by_hand(simulation, at, field)
    edited = snapshot(simulation)

    undo = simulation.undo(run_id)

    assert undo is not None
    after = snapshot(simulation)
    assert after.keys() == edited.keys()
    for account, values in after.items():
        if account in before:
            others = [other for number, other in after.items() if number != account]
            assert values == restored(before[account], wrote[account], edited[account], others)
        else:
            untouched = edited[account] == wrote[account]
            assert values == {**edited[account], "suspended": True if untouched else edited[account]["suspended"]}


def restored(
    before: dict[str, Any], wrote: dict[str, Any], edited: dict[str, Any], others: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what an account should hold: the old value where the run's is still there, the present one otherwise.

    An address or username that another account now holds cannot be restored; the two are written together.
    """
    wanted = {field: before[field] if edited[field] == wrote[field] else edited[field] for field in before}
    if any(wanted[field] == other[field] != edited[field] for other in others for field in ("email", "username")):
        wanted.update(email=edited["email"], username=edited["username"])
    return wanted


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(what=changes, dies_at=st.integers(1, 40), moodle_batch=st.sampled_from([1, 50]))
def test_a_repeated_undo_finishes_one_that_was_killed(
    what: list[tuple[str, int]], dies_at: int, moodle_batch: int
) -> None:
    simulation = simulation_of(moodle_batch)
    before, run_id = run_after(simulation, what)
    wrote = snapshot(simulation)

    simulation.undo(run_id, dies_at=dies_at)
    simulation.undo(run_id)

    after = snapshot(simulation)
    for account, values in before.items():
        others = [other for number, other in after.items() if number != account]
        assert after[account] == restored(values, wrote[account], wrote[account], others)
    assert all(values["suspended"] for account, values in after.items() if account not in before)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(what=changes, runs=st.integers(1, 3), reconcile=st.booleans())
def test_undone_changes_stay_undone(what: list[tuple[str, int]], runs: int, reconcile: bool) -> None:
    simulation = simulation_of(50)
    before, run_id = run_after(simulation, what)
    wrote = snapshot(simulation)
    undo = simulation.undo(run_id)
    assert undo is not None
    undone = {
        account: values for account, values in snapshot(simulation).items() if wrote[account] != before.get(account)
    }

    for _ in range(runs):
        simulation.clock.advance(days=1)
        simulation.sync()
    if reconcile:
        simulation.reconcile()

    # What a guard held was never written, and may be within the limits on a later day.
    assert {account: values for account, values in snapshot(simulation).items() if account in undone} == undone
