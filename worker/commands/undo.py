"""`undo RUN`: restore the values from before a run."""

from __future__ import annotations

from worker.commands.base import Call, check_terminal, may_write
from worker.commands.parser import Parsers, add_command, add_employees, add_flags, add_only, as_run_id, employees
from worker.planning.undo_plan import UndoScope
from worker.runs.undo import UndoRequest, preview_undo, run_undo
from worker.words import counted

_DETAILS = """\
Restores, field by field, the values that the accounts had before the run RUN wrote to them. Values that were changed
since are left as they are, and reported. An account that the run created is suspended, because the Moodle functions
that the token may call cannot delete accounts. On a terminal, the command lists what it would restore, and asks for
confirmation.

After an undo, later runs leave the employee alone until they change in BambooHR again, or until you release them:
  {command:people retry ID}
  {command:sync --employee ID}
An undo is a run of its own, and can itself be undone. A run can be undone for 90 days.

examples:
  {command:undo RUN --dry-run}              what would be restored, and which accounts were changed since
  {command:undo RUN --only suspend}         only reactivate the accounts that the run suspended
  {command:undo RUN --employee 4711 --yes}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(parsers, "undo", run=undo, summary="undo what a run wrote", details=_DETAILS)
    parser.add_argument(
        "about_run", metavar="RUN", type=as_run_id, help="the run_id of the run (its summary and log name it)"
    )
    add_only(
        parser,
        [scope for scope in UndoScope if scope is not UndoScope.EVERYTHING],
        "suspend: reactivate the accounts that the run suspended; fields: restore values (default: both, and suspend"
        " the accounts that the run created)",
    )
    add_employees(parser)
    add_flags(parser, "--dry-run", "--show-values", "--yes", "--verbose")


def undo(call: Call) -> None:
    """Undo what a run wrote."""
    options = call.options
    request = UndoRequest(
        options.about_run, UndoScope(options.only or UndoScope.EVERYTHING), employees(options), options.dry_run
    )
    call.begin("employees" if request.employees else "all", request.run_id)
    check_terminal(options)
    services = call.services()
    if may_write(call, services, lambda summary: (preview_undo(request, services, summary), ()), _question):
        run_undo(request, services, call.summary)


def _question(number: int) -> str:
    if not number:
        return "There is nothing to restore. Undo it all the same, so that later runs leave these employees alone?"
    return f"Undo this in {counted(number, 'account')}?"
