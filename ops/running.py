"""Run the task now and wait for its end: `run`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ops import log, tasks
from ops.ends import exit_code_of
from ops.errors import OpsError, OpsExit
from ops.summary_line import readable
from ops.verbs import Context, add_verb
from worker.directory import employee_id

if TYPE_CHECKING:
    from ops.verbs import Parsers

_POLL_SECONDS = 5.0
_SUMMARY_WITHIN = 30.0
_STARTED_BY = "operator"
_MOST_SUSPENSIONS = 200


def add(verbs: Parsers) -> None:
    """`run`."""
    parser = add_verb(
        verbs,
        "run",
        run,
        summary="run the sync now, wait, and print its summary",
        teaches="Starts the deployed task as the schedule would, waits for its end, prints the summary of the run and "
        "ends with the exit code of the task. Ctrl-C ends the waiting, not the task.",
    )
    parser.add_argument("--dry-run", action="store_true", help="do everything but write: no account, no state, no lock")
    parser.add_argument(
        "--employee",
        metavar="ID",
        type=_employee,
        action="append",
        default=[],
        help="only this employee (repeatable); the state stays where it is",
    )
    parser.add_argument(
        "--reactivate", action="store_true", help="with --employee: reactivate the account whoever suspended it"
    )
    parser.add_argument(
        "--max-suspensions",
        metavar="N",
        type=_suspensions,
        help="for this run alone, how many suspensions it may do (0 to 200)",
    )
    parser.add_argument("--json", action="store_true", help="the summary as the line that it is")
    parser.add_argument(
        "--wait", metavar="MINUTES", type=int, default=400, help="how long to wait for its end (default: %(default)s)"
    )


def run(context: Context) -> int:
    """Start the task, wait, tell; the exit code is the task's."""
    options = context.options
    if options.reactivate and not options.employee:
        raise OpsError("--reactivate needs --employee", advice="name the people", exit_code=OpsExit.USAGE)
    task_id = _start(context)
    context.terminal.remark(f"Task {task_id} was started. Its log: make tail {context.in_env}")
    try:
        task = _wait(context, task_id)
    except KeyboardInterrupt:
        raise OpsError(
            f"no longer waiting; the task {task_id} goes on",
            advice=f"stop it with: make stop {context.in_env}",
            exit_code=OpsExit.INTERRUPTED,
        ) from None
    return _tell(context, task_id, task)


def _start(context: Context) -> str:
    deployment = context.deployment
    network = {
        "subnets": deployment.subnet_ids.split(","),
        "securityGroups": [deployment.security_group_id],
        "assignPublicIp": deployment.assign_public_ip,
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
        overrides={"containerOverrides": [_override(context)]},
    )
    if not answer["tasks"]:
        reasons = "; ".join(str(one.get("reason")) for one in answer.get("failures", ())) or "no reason given"
        raise OpsError(f"ECS did not start the task: {reasons}", advice="try again in some minutes")
    return tasks.id_of(answer["tasks"][0]["taskArn"])


def _override(context: Context) -> dict[str, Any]:
    options = context.options
    command = ["sync"]
    if options.dry_run:
        command.append("--dry-run")
    for number in options.employee:
        command += ["--employee", str(number)]
    if options.reactivate:
        command.append("--reactivate")
    environment = [{"name": "TRIGGER", "value": "manual"}]
    if options.max_suspensions is not None:
        environment.append({"name": "MAX_SUSPENSIONS", "value": str(options.max_suspensions)})
    return {"name": context.deployment.container_name, "command": command, "environment": environment}


def _wait(context: Context, task_id: str) -> Mapping[str, Any]:
    for waited in context.pace.ticks(every=_POLL_SECONDS, within=context.options.wait * 60):
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


def _tell(context: Context, task_id: str, task: Mapping[str, Any]) -> int:
    code = exit_code_of(task, context.deployment.container_name)
    if code is None:
        context.terminal.say(tasks.told(task, context.deployment.container_name))
        raise OpsError("the container never ran, so there is no exit code", advice="see the stopped reason above")
    summary = _summary(context, task_id)
    if summary:
        told = json.dumps(summary, separators=(",", ":")) if context.options.json else readable(summary)
        context.terminal.say(told)
    else:
        context.terminal.say(tasks.told(task, context.deployment.container_name))
        context.terminal.remark("The run printed no summary.")
    return code


def _summary(context: Context, task_id: str) -> Mapping[str, Any] | None:
    """The log can be some seconds behind the end of the task."""
    for _ in context.pace.ticks(every=_POLL_SECONDS, within=_SUMMARY_WITHIN):
        summary = log.summary_of(context, task_id)
        if summary:
            return summary
        context.terminal.progress("waiting for the summary in the log")
    return None


def _employee(text: str) -> int:
    number = employee_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("an employee id is a whole number above 0")
    return number


def _suspensions(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_SUSPENSIONS):
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {_MOST_SUSPENSIONS}; there is no unlimited")
    return int(text)
