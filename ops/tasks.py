"""Finding a task, showing it and stopping it: `task` and `stop`.

ECS forgets a stopped task after about an hour; from then on only its log is left.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ops import log, log_lines
from ops.ends import advice_on, container_of, exit_code_of, meaning_of
from ops.errors import OpsError, OpsExit
from ops.text import facts, moment
from ops.verbs import Context, add_verb, add_yes
from worker import advice

if TYPE_CHECKING:
    from ops.verbs import Parsers

_MOST_PER_CALL = 100
_TIMES = {
    "created": "createdAt",
    "image pulled": "pullStoppedAt",
    "started": "startedAt",
    "stopping": "stoppingAt",
    "stopped": "stoppedAt",
}


def add(verbs: Parsers) -> None:
    """Add the verbs."""
    shown = add_verb(
        verbs,
        "task",
        show,
        summary="one task: why it stopped, its exit code, its times",
        teaches="Shows what ECS knows of a task (status, stopped reason, stop code, exit code, times), what that means "
        "and what to do, and the summary of its run. ECS forgets a stopped task after about an hour; after that the "
        "summary alone is shown.",
    )
    stopped = add_verb(
        verbs,
        "stop",
        stop,
        summary="stop the running task",
        teaches="Asks a task to end. It ends between two requests, with exit code 143, and leaves its state as it was: "
        "the next run continues from there. The failure mail is sent.",
    )
    add_task(shown)
    add_task(stopped)
    add_yes(stopped)


def add_task(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a task, by default the last one."""
    parser.add_argument("task", nargs="?", metavar="TASK", help="its id or ARN, as in the mail (default: the last one)")


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
        advice=f"start one: {advice.command('sync')}",
        exit_code=OpsExit.NO,
    )


def described(context: Context, tasks: Sequence[str]) -> list[Mapping[str, Any]]:
    """What ECS still knows of these tasks."""
    found: list[Mapping[str, Any]] = []
    for at in range(0, len(tasks), _MOST_PER_CALL):
        part = list(tasks[at : at + _MOST_PER_CALL])
        answer = context.client("ecs").describe_tasks(cluster=context.deployment.cluster_name, tasks=part)
        found.extend(answer["tasks"])
    return found


def show(context: Context) -> int:
    """Show one task, and the summary of its run."""
    task_id = chosen(context)
    known = described(context, [task_id])
    for task in known:
        context.terminal.print(readable(task, context.deployment.container_name))
    summary = log.summary_of(context, task_id)
    if summary:
        context.terminal.print(log_lines.readable_summary(summary))
    elif not known:
        raise unknown(task_id)
    if not known:
        context.terminal.note("ECS has forgotten this task (it does after about an hour); this is what its log says.")
    return OpsExit.DONE


def stop(context: Context) -> int:
    """Stop the task that is named, or the only one."""
    task_id = id_of(context.options.task) if context.options.task else _only(context)
    context.terminal.confirm(f"Stop task {task_id}?", yes=context.options.yes)
    context.client("ecs").stop_task(
        cluster=context.deployment.cluster_name, task=task_id, reason="stopped by an operator"
    )
    context.terminal.print(f"Task {task_id} was asked to stop; it may take two minutes.")
    return OpsExit.DONE


def _only(context: Context) -> str:
    running = [id_of(arn) for arn in _listed(context, "RUNNING")]
    if not running:
        raise OpsError("no task is running", exit_code=OpsExit.NO)
    if len(running) > 1:
        raise OpsError(
            f"several tasks are running: {', '.join(running)}",
            advice=f"name the one to stop: {advice.command('stop', running[0])}",
            exit_code=OpsExit.USAGE,
        )
    return running[0]


def unknown(task_id: str) -> OpsError:
    """The error for a task of which neither ECS nor the log knows."""
    return OpsError(
        f"neither ECS nor the log knows a task {task_id}",
        advice=f"ECS forgets one after an hour; the last runs are listed by: {advice.command('summaries')}",
        exit_code=OpsExit.NO,
    )


def readable(task: Mapping[str, Any], container: str) -> str:
    """What ECS knows of a task, for a person."""
    worker = container_of(task, container)
    code = exit_code_of(task, container)
    return f"Task {id_of(task['taskArn'])}\n" + facts(
        [
            ("status", task.get("lastStatus")),
            ("stopped reason", task.get("stoppedReason")),
            ("stop code", task.get("stopCode")),
            ("exit code", None if code is None else f"{code}: {meaning_of(code)}"),
            ("container's reason", worker.get("reason")),
            ("what to do", advice_on(task, container)),
            ("started by", task.get("startedBy")),
            ("definition", id_of(task.get("taskDefinitionArn", ""))),
            ("image", worker.get("image")),
            *((name, moment(task.get(key))) for name, key in _TIMES.items()),
        ]
    )


def _listed(context: Context, status: str) -> list[str]:
    pages = context.client("ecs").get_paginator("list_tasks")
    query = {"cluster": context.deployment.cluster_name, "family": context.deployment.task_family}
    return [arn for page in pages.paginate(**query, desiredStatus=status) for arn in page["taskArns"]]
