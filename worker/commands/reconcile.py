"""`reconcile`: everybody, not only the changed."""

from __future__ import annotations

import sys
import uuid
from dataclasses import replace

from worker.commands.command import Call, Parsers, add_command, add_dry_run, add_yes, confirm, require_somebody
from worker.config.settings import Settings
from worker.progress import bar
from worker.runs.assembly import Credentials, assemble, open_credentials
from worker.runs.request import RunRequest
from worker.runs.summary import Summary

_TEACHES = """\
Compares everybody in BambooHR, active and inactive, with Moodle, and brings in step what has drifted: an account that
was edited by hand, a person whose change was never seen, a changed mapping. The same plan, guards and limits as every
night; since and offset are neither read nor moved. Active accounts of our authentication that no employee explains are
named, and never touched.

It prints the counts and asks first; a schedule or script says --yes. Needs the right to list employees.

examples:
  python -m worker reconcile --dry-run     the counts, and a log line for everybody who differs
  python -m worker plan --everybody        the same as a table
  python -m worker reconcile --yes"""


def add(parsers: Parsers) -> None:
    """The parser."""
    parser = add_command(
        parsers,
        "reconcile",
        run=reconcile,
        summary="compare everybody with Moodle and mend what has drifted",
        teaches=_TEACHES,
    )
    add_dry_run(parser)
    add_yes(parser)


def reconcile(call: Call) -> None:
    """Run it."""
    options = call.options
    call.summary.dry_run = options.dry_run
    job = RunRequest(command="reconcile", everybody=True, dry_run=options.dry_run)
    if not options.dry_run:
        require_somebody(yes=options.yes)
    settings = call.settings()
    credentials = open_credentials(settings)
    if not options.dry_run and not options.yes:
        _ask(call, settings, credentials, job)
    assemble(settings, credentials, job, call.stopping, call.summary, bar).execute()


def _ask(call: Call, settings: Settings, credentials: Credentials, job: RunRequest) -> None:
    """Look first, without the lock, for the answer may take its time; then it is read again and done."""
    seen = Summary(run_id=uuid.uuid4().hex, command="reconcile", started_at=call.summary.started_at, dry_run=True)
    assemble(settings, credentials, replace(job, dry_run=True), call.stopping, seen, bar).execute()
    told = ("processed", "created", "updated", "suspended", "reactivated", "unchanged", "held_suspensions", "conflicts")
    for name in (*told, "unexplained_accounts"):
        sys.stderr.write(f"{seen.counts[name]:>8}  {name.replace('_', ' ')}\n")
    confirm("Write this?", call.stopping, yes=False)
