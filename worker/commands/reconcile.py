"""`reconcile`: all employees, not only those who changed."""

from __future__ import annotations

import sys
import uuid
from dataclasses import replace

from worker.commands.base import Call, Parsers, add_command, add_dry_run, add_yes, confirm, require_terminal
from worker.runs.request import AllEmployees, RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.runs.sync import preview, run_sync

_TEACHES = """\
Compares all employees in BambooHR, active and inactive, with Moodle, and corrects all differences: an account that was
edited by hand, a change that was never seen, a changed mapping. Planning, guards and limits are the same as in every
run; since and offset are neither read nor moved. Active accounts with the sync's authentication method that belong to
no employee are reported, and never changed.

A value that Moodle did not keep, such as an unknown menu option, is not sent again until it changes. After the field
has been corrected in Moodle, --resend sends it again.

The command prints the counts and asks for confirmation; a schedule or script passes --yes. The BambooHR key must be
allowed to list employees.

examples:
  {command:reconcile --dry-run}     the counts, and a log line for every employee whose account differs
  {command:plan --everybody}        the same as a table
  {command:reconcile --yes}"""

_COUNTS = (
    "processed",
    "created",
    "updated",
    "suspended",
    "reactivated",
    "unchanged",
    "conflicts",
    "unexplained_accounts",
)


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "reconcile",
        run=reconcile,
        summary="compare all employees with Moodle and correct all differences",
        teaches=_TEACHES,
    )
    add_dry_run(parser)
    add_yes(parser)
    parser.add_argument("--resend", action="store_true", help="resend values that Moodle did not keep")


def reconcile(call: Call) -> None:
    """Run it."""
    options = call.options
    request = RunRequest("reconcile", AllEmployees(), dry_run=options.dry_run, resends=options.resend)
    call.begin(request)
    asks = not options.dry_run and not options.yes
    if asks:
        require_terminal(yes=False)
    services = call.services()
    if asks:
        _ask(call, services, request)
    run_sync(request, services, call.summary)


def _ask(call: Call, services: Services, request: RunRequest) -> None:
    """Preview first, without the lock, for the answer may take its time; then everything is read again and done."""
    seen = Summary(run_id=uuid.uuid4().hex, command="reconcile", started_at=call.summary.started_at, dry_run=True)
    preview(replace(request, dry_run=True), services, seen)
    for name in _COUNTS:
        sys.stderr.write(f"{seen.counts[name]:>8}  {name.replace('_', ' ')}\n")
    for guard, number in seen.held_by_class.items():
        sys.stderr.write(f"{number:>8}  held by a guard: {guard}\n")
    confirm("Write this?", call.stop, yes=False)
