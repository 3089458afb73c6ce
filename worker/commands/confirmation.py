"""The confirmation before a run writes: shows what the run would do, and asks. A dry run only shows it."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from worker.commands.base import Call, confirm, require_terminal
from worker.errors import UsageError
from worker.model.employee import Employee
from worker.model.step import WRITES, Step
from worker.reports.build import build
from worker.reports.output import width
from worker.reports.table import changes
from worker.runs.run_input import RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.sync import preview
from worker.words import MOST_SHOWN


@dataclass(frozen=True)
class Proposal:
    """What a run would do.

    Attributes:
        steps: The plan.
        employees: The employees that were read, as BambooHR shows them.
        approved: The classes of the changes to approve, by employee id.
    """

    steps: Sequence[Step]
    employees: Iterable[Employee] = ()
    approved: Mapping[int, Collection[str]] = field(default_factory=dict)


def proposal_of(
    request: RunRequest, services: Services, approved: Mapping[int, Collection[str]] | None = None
) -> Callable[[Summary], Proposal]:
    """Return the function that reads and plans what a run would do, for :func:`may_write`."""

    def read_and_plan(summary: Summary) -> Proposal:
        found = preview(replace(request, dry_run=True), services, summary)
        return Proposal(found.plan.steps, found.plan.plan_input.employees, approved or {})

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
    propose: Callable[[Summary], Proposal],
    question: Callable[[int], str] | None = None,
    *,
    scope: str = "employees",
) -> bool:
    """Return whether the run may write: not in a dry run and, if there is a question, only once it is confirmed.

    The preview for a question takes no lock, because the answer may take time; the run then reads everything again.

    Args:
        call: The call of the command.
        services: The services of the preview.
        propose: Reads and plans without writing, and fills a summary.
        question: Returns the question, from the number of accounts that would be written.
        scope: A key of :data:`worker.reports.report.SCOPES`.
    """
    options, summary = call.options, call.summary
    if not options.dry_run:
        if question is None or options.yes:
            return True
        summary = Summary(uuid.uuid4().hex, summary.command, summary.started_at, dry_run=True)
    proposal = propose(summary)
    # The changes are listed wherever the question is written.
    if not options.dry_run or sys.stderr.isatty():
        report = build(
            proposal.steps,
            proposal.employees,
            summary,
            services.settings,
            scope=scope,
            shows_values=getattr(options, "show_values", False),
            approved=proposal.approved,
        )
        most = None if options.verbose else MOST_SHOWN
        sys.stderr.write(f"{changes(report, width(sys.stderr), most)}\n\n")
    if options.dry_run or question is None:
        return False
    confirm(question(sum(step.action in WRITES for step in proposal.steps)), call.stop, yes=False)
    return True
