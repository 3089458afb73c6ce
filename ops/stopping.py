"""Stop a task that is at work: `stop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import tasks
from ops.errors import OpsError, OpsExit
from ops.verbs import Context, add_verb, add_yes

if TYPE_CHECKING:
    from ops.verbs import Parsers


def add(verbs: Parsers) -> None:
    """`stop`."""
    parser = add_verb(
        verbs,
        "stop",
        stop,
        summary="stop the task that is at work",
        teaches="Asks a task to end. It ends between two requests, with exit code 143, and its state stays where it "
        "was: the next run goes on from there. The failure mail is sent.",
    )
    tasks.add_task(parser)
    add_yes(parser)


def stop(context: Context) -> int:
    """Stop it."""
    task_id = tasks.id_of(context.options.task) if context.options.task else _only(context)
    context.terminal.confirm(f"Stop task {task_id}?", yes=context.options.yes)
    context.client("ecs").stop_task(
        cluster=context.deployment.cluster_name, task=task_id, reason="stopped by an operator"
    )
    context.terminal.say(f"Task {task_id} was asked to stop; it may take two minutes.")
    return OpsExit.DONE


def _only(context: Context) -> str:
    at_work = tasks.running(context)
    if not at_work:
        raise OpsError("no task is at work", exit_code=OpsExit.NO)
    if len(at_work) > 1:
        raise OpsError(
            f"more than one task is at work: {', '.join(at_work)}",
            advice=f"name the one that is meant: make stop {context.in_env} ARGS={at_work[0]}",
            exit_code=OpsExit.USAGE,
        )
    return at_work[0]
