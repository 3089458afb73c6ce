"""Finding a task, and looking closer at one: `task`.

ECS forgets a stopped task after about an hour; what is left then is its log.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ops import log
from ops.ends import container_of, cure_of, exit_code_of, meaning_of
from ops.errors import OpsError, OpsExit
from ops.summary_line import readable
from ops.tables import facts, moment
from ops.verbs import Context, add_verb

if TYPE_CHECKING:
    from ops.verbs import Parsers

_DESCRIBED_AT_ONCE = 100


def add(verbs: Parsers) -> None:
    """`task`."""
    add_task(
        add_verb(
            verbs,
            "task",
            look_closer,
            summary="look closer at one task: why it stopped, its exit code, its times",
            teaches="Shows what ECS knows of a task: status, stopped reason, stop code, exit code, times; what that "
            "means, and what to do. ECS forgets a stopped task after about an hour; after that the log is "
            "shown instead.",
        )
    )


def add_task(parser: argparse.ArgumentParser) -> None:
    """The task that is meant, by default the last one."""
    parser.add_argument(
        "task", nargs="?", metavar="TASK", help="its id or ARN, as in the alert (default: the last one)"
    )


def id_of(arn: str) -> str:
    """The id of a task from its ARN, or from the id itself."""
    return arn.rsplit("/", 1)[-1]


def chosen(context: Context) -> str:
    """The id of the task that the command line names, or of the last one."""
    named = context.options.task
    return id_of(named) if named else last(context)


def last(context: Context) -> str:
    """The id of the last task, running or ended."""
    known = described(context, [*_listed(context, "RUNNING"), *_listed(context, "STOPPED")])
    if known:
        return id_of(max(known, key=lambda task: task["createdAt"])["taskArn"])
    stream = log.newest_stream(context)
    if stream:
        return id_of(stream)
    raise OpsError(
        "no run was found: neither a task nor a log",
        advice=f"start one: make run {context.in_env}",
        exit_code=OpsExit.NO,
    )


def running(context: Context) -> list[str]:
    """The ids of the tasks that are at work or starting."""
    return [id_of(arn) for arn in _listed(context, "RUNNING")]


def described(context: Context, tasks: Sequence[str]) -> list[Mapping[str, Any]]:
    """What ECS still knows of these tasks."""
    found: list[Mapping[str, Any]] = []
    for at in range(0, len(tasks), _DESCRIBED_AT_ONCE):
        part = list(tasks[at : at + _DESCRIBED_AT_ONCE])
        answer = context.client("ecs").describe_tasks(cluster=context.deployment.cluster_name, tasks=part)
        found.extend(answer["tasks"])
    return found


def look_closer(context: Context) -> int:
    """Show one task."""
    task_id = chosen(context)
    container = context.deployment.container_name
    known = described(context, [task_id])
    if known:
        context.terminal.say(told(known[0], container))
    summary = log.summary_of(context, task_id)
    if summary:
        context.terminal.say(readable(summary, context.in_env))
    elif not known:
        raise unknown(context, task_id)
    if not known:
        context.terminal.remark("ECS has forgotten this task (it does after about an hour); this is what its log says.")
    return OpsExit.DONE


def unknown(context: Context, task_id: str) -> OpsError:
    """What to raise for a task that left no trace."""
    return OpsError(
        f"neither ECS nor the log knows a task {task_id}",
        advice=f"ECS forgets one after an hour; the last runs are listed by: make summaries {context.in_env}",
        exit_code=OpsExit.NO,
    )


def told(task: Mapping[str, Any], container: str) -> str:
    """A task in words."""
    worker = container_of(task, container)
    code = exit_code_of(task, container)
    return f"Task {id_of(task['taskArn'])}\n" + facts(
        [
            ("status", task.get("lastStatus")),
            ("stopped reason", task.get("stoppedReason")),
            ("stop code", task.get("stopCode")),
            ("exit code", None if code is None else f"{code}: {meaning_of(code)}"),
            ("container said", worker.get("reason")),
            ("what to do", cure_of(task, container)),
            ("started by", task.get("startedBy")),
            ("definition", id_of(task.get("taskDefinitionArn", ""))),
            ("image", worker.get("image")),
            *_times(task),
        ]
    )


def _times(task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = {
        "created": "createdAt",
        "image pulled": "pullStoppedAt",
        "started": "startedAt",
        "stopping": "stoppingAt",
        "stopped": "stoppedAt",
    }
    for name, key in names.items():
        yield name, moment(task.get(key))


def _listed(context: Context, status: str) -> list[str]:
    pages = context.client("ecs").get_paginator("list_tasks")
    where = {"cluster": context.deployment.cluster_name, "family": context.deployment.task_family}
    return [arn for page in pages.paginate(**where, desiredStatus=status) for arn in page["taskArns"]]
