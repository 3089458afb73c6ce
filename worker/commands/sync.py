"""`sync`: bring everybody who changed into Moodle; the nightly run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from worker.commands.command import Call, Parsers, add_command, add_dry_run, add_employees, employees
from worker.errors import UsageError
from worker.model.step import Step
from worker.planning.digests import only_as_planned, read_plan
from worker.progress import bar
from worker.runs.assembly import assemble, open_credentials
from worker.runs.request import RunRequest, as_planned

_TEACHES = """\
Reads who changed in BambooHR since the last run, looks these people up in Moodle, creates, updates, suspends and
reactivates accounts, and moves the state on. Stdout gets one JSON line, the summary; stderr the log, a JSON object a
line.

Nobody is suspended without evidence of her own (deleted, or status Inactive); more suspensions than a small share of
the company are held, everything else goes on, and the exit code says so.

examples:
  python -m worker --dry-run                         what would tonight's run do? (a table of it: plan)
  python -m worker sync --employee 4711              bring one person in step now
  python -m worker sync --employee 4711 --reactivate
  python -m worker plan --json --output plan.json    read it, and then
  python -m worker sync --plan plan.json             write what it says, as far as nothing has changed since"""


def add(parsers: Parsers) -> None:
    """The parser."""
    parser = add_command(
        parsers,
        "sync",
        run=sync,
        summary="bring everybody who changed since the last run into Moodle (the nightly run)",
        teaches=_TEACHES,
    )
    add_dry_run(parser)
    add_employees(parser, "only this employee (repeatable); since and offset stay where they are")
    parser.add_argument(
        "--reactivate", action="store_true", help="with --employee: reactivate the account whoever suspended it"
    )
    parser.add_argument(
        "--plan",
        metavar="FILE",
        type=Path,
        help="only what this plan (of `plan --json`) says, where old and new values are still the same; since and"
        " offset stay where they are",
    )


def sync(call: Call) -> None:
    """Run it."""
    options = call.options
    asked = employees(options)
    choose: Callable[[Step], Step] = as_planned
    if options.reactivate and not asked:
        raise UsageError("--reactivate needs --employee", advice="name the people to reactivate: --employee ID")
    if options.plan and asked:
        raise UsageError("--plan and --employee are both given", advice="the plan says who; give one of them")
    call.summary.dry_run = options.dry_run
    call.summary.scope = "employees" if asked or options.plan else "all"
    settings = call.settings()
    credentials = open_credentials(settings)
    if options.plan:
        rows = read_plan(options.plan, settings)
        asked, choose = tuple(sorted(rows)), only_as_planned(rows, credentials.moodle.value)
    job = RunRequest(
        employees=asked, dry_run=options.dry_run, reactivate=options.reactivate, releases=bool(asked), choose=choose
    )
    assemble(settings, credentials, job, call.stopping, call.summary, bar).execute()
