"""The demo: fourteen runs of the real worker process against a company of a few hundred employees.

BambooHR and Moodle are the sandbox's, DynamoDB and Secrets Manager moto's, all over HTTP on loopback. The worker gets
the environment variables that it has on AWS. At the end Moodle is compared with what the company implies.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.sandbox.bamboohr import BambooApp, Company, ManualClock
from tests.sandbox.demo_story import RUNS, Run, Scene
from tests.sandbox.expected import differences
from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import Switchboard, serve

_API_KEY = "0123456789abcdef0123456789abcdef01234567"
_ROOT = Path(__file__).resolve().parents[2]
_IDS_SHOWN = 5
_COUNTS = {
    "created": "created",
    "updated": "updated",
    "suspended": "suspended",
    "reactivated": "reactivated",
    "unchanged": "unchanged",
    "held": "held",
    "held_undone": "undone and left alone",
    "conflicts": "in conflict",
    "errors": "with an error",
}


def play(*, verbose: bool = False, page: Path, console: Console | None = None) -> int:
    """Play all runs.

    Args:
        verbose: Show each run's summary line as well.
        page: Where the plan is written as a page.
        console: Where the demo is shown.

    Returns:
        0 if each run ended as intended and Moodle holds what BambooHR implies, else 1.
    """
    console = console or Console(highlight=False)
    console.print("Starting BambooHR, Moodle, DynamoDB and Secrets Manager on loopback ...")
    with ExitStack() as servers:
        demo = _start(servers, console, verbose, page.resolve())
        for number, run in enumerate(RUNS, 1):
            demo.show(number, run)
    return demo.judge()


def _start(servers: ExitStack, console: Console, verbose: bool, page: Path) -> _Demo:
    # moto takes seconds to import where nothing is compiled yet: the first line is printed before.
    from tests.sandbox.aws import emulated_aws, prepare

    clock = ManualClock(f"{datetime.now(UTC) - timedelta(days=len(RUNS) + 1):%Y-%m-%dT22:00:00Z}")
    company, site = Company(clock), MoodleSite()
    moodle = Switchboard(MoodleApp(site))
    aws = servers.enter_context(emulated_aws())
    environment = {
        "PATH": os.environ["PATH"],
        **aws,
        **prepare(aws, _API_KEY, TOKEN),
        "BAMBOO_COMPANY_DOMAIN": "acme",
        "BAMBOO_BASE_URL": servers.enter_context(serve(Switchboard(BambooApp(company, api_key=_API_KEY)))),
        "MOODLE_BASE_URL": servers.enter_context(serve(moodle)),
    }
    return _Demo(console, verbose, page, Scene(company, site, clock, moodle), environment)


@dataclass
class _Demo:
    """The scene, the worker's environment variables, and where everything is shown."""

    console: Console
    verbose: bool
    page: Path
    scene: Scene
    environment: dict[str, str]
    failures: list[str] = field(default_factory=list)

    def show(self, number: int, run: Run) -> None:
        """Show one run, with the plan before it or the explanation after it."""
        self.console.rule(f"[bold]Run {number} of {len(RUNS)}: {run.title}")
        self.console.print(run.story)
        self.scene.clock.advance(days=1)
        run.day(self.scene)
        if run.plan_first:
            self._show_plan(run.exit_code)
        self._show_run(run)
        if run.explain:
            self._show_explanation(run.explain)
        self.console.print()

    def judge(self) -> int:
        """Compare Moodle with BambooHR; the exit code of the demo."""
        self.console.rule("[bold]Does Moodle hold what BambooHR implies?")
        users = self.scene.site.users()
        accounts = [user for user in users if user["idnumber"]]
        wrong = differences(self.scene.company, accounts, self.scene.with_account)
        self.console.print(
            f"{len(self.scene.company)} employees in BambooHR; {len(accounts)} accounts of theirs in Moodle,"
            f" {sum(bool(user['suspended']) for user in accounts)} of them suspended;"
            f" {len(users) - len(accounts)} accounts of Moodle's own, untouched."
        )
        faults = [*wrong, *self.failures]
        for fault in faults:
            self.console.print(fault, style="red", markup=False)
        if not faults:
            self.console.print("[bold green]Yes: every account is as it should be.[/bold green]")
        self.console.print(f"\nThe plan of the busy day, to read and search in a browser: {self.page}", soft_wrap=True)
        return 1 if faults else 0

    def _show_run(self, run: Run) -> None:
        command = [self.scene.last_run_id if word == "RUN" else word for word in run.command]
        if command:
            ended = self._operate(*command)
        else:
            scheduled = f"{self.scene.clock.now:%Y-%m-%dT23:00:00Z}"
            ended = self._worker(TRIGGER="schedule", SCHEDULED_TIME=scheduled)
        self.scene.with_account |= {user["idnumber"] for user in self.scene.site.users() if user["idnumber"]}
        if ended.stdout:
            summary = json.loads(ended.stdout)
            self.scene.last_run_id = summary["run_id"]
            self._show_counts(summary)
            self._show_errors(ended.stderr)
            if self.verbose:
                self.console.print(ended.stdout.rstrip(), style="dim", markup=False, soft_wrap=True)
        self._show_verdict(run.title, ended, run.exit_code)

    def _operate(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Show a command of the operator, and run it."""
        self.console.print(f"$ python -m worker {' '.join(command)}", style="bold", markup=False, soft_wrap=True)
        return self._worker(*command, TRIGGER="manual")

    def _worker(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "worker", *command],
            cwd=_ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def _show_counts(self, summary: dict[str, Any]) -> None:
        held = sum(summary["held"].values())
        # Held changes are errors, so that they are retried; what is held is said once.
        numbers = {**summary, "held": held, "errors": summary["errors"] - held}
        counts = ", ".join(f"{numbers[name]} {label}" for name, label in _COUNTS.items() if numbers[name])
        calls = ", ".join(f"{count} calls to {system}" for system, count in summary["http_calls"].items())
        moved = "moves on" if summary["next_since"] != summary["since"] else "stays where it was"
        self.console.print(counts, style="bold")
        self.console.print(f"{summary['duration_seconds']} s, {calls}; the state {moved}")

    def _show_errors(self, log: str) -> None:
        """Show each reason once, with the employees it concerns."""
        errors = [line for line in map(json.loads, log.splitlines()) if line["level"] == "error"]
        errors.sort(key=_reason)
        for (reason, advice), lines in groupby(errors, _reason):
            ids = [str(line["employee_id"]) for line in lines if "employee_id" in line]
            more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
            who = f"employee {', '.join(ids[:_IDS_SHOWN])}{more}: " if ids else ""
            self.console.print(f"  {who}{reason}", style="yellow", markup=False)
            self.console.print(f"    -> {advice}", markup=False)

    def _show_plan(self, exit_code: int) -> None:
        """Show the first line of each paragraph, and write the page."""
        plan = self._operate("plan")
        *paragraphs, following = plan.stdout.strip().split("\n\n")
        self._show_excerpt([paragraph.splitlines()[0] for paragraph in paragraphs] + following.splitlines())
        self._show_verdict("plan", plan, exit_code)
        page = self._operate("plan", "--html", str(self.page), "--show-values")
        self.console.print(f"  {page.stderr.strip()}", style="cyan", markup=False, soft_wrap=True)
        self._show_verdict("plan --html", page, exit_code)
        self.console.print("plan ends with the exit code of the run itself, which follows:")

    def _show_explanation(self, employee_id: str) -> None:
        """Show what would be done with the employee, and what holds it."""
        ended = self._operate("explain", "--employee", employee_id)
        sections = ended.stdout.strip().split("\n\n")
        shown = [section for section in sections if section.startswith("What")] or sections
        self._show_excerpt("\n\n".join(shown).splitlines())
        self._show_verdict("explain", ended, 0)

    def _show_verdict(self, title: str, ended: subprocess.CompletedProcess[str], intended: int) -> None:
        code = ended.returncode
        if code == intended:
            self.console.print(f"exit code {code}{', as intended' if code else ''}", style="green")
        else:
            self.console.print(f"exit code {code}, but {intended} was intended", style="red")
            if not ended.stdout:
                self.console.print(ended.stderr.rstrip(), markup=False, soft_wrap=True)
            self.failures.append(f"{title!r} ended with exit code {code}, not {intended}")

    def _show_excerpt(self, lines: Sequence[str]) -> None:
        if max(map(len, lines), default=0) > self.console.width:
            lines = [re.sub(r"(?<=\S) {3,}", "   ", line) for line in lines]
        for line in (*lines, "(an excerpt)"):
            self.console.print(f"  {line}", style="cyan", markup=False, no_wrap=True, overflow="ellipsis")


def _reason(line: dict[str, Any]) -> tuple[str, str]:
    return line["reason"], line["advice"]
