"""`sync`: update Moodle for the employees who changed; the scheduled run."""

from __future__ import annotations

import argparse

from worker.commands.base import Call, may_write, proposal_of
from worker.commands.parser import Parsers, add_command, add_employees, add_flags, employees
from worker.errors import UsageError
from worker.runs.run_input import ChangedEmployees, RunRequest, SelectedEmployees
from worker.runs.sync import run_sync

_DETAILS = """\
Reads which employees changed in BambooHR since the last run, looks up their accounts in Moodle, creates, updates,
suspends and reactivates accounts, and advances the state. Stdout gets one JSON line, the summary. Stderr gets the log:
one JSON object per line, or readable lines on a terminal.

No account is suspended without evidence for that employee (deleted, status Inactive, or out of scope with
OUT_OF_SCOPE=suspend). A class of changes that exceeds its limit is held, all other changes are written, and the exit
code says so.

examples:
  {command:sync --dry-run}                    what would the next run do? (plan also shows values)
  {command:sync --employee 4711}              bring one employee up to date now
  {command:sync --employee 4711 --reactivate}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "sync",
        run=sync,
        summary="bring Moodle up to date with the employees who changed since the last run (the scheduled run)",
        details=_DETAILS,
    )
    add_flags(parser, "--dry-run", "--verbose")
    add_employees(parser, "only this employee (repeatable); since and offset stay where they are")
    parser.add_argument(
        "--reactivate",
        action="store_true",
        help="with --employee: reactivate the account even if this product did not suspend it",
    )


def sync(call: Call) -> None:
    """Update Moodle for the changed or the selected employees."""
    asked = request(call.options)
    call.begin(asked.selection)
    services = call.services()
    if may_write(call, services, proposal_of(asked, services), selection=asked.selection):
        run_sync(asked, services, call.summary)


def request(options: argparse.Namespace) -> RunRequest:
    """Return the request of the command line. Raises UsageError for options that cannot be combined."""
    selected = employees(options)
    if options.reactivate and not selected:
        raise UsageError("--reactivate needs --employee", advice="name the employees to reactivate: --employee ID")
    return RunRequest(
        SelectedEmployees(selected) if selected else ChangedEmployees(),
        dry_run=options.dry_run,
        reactivates=options.reactivate,
        includes_undone=bool(selected),
        resends=bool(selected),
    )
