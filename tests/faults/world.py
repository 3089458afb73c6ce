"""A company, a Moodle and a state in memory, and the worker's command line between them, without a socket."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests

from tests.faults.cloud import Cloud
from tests.faults.injection import Injector
from tests.faults.wires import FaultyItems, FaultyWire
from tests.run_harness import API_KEY, RunResult, WithoutPauses, some_hours_ago
from tests.sandbox.bamboohr import BambooApp, Company, ManualClock
from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import App
from tests.simulation import Killed
from worker.cli import _parser as build_parser
from worker.cli import main
from worker.runs.services import _open_items
from worker.state.items import Item
from worker.transport.http import new_session

LOCK = "default#lock"
_ENVIRONMENT = {
    "BAMBOO_COMPANY_DOMAIN": "acme",
    "MOODLE_BASE_URL": "https://moodle.example.com",
    "BAMBOOHR_API_KEY": API_KEY,
    "MOODLE_TOKEN": TOKEN,
    "STATE_FILE": "in memory",
    "MOODLE_CONCURRENCY": "1",
    "MOODLE_BATCH_SIZE": "4",
}
SHOWN = ("id", "idnumber", "username", "firstname", "lastname", "email", "department", "suspended", "auth")
EMPLOYEES_PER_PAGE = 16
"""Few enough that the dates of a small company take two pages."""


_parser = functools.cache(build_parser)


@dataclass
class World:
    """Both systems and the state. The company's clock is two days behind until it is moved."""

    settings: dict[str, str] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: some_hours_ago(50))
    rows: dict[str, Item] = field(default_factory=dict)
    site: MoodleSite = field(default_factory=MoodleSite)
    company: Company = field(default_factory=Company)
    ever: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.company.clock = self.clock
        self.bamboo = BambooApp(self.company, api_key=API_KEY)

    def run(self, *arguments: str, injector: Injector | None = None, cloud: Cloud | None = None) -> RunResult:
        """Run the worker in this process; a killed run has done only what came before the kill.

        With a `cloud`, the state and the credentials of this run are there.
        """
        injector = injector or Injector()
        if cloud is None:
            return self._run(arguments, injector, self.settings)
        there = cloud.table(self.rows)
        with cloud.failing(injector):
            run = self._run(arguments, injector, {**self.settings, **there})
        self.rows = cloud.rows(there)
        return run

    def _run(self, arguments: Sequence[str], injector: Injector, settings: Mapping[str, str]) -> RunResult:
        stdout, stderr = io.StringIO(), io.StringIO()
        # A run in which the second changes writes follow-ups once more, so its number of calls would differ.
        now = datetime.now(UTC)
        with (
            patch.multiple(
                "worker.runs.services",
                new_session=functools.partial(self._session, injector),
                now=lambda: now,
                _open_items=lambda where: _open_items(where) if where.state_table else FaultyItems(injector, self.rows),
            ),
            patch("worker.bamboohr.client.ROWS_PER_PAGE", EMPLOYEES_PER_PAGE),
            patch("worker.cli._parser", _parser),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            try:
                code = main(arguments, {**_ENVIRONMENT, **settings}, WithoutPauses())
            except Killed:
                code = -9
        self.ever |= {user["idnumber"] for user in self.accounts()}
        return RunResult(code, stdout.getvalue(), stderr.getvalue())

    def _session(self, injector: Injector, *arguments: Any, **named: Any) -> requests.Session:
        session = new_session(*arguments, **{**named, "proxies": False})
        apps: dict[str, tuple[str, App]] = {
            "acme.bamboohr.com": ("bamboohr", self.bamboo),
            "moodle.example.com": ("moodle", MoodleApp(self.site)),
        }
        session.mount("https://", FaultyWire(injector, apps))
        return session

    def heal(self) -> None:
        """Expire the lock of a killed process, and show again what was hidden from the key."""
        self.bamboo.settings.invisible = frozenset()
        if LOCK in self.rows:
            self.rows[LOCK]["expires"] = 0

    def account(self, employee_id: str) -> dict[str, Any]:
        """Return the one account with this idnumber."""
        (found,) = [user for user in self.accounts() if user["idnumber"] == employee_id]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """Return the accounts of employees."""
        return [user for user in self.users() if user["idnumber"]]

    def users(self) -> list[dict[str, Any]]:
        """Return the compared fields of every account; few, because runs are judged thousands of times."""
        return [{name: getattr(user, name) for name in SHOWN} for user in self.site.table if not user.deleted]

    def save(self, folder: Path) -> Saved:
        """Save everything, so that it can be restored any number of times."""
        self.company.save(folder / "company.json")
        self.site.save(folder / "site.json")
        return Saved(folder, self)


@dataclass(frozen=True)
class Saved:
    """A saved world."""

    folder: Path
    world: World

    def restore(self) -> World:
        """Return a copy of the saved world."""
        saved = self.world
        clock = ManualClock(saved.clock().isoformat())
        world = World(
            settings={**saved.settings},
            clock=clock,
            rows=copy.deepcopy(saved.rows),
            site=MoodleSite.load(self.folder / "site.json"),
            company=Company.load(self.folder / "company.json", clock),
            ever={*saved.ever},
            notes={**saved.notes},
        )
        world.bamboo.settings = copy.deepcopy(saved.bamboo.settings)
        return world
