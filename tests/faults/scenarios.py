"""The runs whose every call is made to fail: what was before them, how they are started, and how their world is mended.

Between them they make every kind of call that the worker makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.faults.world import World
from tests.run_harness import Night
from tests.sandbox.moodle import FOUR_FUNCTIONS

NIGHT = ("sync",)
BALLAST = range(100, 112)
ARRIVED = "18"
"""Whose first day comes without an edit."""
"""People to whom nothing happens: the guards compare the company with itself."""


@dataclass(frozen=True)
class Scenario:
    """`command` is the run that fails, `mends` what is then run (each until it ends well), before the nights."""

    name: str
    prepare: Callable[[World], None]
    command: Callable[[World], Sequence[str]]
    mends: Callable[[World], Sequence[Sequence[str]]]
    nights: int = 3


def person(number: int, **different: str | None) -> dict[str, Any]:
    """Somebody whose every value can be told from any other text, and who has been here for long."""
    ordinary = {
        "firstName": f"Vorname{number}Quux",
        "lastName": f"Nachname{number}Quux",
        "workEmail": f"adresse{number}quux@example.com",
        "department": f"Abteilung{number % 3}Quux",
        "hireDate": "2020-01-01",
    }
    return {**ordinary, **different}


def _found(world: World, *more: int) -> None:
    for number in (*more, *BALLAST):
        world.company.hire(str(number), **person(number))


def _settle(world: World) -> None:
    """A night for everybody, and a quiet one, after which nobody is in the window any more."""
    _clean(world.run())
    world.clock.advance(hours=1)
    world.company.touch("100")
    _clean(world.run())
    world.clock.advance(hours=24)


def _an_hour_later(world: World) -> None:
    """Somebody else changes last, so that no later feed names the others once more by its overlap."""
    world.clock.advance(hours=1)
    world.company.touch("101")


def _clean(night: Night) -> Night:
    assert night.code == 0, night.stdout
    return night


def _changes(world: World) -> None:
    """A day on which everything happens that can happen to somebody."""
    company = world.company
    _found(world, *range(1, 8), 12, 14, 16, 17)
    start = (world.clock() + timedelta(days=1)).date()
    company.hire_ahead(start, ARRIVED, **{**person(18), "hireDate": start.isoformat()})
    company.terminate("4", hireDate="2020-01-01")
    _clean(world.run())
    world.clock.advance(hours=1)
    company.rehire("4", hireDate="2020-01-01")
    _clean(world.run())
    assert world.account("4")["suspended"] is False
    world.clock.advance(hours=1)
    company.terminate("4", hireDate="2020-01-01")
    company.touch("100")
    _clean(world.run())
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
        company.hire(str(number), **person(number))
    company.edit("12", department="VerstecktQuux")
    company.hide("12")
    company.delete("14")
    company.hire("15", **person(15, workEmail=None))
    company.edit("16", department="UmgezogenQuux")
    company.edit("17", department=None)
    company.dawn(stamp=False)
    company.hire("19", hidden=True, **person(19))
    world.bamboo.settings.invisible = frozenset({"19"})
    _an_hour_later(world)


def _first(world: World) -> None:
    for number in range(1, 7):
        world.company.hire(str(number), **person(number))


def _refused(world: World) -> None:
    _found(world, *range(1, 6))
    _settle(world)
    world.bamboo.settings.list_refused = 403
    world.site.service_functions = set(FOUR_FUNCTIONS) - {"core_user_get_users_by_field"}
    world.company.edit("2", lastName="AndersQuux")
    world.company.terminate("3")
    world.company.hire("8", **person(8))
    _an_hour_later(world)


def _batched(world: World) -> None:
    _found(world, *range(1, 9))
    _settle(world)
    world.settings["BATCH_SIZE"] = "3"
    for number in (1, 2, 4, 5):
        world.company.edit(str(number), lastName="AndersQuux")
    world.company.terminate("6")
    world.company.hire("9", **person(9))
    _an_hour_later(world)
    _clean(world.run())


def _drifted(world: World) -> None:
    _found(world, *range(1, 6))
    _settle(world)
    world.company.edit("2", stamp=False, lastName="AndersQuux")
    world.company.terminate("3", stamp=False)
    world.site.change_user(world.account("5")["id"], department="VonHandQuux")
    world.company.hire("8", **person(8))
    del world.company.changes["8"]
    world.site.add_user("fremdquux", auth="oidc", firstname="F", lastname="Q", email="fremdquux@example.com")


def _held(world: World) -> None:
    world.settings["MAX_SUSPENSIONS"] = "0"
    _found(world, *range(1, 7))
    _settle(world)
    for number in range(1, 6):
        world.company.terminate(str(number))
    world.company.edit("6", lastName="AndersQuux")
    _an_hour_later(world)
    night = world.run()
    assert night.code == 4
    world.noted["run"] = night["run_id"]


def _written(world: World) -> None:
    _found(world, *range(1, 8))
    _settle(world)
    company = world.company
    company.edit("2", lastName="AndersQuux")
    company.terminate("3")
    company.edit("5", workEmail="neu5quux@example.com")
    company.edit("6", workEmail="adresse5quux@example.com")
    for number in (8, 9):
        company.hire(str(number), **person(number))
    _an_hour_later(world)
    world.noted["run"] = _clean(world.run())["run_id"]


def _everybody_undone(world: World) -> Sequence[str]:
    asked = (("--employee", number) for number in ("2", "3", "5", "6", "8", "9"))
    return ("sync", "--reactivate", *(part for pair in asked for part in pair))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("night", _changes, lambda _: NIGHT, lambda _: ()),
        Scenario("first", _first, lambda _: NIGHT, lambda _: ()),
        Scenario("refused", _refused, lambda _: NIGHT, lambda _: ()),
        Scenario("batched", _batched, lambda _: NIGHT, lambda _: (), nights=4),
        Scenario("reconcile", _drifted, lambda _: ("reconcile", "--yes"), lambda _: [("reconcile", "--yes")]),
        Scenario(
            "approve",
            _held,
            lambda world: ("approve", world.noted["run"]),
            lambda world: [("approve", world.noted["run"])],
        ),
        Scenario(
            "undo",
            _written,
            lambda world: ("undo", world.noted["run"], "--yes"),
            lambda world: [("undo", world.noted["run"], "--yes"), _everybody_undone(world)],
        ),
    )
}
