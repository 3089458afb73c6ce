"""Thousands of runs without a socket: the worker's real clients, plan, lock and state between two in-process systems.

A run can be killed before or after any HTTP call and any write of the state, as SIGKILL would do it: nothing that the
process would have done afterwards, not even in a `finally`, takes effect.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from tests.run_harness import WithoutPauses
from tests.sandbox.bamboohr import BambooApp, Company, ManualClock
from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import InProcess, Switchboard
from worker.bamboohr.client import BambooHRClient
from worker.config.credentials import RenewableCredential
from worker.config.settings import Settings, read_settings
from worker.errors import SyncError
from worker.model.history import History
from worker.moodle.client import MoodleClient
from worker.runs.run_input import AllEmployees, ChangedEmployees, RunRequest, SelectedEmployees
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.sync import preview, run_sync
from worker.runs.undo import UndoRequest, run_undo
from worker.state.items import KEY, Condition, Item
from worker.state.store import Store
from worker.transport.http import Transport

BAMBOO, MOODLE = "https://acme.bamboohr.com", "https://moodle.example.com"


class Killed(BaseException):
    """The process was killed."""


@dataclass
class Process:
    """A process that is killed at its n-th step: before or after an HTTP call or a write of the state."""

    dies_at: int | None = None
    steps: int = 0
    dead: bool = False

    def step(self) -> None:
        """Count a step, or raise :class:`Killed`."""
        self.steps += 1
        if self.dead or self.steps == self.dies_at:
            self.dead = True
            raise Killed


@dataclass
class MemoryItems:
    """The state table. See :class:`worker.state.items.Items`."""

    process: Process
    rows: dict[str, Item]

    def get(self, key: str) -> Item | None:
        found = self.rows.get(key)
        return dict(found) if found else None

    def get_all(self, keys: Sequence[str]) -> dict[str, Item]:
        return {key: dict(self.rows[key]) for key in keys if key in self.rows}

    def put(self, item: Item, when: Condition | None = None) -> bool:
        self.process.step()
        if when is not None and not when.holds(self.rows.get(item[KEY])):
            return False
        self.rows[item[KEY]] = dict(item)
        self.process.step()
        return True

    def delete(self, key: str, when: Condition | None = None) -> bool:
        self.process.step()
        if when is not None and not when.holds(self.rows.get(key)):
            return False
        self.rows.pop(key, None)
        return True

    def put_all(self, items: Sequence[Item]) -> None:
        for item in items:
            self.put(item)

    def scan(self, prefixes: Iterable[str]) -> list[Item]:
        wanted = tuple(prefixes)
        return [dict(row) for key, row in sorted(self.rows.items()) if key.startswith(wanted)]

    def put_if(self, item: Item, when: Condition, other_key: str, other_when: Condition) -> bool:
        self.process.step()
        if not (when.holds(self.rows.get(item[KEY])) and other_when.holds(self.rows.get(other_key))):
            return False
        self.rows[item[KEY]] = dict(item)
        self.process.step()
        return True


@dataclass
class Simulation:
    """A company, a Moodle, a state table, and the runs between them."""

    settings: dict[str, str] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: ManualClock("2026-11-20T22:00:00Z"))
    rows: dict[str, Item] = field(default_factory=dict)
    site: MoodleSite = field(default_factory=MoodleSite)
    ever: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        logging.getLogger("worker").propagate = False
        self.company = Company(self.clock)
        self.bamboo = BambooApp(self.company, api_key="k" * 40)
        self.to_bamboo = Switchboard(self.bamboo)
        self.to_moodle = Switchboard(MoodleApp(self.site))
        self._numbers = itertools.count(1)

    def sync(
        self, *, dies_at: int | None = None, employees: tuple[int, ...] = (), dry_run: bool = False
    ) -> Summary | None:
        """Run `sync`; None if the run was killed. A lock it left behind has expired by the next run."""
        covers = SelectedEmployees(employees) if employees else ChangedEmployees()
        return self.do(RunRequest(covers, dry_run=dry_run, includes_undone=bool(employees)), dies_at=dies_at)

    def approve(self, run_id: str) -> Summary | None:
        """Approve everything that a run held."""
        held = self._store(Process()).held_changes(run_id)
        assert held is not None
        employees = sorted({change.employee_id for change in held.changes})
        return self.do(RunRequest(SelectedEmployees(tuple(employees)), approved_changes=tuple(held.changes)), "approve")

    def reconcile(self, *, dies_at: int | None = None) -> Summary | None:
        """Run `reconcile`; None if the run was killed."""
        return self.do(RunRequest(AllEmployees()), "reconcile", dies_at=dies_at)

    def undo(self, run_id: str, *, dies_at: int | None = None, employees: tuple[int, ...] = ()) -> Summary | None:
        """Undo a run; None if the undo was killed."""
        request = UndoRequest(run_id, employees=employees)
        return self._ended(lambda services, summary: run_undo(request, services, summary), "undo", dies_at)

    def memory(self) -> History:
        """What the state remembers."""
        return self._store(Process()).history()

    def do(self, request: RunRequest, command: str = "sync", *, dies_at: int | None = None) -> Summary | None:
        """Execute any run; None if it was killed."""
        act = preview if request.dry_run else run_sync
        return self._ended(lambda services, summary: act(request, services, summary), command, dies_at)

    def _ended(self, run: Callable[[Services, Summary], object], command: str, dies_at: int | None) -> Summary | None:
        self.clock.advance(minutes=6)
        process = Process(dies_at)
        summary = Summary(run_id=f"run{next(self._numbers):04}", command=command, started_at=self.clock())
        try:
            run(self._services(process), summary)
            summary.finish()
        except SyncError as end:
            summary.finish(end)
        except Killed:
            return None
        finally:
            self.ever |= {user["idnumber"] for user in self.site.users() if user["idnumber"]}
        return summary

    def _settings(self) -> Settings:
        return read_settings(
            {
                "BAMBOO_COMPANY_DOMAIN": "acme",
                "MOODLE_BASE_URL": MOODLE,
                "BAMBOOHR_API_KEY": "k" * 40,
                "MOODLE_TOKEN": TOKEN,
                "STATE_FILE": "unused",
                "MOODLE_CONCURRENCY": "1",
                **self.settings,
            }
        )

    def _store(self, process: Process) -> Store:
        return Store(MemoryItems(process, self.rows), "default", lambda: self.clock().timestamp())

    def _services(self, process: Process) -> Services:
        settings, stop = self._settings(), WithoutPauses()
        bamboohr = Transport("bamboohr", _session(self.to_bamboo, process), settings.http_timeout_seconds, stop)
        moodle = MoodleClient(
            Transport("moodle", _session(self.to_moodle, process), settings.http_timeout_seconds, stop),
            settings.moodle_endpoint,
            RenewableCredential(TOKEN),
            mapping=settings.mapping,
            batch_size=settings.moodle_batch_size,
            concurrency=1,
            fix_command="fix",
        )
        return Services(
            settings=settings,
            store=self._store(process),
            bamboohr=BambooHRClient(bamboohr, settings.bamboo_api, RenewableCredential("k" * 40), "fix"),
            moodle=moodle,
            stop=stop,
            clock=_reading(self.clock),
            digest_key=TOKEN,
        )


def _reading(clock: ManualClock) -> Any:
    def now() -> datetime:
        return clock()

    return now


def _session(switchboard: Switchboard, process: Process) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", _Stepping(switchboard, process))
    return session


class _Stepping(InProcess):
    def __init__(self, switchboard: Switchboard, process: Process) -> None:
        super().__init__(switchboard)
        self._process = process

    def send(self, *arguments: Any, **named: Any) -> requests.Response:
        self._process.step()
        answer = super().send(*arguments, **named)
        self._process.step()
        return answer
