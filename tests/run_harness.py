"""A company, a Moodle and the worker between them: the seam through which a user reaches the product.

Both sandbox servers answer over real HTTP. `run` calls the command line in this process (fast, the same code);
`process` starts `python -m worker` as the schedule does.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.sandbox.bamboohr import BambooApp, Company, ManualClock
from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import Fault, Switchboard, serve
from worker.cli import main
from worker.stopping import StopSignal

ROOT = Path(__file__).resolve().parent.parent
API_KEY = "0123456789abcdef0123456789abcdef01234567"
WRITES = ("core_user_create_users", "core_user_update_users")


class WithoutPauses(StopSignal):
    """A stop signal that never waits, so that a retry follows at once."""

    def wait(self, seconds: float) -> None:
        self.check()


@dataclass
class RunResult:
    """The exit code and the output of a run."""

    code: int
    stdout: str
    stderr: str

    @property
    def summary(self) -> dict[str, Any]:
        """The JSON line on stdout."""
        (line,) = self.stdout.splitlines()
        return dict(json.loads(line))

    def __getitem__(self, name: str) -> Any:
        """Return a value of the summary."""
        return self.summary[name]

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log lines on stderr."""
        return [json.loads(line) for line in self.stderr.splitlines()]

    def reason_codes(self, employee_id: str) -> list[str]:
        """Return the reason codes logged for an employee."""
        return [line["code"] for line in self.log if line.get("employee_id") == int(employee_id)]


@dataclass
class RunHarness:
    """Both sandbox servers and the worker's environment."""

    company: Company
    bamboo: BambooApp
    site: MoodleSite
    to_bamboo: Switchboard
    to_moodle: Switchboard
    environment: dict[str, str]
    state_file: Path

    def run(self, *arguments: str, **settings: str) -> RunResult:
        """Run the worker in this process; `settings` are further environment variables."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            code = main(arguments, {**self.environment, **settings}, WithoutPauses())
        return RunResult(code, stdout.getvalue(), stderr.getvalue())

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start the worker as a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def process(self, *arguments: str, **settings: str) -> RunResult:
        """Run the worker as a process."""
        with self.start(*arguments, **settings) as running:
            stdout, stderr = running.communicate(timeout=120)
        return RunResult(running.returncode, stdout, stderr)

    def account(self, employee_id: str) -> dict[str, Any]:
        """Return the one account with this idnumber."""
        (found,) = [user for user in self.site.users() if user["idnumber"] == employee_id]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """Return all accounts except the site's own."""
        own = {self.site.guest_id, self.site.admin_id, self.site.service_id}
        return [user for user in self.site.users() if user["id"] not in own]

    def fail_moodle(self, kind: Any, **more: Any) -> None:
        """Inject a fault into Moodle."""
        self.to_moodle.faults.append(Fault(kind, **more))

    def fail_bamboo(self, kind: Any, **more: Any) -> None:
        """Inject a fault into BambooHR."""
        self.to_bamboo.faults.append(Fault(kind, **more))

    def heal(self) -> None:
        """Remove every fault."""
        self.to_moodle.faults.clear()
        self.to_bamboo.faults.clear()

    def writes(self) -> list[str]:
        """Return the write calls that Moodle received since :meth:`forget_calls`."""
        return [call for call in self.to_moodle.calls if call in WRITES]

    def forget_calls(self) -> None:
        """Forget the calls recorded so far."""
        self.to_moodle.calls.clear()
        self.to_bamboo.calls.clear()


@contextmanager
def start_harness(tmp_path: Path, *, clock: ManualClock | None = None) -> Iterator[RunHarness]:
    """Serve an empty company and an empty Moodle; the company's clock is three hours behind until it is moved."""
    company = Company(clock or some_hours_ago())
    bamboo = BambooApp(company, api_key=API_KEY)
    site = MoodleSite()
    to_bamboo, to_moodle = Switchboard(bamboo), Switchboard(MoodleApp(site))
    state_file = tmp_path / "state.sqlite"
    with serve(to_bamboo) as bamboo_url, serve(to_moodle) as moodle_url:
        environment = {
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "BAMBOO_BASE_URL": bamboo_url,
            "MOODLE_BASE_URL": moodle_url,
            "BAMBOOHR_API_KEY": API_KEY,
            "MOODLE_TOKEN": TOKEN,
            "STATE_FILE": str(state_file),
            "HTTP_TIMEOUT_SECONDS": "5",
        }
        yield RunHarness(company, bamboo, site, to_bamboo, to_moodle, environment, state_file)


def some_hours_ago(hours: int = 3) -> ManualClock:
    """Return a company clock that can move forward and still be in the past."""
    return ManualClock(f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}")
