"""`explain --employee ID`: why is this person treated so?"""

from __future__ import annotations

import json
from pathlib import Path

from worker.commands.command import Call, Parsers, add_command, employee
from worker.progress import no_bar
from worker.reports.explanation import EmployeeContext, explain, readable
from worker.reports.output import check_values, check_writable, put
from worker.runs.assembly import assemble, open_credentials, open_store
from worker.runs.request import RunRequest

_TEACHES = """\
Reads one person as a run would, and tells everything that decides: what BambooHR says of her and what it does not show,
which rule found which account, what each field is made from, what would be done and what would hold it, what is
remembered of her, and what the last runs wrote. Works for people who left or are hidden as well. Writes nothing.

Values only with --show-values, to a terminal or a named file (status and dates are always told).

examples:
  python -m worker explain --employee 4711
  python -m worker explain --employee 4711 --show-values
  python -m worker explain --employee 4711 --json"""


def add(parsers: Parsers) -> None:
    """The parser."""
    parser = add_command(
        parsers, "explain", report=explain_person, summary="why is this person treated so?", teaches=_TEACHES
    )
    parser.add_argument("--employee", metavar="ID", required=True, type=employee, help="her BambooHR employee id")
    parser.add_argument("--show-values", action="store_true", help="her names, address and so on as well")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--output", metavar="FILE", type=Path, help="into a file, not to stdout")


def explain_person(call: Call) -> int:
    """Look at her, and tell."""
    options, summary = call.options, call.summary
    check_values(shows_values=options.show_values, file=options.output)
    check_writable(options.output)
    settings = call.settings()
    store = open_store(settings.state)
    job = RunRequest("sync", (options.employee,), dry_run=True, releases=True)
    look = assemble(settings, open_credentials(settings), job, call.stopping, summary, no_bar).look()
    history = look.run_input.history
    sections = explain(
        EmployeeContext(
            options.employee,
            look.run_input,
            look.plan_input,
            next(step for step in look.steps if step.employee_id == options.employee),
            history.records.get(options.employee),
            store.journals_about(options.employee),
            [store.run(run.run_id) or run for run in history.runs if run.held_count],
            options.show_values,
        )
    )
    if options.json:
        told = {"employee_id": options.employee, "warnings": summary.warning_texts, **sections}
        put(json.dumps(told, indent=1), options.output)
    else:
        put(readable(options.employee, sections, summary.warning_texts), options.output)
    return 0
