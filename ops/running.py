"""What changes Moodle, as a task: `run`, `approve`, `reconcile`, `undo`. With the task's own role and network."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ops.errors import OpsError, OpsExit
from ops.one_off import add_summary_as_json, add_waiting, run_task
from ops.verbs import Context, Verb, add_verb, add_yes
from worker.commands.base import add_dry_run, add_employees, employees
from worker.planning.undo_plan import UndoScope

if TYPE_CHECKING:
    from ops.verbs import Parsers

_MOST_SUSPENSIONS = 200
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_WAITS = (
    "It waits for the end of the task, prints the summary and ends with the exit code of the task. Ctrl-C ends the "
    "waiting, not the task."
)


def add(verbs: Parsers) -> None:
    """`run`, `approve`, `reconcile` and `undo`."""
    _add_run(verbs)
    _add_approve(verbs)
    _add_reconcile(verbs)
    _add_undo(verbs)


def _add_run(verbs: Parsers) -> None:
    parser = _add_task_verb(
        verbs,
        "run",
        run,
        summary="run the sync now, wait, and print its summary",
        teaches="Starts the deployed task as the schedule would.",
    )
    add_employees(parser, "only this employee (repeatable); the state stays where it is")
    parser.add_argument(
        "--reactivate", action="store_true", help="with --employee: reactivate the account whoever suspended it"
    )
    parser.add_argument(
        "--max-suspensions",
        metavar="N",
        type=_suspensions,
        help="for this run alone, how many suspensions it may do (0 to 200)",
    )


def _add_approve(verbs: Parsers) -> None:
    parser = _add_task_verb(
        verbs,
        "approve",
        approve,
        summary="let the suspensions through that a guard held in a run",
        teaches="Starts a task that suspends, at once, those whose suspensions were held in the run RUN and who are "
        "still due. Nobody else is touched; it may be repeated. The list of a run is valid for a day. Read who is on "
        "it first: --dry-run, and then `tail`.",
    )
    parser.add_argument("held_run", metavar="RUN", help="the run_id of the run that held them (its summary names it)")


def _add_reconcile(verbs: Parsers) -> None:
    parser = _add_task_verb(
        verbs,
        "reconcile",
        reconcile,
        summary="compare everybody with Moodle and mend what has drifted",
        teaches="Starts a task that compares everybody in BambooHR with Moodle, not only who changed, under the same "
        "guards and limits as every night. Asks first. What it would do: --dry-run, or as a table: plan --everybody.",
    )
    add_yes(parser)


def _add_undo(verbs: Parsers) -> None:
    parser = _add_task_verb(
        verbs,
        "undo",
        undo,
        summary="take back what a run wrote",
        teaches="Starts a task that puts back, field by field, what the accounts held before the run RUN wrote to "
        "them. What somebody has changed since is left as it is; an account that the run made is suspended. Later "
        "runs leave these people alone until BambooHR changes them or `parked retry` releases them. Asks first.",
    )
    parser.add_argument("undone_run", metavar="RUN", help="the run_id of the run (its summary and log name it)")
    parser.add_argument(
        "--only",
        choices=[only.value for only in UndoScope if only is not UndoScope.EVERYTHING],
        help="suspensions: make active whom it suspended; fields: put values back (default: both, and suspend the "
        "accounts that it made)",
    )
    add_employees(parser, "only this employee (repeatable)")
    add_yes(parser)


def _add_task_verb(verbs: Parsers, name: str, verb: Verb, *, summary: str, teaches: str) -> argparse.ArgumentParser:
    parser = add_verb(verbs, name, verb, summary=summary, teaches=f"{teaches} {_WAITS}")
    add_dry_run(parser)
    add_summary_as_json(parser)
    add_waiting(parser)
    return parser


def run(context: Context) -> int:
    """The sync."""
    options = context.options
    if options.reactivate and not options.employee:
        raise OpsError("--reactivate needs --employee", advice="name the people", exit_code=OpsExit.USAGE)
    command = ["sync", *_dry_run(context), *_employees(context), *(["--reactivate"] if options.reactivate else [])]
    limit = options.max_suspensions
    return run_task(context, command, settings={} if limit is None else {"MAX_SUSPENSIONS": str(limit)})


def approve(context: Context) -> int:
    """Those whom a run held."""
    held_run = _run_id(context.options.held_run)
    return run_task(context, ["approve", held_run, *_dry_run(context)])


def reconcile(context: Context) -> int:
    """Everybody."""
    _confirm(
        context,
        f"Compare everybody in BambooHR with Moodle, and write in {context.env} what differs?",
        look_first=f"make reconcile {context.in_env} ARGS=--dry-run, or as a table: make plan {context.in_env} "
        "ARGS=--everybody",
    )
    return run_task(context, ["reconcile", *_dry_run(context), "--yes"])


def undo(context: Context) -> int:
    """What a run wrote."""
    options = context.options
    run_id = _run_id(options.undone_run)
    only = ["--only", options.only] if options.only else []
    wanted = [run_id, *only, *_employees(context)]
    _confirm(
        context,
        f"Take back in {context.env} what the run {run_id} wrote{_part(context)}?",
        look_first=f'make undo {context.in_env} ARGS="{" ".join(wanted)} --dry-run"',
    )
    return run_task(context, ["undo", *wanted, *_dry_run(context), "--yes"])


def _confirm(context: Context, question: str, *, look_first: str) -> None:
    options = context.options
    if options.dry_run or options.yes:
        return
    context.terminal.remark(f"To see first what it would do: {look_first}")
    context.terminal.confirm(question, yes=False)


def _part(context: Context) -> str:
    options = context.options
    told = f" ({options.only} only)" if options.only else ""
    asked = ", ".join(map(str, employees(options)))
    return f"{told} to employee {asked}" if asked else told


def _dry_run(context: Context) -> list[str]:
    return ["--dry-run"] if context.options.dry_run else []


def _employees(context: Context) -> Iterator[str]:
    for number in context.options.employee:
        yield from ("--employee", str(number))


def _run_id(text: str) -> str:
    """Judged before a task is started, which takes a minute to say so."""
    if not _RUN_ID.fullmatch(text):
        raise OpsError(
            "this is no run_id: one looks like 20260131T033000Z-1a2b3c4d, and is not the id of the task",
            advice="the summary of a run begins with its run_id",
            exit_code=OpsExit.USAGE,
        )
    return text


def _suspensions(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_SUSPENSIONS):
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {_MOST_SUSPENSIONS}; there is no unlimited")
    return int(text)
