"""`undo RUN`: take back what a run wrote."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from worker.commands.command import (
    Call,
    Parsers,
    add_command,
    add_dry_run,
    add_employees,
    add_yes,
    confirm,
    employees,
    require_somebody,
)
from worker.model.step import Step
from worker.planning.undo_plan import UndoScope
from worker.progress import bar
from worker.runs.assembly import assemble_undo, open_credentials
from worker.runs.summary import Summary

_TEACHES = """\
Puts back, field by field, what the accounts held before the run RUN wrote to them. What somebody has changed since is
left as it is, and named. An account that the run made is suspended: nothing of Moodle's user services removes one.

Whoever is taken back is left alone by every later run until BambooHR changes her again, or you release her
(`parked retry ID`, or `sync --employee ID`). An undo is a run of its own, and can be undone. What a run wrote is known
for 90 days.

examples:
  python -m worker undo RUN --dry-run              what would be put back, and whose account was changed since
  python -m worker undo RUN --only suspensions     only make those active again whom it suspended
  python -m worker undo RUN --employee 4711 --yes"""


def add(parsers: Parsers) -> None:
    """The parser."""
    parser = add_command(parsers, "undo", run=undo, summary="take back what a run wrote", teaches=_TEACHES)
    parser.add_argument("undone_run", metavar="RUN", help="the run_id of the run (its summary and log name it)")
    parser.add_argument(
        "--only",
        choices=[only.value for only in UndoScope if only is not UndoScope.EVERYTHING],
        help="suspensions: make active whom it suspended; fields: put values back (default: both, and suspend the"
        " accounts that it made)",
    )
    add_employees(parser, "only this employee (repeatable)")
    add_dry_run(parser)
    add_yes(parser)


def undo(call: Call) -> None:
    """Run it."""
    options = call.options
    asked = employees(options)
    call.summary.dry_run, call.summary.scope = options.dry_run, "employees" if asked else "all"
    call.summary.about_run = options.undone_run
    if not options.dry_run:
        require_somebody(yes=options.yes)
    settings = call.settings()
    run = assemble_undo(
        settings,
        open_credentials(settings),
        call.stopping,
        call.summary,
        bar,
        run_id=options.undone_run,
        only=UndoScope(options.only or UndoScope.EVERYTHING),
        employees=asked,
        dry_run=options.dry_run,
    )
    if not options.dry_run and not options.yes:
        seen = Summary(run_id=uuid.uuid4().hex, command="undo", started_at=call.summary.started_at, dry_run=True)
        _tell(replace(run, summary=seen, dry_run=True).look())
        confirm(f"Take back what the run {options.undone_run} wrote?", call.stopping, yes=False)
    run.execute()


def _tell(steps: Sequence[Step]) -> None:
    for (action, reason), count in sorted(Counter((step.action.value, step.reason.code) for step in steps).items()):
        sys.stderr.write(f"{count:>8}  {action} ({reason.replace('_', ' ')})\n")
