"""A command as a task beside the scheduled ones: start it, wait for its end, show how it ended."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops import here, log, tasks
from ops.context import Context
from ops.errors import Interrupted, Unavailable
from worker import advice
from worker.commands import sync
from worker.commands.base import check_terminal
from worker.commands.parser import whole_number
from worker.errors import ExitCode
from worker.reports.terminal import summary_text
from worker.streams import OutputError
from worker.words import counted

_POLL_SECONDS = 5.0
_LOG_WITHIN_SECONDS = 30.0
"""How far the log can be behind the end of the task."""
_MOST_SUSPENSIONS = 200
_MOST_MINUTES = 1440
_REMARKS = ("warning: ", "lxp: ", "worker: ")
"""How the lines begin that a report writes to stderr; the log does not tell one stream from the other."""
_FOR_A_TERMINAL = frozenset({"--yes", "--show-values", "--verbose"})
_PLANNED = frozenset({ExitCode.OK, ExitCode.ERRORS, ExitCode.HELD})
"""How a dry run ends that has read and planned everything."""


def add_options(parser: argparse.ArgumentParser, command: str, *, is_run: bool) -> None:
    """Add what a command of the worker takes beside its own options, with `--env`."""
    if is_run:
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    else:
        parser.add_argument("--task", action="store_true", help="run in a task, with the role and network of the runs")
    parser.add_argument(
        "--wait",
        metavar="MINUTES",
        type=whole_number(1, _MOST_MINUTES),
        default=400,
        help="how many minutes to wait for the task to end (default: %(default)s)",
    )
    if command == "sync":
        parser.add_argument(
            "--max-suspensions",
            metavar="N",
            type=whole_number(0, _MOST_SUSPENSIONS),
            help=f"the maximum number of suspensions, for this run only (0 to {_MOST_SUSPENSIONS})",
        )


def run(context: Context, words: Sequence[str]) -> int:
    """Run a command that writes to Moodle; print its summary. `words` are the worker's."""
    options, command = context.options, [word for word in words if word not in _FOR_A_TERMINAL]
    if options.command == "sync":
        sync.request(options)
        return _run(context, command, _print_summary)
    if options.show_values:
        check_terminal(options)
        # Here and not in a task, which would write the values to its log.
        code = here.run(context, words if options.dry_run else [*words, "--dry-run"], stdout=subprocess.DEVNULL)
        if options.dry_run or code not in _PLANNED:
            return code
    elif not options.dry_run and not options.yes:
        first = advice.command(*command, "--dry-run")
        context.terminal.note(f"To preview it first: {first} (with names and values: --show-values)")
    if not options.dry_run:
        context.confirm(f"Run `{' '.join(command)}` in {context.environment}?")
    return _run(context, [*command, "--yes"], _print_summary)


def report(context: Context, words: Sequence[str]) -> int:
    """Run a report; print its log."""
    return _run(context, words, _print_log)


def _run(context: Context, command: Sequence[str], print_result: Callable[[Context, str], bool]) -> int:
    """Start the task, wait, and show what it logged; the exit code is the task's."""
    task_id = _start(context, command)
    context.terminal.note(f"Task {task_id} was started. Its log: {advice.command('runs', 'logs')}")
    try:
        task = _wait(context, task_id)
    except KeyboardInterrupt:
        raise Interrupted(
            f"no longer waiting; the task {task_id} keeps running",
            advice=f"stop it with: {advice.command('runs', 'stop')}",
        ) from None
    code = tasks.exit_code_of(context, task)
    if code is None:
        context.terminal.print(tasks.readable(context, task))
        raise Unavailable("the container never ran, so there is no exit code", advice="see the stopped reason above")
    try:
        if not print_result(context, task_id):
            context.terminal.print(tasks.readable(context, task))
    except (BrokenPipeError, OutputError):
        if print_result is not _print_summary:
            raise
        context.terminal.note("The summary cannot be printed to stdout.")
    return code


def _start(context: Context, command: Sequence[str]) -> str:
    deployment = context.deployment
    variables = {"TRIGGER": "manual"}
    if (limit := getattr(context.options, "max_suspensions", None)) is not None:
        variables["MAX_SUSPENSIONS"] = str(limit)
    network = {
        "subnets": deployment.subnet_ids.split(","),
        "securityGroups": [deployment.security_group_id],
        "assignPublicIp": deployment.assign_public_ip,
    }
    override = {
        "name": deployment.container_name,
        "command": list(command),
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
    }
    answer = context.client("ecs").run_task(
        cluster=deployment.cluster_name,
        taskDefinition=deployment.task_definition_arn,
        count=1,
        launchType="FARGATE",
        platformVersion="LATEST",
        propagateTags="TASK_DEFINITION",
        startedBy="operator",
        networkConfiguration={"awsvpcConfiguration": network},
        overrides={"containerOverrides": [override]},
    )
    if not answer["tasks"]:
        reasons = "; ".join(str(one.get("reason")) for one in answer.get("failures", ())) or "no reason given"
        raise Unavailable(f"ECS did not start the task: {reasons}", advice="try again in a few minutes")
    return tasks.id_of(answer["tasks"][0]["taskArn"])


def _wait(context: Context, task_id: str) -> Mapping[str, Any]:
    for waited in context.pace.ticks(every=_POLL_SECONDS, within=context.options.wait * 60):
        # ECS may not list a task yet that was started a moment ago.
        if task := tasks.find(context, task_id):
            context.terminal.progress(f"{task['lastStatus'].lower()} {int(waited) // 60}:{int(waited) % 60:02d}")
            if tasks.has_ended(task):
                return task
    raise Unavailable(
        f"the task {task_id} has not ended after {counted(context.options.wait, 'minute')}; it keeps running",
        advice=f"follow it: {advice.command('runs', 'logs', '--follow')}; or stop it: {advice.command('runs', 'stop')}",
    )


def _print_summary(context: Context, task_id: str) -> bool:
    for _ in context.pace.ticks(every=_POLL_SECONDS, within=_LOG_WITHIN_SECONDS):
        summary = log.summary_of(context, task_id)
        if summary is not None:
            as_json = context.options.json
            context.terminal.print(json.dumps(summary, separators=(",", ":")) if as_json else summary_text(summary))
            return True
        context.terminal.progress("waiting for the summary in the log")
    context.terminal.note("The run printed no summary.")
    return False


def _print_log(context: Context, task_id: str) -> bool:
    """Print the log of a report, once it has stopped growing; with `--json` stdout gets JSON alone."""
    as_json, terminal = getattr(context.options, "json", False), context.terminal
    messages: list[str] = []
    for _ in context.pace.ticks(every=_POLL_SECONDS, within=_LOG_WITHIN_SECONDS):
        # No line of a report is known to be its last.
        before, (messages, _token) = messages, log.read(context, task_id)
        if messages and messages == before:
            break
        terminal.progress("waiting for the log")
    for message in messages:
        if as_json:
            (terminal.note if message.startswith(_REMARKS) else terminal.print)(message)
        else:
            terminal.print(log.readable(message))
    return bool(messages)
