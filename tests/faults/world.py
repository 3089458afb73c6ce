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
from tests.faults.injection import Injector, Killed
from tests.faults.wires import FaultyItems, FaultyWire
from tests.run_harness import API_KEY, Night, some_hours_ago
from tests.sandbox.bamboohr import BambooApp, Company, ManualClock
from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import App
from worker.cli import _parser as build_parser
from worker.cli import main
from worker.runs.services import _open_items
from worker.state.items import Item
from worker.stopping import StopSignal
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
PEOPLE_A_PAGE = 16
"""So few that the dates of a small company are read in two pages."""


_parser = functools.cache(build_parser)


class Impatient(StopSignal):
    """Waits for nothing: a retry comes at once."""

    def wait(self, seconds: float) -> None:
        self.check()


@dataclass
class World:
    """Both systems and the state. The company's clock stands two days ago until it is moved."""

    settings: dict[str, str] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: some_hours_ago(50))
    rows: dict[str, Item] = field(default_factory=dict)
    site: MoodleSite = field(default_factory=MoodleSite)
    company: Company = field(default_factory=Company)
    ever: set[str] = field(default_factory=set)
    noted: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.company.clock = self.clock
        self.bamboo = BambooApp(self.company, api_key=API_KEY)

    def run(self, *arguments: str, injector: Injector | None = None, cloud: Cloud | None = None) -> Night:
        """One run in this process; of a process that was killed only what it did until then is true.

        With a `cloud` the state and the credentials are there for this one run.
        """
        injector = injector or Injector()
        if cloud is None:
            return self._run(arguments, injector, self.settings)
        there = cloud.table(self.rows)
        with cloud.failing(injector):
            night = self._run(arguments, injector, {**self.settings, **there})
        self.rows = cloud.rows(there)
        return night

    def _run(self, arguments: Sequence[str], injector: Injector, settings: Mapping[str, str]) -> Night:
        stdout, stderr = io.StringIO(), io.StringIO()
        # A run in which the second changes remembers people once more: it would have another number of calls.
        now = datetime.now(UTC)
        with (
            patch.multiple(
                "worker.runs.services",
                new_session=functools.partial(self._session, injector),
                now=lambda: now,
                _open_items=lambda where: _open_items(where) if where.table else FaultyItems(injector, self.rows),
            ),
            patch("worker.bamboohr.client.ROWS_PER_PAGE", PEOPLE_A_PAGE),
            patch("worker.cli._parser", _parser),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            try:
                code = main(arguments, {**_ENVIRONMENT, **settings}, Impatient())
            except Killed:
                code = -9
        self.ever |= {user["idnumber"] for user in self.accounts()}
        return Night(code, stdout.getvalue(), stderr.getvalue())

    def _session(self, injector: Injector, *arguments: Any, **named: Any) -> requests.Session:
        session = new_session(*arguments, **{**named, "proxies": False})
        apps: dict[str, tuple[str, App]] = {
            "acme.bamboohr.com": ("bamboohr", self.bamboo),
            "moodle.example.com": ("moodle", MoodleApp(self.site)),
        }
        session.mount("https://", FaultyWire(injector, apps))
        return session

    def heal(self) -> None:
        """The lock of a process that died frees itself, and what was hidden from the key is shown again."""
        self.bamboo.settings.invisible = frozenset()
        if LOCK in self.rows:
            self.rows[LOCK]["expires"] = 0

    def account(self, employee_id: str) -> dict[str, Any]:
        """The one account with this idnumber."""
        (found,) = [user for user in self.accounts() if user["idnumber"] == employee_id]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """The accounts that somebody of the company has."""
        return [user for user in self.users() if user["idnumber"]]

    def users(self) -> list[dict[str, Any]]:
        """Every account, as far as it can be told from another one: a night is judged thousands of times."""
        return [{name: getattr(user, name) for name in SHOWN} for user in self.site.table if not user.deleted]

    def save(self, folder: Path) -> Saved:
        """Keep all of it, to be had again as often as one likes."""
        self.company.save(folder / "company.json")
        self.site.save(folder / "site.json")
        return Saved(folder, self)


@dataclass(frozen=True)
class Saved:
    """A world that stands still."""

    folder: Path
    world: World

    def again(self) -> World:
        """The same world, to do with what one likes."""
        kept = self.world
        clock = ManualClock(kept.clock().isoformat())
        again = World(
            settings={**kept.settings},
            clock=clock,
            rows=copy.deepcopy(kept.rows),
            site=MoodleSite.load(self.folder / "site.json"),
            company=Company.load(self.folder / "company.json", clock),
            ever={*kept.ever},
            noted={**kept.noted},
        )
        again.bamboo.settings = copy.deepcopy(kept.bamboo.settings)
        return again
