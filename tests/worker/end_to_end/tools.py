"""Tools of the command tests: read the state and the site, hold the lock, run the worker at a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from tests.run_harness import ROOT, RunHarness, RunResult
from worker.model.history import EmployeeRecord
from worker.state.sqlite import SqliteItems
from worker.state.store import Store


def items(harness: RunHarness, kind: str = "") -> dict[str, dict[str, Any]]:
    """Return the state's items of a kind (run, journal), or all of them, by the end of their keys."""
    if not harness.state_file.exists():
        return {}
    with contextlib.closing(sqlite3.connect(harness.state_file)) as state:
        rows = state.execute("SELECT key, body FROM items ORDER BY key").fetchall()
    prefix = f"default#{kind}#" if kind else ""
    return {key.removeprefix(prefix): json.loads(body) for key, body in rows if key.startswith(prefix)}


def records(harness: RunHarness) -> dict[int, EmployeeRecord]:
    """Return what the state remembers about employees."""
    return {**Store(SqliteItems(str(harness.state_file)), "default").history().records}


def row(harness: RunHarness) -> dict[str, Any] | None:
    """Return the state row."""
    return items(harness).get("default")


def write_item(harness: RunHarness, key: str, **values: object) -> None:
    """Write an item into the state, as an operator or another run would."""
    write_body(harness, key, json.dumps({"StateId": key, **values}))


def write_body(harness: RunHarness, key: str, body: str) -> None:
    """Write what may be no item at all under a key."""
    with contextlib.closing(sqlite3.connect(harness.state_file)) as state:
        state.execute("INSERT OR REPLACE INTO items VALUES (?, ?)", (key, body))
        state.commit()


def remove_item(harness: RunHarness, key: str) -> None:
    with contextlib.closing(sqlite3.connect(harness.state_file)) as state:
        state.execute("DELETE FROM items WHERE key = ?", (key,))
        state.commit()


def update_items(harness: RunHarness, kind: str, **changes: Callable[[Any], Any]) -> None:
    """Replace values of the state's items of a kind, each by a function of the former one."""
    for key, item in items(harness, kind).items():
        changed = {name: replace(item.get(name)) for name, replace in changes.items()}
        write_item(harness, f"default#{kind}#{key}", **{**item, **changed})


def delete_item(harness: RunHarness, key: str) -> None:
    """Delete an item of the state, as an operator would."""
    with contextlib.closing(sqlite3.connect(harness.state_file)) as state:
        state.execute("DELETE FROM items WHERE key = ?", (key,))
        state.commit()


def hold_lock(harness: RunHarness, **values: object) -> None:
    """Hold the lock for another run."""
    harness.run("--dry-run")
    write_lock(harness, **values)


def write_lock(harness: RunHarness, **values: object) -> None:
    """Write the lock of another run into a state that exists."""
    lease = {"owner": "another-run", "expires": int(time.time()) + 200, "scheduledTime": ""}
    write_item(harness, "default#lock", **{**lease, **values})


def state_and_site(harness: RunHarness) -> tuple[Any, Any]:
    """Return the state and the site, which a read-only command must leave unchanged."""
    return items(harness), harness.site.users(deleted=True)


def in_sync(harness: RunHarness, employees: Iterable[Mapping[str, str | None]]) -> RunHarness:
    """Create accounts for these employees; an hour has passed since."""
    harness.company.add(employees)
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.forget_calls()
    return harness


def advance_clock(harness: RunHarness, **by: float) -> None:
    """Move the company's clock."""
    harness.company.clock.advance(**by)  # type: ignore[attr-defined]


def suspended(harness: RunHarness) -> set[int]:
    """Return the ids of the employees whose accounts are suspended."""
    return {int(user["idnumber"]) for user in harness.accounts() if user["suspended"]}


def employee_lines(run: RunResult) -> dict[int, dict[str, Any]]:
    """Return the log lines of the employees, by employee id."""
    return {line["employee_id"]: line for line in run.log if line.get("event") == "sync.person"}


def at_a_terminal(
    harness: RunHarness, *arguments: str, answer: str = "", shows: Literal["", "stdout", "stderr"] = "", **settings: str
) -> RunResult:
    """Run the worker as a process at a terminal; `answer` is typed, `shows` names the stream of the terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 150))
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "COLUMNS": "150", **harness.environment, **settings},
            stdin=theirs,
            stdout=theirs if shows == "stdout" else subprocess.PIPE,
            stderr=theirs if shows == "stderr" else subprocess.PIPE,
            text=True,
        ) as running:
            os.close(theirs)
            os.write(ours, answer.encode())
            seen = _shown_until_closed(ours) if shows else ""
            stdout, stderr = running.communicate(timeout=60)
    finally:
        os.close(ours)
    return RunResult(running.returncode, stdout if shows != "stdout" else seen, stderr if shows != "stderr" else seen)


def _shown_until_closed(terminal: int) -> str:
    """Return what the terminal shows until the process closes it, which Linux reports as an error."""
    seen = bytearray()
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            seen += part
    return seen.decode().replace("\r\n", "\n")
