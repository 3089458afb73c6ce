"""The confirmation before anything is written. A run first shows what it would do; a dry run only shows it."""

from __future__ import annotations

import argparse
import select
import sys
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from worker.commands.base import Call
from worker.errors import NothingDone, UsageError
from worker.model.employee import Employee
from worker.model.step import WRITES, Step
from worker.reports.build import build
from worker.reports.output import width
from worker.reports.table import changes
from worker.runs.run_input import RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.sync import preview
from worker.stopping import StopSignal
from worker.words import MOST_SHOWN

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
    if not options.dry_run:
        require_terminal(yes=options.yes)
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
    scope: str = "employees",
    approved: Mapping[int, Collection[str]] | None = None,
) -> bool:
    """Return whether the run may write: not in a dry run and, if there is a question, only once it is confirmed.

    The preview for a question takes no lock, because the answer may take time; the run then reads everything again.

    Args:
        call: The call of the command.
        services: The services of the preview.
        propose: Reads and plans what the run would do.
        question: Returns the question, from the number of accounts that would be written.
        scope: A key of :data:`worker.reports.report.SCOPES`.
        approved: The classes of the changes to approve, by employee id.
    """
    options, summary = call.options, call.summary
    if not options.dry_run:
        if question is None or options.yes:
            return True
        summary = Summary(uuid.uuid4().hex, summary.command, summary.started_at, dry_run=True)
    steps, employees = propose(summary)
    # The changes are listed wherever the question is written.
    if not options.dry_run or sys.stderr.isatty():
        report = build(
            steps,
            employees,
            summary,
            services.settings,
            scope=scope,
            shows_values=getattr(options, "show_values", False),
            approved=approved,
        )
        most = None if options.verbose else MOST_SHOWN
        sys.stderr.write(f"{changes(report, width(sys.stderr), most)}\n\n")
    if options.dry_run or question is None:
        return False
    confirm(question(sum(step.action in WRITES for step in steps)), call.stop, yes=False)
    return True


def confirm(question: str, stop: StopSignal, *, yes: bool) -> None:
    """Raise NothingDone unless the operator confirms, now or beforehand (`yes`). Asks on stderr, not on stdout."""
    if yes:
        return
    require_terminal(yes=yes)
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    # Another thread receives the signals, so a blocking read would not notice Ctrl-C.
    while not select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
        stop.check()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NothingDone("not confirmed; nothing was done")


_POLL_SECONDS = 0.2


def require_terminal(*, yes: bool) -> None:
    """Raise UsageError at once, not after minutes of reading, if a question could not be answered."""
    if not yes and not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError("there is no terminal to ask for confirmation", advice="pass --yes if that is what you want")
