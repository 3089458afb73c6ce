"""Is everything as it must be? `doctor`, on the operator's machine or as a task."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ops import check_line, log, summary_line
from ops.local import run_worker
from ops.one_off import LOG_WITHIN, POLL_SECONDS, add_waiting, run_task
from ops.reports import READS_ALL, adopt
from ops.verbs import Context
from worker.commands import doctor as command
from worker.runs.checks import CheckStatus

if TYPE_CHECKING:
    from ops.verbs import Parsers

_TASK = """

With --task the same is checked in a one-off task, with the role and the network that the nights have: before going live
that is what counts. It takes the rights of `run` instead, and a failed check is mailed as every end of a task is."""


def add(verbs: Parsers) -> None:
    """`doctor`."""
    command.add(verbs)
    parser = verbs.choices["doctor"]
    adopt(parser, doctor, needs=READS_ALL)
    parser.description = f"{parser.description}{_TASK}"
    parser.add_argument("--task", action="store_true", help="in a one-off task, with its role and network")
    add_waiting(parser)


def doctor(context: Context) -> int:
    """Check, here or there."""
    options = context.options
    quick = ["--quick"] if options.quick else []
    if options.task:
        return run_task(context, ["doctor", "--json", *quick], tell=_tell)
    return run_worker(context, ["doctor", *quick, *(["--json"] if options.json else [])])


def _tell(context: Context, task_id: str) -> bool:
    terminal, found = context.terminal, Counter[str]()
    for message in _said(context, task_id):
        check, summary = check_line.parse(message), summary_line.parse(message)
        if check is not None:
            found[str(check.get("verdict"))] += 1
            terminal.say(message if context.options.json else check_line.readable(check))
        else:
            terminal.remark(message if summary is None else summary_line.readable(summary, context.in_env))
    if not found:
        terminal.remark("The task checked nothing.")
    elif not context.options.json:
        terminal.say(f"\n{', '.join(f'{found[verdict]} {verdict}' for verdict in CheckStatus)}")
    return bool(found)


def _said(context: Context, task_id: str) -> list[str]:
    """The log, once it has stopped growing: no last line tells its end."""
    messages: list[str] = []
    for _ in context.pace.ticks(every=POLL_SECONDS, within=LOG_WITHIN):
        before, (messages, _token) = messages, log.read(context, task_id)
        if messages and messages == before:
            break
        context.terminal.progress("waiting for the log")
    return messages
