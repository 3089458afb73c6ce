"""After a deploy: start a scan of the image, and list what is still to do: `python -m ops.after_deploy --env NAME`.

`make deploy` runs it at its end, and before (`--before`) to learn whether the environment is paused: where schedules
and alarm are disabled, but no pause is noted in the state table, a deploy that changes them ends the pause. It never
fails a deploy: what AWS refuses to answer is named and left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops import pausing
from ops.alerts import is_confirmed, subscriptions
from ops.context import Context, Terminal
from ops.deployment import find
from worker import advice
from worker.aws import aws_failure
from worker.errors import SyncError

# One scan in 24 hours, and none beside one that is running or where the registry scans continuously.
_NO_SCAN_NEEDED = frozenset({"LimitExceededException", "ValidationException"})
_PAUSED = "paused"


def pause(context: Context) -> str | None:
    """A pause that goes on, and one that the deploy has ended."""
    found = pausing.status(context)
    enabled = found.named(enabled=True)
    either = f"Pause again: {advice.command('pause')}\nOr resume:   {advice.command('resume')}"
    if found.pause and enabled:
        return f"The scheduled runs are {found.pause}, but this deploy has enabled: {enabled}.\n{either}"
    if found.pause:
        return f"The scheduled runs are {found.pause}. To resume: {advice.command('resume')}"
    if context.options.was_paused and enabled:
        return f"The environment was paused, and this deploy has enabled: {enabled}.\n{either}"
    return None


def subscription(context: Context) -> str | None:
    """No alert is delivered before the subscription is confirmed."""
    if any(is_confirmed(one) and one["Protocol"] == "email" for one in subscriptions(context)):
        return None
    return (
        "Confirm the subscription to the alerts: open the link in the e-mail from AWS within two days.\n"
        f"Then check it: {advice.command('alerts', '--test')}"
    )


def secrets(context: Context) -> str | None:
    """A secret has no value until the operator sets one."""
    manager, deployment = context.client("secretsmanager"), context.deployment
    named = {"bamboohr": deployment.bamboo_secret_arn, "moodle": deployment.moodle_secret_arn}
    unset = [
        advice.command("secret", "set", name)
        for name, arn in named.items()
        if not manager.describe_secret(SecretId=arn).get("VersionIdsToStages")
    ]
    return "\n".join(["Set the credentials:", *unset]) if unset else None


def first_run(context: Context) -> str | None:
    """Before the first run there is no state row."""
    found = context.client("dynamodb").get_item(
        TableName=context.deployment.table_name,
        Key={"StateId": {"S": context.deployment.state_id}},
        ProjectionExpression="StateId",
    )
    if "Item" in found:
        return None
    return (
        "Check everything, see what a run would do, and start the first run:\n"
        f"{advice.command('doctor', '--task')}\n{advice.command('sync', '--dry-run')}\n{advice.command('sync')}\n"
        "Until the first successful sync the silence alarm is in ALARM."
    )


_QUESTIONS: Sequence[Callable[[Context], str | None]] = (pause, subscription, secrets, first_run)
"""Each returns an open step, or None if there is nothing to do; in the order of the list."""


def _scan(context: Context) -> None:
    """Start a scan of the image that the task runs: an image is otherwise scanned when it is pushed only."""
    definition = context.client("ecs").describe_task_definition(taskDefinition=context.deployment.task_definition_arn)
    (container,) = definition["taskDefinition"]["containerDefinitions"]
    repository, _, tag = container["image"].rpartition("/")[2].rpartition(":")
    try:
        context.client("ecr").start_image_scan(repositoryName=repository, imageId={"imageTag": tag})
    except ClientError as fault:
        if aws_failure(fault) not in _NO_SCAN_NEEDED:
            raise


def _open_steps(context: Context) -> Iterator[str]:
    for question in _QUESTIONS:
        try:
            answer = question(context)
        except (BotoCoreError, ClientError) as fault:
            context.terminal.note(f"Not known: {question.__name__} ({fault})")
        else:
            if answer:
                yield answer


def _report(context: Context) -> None:
    """Start the scan; print the open steps."""
    try:
        _scan(context)
    except (BotoCoreError, ClientError) as fault:
        context.terminal.note(f"No scan of the image was started: {fault}")
    lines = [f"{number}. " + step.replace("\n", "\n   ") for number, step in enumerate(_open_steps(context), 1)]
    context.terminal.print("\n".join(["", "What to do next:", *lines]) if lines else "\nNothing is left to do.")


def _print_if_paused(context: Context) -> None:
    """A pause is recorded, or no schedule is enabled."""
    found = pausing.status(context)
    if found.pause is not None or not any(found.schedules.values()):
        context.terminal.print(_PAUSED)


def main(arguments: Sequence[str]) -> int:
    """Report on one environment; always 0, since the deploy itself decides how `make deploy` ends."""
    parser = argparse.ArgumentParser(prog="python -m ops.after_deploy", description=__doc__)
    parser.add_argument("--env", required=True, metavar="NAME")
    parser.add_argument("--env-file", type=Path, metavar="FILE")
    parser.add_argument("--before", action="store_true", help=f"print {_PAUSED} if it is paused, and nothing else")
    parser.add_argument("--was-paused", action="store_true", help="if --before printed that")
    options = parser.parse_args(arguments)
    try:
        with advice.using(advice.CommandLine(advice.LXP, options.env, str(options.env_file or ""))):
            aws, deployment = find(options.env, options.env_file)
            context = Context(options=options, environment=options.env, aws=aws, deployment=deployment)
            (_print_if_paused if options.before else _report)(context)
    except (SyncError, BotoCoreError, ClientError) as fault:
        # Before a first deploy there is no stack; any other fault is reported by the deploy itself.
        if not options.before:
            Terminal().note(f"What to do next is not known: {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
