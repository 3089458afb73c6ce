"""A task beside the schedule's: start the deployed one with a command, wait for its end, tell how it ended."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops import log, tasks
from ops.ends import exit_code_of
from ops.errors import OpsError, OpsExit
from ops.summary_line import readable
from ops.verbs import Context

POLL_SECONDS = 5.0
LOG_WITHIN = 30.0
"""The log can be so many seconds behind the end of the task."""

_STARTED_BY = "operator"

Tell = Callable[[Context, str], bool]
"""Prints what a task of this id said; False where it said nothing."""


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """`--wait`."""
    parser.add_argument(
        "--wait", metavar="MINUTES", type=int, default=400, help="how long to wait for its end (default: %(default)s)"
    )


def add_summary_as_json(parser: argparse.ArgumentParser) -> None:
    """`--json`, for what ends with a summary."""
    parser.add_argument("--json", action="store_true", help="the summary as the line that it is")


def tell_summary(context: Context, task_id: str) -> bool:
    """The summary of a run."""
    summary = _summary(context, task_id)
    if summary is None:
        context.terminal.remark("The run printed no summary.")
        return False
    as_line = context.options.json
    context.terminal.say(
        json.dumps(summary, separators=(",", ":")) if as_line else readable(summary, context.in_env),
    )
    return True


def run_task(
    context: Context, command: Sequence[str], *, settings: Mapping[str, str] | None = None, tell: Tell = tell_summary
) -> int:
    """Start the task with this command, wait, tell; the exit code is the task's."""
    task_id = _start(context, command, {"TRIGGER": "manual", **(settings or {})})
    context.terminal.remark(f"Task {task_id} was started. Its log: make tail {context.in_env}")
    try:
        task = _wait(context, task_id)
    except KeyboardInterrupt:
        raise OpsError(
            f"no longer waiting; the task {task_id} goes on",
            advice=f"stop it with: make stop {context.in_env}",
            exit_code=OpsExit.INTERRUPTED,
        ) from None
    container = context.deployment.container_name
    code = exit_code_of(task, container)
    if code is None:
        context.terminal.say(tasks.told(task, container))
        raise OpsError("the container never ran, so there is no exit code", advice="see the stopped reason above")
    if not tell(context, task_id):
        context.terminal.say(tasks.told(task, container))
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
        startedBy=_STARTED_BY,
        networkConfiguration={"awsvpcConfiguration": network},
        overrides={"containerOverrides": [override]},
    )
    if not answer["tasks"]:
        reasons = "; ".join(str(one.get("reason")) for one in answer.get("failures", ())) or "no reason given"
        raise OpsError(f"ECS did not start the task: {reasons}", advice="try again in some minutes")
    return tasks.id_of(answer["tasks"][0]["taskArn"])


def _wait(context: Context, task_id: str) -> Mapping[str, Any]:
    for waited in context.pace.ticks(every=POLL_SECONDS, within=context.options.wait * 60):
        # A task that was started a moment ago may not be known yet.
        for task in tasks.described(context, [task_id]):
            status = task["lastStatus"]
            context.terminal.progress(f"{status.lower()} {int(waited) // 60}:{int(waited) % 60:02d}")
            if status == "STOPPED":
                return task
    raise OpsError(
        f"the task {task_id} has not ended after {context.options.wait} minutes; it goes on",
        advice=f"follow it: make tail {context.in_env} ARGS=--follow; or stop it: make stop {context.in_env}",
    )


def _summary(context: Context, task_id: str) -> Mapping[str, Any] | None:
    for _ in context.pace.ticks(every=POLL_SECONDS, within=LOG_WITHIN):
        summary = log.summary_of(context, task_id)
        if summary:
            return summary
        context.terminal.progress("waiting for the summary in the log")
    return None
