"""`plan`: shows what a run would do."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from worker.commands.base import Call, reader_patience
from worker.commands.parser import Parsers, add_command, add_employees, add_flags, employees
from worker.config.settings_file import with_settings_file
from worker.errors import UsageError
from worker.reports.build import build
from worker.reports.output import check_destination, put, put_lines
from worker.reports.page import page
from worker.reports.report import document
from worker.reports.table import table
from worker.runs.run_input import AllEmployees, ChangedEmployees, RunRequest, SelectedEmployees
from worker.runs.sync import preview
from worker.words import MOST_SHOWN

_DETAILS = """\
Reads, plans and applies the guards as `sync` does, but makes no write calls, takes no lock and does not change the
state. Shows which employees would be created, changed, suspended or held, and why; unchanged employees are only
counted. Personal values are shown only with --show-values, on a terminal or in a named file.

examples:
  {command:plan}                                    what would the next run do?
  {command:plan --html plan.html --show-values}     a page to read and search
  {command:plan --everybody}                        what would a reconcile do?
  {command:plan --settings edited.toml}             what would these settings do to all employees?
  {command:plan --json --output plan.json}          for a script

--settings takes the TOML file of an environment and shows what a reconcile with its settings would do today: mapping,
scope, username template, limits, look-ahead and all others. Settings that the file leaves out have their defaults, as
after a deploy. The exit code is the one that the run itself would end with."""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "plan",
        report=plan,
        summary="show what a run would do, as a table, JSON or a page",
        details=_DETAILS,
    )
    add_employees(parser)
    parser.add_argument(
        "--everybody", action="store_true", help="all employees, not only the changed ones, as reconcile does"
    )
    parser.add_argument(
        "--settings", metavar="FILE", type=Path, help="use the settings of this TOML file, for all employees"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write one self-contained page to a file")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="write the table or the JSON to a file, not to stdout"
    )
    add_flags(parser, "--show-values", "--verbose")


def plan(call: Call) -> int:
    """Plan without writing, and report the plan."""
    options, summary = call.options, call.summary
    selected = employees(options)
    everybody = options.everybody or options.settings is not None
    if selected and everybody:
        raise UsageError(
            "--employee selects some employees, --everybody and --settings all of them", advice="use one of them"
        )
    if options.html and (options.json or options.output):
        raise UsageError("--html writes a separate page", advice="leave out --json and --output")
    file = options.html or options.output
    check_destination(file, shows_values=options.show_values)
    if options.settings:
        call = replace(call, environment=with_settings_file(call.environment, options.settings))
    services = call.services(patience=reader_patience())
    summary.dry_run = True
    named = bool(selected)
    covers = SelectedEmployees(selected) if named else AllEmployees() if everybody else ChangedEmployees()
    request = RunRequest(covers, dry_run=True, includes_undone=named, resends=named)
    seen = preview(request, services, summary)
    summary.finish()
    report = build(
        seen.plan.steps,
        seen.plan.plan_input.employees,
        summary,
        services.settings,
        selection="everybody" if everybody else request.selection,
        shows_values=options.show_values,
        other_settings=options.settings is not None,
    )
    if options.html:
        put(page(report), file)
    elif options.json:
        put(document(report), file)
    else:
        is_shortened = file is None and sys.stdout.isatty() and not options.verbose
        put_lines(table(report, MOST_SHOWN if is_shortened else None), file)
    return summary.exit_code
