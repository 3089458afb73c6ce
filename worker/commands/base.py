"""What the functions of all commands share: the call that they receive, and the confirmation before a write.

A *run* (sync, approve, reconcile, undo) fills the summary, whose line is its only output on stdout. A *report* (plan,
explain, doctor, people, state) is for a reader: it prints, and returns an exit code.
"""

from __future__ import annotations

import argparse
import select
import sys
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker import streams
from worker.config.settings import Settings, read_settings
from worker.errors import NothingDone, UsageError
from worker.model.employee import Employee
from worker.model.held_change import HeldChanges
from worker.model.history import History
from worker.model.step import WRITES, Step
from worker.progress import Progress, bar
from worker.reports.build import build
from worker.reports.output import fit
from worker.reports.table import changes
from worker.runs.run_input import RunRequest
from worker.runs.services import Services, open_services, read_credentials
from worker.runs.summary import Summary
from worker.runs.sync import preview
from worker.stopping import StopSignal
from worker.transport.patience import Patience
from worker.words import MOST_SHOWN


@dataclass(frozen=True)
class Call:
    """One call of a command."""

    options: argparse.Namespace
    environment: Mapping[str, str]
    stop: StopSignal
    summary: Summary

    def begin(self, selection: str, about_run: str = "") -> None:
        """Set in the summary what was requested, so that it is shown however the run ends."""
        self.summary.dry_run, self.summary.selection = self.options.dry_run, selection
        self.summary.about_run = about_run

    def settings(self) -> Settings:
        """Return the settings, and start the time limit."""
        settings = read_settings(self.environment)
        self.summary.trigger, self.summary.batch_size = settings.trigger, settings.batch_size
        self.stop.limit(settings.max_run_minutes)
        return settings

    def services(self, progress: Progress = bar, patience: Patience | None = None) -> Services:
        """Return the services of a run. Neither BambooHR nor Moodle is called yet."""
        settings = self.settings()
        return open_services(settings, read_credentials(settings, patience), self.stop, self.summary, progress)


def approvable(services: Services, history: History) -> list[HeldChanges]:
    """Return the held changes of recent runs that can still be approved, oldest first."""
    kept = (services.store.held_changes(run.run_id) for run in history.runs if run.held_count)
    return [held for held in kept if held is not None and held.is_valid(services.clock())]


def reader_patience() -> Patience:
    """Return how long a report waits for a system: its reader would rather know that a site is in maintenance."""
    return Patience.for_reader(30.0)


Propose = Callable[[Summary], tuple[Sequence[Step], Iterable[Employee]]]
"""Reads and plans without writing, and fills a summary; returns the plan, and the employees as BambooHR shows them."""


def proposal_of(request: RunRequest, services: Services) -> Propose:
    """Return the function that reads and plans what a run would do, for :func:`may_write`."""

    def read_and_plan(summary: Summary) -> tuple[Sequence[Step], Iterable[Employee]]:
        plan = preview(replace(request, dry_run=True), services, summary).plan
        return plan.steps, plan.plan_input.employees

    return read_and_plan


def check_terminal(options: argparse.Namespace) -> None:
    """Raise UsageError at once, not after minutes of reading, if the options need a terminal that is missing."""
    if not options.dry_run and not options.yes:
        require_terminal()
    if options.show_values and options.yes and not options.dry_run:
        raise UsageError(
            "--show-values shows what a question is about, and --yes leaves out the question",
            advice="leave out one of them, or add --dry-run",
        )
    if options.show_values and not sys.stderr.isatty():
        raise UsageError(
            "--show-values shows personal data at a terminal only", advice="leave it out, or type the command there"
        )


def may_write(
    call: Call,
    services: Services,
    propose: Propose,
    question: Callable[[int], str] | None = None,
    *,
    selection: str = "employees",
    approved: Mapping[int, Collection[str]] | None = None,
) -> bool:
    """Return whether the run may write: not in a dry run and, if there is a question, only once it is confirmed.

    The preview for a question takes no lock, because the answer may take time; the run then reads everything again.

    Args:
        propose: Reads and plans what the run would do.
        question: Returns the question, from the number of accounts that would be written.
        selection: A key of :data:`worker.reports.report.SELECTIONS`.
        approved: The classes of the changes to approve, by employee id.
    """
    options, summary = call.options, call.summary
    if not options.dry_run:
        if question is None or options.yes:
            return True
        about = summary.about_run
        summary = Summary(uuid.uuid4().hex, summary.command, summary.started_at, dry_run=True, about_run=about)
    steps, employees = propose(summary)
    # The changes are listed wherever the question is written.
    if not options.dry_run or sys.stderr.isatty():
        report = build(
            steps,
            employees,
            summary,
            services.settings,
            selection=selection,
            shows_values=getattr(options, "show_values", False),
            approved=approved,
        )
        most = None if options.verbose else MOST_SHOWN
        streams.write_stderr(fit(changes(report, most), sys.stderr), end="\n\n")
    if options.dry_run or question is None:
        return False
    confirm(question(sum(step.action in WRITES for step in steps)), call.stop, yes=False)
    return True


def confirm(question: str, stop: StopSignal, *, yes: bool) -> None:
    """Raise NothingDone unless the operator confirms, now or beforehand (`yes`). Asks on stderr, not on stdout."""
    if yes:
        return
    require_terminal()
    streams.write_stderr(f"{question} [y/N] ", end="")
    # Another thread receives the signals, so a blocking read would not notice Ctrl-C.
    while not select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
        stop.check()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NothingDone("not confirmed; nothing was done")


_POLL_SECONDS = 0.2


def require_terminal() -> None:
    """Raise UsageError at once, not after minutes of reading, if a question could not be answered."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for confirmation", advice="pass --yes if that is what you want")
