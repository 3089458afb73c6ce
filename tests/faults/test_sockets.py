"""The same over real sockets, where the operating system says what went wrong; and SIGKILL to the process."""

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

from tests.faults.conftest import Tell
from tests.faults.scenarios import person
from tests.faults.verdict import ended
from tests.run_harness import Nights
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
def day(town: Nights) -> Nights:
    """A day after the first night: changes of every kind are due."""
    begin(town)
    return town


def begin(town: Nights) -> None:
    for number in range(1, 9):
        town.company.hire(str(number), **person(number))
    assert town.run(**_SETTINGS).code == 0
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.company.edit("2", lastName="AndersQuux")
    town.company.terminate("3")
    town.company.edit("5", workEmail="neu5quux@example.com")
    town.company.edit("6", workEmail="adresse5quux@example.com")
    for number in (9, 10, 11):
        town.company.hire(str(number), **person(number))


def assert_right(town: Nights) -> None:
    """The next nights bring the world right, and then there is nothing to do."""
    town.heal()
    for _ in range(3):
        night = town.run(**_SETTINGS)
        assert ended(night) == []
        if night.code == 0:
            break
    assert differences(town.company, town.accounts(), {"3"}) == []
    town.listen()
    assert town.run(**_SETTINGS).code == 0
    assert town.writes() == []


@pytest.mark.parametrize("times", [1, 0], ids=["once", "rest"])
@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("operation", _CALLS)
def test_survived(
    day: Nights, operation: str, kind: str, times: int, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_moodle = operation.startswith("core_")
    tell("moodle" if of_moodle else "bamboohr", operation, f"{kind} (socket)")
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    fault = {"kind": kind, "operation": operation, "times": times, **_KINDS[kind]}
    (day.fail_moodle if of_moodle else day.fail_bamboo)(**fault)

    assert ended(day.run(**_SETTINGS)) == []

    assert_right(day)


@pytest.mark.parametrize("operation", ["changed", "core_user_create_users"])
def test_a_time_out_is_survived(day: Nights, operation: str, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    of_moodle = operation.startswith("core_")
    tell("moodle" if of_moodle else "bamboohr", operation, "timeout_before (socket)")
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    (day.fail_moodle if of_moodle else day.fail_bamboo)("hang", operation=operation, seconds=5)

    assert ended(day.run(HTTP_TIMEOUT_SECONDS="1", **_SETTINGS)) == []

    assert_right(day)


@pytest.mark.parametrize("variable", ["BAMBOO_BASE_URL", "MOODLE_BASE_URL"])
def test_a_closed_port_is_survived(day: Nights, variable: str, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    tell("moodle" if "MOODLE" in variable else "bamboohr", "every call", "refused (socket)")
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]

    night = day.run(**_SETTINGS, **{variable: f"http://127.0.0.1:{port}"})

    assert (night.code, ended(night)) == (1, [])
    assert_right(day)


class Executioner:
    """Stands behind both switchboards and kills the process at its n-th call, before or after the server acted."""

    def __init__(self, town: Nights, at: int, *, after: bool) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.met = ""
        self._at, self._after = at, after
        self._calls = 0
        self._guard = threading.Lock()
        for board in (town.to_bamboo, town.to_moodle):
            board.app = _Watched(board.app, self)

    def call(self, operation: str) -> bool:
        """Count a call; whether the process dies of it."""
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
        dies = self._executioner.process is not None and self._executioner.call(self.operation(request))
        if dies and not self._executioner.waits:
            self._executioner.kill()
            return Response(fate="reset")
        answer: Response = self._app.answer(request)
        if dies:
            self._executioner.kill()
        return answer


_MORE_THAN_A_DAY_HAS = 18
"""The last of these numbers is beyond the last call, which shows that no call was left out."""


@pytest.mark.parametrize("after", [False, True], ids=["killed_before", "killed_after"])
@pytest.mark.parametrize("at", range(1, _MORE_THAN_A_DAY_HAS + 1))
def test_a_killed_process_is_survived(day: Nights, at: int, after: bool, tell: Tell) -> None:
    executioner = Executioner(day, at, after=after)
    with day.start(**_SETTINGS) as executioner.process:
        executioner.process.communicate(timeout=60)

    if not executioner.met:
        assert executioner.process.returncode == 0
        return
    assert (executioner.process.returncode, at < _MORE_THAN_A_DAY_HAS) == (-9, True)
    system = "moodle" if executioner.met.startswith("core_") else "bamboohr"
    tell(system, executioner.met, "SIGKILL before" if not after else "SIGKILL after")
    executioner.process = None
    lease_runs_out(day.state_file)
    assert_right(day)


def lease_runs_out(state: Path) -> None:
    """The lock of a process that died frees itself within minutes."""
    with closing(sqlite3.connect(state)) as database, database:
        (body,) = database.execute("SELECT body FROM items WHERE key = 'default#lock'").fetchone() or ("",)
        if body:
            lock = json.dumps({**json.loads(body), "expires": 0})
            database.execute("UPDATE items SET body = ? WHERE key = 'default#lock'", (lock,))
