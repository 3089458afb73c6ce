"""A task beside the scheduled ones: start the deployed task with a command, wait for its end, show how it ended."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops import log, log_lines, tasks
from ops.ends import exit_code_of
from ops.errors import OpsError, OpsExit
from ops.verbs import Context
from worker import advice

_POLL_SECONDS = 5.0
_LOG_WITHIN_SECONDS = 30.0
"""How far the log can be behind the end of the task."""

Show = Callable[[Context, str], bool]
"""Prints what the task of this id logged; False if it logged nothing."""


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """Add `--wait`."""
    parser.add_argument(
        "--wait", metavar="MINUTES", type=int, default=400, help="how long to wait for its end (default: %(default)s)"
    )


def print_summary(context: Context, task_id: str) -> bool:
    """Print the summary of a run."""
    for _ in context.pace.ticks(every=_POLL_SECONDS, within=_LOG_WITHIN_SECONDS):
        summary = log.summary_of(context, task_id)
        if summary is not None:
            as_json = context.options.json
            text = json.dumps(summary, separators=(",", ":")) if as_json else log_lines.readable_summary(summary)
            context.terminal.print(text)
            return True
        context.terminal.progress("waiting for the summary in the log")
    context.terminal.note("The run printed no summary.")
    return False


def print_log(context: Context, task_id: str) -> bool:
    """Print the log of a report; with `--json` stdout gets JSON alone."""
    as_json, terminal = context.options.json, context.terminal
    messages = _complete_log(context, task_id)
    for message in messages:
        if as_json:
            (terminal.print if log_lines.parse(message) else terminal.note)(message)
        else:
            terminal.print(log_lines.readable(message))
    return bool(messages)


def _complete_log(context: Context, task_id: str) -> list[str]:
    """The log, once it has stopped growing: no line of a report is known to be its last."""
    messages: list[str] = []
    for _ in context.pace.ticks(every=_POLL_SECONDS, within=_LOG_WITHIN_SECONDS):
        before, (messages, _token) = messages, log.read(context, task_id)
        if messages and messages == before:
            break
        context.terminal.progress("waiting for the log")
    return messages


def run_task(context: Context, command: Sequence[str], *, show: Show, settings: Mapping[str, str] | None = None) -> int:
    """Start the task with this command, wait, and show what it logged; the exit code is the task's."""
    task_id = _start(context, command, {"TRIGGER": "manual", **(settings or {})})
    context.terminal.note(f"Task {task_id} was started. Its log: {advice.command('tail')}")
    try:
        task = _wait(context, task_id)
    except KeyboardInterrupt:
        raise OpsError(
            f"no longer waiting; the task {task_id} goes on",
            advice=f"stop it with: {advice.command('stop')}",
            exit_code=OpsExit.INTERRUPTED,
        ) from None
    container = context.deployment.container_name
    code = exit_code_of(task, container)
    if code is None:
        context.terminal.print(tasks.readable(task, container))
        raise OpsError("the container never ran, so there is no exit code", advice="see the stopped reason above")
    if not show(context, task_id):
        context.terminal.print(tasks.readable(task, container))
    return code


def _start(context: Context, command: Sequence[str], settings: Mapping[str, str]) -> str:
    deployment = context.deployment
    network = {
        "subnets": deployment.subnet_ids.split(","),
        "securityGroups": [deployment.security_group_id],
        "assignPublicIp": deployment.assign_public_ip,
    }
    override = {
        "name": deployment.container_name,
        "command": list(command),
        "environment": [{"name": name, "value": value} for name, value in settings.items()],
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
        raise OpsError(f"ECS did not start the task: {reasons}", advice="try again in a few minutes")
    return tasks.id_of(answer["tasks"][0]["taskArn"])


def _wait(context: Context, task_id: str) -> Mapping[str, Any]:
    for waited in context.pace.ticks(every=_POLL_SECONDS, within=context.options.wait * 60):
        # ECS may not list a task yet that was started a moment ago.
        for task in tasks.described(context, [task_id]):
            status = task["lastStatus"]
            context.terminal.progress(f"{status.lower()} {int(waited) // 60}:{int(waited) % 60:02d}")
            if status == "STOPPED":
                return task
    raise OpsError(
        f"the task {task_id} has not ended after {context.options.wait} minutes; it goes on",
        advice=f"follow it: {advice.command('tail', '--follow')}; or stop it: {advice.command('stop')}",
    )
