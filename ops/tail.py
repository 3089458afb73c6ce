"""The log of one run: `tail`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ops import check_line, log, tasks
from ops.ends import exit_code_of
from ops.errors import OpsExit
from ops.log_line import fields
from ops.summary_line import parse, readable
from ops.verbs import Context, add_verb

if TYPE_CHECKING:
    from ops.verbs import Parsers

_FOLLOW_SECONDS = 5.0
_FOLLOW_WITHIN = 26 * 3600.0
_GRAVE = frozenset({"warning", "error"})
_HEAD = frozenset({"time", "level", "event"})


def add(verbs: Parsers) -> None:
    """`tail`."""
    parser = add_verb(
        verbs,
        "tail",
        tail,
        summary="the log of the last run, or of one task",
        teaches="Prints what a run logged: a line for everybody who was written, held, skipped or failed, and its "
        "summary. The log holds ids, reasons and field names, and nothing personal.",
    )
    tasks.add_task(parser)
    parser.add_argument("--errors", action="store_true", help="only warnings and errors, and the summary")
    parser.add_argument("--follow", action="store_true", help="go on until the task has ended")
    parser.add_argument("--json", action="store_true", help="the lines as they were logged")


def tail(context: Context) -> int:
    """Print a run's log."""
    task_id = tasks.chosen(context)
    context.terminal.remark(f"Task {task_id}")
    printed, token = 0, None
    for _ in context.pace.ticks(every=_FOLLOW_SECONDS, within=_FOLLOW_WITHIN if context.options.follow else 0):
        # Asked before the log is read, so that the last of it is read once the task has stopped.
        ended = _has_ended(context, task_id)
        messages, token = log.read(context, task_id, token)
        for message in messages:
            _print(context, message)
        printed += len(messages)
        if ended:
            break
    if not printed:
        _say_why_there_is_none(context, task_id)
    return OpsExit.DONE


def _has_ended(context: Context, task_id: str) -> bool:
    known = tasks.described(context, [task_id])
    return not known or known[0].get("lastStatus") == "STOPPED"


def _print(context: Context, message: str) -> None:
    options = context.options
    line, summary, check = fields(message), parse(message), check_line.parse(message)
    is_grave = summary or line.get("level") in _GRAVE or (check and check_line.is_grave(check))
    if options.errors and not is_grave:
        return
    if options.json:
        context.terminal.say(message)
    elif summary:
        context.terminal.say(readable(summary, context.in_env))
    else:
        context.terminal.say(check_line.readable(check) if check else _readable(message, line))


def _readable(message: str, line: Mapping[str, Any]) -> str:
    if "event" not in line:
        return message
    told = " ".join(f"{name}={_value(value)}" for name, value in line.items() if name not in _HEAD and _says(value))
    return f"{line.get('time', '')} {line.get('level', ''):<7} {line['event']}  {told}".rstrip()


def _says(value: object) -> bool:
    return value is not False and value not in (None, "", [])


def _value(value: object) -> str:
    if isinstance(value, str) and " " not in value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _say_why_there_is_none(context: Context, task_id: str) -> None:
    known = tasks.described(context, [task_id])
    container = context.deployment.container_name
    if not known:
        raise tasks.unknown(context, task_id)
    if known[0].get("lastStatus") != "STOPPED":
        context.terminal.remark(f"Nothing was logged yet: the task is {known[0].get('lastStatus')}.")
    elif exit_code_of(known[0], container) is None:
        context.terminal.remark("Nothing was logged: the container never ran.")
        context.terminal.remark(tasks.told(known[0], container))
    else:
        context.terminal.remark("Nothing was logged.")
