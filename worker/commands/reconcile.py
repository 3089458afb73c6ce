"""`reconcile`: all employees, not only those who changed."""

from __future__ import annotations

from worker.commands.base import Call, check_terminal, may_write, proposal_of
from worker.commands.parser import Parsers, add_command, add_flags
from worker.runs.run_input import AllEmployees, RunRequest
from worker.runs.sync import run_sync
from worker.words import counted

_DETAILS = """\
Compares all employees in BambooHR, active and inactive, with Moodle, and corrects all differences: an account that was
edited by hand, a change that was never seen, a changed mapping. Planning, guards and limits are the same as in every
run; since and offset are neither read nor moved. Active accounts with the sync's authentication method that belong to
no employee are reported, and never changed.

A value that Moodle did not keep, such as an unknown menu option, is not sent again until it changes. After the field
has been corrected in Moodle, --resend sends it again.

On a terminal, the command lists the changes by action and reason, and asks for confirmation; a schedule or script
passes --yes. The BambooHR key must be allowed to list employees.

examples:
  {command:reconcile --dry-run}       what would be written?
  {command:reconcile --show-values}   the same with names and values; then asks
  {command:reconcile --yes}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "reconcile",
        run=reconcile,
        summary="compare all employees with Moodle and correct all differences",
        details=_DETAILS,
    )
    add_flags(parser, "--dry-run", "--show-values", "--yes", "--verbose")
    parser.add_argument("--resend", action="store_true", help="resend values that Moodle did not keep")


def reconcile(call: Call) -> None:
    """Compare all employees with Moodle, and correct the differences."""
    options = call.options
    request = RunRequest(AllEmployees(), dry_run=options.dry_run, resends=options.resend)
    call.begin(request.selection)
    check_terminal(options)
    services = call.services()
    if may_write(call, services, proposal_of(request, services), _question, selection="everybody"):
        run_sync(request, services, call.summary)


def _question(number: int) -> str:
    if not number:
        return "There is nothing to write. Run it all the same, to record that all employees were compared?"
    return f"Write to {counted(number, 'account')}?"
