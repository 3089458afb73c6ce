"""The log of one task: `tail`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import log, log_lines, tasks
from ops.errors import OpsExit
from ops.verbs import Context, add_verb

if TYPE_CHECKING:
    from ops.verbs import Parsers

_FOLLOW_SECONDS = 5.0
_FOLLOW_WITHIN_SECONDS = 26 * 3600.0


def add(verbs: Parsers) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "tail",
        tail,
        summary="the log of the last task, or of one task",
        teaches="Prints what a run logged: a line for each employee who was written, held, skipped or failed, and the "
        "summary. The log holds ids, reasons and field names, and no personal data.",
    )
    tasks.add_task(parser)
    parser.add_argument(
        "--errors", action="store_true", help="only warnings, errors, the summary, and what is no log line"
    )
    parser.add_argument("--follow", action="store_true", help="go on until the task has ended")
    parser.add_argument("--json", action="store_true", help="the lines as they were logged")


def tail(context: Context) -> int:
    """Print the log of a task."""
    options, task_id = context.options, tasks.chosen(context)
    context.terminal.note(f"Task {task_id}")
    is_empty, token = True, None
    for _ in context.pace.ticks(every=_FOLLOW_SECONDS, within=_FOLLOW_WITHIN_SECONDS if options.follow else 0):
        # Asked before the log is read, so that the last of it is read once the task has stopped.
        has_ended = _has_ended(context, task_id)
        messages, token = log.read(context, task_id, token)
        for message in messages:
            is_empty = False
            if log_lines.is_grave(message) or not options.errors:
                context.terminal.print(message if options.json else log_lines.readable(message))
        if has_ended:
            break
    if is_empty:
        _explain_empty_log(context, task_id)
    return OpsExit.DONE


def _has_ended(context: Context, task_id: str) -> bool:
    known = tasks.described(context, [task_id])
    return not known or known[0].get("lastStatus") == "STOPPED"


def _explain_empty_log(context: Context, task_id: str) -> None:
    known = tasks.described(context, [task_id])
    if not known:
        raise tasks.unknown(task_id)
    context.terminal.note("Nothing was logged. What ECS knows of the task:")
    context.terminal.note(tasks.readable(known[0], context.deployment.container_name))
