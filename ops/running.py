"""The verbs that write to Moodle, each as a task on AWS: `run`, `approve`, `reconcile` and `undo`."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from ops.errors import OpsError, OpsExit
from ops.one_off import add_waiting, print_summary, run_task
from ops.verbs import Context, add_verb, adopt
from worker import advice
from worker.commands import approve as approve_command
from worker.commands import reconcile as reconcile_command
from worker.commands import undo as undo_command
from worker.commands.base import add_dry_run, add_employees

if TYPE_CHECKING:
    from ops.verbs import Parsers

_MOST_SUSPENSIONS = 200
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_AS_TASK = """\
It starts the deployed task, with its own role and network, waits for its end, prints the summary and ends with the exit
code of the task. Ctrl-C ends the waiting, not the task."""


def add(verbs: Parsers) -> None:
    """Add the verbs."""
    _add_run(verbs)
    for name, module, verb in (
        ("approve", approve_command, approve),
        ("reconcile", reconcile_command, reconcile),
        ("undo", undo_command, undo),
    ):
        module.add(verbs)
        adopt(verbs.choices[name], verb, teaches=_AS_TASK)
    for name in ("run", "approve", "reconcile", "undo"):
        verbs.choices[name].add_argument("--json", action="store_true", help="print the summary as JSON")
        add_waiting(verbs.choices[name])


def _add_run(verbs: Parsers) -> None:
    parser = add_verb(
        verbs,
        "run",
        run,
        summary="run the sync now, wait, and print its summary",
        teaches=f"Runs the sync as the schedule would. {_AS_TASK}",
    )
    parser.allow_abbrev = False
    add_dry_run(parser)
    add_employees(parser, "only this employee (repeatable); the state stays where it is")
    parser.add_argument(
        "--reactivate", action="store_true", help="with --employee: reactivate the account, however it was suspended"
    )
    parser.add_argument(
        "--max-suspensions",
        metavar="N",
        type=_suspensions,
        help="for this run alone, how many suspensions it may make (0 to 200)",
    )


def run(context: Context) -> int:
    """Run the sync."""
    options = context.options
    if options.reactivate and not options.employee:
        raise OpsError("--reactivate needs --employee", advice="name the employees", exit_code=OpsExit.USAGE)
    limit = options.max_suspensions
    settings = {} if limit is None else {"MAX_SUSPENSIONS": str(limit)}
    return run_task(context, ["sync", *_arguments(context)], show=print_summary, settings=settings)


def approve(context: Context) -> int:
    """Write what the guards held in a run."""
    _require_run_id(context.options.held_run)
    return _run_confirmed(context, "approve")


def reconcile(context: Context) -> int:
    """Compare all employees with Moodle."""
    return _run_confirmed(context, "reconcile")


def undo(context: Context) -> int:
    """Take back what a run wrote."""
    _require_run_id(context.options.undone_run)
    return _run_confirmed(context, "undo")


def _run_confirmed(context: Context, command: str) -> int:
    """Ask here for the confirmation that the worker would ask for: a task has no terminal."""
    options, arguments = context.options, [command, *_arguments(context)]
    if not options.dry_run and not options.yes:
        context.terminal.note(f"To see first what it would do: {advice.command(*arguments, '--dry-run')}")
        context.terminal.confirm(f"Run `{' '.join(arguments)}` in {context.env}?", yes=False)
    return run_task(context, [*arguments, "--yes"], show=print_summary)


def _arguments(context: Context) -> list[str]:
    """The arguments of the command, for the worker."""
    return context.worker_arguments("--json", "--yes")[1:]


def _require_run_id(text: str) -> None:
    """Refuse a wrong id here, since a task takes a minute to do so."""
    if not _RUN_ID.fullmatch(text):
        raise OpsError(
            "this is not a run_id: one looks like 20260131T033000Z-1a2b3c4d, and is not the id of the task",
            advice="the summary of a run begins with its run_id",
            exit_code=OpsExit.USAGE,
        )


def _suspensions(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_SUSPENSIONS):
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {_MOST_SUSPENSIONS}; there is no unlimited")
    return int(text)
