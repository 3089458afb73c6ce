"""The last runs, a line each: `summaries`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops import log, paused
from ops.errors import OpsError, OpsExit, code_of
from ops.tasks import id_of
from ops.verbs import Context, add_verb
from worker import advice
from worker.reports.table import columns

if TYPE_CHECKING:
    from ops.verbs import Parsers

_COUNTS = {
    "CHANGED": "total_changed",
    "NEW": "created",
    "UPDATED": "updated",
    "SUSPENDED": "suspended",
    "HELD": "held_suspensions",
    "PARKED": "parked",
    "ERRORS": "errors",
    "SECONDS": "duration_seconds",
}


def add(verbs: Parsers) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "summaries",
        summaries,
        summary="how the last runs went, a line each",
        teaches="Reads the summaries of the last runs from the log, newest last. A run whose container never started "
        "has no summary: the failure mail and the silence alarm report it. Says whether the scheduled runs are paused.",
    )
    parser.add_argument("--last", type=_positive, default=10, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument(
        "--days", type=_positive, default=30, metavar="N", help="how far back to look (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="the summaries as they were logged")


def summaries(context: Context) -> int:
    """Print the last runs."""
    options = context.options
    _note_pause(context)
    found = sorted(log.summaries(context, options.days), key=lambda one: str(one[1]["started_at"]))[-options.last :]
    if not found:
        raise OpsError(
            f"no run logged a summary in the last {options.days} days",
            advice=f"look further back with --days, or start one: {advice.command('sync')}",
            exit_code=OpsExit.NO,
        )
    if options.json:
        for _, summary in found:
            context.terminal.print(json.dumps(summary, separators=(",", ":")))
    else:
        context.terminal.print(columns(["STARTED", "RUN", "BY", "WHAT", "OUTCOME", *_COUNTS, "TASK"], map(_row, found)))
    return OpsExit.DONE


def _note_pause(context: Context) -> None:
    try:
        pause = paused.read(context.aws, context.deployment)
    except ClientError as fault:
        context.terminal.note(f"Whether the scheduled runs are paused is not known ({code_of(fault)}).")
    else:
        if pause:
            context.terminal.note(f"The scheduled runs are {pause}. To go on: {advice.command('resume')}")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("a whole number above 0")
    return int(text)


def _row(found: tuple[str, Mapping[str, Any]]) -> list[object]:
    stream, summary = found
    what = f"{summary['command']} {summary['scope']}{' (dry)' if summary['dry_run'] else ''}"
    outcome = f"{summary['outcome']} ({summary['exit_code']})"
    counts = [summary.get(name, 0) for name in _COUNTS.values()]
    return [summary["started_at"], summary["run_id"], summary["trigger"], what, outcome, *counts, id_of(stream)]
