"""`undo RUN`: take back what a run wrote."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Sequence

from worker.commands.base import (
    Call,
    Parsers,
    add_command,
    add_dry_run,
    add_employees,
    add_yes,
    confirm,
    employees,
    require_terminal,
)
from worker.model.step import Step
from worker.planning.undo_plan import UndoScope
from worker.runs.summary import Summary
from worker.runs.undo import UndoRequest, preview_undo, run_undo

_TEACHES = """\
Restores, field by field, the values that the accounts had before the run RUN wrote to them. Values that were changed
since are left as they are, and reported. An account that the run created is suspended, because the Moodle functions
that the token may call cannot delete it.

After an undo, later runs leave the employee alone until they change in BambooHR again, or until you release them:
  {command:people retry ID}
  {command:sync --employee ID}
An undo is a run of its own, and can itself be undone. A run can be undone for 90 days.

examples:
  {command:undo RUN --dry-run}              what would be restored, and which accounts were changed since
  {command:undo RUN --only suspensions}     only reactivate the accounts that the run suspended
  {command:undo RUN --employee 4711 --yes}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(parsers, "undo", run=undo, summary="undo what a run wrote", teaches=_TEACHES)
    parser.add_argument("undone_run", metavar="RUN", help="the run_id of the run (its summary and log name it)")
    parser.add_argument(
        "--only",
        choices=[scope.value for scope in UndoScope if scope is not UndoScope.EVERYTHING],
        help="suspensions: reactivate the accounts that the run suspended; fields: restore values (default: both, and"
        " suspend the accounts that the run created)",
    )
    add_employees(parser, "only this employee (repeatable)")
    add_dry_run(parser)
    add_yes(parser)


def undo(call: Call) -> None:
    """Run it."""
    options, summary = call.options, call.summary
    request = UndoRequest(
        options.undone_run, UndoScope(options.only or UndoScope.EVERYTHING), employees(options), options.dry_run
    )
    summary.dry_run, summary.scope = request.dry_run, "employees" if request.employees else "all"
    summary.about_run = request.run_id
    asks = not options.dry_run and not options.yes
    if asks:
        require_terminal(yes=False)
    services = call.services()
    if asks:
        seen = Summary(run_id=uuid.uuid4().hex, command="undo", started_at=summary.started_at, dry_run=True)
        _print_counts(preview_undo(request, services, seen))
        confirm(f"Undo what the run {request.run_id} wrote?", call.stop, yes=False)
    run_undo(request, services, summary)


def _print_counts(steps: Sequence[Step]) -> None:
    for (action, reason), count in sorted(Counter((step.action.value, step.reason.code) for step in steps).items()):
        sys.stderr.write(f"{count:>8}  {action} ({reason.replace('_', ' ')})\n")
