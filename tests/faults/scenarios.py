"""The runs in which every call is made to fail: what precedes them, their command, and the recovery.

Together they make every kind of call that the worker makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.faults.world import World
from tests.run_harness import RunResult
from tests.sandbox.moodle import FOUR_FUNCTIONS

SYNC = ("sync",)
BALLAST = range(100, 112)
"""Employees who do not change: the guards compare the company with itself."""

ARRIVED = "18"
"""The employee whose start date arrives without an edit."""


@dataclass(frozen=True)
class Scenario:
    """`command` is the run that fails; `recovery` runs next (each until it succeeds), then scheduled runs."""

    name: str
    prepare: Callable[[World], None]
    command: Callable[[World], Sequence[str]]
    recovery: Callable[[World], Sequence[Sequence[str]]]
    attempts: int = 3


def employee(number: int, **changed: str | None) -> dict[str, Any]:
    """Return the values of a long-standing employee, each recognisable in any text."""
    ordinary = {
        "firstName": f"Vorname{number}Quux",
        "lastName": f"Nachname{number}Quux",
        "workEmail": f"adresse{number}quux@example.com",
        "department": f"Abteilung{number % 3}Quux",
        "hireDate": "2020-01-01",
    }
    return {**ordinary, **changed}


def _hire(world: World, *more: int) -> None:
    for number in (*more, *BALLAST):
        world.company.hire(str(number), **employee(number))


def _bring_in_sync(world: World) -> None:
    """Run for all employees, and once more without changes, after which the window is empty."""
    _succeeded(world.run())
    world.clock.advance(hours=1)
    world.company.touch("100")
    _succeeded(world.run())
    world.clock.advance(hours=24)


def _an_hour_later(world: World) -> None:
    """Change another employee last, so that the overlap of a later feed does not name the others again."""
    world.clock.advance(hours=1)
    world.company.touch("101")


def _succeeded(run: RunResult) -> RunResult:
    assert run.code == 0, run.stdout
    return run


def _changes(world: World) -> None:
    """Prepare a change of every kind."""
    company = world.company
    _hire(world, *range(1, 8), 12, 14, 16, 17)
    start = (world.clock() + timedelta(days=1)).date()
    company.hire_ahead(start, ARRIVED, **{**employee(18), "hireDate": start.isoformat()})
    company.terminate("4", hireDate="2020-01-01")
    _succeeded(world.run())
    world.clock.advance(hours=1)
    company.rehire("4", hireDate="2020-01-01")
    _succeeded(world.run())
    assert world.account("4")["suspended"] is False
    world.clock.advance(hours=1)
    company.terminate("4", hireDate="2020-01-01")
    company.touch("100")
    _succeeded(world.run())
    assert world.account("4")["suspended"] is True

    world.clock.advance(hours=24)
    company.edit("2", lastName="AndersQuux")
    company.terminate("3")
    company.rehire("4", hireDate="2020-01-01")
    company.edit("5", workEmail="neu5quux@example.com")
    company.edit("6", workEmail="adresse5quux@example.com")
    world.site.add_user(
        "adresse7bquux@example.com",
        auth="oidc",
        firstname="Vorname70Quux",
        lastname="Nachname70Quux",
        email="adresse70quux@example.com",
    )
    for number in (70, 8, 9, 10, 11, 13):
        company.hire(str(number), **employee(number))
    company.edit("12", department="VerstecktQuux")
    company.hide("12")
    company.delete("14")
    company.hire("15", **employee(15, workEmail=None))
    company.edit("16", department="UmgezogenQuux")
    company.edit("17", department=None)
    company.dawn(stamp=False)
    company.hire("19", hidden=True, **employee(19))
    world.bamboo.settings.invisible = frozenset({"19"})
    _an_hour_later(world)


def _first(world: World) -> None:
    for number in range(1, 7):
        world.company.hire(str(number), **employee(number))


def _refused(world: World) -> None:
    _hire(world, *range(1, 6))
    _bring_in_sync(world)
    world.bamboo.settings.list_refused = 403
    world.site.service_functions = set(FOUR_FUNCTIONS) - {"core_user_get_users_by_field"}
    world.company.edit("2", lastName="AndersQuux")
    world.company.terminate("3")
    world.company.hire("8", **employee(8))
    _an_hour_later(world)


def _batched(world: World) -> None:
    _hire(world, *range(1, 9))
    _bring_in_sync(world)
    world.settings["BATCH_SIZE"] = "3"
    for number in (1, 2, 4, 5):
        world.company.edit(str(number), lastName="AndersQuux")
    world.company.terminate("6")
    world.company.hire("9", **employee(9))
    _an_hour_later(world)
    _succeeded(world.run())


def _drifted(world: World) -> None:
    _hire(world, *range(1, 6))
    _bring_in_sync(world)
    world.company.edit("2", stamp=False, lastName="AndersQuux")
    world.company.terminate("3", stamp=False)
    world.site.change_user(world.account("5")["id"], department="VonHandQuux")
    world.company.hire("8", **employee(8))
    del world.company.changes["8"]
    world.site.add_user("fremdquux", auth="oidc", firstname="F", lastname="Q", email="fremdquux@example.com")


def _held(world: World) -> None:
    world.settings["MAX_SUSPENSIONS"] = "0"
    _hire(world, *range(1, 7))
    _bring_in_sync(world)
    for number in range(1, 6):
        world.company.terminate(str(number))
    world.company.edit("6", lastName="AndersQuux")
    _an_hour_later(world)
    run = world.run()
    assert run.code == 4
    world.notes["run"] = run["run_id"]


def _written(world: World) -> None:
    _hire(world, *range(1, 8))
    _bring_in_sync(world)
    company = world.company
    company.edit("2", lastName="AndersQuux")
    company.terminate("3")
    company.edit("5", workEmail="neu5quux@example.com")
    company.edit("6", workEmail="adresse5quux@example.com")
    for number in (8, 9):
        company.hire(str(number), **employee(number))
    _an_hour_later(world)
    world.notes["run"] = _succeeded(world.run())["run_id"]


def _sync_undone(world: World) -> Sequence[str]:
    options = (("--employee", number) for number in ("2", "3", "5", "6", "8", "9"))
    return ("sync", "--reactivate", *(part for pair in options for part in pair))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("sync", _changes, lambda _: SYNC, lambda _: ()),
        Scenario("first", _first, lambda _: SYNC, lambda _: ()),
        Scenario("refused", _refused, lambda _: SYNC, lambda _: ()),
        Scenario("batched", _batched, lambda _: SYNC, lambda _: (), attempts=4),
        Scenario("reconcile", _drifted, lambda _: ("reconcile", "--yes"), lambda _: [("reconcile", "--yes")]),
        Scenario(
            "approve",
            _held,
            lambda world: ("approve", world.notes["run"], "--yes"),
            lambda world: [("approve", world.notes["run"], "--yes")],
        ),
        Scenario(
            "undo",
            _written,
            lambda world: ("undo", world.notes["run"], "--yes"),
            lambda world: [("undo", world.notes["run"], "--yes"), _sync_undone(world)],
        ),
    )
}
