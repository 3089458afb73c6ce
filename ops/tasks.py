"""Finding a task, and why it ended.

ECS forgets a stopped task after about an hour; from then on only its log is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops import log
from ops.context import Context
from worker import advice
from worker.errors import SyncError, UsageError
from worker.reports.table import name_value_lines
from worker.reports.terminal import meaning_of, moment

_MOST_PER_CALL = 100
_TIMES = {
    "created": "createdAt",
    "image pulled": "pullStoppedAt",
    "started": "startedAt",
    "stopping": "stoppingAt",
    "stopped": "stoppedAt",
}
# What the reasons contain: Amazon ECS developer guide, "Stopped tasks error messages".
_ADVICE = {
    "CannotPullContainer": "The image could not be pulled. Check that the subnets have a route out on port 443 (a"
    " public IP, or a NAT gateway). If the image was deleted: {command:deploy}",
    "ResourceInitialization": "The task could not be prepared. Check the subnets' route out on port 443, the log group"
    " and the execution role; to deploy again: {command:deploy}",
    "OutOfMemory": "The container ran out of memory. Set BatchSize in the environment's file to split the work.",
    "Capacity is unavailable": "Fargate had no capacity in this zone. Give it subnets in two zones, or run it again"
    " later: {command:sync}",
    "Timeout waiting for network": "The network interface did not come up. Check that the subnets have free addresses,"
    " then: {command:sync}",
}


def id_of(arn: str) -> str:
    """The id of a task from its ARN, or from the id itself."""
    return arn.rsplit("/", 1)[-1]


def last(context: Context) -> str:
    """The id of the last task, running or ended."""
    known = _described(context, [*_listed(context, "RUNNING"), *_listed(context, "STOPPED")])
    if known:
        return id_of(max(known, key=lambda task: task["createdAt"])["taskArn"])
    stream = log.newest_stream(context)
    if stream:
        return id_of(stream)
    raise SyncError("no run was found: neither a task nor a log", advice=f"start one: {advice.command('sync')}")


def only_running(context: Context) -> str:
    """The id of the one task that runs."""
    running = [id_of(arn) for arn in _listed(context, "RUNNING")]
    if not running:
        raise SyncError("no task is running")
    if len(running) > 1:
        raise UsageError(
            f"several tasks are running: {', '.join(running)}",
            advice=f"name the one to stop: {advice.command('runs', 'stop', running[0])}",
        )
    return running[0]


def find(context: Context, task_id: str) -> Mapping[str, Any] | None:
    """What ECS knows of a task; None if it has forgotten it, or does not list it yet."""
    return next(iter(_described(context, [task_id])), None)


def _described(context: Context, tasks: Sequence[str]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for at in range(0, len(tasks), _MOST_PER_CALL):
        part = list(tasks[at : at + _MOST_PER_CALL])
        answer = context.client("ecs").describe_tasks(cluster=context.deployment.cluster_name, tasks=part)
        found.extend(answer["tasks"])
    return found


def unknown(task_id: str) -> SyncError:
    """The error for a task of which neither ECS nor the log knows."""
    return SyncError(
        f"neither ECS nor the log knows a task {task_id}",
        advice="ECS forgets a task after about an hour; the ids of tasks are in the last column of:"
        f" {advice.command('runs', 'list')}",
    )


def has_ended(task: Mapping[str, Any]) -> bool:
    """Whether a task has ended, and not only its container."""
    return task.get("lastStatus") == "STOPPED"


def exit_code_of(context: Context, task: Mapping[str, Any]) -> int | None:
    """The worker's exit code; None if it never ran or has not ended."""
    code = _container_of(context, task).get("exitCode") if has_ended(task) else None
    return None if code is None else int(code)


def readable(context: Context, task: Mapping[str, Any]) -> str:
    """What ECS knows of a task, for a person."""
    worker = _container_of(context, task)
    code = exit_code_of(context, task)
    reasons = f"{task.get('stoppedReason', '')} {worker.get('reason', '')}"
    what_to_do = next((text for sign, text in _ADVICE.items() if sign in reasons), "")
    return f"Task {id_of(task['taskArn'])}\n" + name_value_lines(
        [
            ("status", task.get("lastStatus")),
            ("stopped reason", task.get("stoppedReason")),
            ("stop code", task.get("stopCode")),
            ("exit code", None if code is None else f"{code}: {meaning_of(code)}"),
            ("container's reason", worker.get("reason")),
            ("what to do", advice.resolve(what_to_do)),
            ("started by", task.get("startedBy")),
            ("definition", id_of(task.get("taskDefinitionArn", ""))),
            ("image", worker.get("image")),
            *((name, moment(task.get(key))) for name, key in _TIMES.items()),
        ]
    )


def _container_of(context: Context, task: Mapping[str, Any]) -> Mapping[str, Any]:
    """The worker's container; empty if ECS lists none."""
    named: dict[str, Mapping[str, Any]] = {one.get("name"): one for one in task.get("containers", ())}
    return named.get(context.deployment.container_name, {})


def _listed(context: Context, status: str) -> list[str]:
    pages = context.client("ecs").get_paginator("list_tasks")
    query = {"cluster": context.deployment.cluster_name, "family": context.deployment.task_family}
    return [arn for page in pages.paginate(**query, desiredStatus=status) for arn in page["taskArns"]]
