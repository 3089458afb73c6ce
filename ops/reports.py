"""The worker's reports on the operator's machine: `plan`, `explain`, `people`, `state` and `doctor`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops import paused
from ops.errors import code_of
from ops.local import run_worker
from ops.one_off import add_waiting, print_log, run_task
from ops.verbs import Context, adopt
from worker import advice
from worker.commands import doctor as doctor_command
from worker.commands import explain, people, plan, state
from worker.runs.checks import Check, warning

if TYPE_CHECKING:
    from ops.verbs import Parsers

_HERE = """\
It runs on this machine, with the code of this checkout, the settings of the deployed task (an edit that is not deployed
does not count) and your own AWS credentials. The RUNBOOK lists the rights that these need."""
_AS_TASK = """

With --task the same is checked in a one-off task, with the role and the network of the scheduled runs: that is the
check to make before going live. It needs the rights of `run`, and its end is mailed like the end of every task."""


def add(verbs: Parsers) -> None:
    """Add the verbs."""
    for name, module in (("plan", plan), ("explain", explain), ("people", people), ("state", state)):
        module.add(verbs)
        for parser in _leaves(verbs.choices[name]):
            adopt(parser, report, teaches=_HERE)
    doctor_command.add(verbs)
    parser = verbs.choices["doctor"]
    adopt(parser, doctor, teaches=_HERE + _AS_TASK)
    parser.add_argument("--task", action="store_true", help="check in a one-off task, with its role and network")
    add_waiting(parser)


def report(context: Context) -> int:
    """Let the worker report."""
    return run_worker(context, context.worker_arguments())


def doctor(context: Context) -> int:
    """Check what only an operator can read, and everything else here or in a task."""
    for check in (*_check_alarm(context), *_check_pause(context)):
        doctor_command.print_check(check, as_json=context.options.json)
    arguments = context.worker_arguments("--task")
    if context.options.task:
        return run_task(context, arguments, show=print_log)
    return run_worker(context, arguments)


def _check_alarm(context: Context) -> Iterator[Check]:
    if not context.deployment.silence_alarm_name:
        yield warning(
            "silence alarm",
            "there is none (SilenceHours = 0): no mail says that runs have stopped",
            f"look from time to time: {advice.command('summaries')}",
        )


def _check_pause(context: Context) -> Iterator[Check]:
    """Compare the pause with schedules and alarm, which the worker cannot read. Nothing is said if they fit."""
    try:
        contradiction = paused.status(context.aws, context.deployment).contradiction
    except ClientError as fault:
        yield warning(
            "pause", f"schedules and silence alarm were not read ({code_of(fault)})", "the RUNBOOK lists the rights"
        )
    else:
        if contradiction:
            yield warning("pause", *contradiction)


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser itself, or the parsers of the words that follow it."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        yield from group.choices.values()
    if not groups:
        yield parser
