"""Faults over real sockets, where the operating system reports the error, and SIGKILL to the process."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import RecordFault
from tests.faults.scenarios import employee
from tests.faults.verdict import ended
from tests.run_harness import RunHarness
from tests.sandbox.expected import differences
from tests.sandbox.wire import Request, Response

_CALLS = (
    "changed",
    "employees",
    "directory",
    "core_user_get_users_by_field",
    "core_user_update_users",
    "core_user_create_users",
)
_KINDS: dict[str, dict[str, Any]] = {
    "reset_before": {},
    "reset_after": {},
    "truncate": {},
    "html": {},
    "429_retry_after": {"kind": "status", "status": 429, "retry_after": "1"},
    "503": {"kind": "status", "status": 503},
}
_SETTINGS = {"MOODLE_BATCH_SIZE": "3"}


@pytest.fixture
def due(harness: RunHarness) -> RunHarness:
    """A day after the first run: changes of every kind are due."""
    for number in range(1, 9):
        harness.company.hire(str(number), **employee(number))
    assert harness.run(**_SETTINGS).code == 0
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    harness.company.edit("2", lastName="AndersQuux")
    harness.company.terminate("3")
    harness.company.edit("5", workEmail="neu5quux@example.com")
    harness.company.edit("6", workEmail="adresse5quux@example.com")
    for number in (9, 10, 11):
        harness.company.hire(str(number), **employee(number))
    return harness


def system_of(operation: str) -> str:
    return "moodle" if operation.startswith("core_") else "bamboohr"


def fail(harness: RunHarness, operation: str, **fault: Any) -> None:
    """Inject a fault into the system that has the operation."""
    {"moodle": harness.fail_moodle, "bamboohr": harness.fail_bamboo}[system_of(operation)](operation=operation, **fault)


def assert_recovered(harness: RunHarness) -> None:
    """Assert that the next runs reach the correct end, and that a further run writes nothing."""
    harness.heal()
    for _ in range(3):
        run = harness.run(**_SETTINGS)
        assert ended(run) == []
        if run.code == 0:
            break
    assert differences(harness.company, harness.accounts(), {"3"}) == []
    harness.forget_calls()
    assert harness.run(**_SETTINGS).code == 0
    assert harness.writes() == []


@pytest.mark.parametrize("times", [1, 0], ids=["once", "rest"])
@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("operation", _CALLS)
def test_survived(due: RunHarness, operation: str, kind: str, times: int, record_fault: RecordFault) -> None:
    record_fault(system_of(operation), operation, f"{kind} (socket)")
    fail(due, operation, **{"kind": kind, "times": times, **_KINDS[kind]})

    assert ended(due.run(**_SETTINGS)) == []

    assert_recovered(due)


@pytest.mark.parametrize("operation", ["changed", "core_user_create_users"])
def test_a_timeout_is_survived(due: RunHarness, operation: str, record_fault: RecordFault) -> None:
    record_fault(system_of(operation), operation, "timeout_before (socket)")
    fail(due, operation, kind="hang", seconds=5)

    assert ended(due.run(HTTP_TIMEOUT_SECONDS="1", **_SETTINGS)) == []

    assert_recovered(due)


@pytest.mark.parametrize("variable", ["BAMBOO_BASE_URL", "MOODLE_BASE_URL"])
def test_a_closed_port_is_survived(due: RunHarness, variable: str, record_fault: RecordFault) -> None:
    record_fault("moodle" if "MOODLE" in variable else "bamboohr", "every call", "refused (socket)")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    forget_binding(due.state_file)

    run = due.run(**_SETTINGS, **{variable: f"http://127.0.0.1:{port}"})
    forget_binding(due.state_file)

    assert (run.code, ended(run)) == (1, [])
    assert_recovered(due)


class Executioner:
    """Kills the process at its n-th call to either server, before or after the server processed it."""

    def __init__(self, harness: RunHarness, at: int, *, after: bool) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.met = ""
        self._at, self._after = at, after
        self._calls = 0
        self._guard = threading.Lock()
        for board in (harness.to_bamboo, harness.to_moodle):
            board.app = _Watched(board.app, self)

    def call(self, operation: str) -> bool:
        """Count a call; return whether the process is killed at it."""
        with self._guard:
            self._calls += 1
            if self._calls == self._at:
                self.met = operation
            return self._calls >= self._at

    @property
    def waits(self) -> bool:
        return self._after

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


class _Watched:
    def __init__(self, app: Any, executioner: Executioner) -> None:
        self._app, self._executioner = app, executioner

    def operation(self, request: Request) -> str:
        return str(self._app.operation(request))

    def answer(self, request: Request) -> Response:
        killed = self._executioner.process is not None and self._executioner.call(self.operation(request))
        if killed and not self._executioner.waits:
            self._executioner.kill()
            return Response(fate="reset")
        answer: Response = self._app.answer(request)
        if killed:
            self._executioner.kill()
        return answer


_MORE_CALLS_THAN_A_RUN = 20
"""More calls than the run makes, which shows that no call is left out."""


@pytest.mark.parametrize("after", [False, True], ids=["killed_before", "killed_after"])
@pytest.mark.parametrize("at", range(1, _MORE_CALLS_THAN_A_RUN + 1))
def test_a_killed_process_is_survived(due: RunHarness, at: int, after: bool, record_fault: RecordFault) -> None:
    executioner = Executioner(due, at, after=after)
    with due.start(**_SETTINGS) as executioner.process:
        executioner.process.communicate(timeout=60)

    if not executioner.met:
        assert executioner.process.returncode == 0
        return
    assert (executioner.process.returncode, at < _MORE_CALLS_THAN_A_RUN) == (-9, True)
    record_fault(system_of(executioner.met), executioner.met, "SIGKILL before" if not after else "SIGKILL after")
    executioner.process = None
    expire_lock(due.state_file)
    assert_recovered(due)


def expire_lock(state: Path) -> None:
    """Expire the lock of a killed process."""
    with closing(sqlite3.connect(state)) as database, database:
        (body,) = database.execute("SELECT body FROM items WHERE key = 'default#lock'").fetchone() or ("",)
        if body:
            lock = json.dumps({**json.loads(body), "expires": 0})
            database.execute("UPDATE items SET body = ? WHERE key = 'default#lock'", (lock,))


def forget_binding(state: Path) -> None:
    """Let the state accept another address of the site."""
    with closing(sqlite3.connect(state)) as database, database:
        database.execute("DELETE FROM items WHERE key = 'default#binding'")
