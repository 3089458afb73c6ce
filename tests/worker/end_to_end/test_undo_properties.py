"""For any plan and any interleaving of hand edits: undo restores what the run changed and nobody else changed since."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from tests.sandbox.bamboohr import generate
from tests.simulation import Simulation

FIELDS = ("firstname", "lastname", "email", "username", "department", "idnumber", "suspended")
PEOPLE = 8

changes = st.lists(
    st.tuples(
        st.sampled_from(
            ["hire", "leave", "return", "move", "rename", "address", "pass on", "link", "hide", "delete", "nothing"]
        ),
        st.integers(1, PEOPLE),
    ),
    min_size=1,
    max_size=12,
)
hand_edits = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["firstname", "department", "suspended", "email", "username"])),
    max_size=6,
)


def snapshot(town: Simulation) -> dict[int, dict[str, Any]]:
    return {user["id"]: {field: user[field] for field in FIELDS} for user in town.site.users()}


def town_of(moodle_batch: int) -> Simulation:
    town = Simulation({"MOODLE_BATCH_SIZE": str(moodle_batch)})
    town.company.add(generate(PEOPLE, seed=5, without_email=0.0))
    for number in (6, 7, 8):
        town.site.add_user(f"walk.in{number}", **_as_known(town, number))
    town.night()
    town.company.terminate("2")
    town.clock.advance(days=2)
    town.night()
    town.clock.advance(hours=1)
    return town


def _as_known(town: Simulation, number: int) -> dict[str, str]:
    values = town.company.values(str(number))
    return {
        "firstname": values["firstName"] or "",
        "lastname": values["lastName"] or "",
        "email": f"old{number}@example.org" if number != 6 else values["workEmail"] or "",
        "auth": "manual",
    }


def happen(town: Simulation, what: str, number: int, nth: int) -> None:
    company, who = town.company, str(number)
    if what == "hire" or who not in company:
        company.hire(firstName=f"New{nth}", lastName="Comer", workEmail=f"new{nth}@example.net", department="Sales")
    elif what == "leave":
        company.terminate(who)
    elif what == "return":
        company.rehire(who)
    elif what == "move":
        company.edit(who, department=f"Department {nth}")
    elif what == "rename":
        company.edit(who, lastName=f"Married{nth}")
    elif what == "address":
        company.edit(who, workEmail=f"moved{nth}@example.net")
    elif what == "pass on":
        old = company.values(who)["workEmail"]
        company.edit(who, workEmail=f"moved{nth}@example.net")
        company.hire(firstName=f"Heir{nth}", lastName="Of", workEmail=old, department="Legal")
    elif what == "link":
        town.site.add_user(f"link{nth}", firstname="Li", lastname="Nk", email=f"link{nth}@example.net", auth="manual")
        company.hire(firstName="Li", lastName="Nk", workEmail=f"link{nth}@example.net", department="Sales")
    elif what == "delete":
        company.delete(who)
    elif what == "hide":
        company.hide(who)


def the_night_after(town: Simulation, what: list[tuple[str, int]]) -> tuple[dict[int, dict[str, Any]], str]:
    """These changes, and the run that takes them up: what Moodle held before it, and its id."""
    for nth, (kind, number) in enumerate(what):
        happen(town, kind, number, nth)
    before = snapshot(town)
    run = town.night()
    assert run is not None
    return before, run.run_id


def edit_by_hand(town: Simulation, at: int, field: str) -> None:
    own = {town.site.guest_id, town.site.admin_id, town.site.service_id}
    users = [user for user in town.site.users() if user["id"] not in own]
    user = users[at % len(users)]
    values: dict[str, Any] = {
        "suspended": not user["suspended"],
        "email": f"hand{user['id']}@example.com",
        "username": f"hand{user['id']}",
    }
    town.site.change_user(user["id"], **{field: values.get(field, f"Hand {user['id']}")})


@settings(max_examples=settings().max_examples * 3 // 2, suppress_health_check=[HealthCheck.too_slow])
@given(what=changes, edits=hand_edits, moodle_batch=st.sampled_from([1, 2, 50]))
def test_undo_restores_what_the_run_changed_and_nobody_else_changed(
    what: list[tuple[str, int]], edits: list[tuple[int, str]], moodle_batch: int
) -> None:
    town = town_of(moodle_batch)
    before, run_id = the_night_after(town, what)
    wrote = snapshot(town)
    for at, field in edits:
        edit_by_hand(town, at, field)
    edited = snapshot(town)

    undo = town.undo(run_id)

    assert undo is not None
    after = snapshot(town)
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
    """What an account should hold: the old value where the run's is still there, what is there now otherwise.

    An address or user name that another account holds by now cannot go back; the two are written together.
    """
    wanted = {field: before[field] if edited[field] == wrote[field] else edited[field] for field in before}
    if any(wanted[field] == other[field] != edited[field] for other in others for field in ("email", "username")):
        wanted.update(email=edited["email"], username=edited["username"])
    return wanted


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(what=changes, dies_at=st.integers(1, 40), moodle_batch=st.sampled_from([1, 50]))
def test_an_undo_that_is_killed_is_finished_by_the_next_one(
    what: list[tuple[str, int]], dies_at: int, moodle_batch: int
) -> None:
    town = town_of(moodle_batch)
    before, run_id = the_night_after(town, what)
    wrote = snapshot(town)

    town.undo(run_id, dies_at=dies_at)
    town.undo(run_id)

    after = snapshot(town)
    for account, values in before.items():
        others = [other for number, other in after.items() if number != account]
        assert after[account] == restored(values, wrote[account], wrote[account], others)
    assert all(values["suspended"] for account, values in after.items() if account not in before)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(what=changes, nights=st.integers(1, 3), reconcile=st.booleans())
def test_what_was_undone_stays_undone(what: list[tuple[str, int]], nights: int, reconcile: bool) -> None:
    town = town_of(50)
    _, run_id = the_night_after(town, what)
    undo = town.undo(run_id)
    assert undo is not None
    undone = snapshot(town)

    for _ in range(nights):
        town.clock.advance(days=1)
        town.night()
    if reconcile:
        town.reconcile()

    assert snapshot(town) == undone
