"""`runs list|show|logs|stop`: the runs of a deployed environment, each of which is a task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from ops import log, pausing, tasks
from ops.context import Context
from worker import advice
from worker.aws import aws_failure
from worker.commands.parser import Parsers, add_command, add_flags, whole_number
from worker.errors import ExitCode, SyncError
from worker.reports.table import columns
from worker.reports.terminal import summary_text
from worker.words import counted

_FOLLOW_SECONDS = 5.0
_FOLLOW_WITHIN_SECONDS = 26 * 3600.0
_COUNTS = {
    "CHANGED": "total_changed",
    "NEW": "created",
    "UPDATED": "updated",
    "SUSPENDED": "suspended",
    "HELD": "held_employees",
    "PARKED": "parked",
    "ERRORS": "errors",
    "SECONDS": "duration_seconds",
}
_LIST = """\
Shows the summaries of the last runs from the log, newest last. A run whose container never started has no summary: the
failure e-mail and the silence alarm report it. Also says whether the scheduled runs are paused."""
_SHOW = """\
Shows what ECS knows about a task (status, stopped reason, stop code, exit code, times), what that means and what to do,
and the summary of its run. ECS forgets a stopped task after about an hour; from then on, only the summary is shown."""
_LOGS = """\
Prints the log of a run: one line for each employee whose account was written, or who was held, skipped or failed, and
the summary. The log contains ids, reasons and field names, and no personal data."""
_STOP = """\
Asks a task to end. It ends between two requests, with exit code 143, and leaves its state as it was: the next run
continues from there. The failure e-mail is sent."""


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    group = add_command(
        parsers, "runs", summary="list the runs, show one, read its log, stop it", details=_LIST
    ).add_subparsers(metavar="WHAT", required=True)
    listing = add_command(
        group, "list", operate=list_runs, summary="show how the last runs went, one line each", details=_LIST
    )
    number = whole_number(1, 10_000)
    listing.add_argument("--last", type=number, default=10, metavar="N", help="how many runs (default: %(default)s)")
    listing.add_argument(
        "--days", type=number, default=30, metavar="N", help="how far back to look (default: %(default)s)"
    )
    listing.add_argument("--json", action="store_true", help="the summaries as they were logged")
    shown = add_command(
        group,
        "show",
        operate=show,
        summary="show one run: why it stopped, its exit code, times and summary",
        details=_SHOW,
    )
    logs = add_command(
        group, "logs", operate=print_log, summary="print the log of the last run, or of another run", details=_LOGS
    )
    logs.add_argument(
        "--errors", action="store_true", help="only warnings, errors, the summary, and lines that are not log lines"
    )
    logs.add_argument("--follow", action="store_true", help="continue until the task has ended")
    logs.add_argument("--json", action="store_true", help="the lines as they were logged")
    stopped = add_command(group, "stop", operate=stop, summary="stop the running task", details=_STOP)
    add_flags(stopped, "--yes")
    for parser in (shown, logs, stopped):
        parser.add_argument(
            "task", nargs="?", metavar="TASK", help="the task id or ARN, as in the e-mail (default: the last task)"
        )


def list_runs(context: Context) -> int:
    """Print the last runs."""
    options = context.options
    try:
        pause = pausing.recorded_pause(context)
    except ClientError as fault:
        context.terminal.note(f"Whether the scheduled runs are paused is not known ({aws_failure(fault)}).")
    else:
        if pause:
            context.terminal.note(f"The scheduled runs are {pause}. To resume: {advice.command('resume')}")
    found = sorted(log.summaries(context, options.days), key=lambda one: str(one[1]["started_at"]))[-options.last :]
    if not found:
        raise SyncError(
            f"no run logged a summary in the last {counted(options.days, 'day')}",
            advice=f"look further back with --days, or start one: {advice.command('sync')}",
        )
    if options.json:
        for _, summary in found:
            context.terminal.print(json.dumps(summary, separators=(",", ":")))
    else:
        context.terminal.print(columns(["STARTED", "RUN", "BY", "WHAT", "OUTCOME", *_COUNTS, "TASK"], map(_row, found)))
    return ExitCode.OK


def _row(found: tuple[str, Mapping[str, Any]]) -> list[object]:
    stream, summary = found
    what = f"{summary['command']} {summary['scope']}{' (dry)' if summary['dry_run'] else ''}"
    outcome = f"{summary['outcome']} ({summary['exit_code']})"
    # A run of version 1.0.0 held suspensions only, and counted them.
    held = len(summary.get("held_ids", ())) + int(summary.get("held_ids_truncated", 0))
    known = {**summary, "held_employees": held or int(summary.get("held_suspensions", 0))}
    counts = [known.get(name, 0) for name in _COUNTS.values()]
    return [summary["started_at"], summary["run_id"], summary["trigger"], what, outcome, *counts, tasks.id_of(stream)]


def show(context: Context) -> int:
    """Show one task, and the summary of its run."""
    task_id = _chosen(context)
    task = tasks.find(context, task_id)
    if task:
        context.terminal.print(tasks.readable(context, task))
    summary = log.summary_of(context, task_id)
    if summary:
        context.terminal.print(summary_text(summary))
    elif not task:
        raise tasks.unknown(task_id)
    if not task:
        context.terminal.note("ECS has forgotten this task (it does after about an hour); this is what its log says.")
    return ExitCode.OK


def print_log(context: Context) -> int:
    """Print the log of a task."""
    options, task_id = context.options, _chosen(context)
    context.terminal.note(f"Task {task_id}")
    is_empty, token = True, None
    for _ in context.pace.ticks(every=_FOLLOW_SECONDS, within=_FOLLOW_WITHIN_SECONDS if options.follow else 0):
        # Asked before the log is read, so that the last of it is read once the task has stopped.
        task = tasks.find(context, task_id)
        messages, token = log.read(context, task_id, token)
        for message in messages:
            is_empty = False
            if log.is_grave(message) or not options.errors:
                context.terminal.print(message if options.json else log.readable(message))
        if not task or tasks.has_ended(task):
            break
    if is_empty:
        if not (task := tasks.find(context, task_id)):
            raise tasks.unknown(task_id)
        context.terminal.note("Nothing was logged. What ECS knows about the task:")
        context.terminal.note(tasks.readable(context, task))
    return ExitCode.OK


def stop(context: Context) -> int:
    """Stop the task that is named, or the only one that runs."""
    named = context.options.task
    task_id = tasks.id_of(named) if named else tasks.only_running(context)
    context.confirm(f"Stop task {task_id}?")
    context.client("ecs").stop_task(
        cluster=context.deployment.cluster_name, task=task_id, reason="stopped by an operator"
    )
    context.terminal.print(f"Task {task_id} was asked to stop; it may take two minutes.")
    return ExitCode.OK


def _chosen(context: Context) -> str:
    named = context.options.task
    return tasks.id_of(named) if named else tasks.last(context)
