"""What the tests of the commands share: a look at all that there is, a lock that is held, a terminal."""

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
from typing import Any, Literal

from tests.run_harness import ROOT, Night, Nights


def items(town: Nights, kind: str = "") -> dict[str, dict[str, Any]]:
    """The items of the state of a kind (person, run, journal), or all of them, by the end of their keys."""
    if not town.state_file.exists():
        return {}
    with contextlib.closing(sqlite3.connect(town.state_file)) as state:
        rows = state.execute("SELECT key, body FROM items ORDER BY key").fetchall()
    prefix = f"default#{kind}#" if kind else ""
    return {key.removeprefix(prefix): json.loads(body) for key, body in rows if key.startswith(prefix)}


def row(town: Nights) -> dict[str, Any] | None:
    """The state row."""
    return items(town).get("default")


def write_item(town: Nights, key: str, **values: object) -> None:
    """What a hand, or another run, writes into the state."""
    with contextlib.closing(sqlite3.connect(town.state_file)) as state:
        state.execute("INSERT OR REPLACE INTO items VALUES (?, ?)", (key, json.dumps({"StateId": key, **values})))
        state.commit()


def hold_lock(town: Nights) -> None:
    """Another run is at work."""
    town.run("--dry-run")
    write_item(town, "default#lock", owner="another-run", expires=int(time.time()) + 200, scheduledTime="")


def everything(town: Nights) -> tuple[Any, Any]:
    """The state and the site: what a command that only looks must leave as it is."""
    return items(town), town.site.users(deleted=True)


def forward(town: Nights, **by: float) -> None:
    """Move the company's clock."""
    town.company.clock.advance(**by)  # type: ignore[attr-defined]


def people_told(night: Night) -> dict[int, dict[str, Any]]:
    """The log's lines about people, by employee id."""
    return {line["employee_id"]: line for line in night.log if line.get("event") == "sync.person"}


def at_a_terminal(
    town: Nights, *arguments: str, answer: str = "", shows: Literal["", "stdout", "stderr"] = "", **settings: str
) -> Night:
    """The real process with somebody at its terminal, who types `answer`; `shows`: what else is the terminal's."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 150))
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "COLUMNS": "150", **town.environment, **settings},
            stdin=theirs,
            stdout=theirs if shows == "stdout" else subprocess.PIPE,
            stderr=theirs if shows == "stderr" else subprocess.PIPE,
            text=True,
        ) as running:
            os.close(theirs)
            os.write(ours, answer.encode())
            seen = _until_the_end(ours) if shows else ""
            stdout, stderr = running.communicate(timeout=60)
    finally:
        os.close(ours)
    return Night(running.returncode, stdout if shows != "stdout" else seen, stderr if shows != "stderr" else seen)


def _until_the_end(terminal: int) -> str:
    """All that is shown, until the process lets go of the terminal (which Linux tells by an error)."""
    seen = bytearray()
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            seen += part
    return seen.decode().replace("\r\n", "\n")
