"""What a run would do, for an operator at a terminal: as the outcome of a dry run, and before the question."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from worker.commands.base import Call, confirm, require_terminal
from worker.errors import UsageError
from worker.model.employee import Employee
from worker.model.step import WRITES, Step
from worker.reports.build import build
from worker.reports.output import width
from worker.reports.table import changes
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.sync import Preview
from worker.words import MOST_SHOWN


@dataclass(frozen=True)
class Seen:
    """What a preview has found.

    Attributes:
        steps: The plan.
        employees: The employees as BambooHR shows them, as far as it was read.
        approved: The classes of what is to be approved, by employee id.
    """

    steps: Sequence[Step]
    employees: Iterable[Employee] = ()
    approved: Mapping[int, Collection[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Preview, approved: Mapping[int, Collection[str]] | None = None) -> Seen:
        """Of a run that plans from BambooHR."""
        return cls(found.plan.steps, found.plan.plan_input.employees, approved or {})


def check_terminal(options: argparse.Namespace) -> None:
    """Refuse at once, and not after minutes of reading, what only a terminal can answer or show."""
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


def goes_on(
    call: Call,
    services: Services,
    preview: Callable[[Summary], Seen],
    question: Callable[[int], str] | None = None,
    *,
    scope: str = "employees",
) -> bool:
    """Return whether the run is to write: not after a dry run, and where there is a question, once it is confirmed.

    The preview for a question takes no lock, for the answer may take its time; then everything is read again and done.

    Args:
        call: The call of the command.
        services: What the preview works with.
        preview: Reads and plans without writing, and fills a summary.
        question: Returns the question, from the number of accounts that would be written.
        scope: A key of :data:`worker.reports.report.SCOPES`.
    """
    options, summary = call.options, call.summary
    if not options.dry_run:
        if question is None or options.yes:
            return True
        summary = Summary(uuid.uuid4().hex, summary.command, summary.started_at, dry_run=True)
    seen = preview(summary)
    # What is asked about is listed wherever the question is written.
    if not options.dry_run or sys.stderr.isatty():
        report = build(
            seen.steps,
            seen.employees,
            summary,
            services.settings,
            scope=scope,
            shows_values=getattr(options, "show_values", False),
            approved=seen.approved,
        )
        most = None if options.verbose else MOST_SHOWN
        sys.stderr.write(f"{changes(report, width(sys.stderr), most)}\n\n")
    if options.dry_run or question is None:
        return False
    confirm(question(sum(step.action in WRITES for step in seen.steps)), call.stop, yes=False)
    return True
