"""`sync`: bring the employees who changed into Moodle; the scheduled run."""

from __future__ import annotations

import argparse

from worker.commands.base import Call, Parsers, add_command, add_dry_run, add_employees, employees
from worker.errors import UsageError
from worker.runs.request import ChangedEmployees, RunRequest, SelectedEmployees
from worker.runs.sync import run_sync

_TEACHES = """\
Reads which employees changed in BambooHR since the last run, looks up their accounts in Moodle, creates, updates,
suspends and reactivates accounts, and moves the state on. Stdout gets one JSON line, the summary; stderr the log, a
JSON object a line, or lines for a person where it is a terminal.

No account is suspended without evidence of its own (deleted, or status Inactive); more suspensions than a small share
of the company are held, everything else goes on, and the exit code says so.

examples:
  {command:sync --dry-run}                    what would the next run do? (a table of it: plan)
  {command:sync --employee 4711}              bring one employee up to date now
  {command:sync --employee 4711 --reactivate}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "sync",
        run=sync,
        summary="bring the employees who changed since the last run into Moodle (the scheduled run)",
        teaches=_TEACHES,
    )
    add_dry_run(parser)
    add_employees(parser, "only this employee (repeatable); since and offset stay where they are")
    parser.add_argument(
        "--reactivate",
        action="store_true",
        help="with --employee: reactivate the account even if this product did not suspend it",
    )


def sync(call: Call) -> None:
    """Run it."""
    asked = request(call.options)
    call.begin(asked)
    run_sync(asked, call.services(), call.summary)


def request(options: argparse.Namespace) -> RunRequest:
    """Return what the command line asks for. Raises UsageError for options that do not go together."""
    selected = employees(options)
    if options.reactivate and not selected:
        raise UsageError("--reactivate needs --employee", advice="name the employees to reactivate: --employee ID")
    return RunRequest(
        scope=SelectedEmployees(selected) if selected else ChangedEmployees(),
        dry_run=options.dry_run,
        reactivate=options.reactivate,
        includes_undone=bool(selected),
        resends=bool(selected),
    )
