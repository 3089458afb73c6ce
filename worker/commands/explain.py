"""`explain --employee ID`: why a run handles an employee as it does."""

from __future__ import annotations

import json
from pathlib import Path

from worker.commands.base import Call, approvable, reader_patience
from worker.commands.parser import Parsers, add_command, add_flags, employee
from worker.progress import no_bar
from worker.reports.employee_context import EmployeeContext
from worker.reports.explanation import explain
from worker.reports.output import check_destination, put, put_lines, readable
from worker.runs.run_input import RunRequest, SelectedEmployees
from worker.runs.sync import preview

_DETAILS = """\
Reads one employee as a run would, and shows everything that matters for the decision: what BambooHR shows about them
and what it does not, which rule found which account, where the value of each field comes from, what would be done and
what would hold it, what is remembered about them, and what the last runs wrote. Also works for employees who left or
are hidden. Writes nothing.

Values are shown only with --show-values, on a terminal or in a named file (status and dates are always shown).

examples:
  {command:explain --employee 4711}
  {command:explain --employee 4711 --show-values}
  {command:explain --employee 4711 --json}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "explain",
        report=explain_employee,
        summary="explain why a run handles an employee the way it does",
        details=_DETAILS,
    )
    parser.add_argument("--employee", metavar="ID", required=True, type=employee, help="the BambooHR employee id")
    parser.add_argument(
        "--show-values", action="store_true", help="also show names, addresses and other values: personal data"
    )
    add_flags(parser, "--json")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write to a file, not to stdout")


def explain_employee(call: Call) -> int:
    """Plan for one employee without writing, and explain the plan."""
    options, summary = call.options, call.summary
    check_destination(options.output, shows_values=options.show_values)
    number: int = options.employee
    services = call.services(progress=no_bar, patience=reader_patience())
    request = RunRequest(SelectedEmployees((number,)), dry_run=True, includes_undone=True)
    seen = preview(request, services, summary)
    history = seen.inputs.history
    sections = explain(
        EmployeeContext(
            number,
            seen.inputs,
            seen.plan,
            history.records.get(number),
            services.store.journal.entries_about(number),
            approvable(services, history),
            services.digest_key,
            options.show_values,
        )
    )
    if options.json:
        document = {"employee_id": number, "warnings": summary.warning_texts, **sections}
        put(json.dumps(document, indent=1), options.output)
    else:
        put_lines(readable(number, sections, summary.warning_texts), options.output)
    return 0
