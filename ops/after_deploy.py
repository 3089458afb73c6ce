"""After a deploy: start a scan of the image, and list what is still to do: `python -m ops.after_deploy --env NAME`.

`make deploy` runs it at its end, and before (`--before`) to learn whether the environment is paused: where schedules
and alarm are disabled, but no pause is noted in the state table, a deploy that changes them ends the pause. It never
fails a deploy: what AWS refuses to answer is named and left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops import paused
from ops.alerts import is_confirmed, subscriptions
from ops.deployment import Aws, Deployment, find
from worker import advice
from worker.errors import SyncError

# One scan in 24 hours, and none beside one that is running or where the registry scans continuously.
_NO_SCAN_NEEDED = frozenset({"LimitExceededException", "ValidationException"})
_PAUSED = "paused"


@dataclass(frozen=True)
class After:
    """A deployed environment, and what an operator has not done yet in it."""

    aws: Aws
    deployment: Deployment
    was_paused: bool = False

    def scan(self) -> None:
        """Start a scan of the image that the task runs: an image is otherwise scanned when it is pushed only."""
        repository, _, tag = self._image.rpartition("/")[2].rpartition(":")
        try:
            self.aws.client("ecr").start_image_scan(repositoryName=repository, imageId={"imageTag": tag})
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in _NO_SCAN_NEEDED:
                raise

    def subscription(self) -> str | None:
        """No alert is delivered before the subscription is confirmed."""
        found = subscriptions(self.aws.client("sns"), self.deployment.topic_arn)
        if any(is_confirmed(one) and one["Protocol"] == "email" for one in found):
            return None
        return (
            "Confirm the subscription to the alerts: open the link in the e-mail from AWS within two days.\n"
            f"Then check it: {advice.command('alerts', '--test')}"
        )

    def secrets(self) -> str | None:
        """A secret has no value until the operator sets one."""
        named = {"bamboohr": self.deployment.bamboo_secret_arn, "moodle": self.deployment.moodle_secret_arn}
        unset = [name for name, arn in named.items() if not self._has_value(arn)]
        if not unset:
            return None
        return "\n".join(["Set the credentials:", *(advice.command("secret", "set", name) for name in unset)])

    def first_run(self) -> str | None:
        """Before the first run there is no state row."""
        found = self.aws.client("dynamodb").get_item(
            TableName=self.deployment.table_name,
            Key={"StateId": {"S": self.deployment.state_id}},
            ProjectionExpression="StateId",
        )
        if "Item" in found:
            return None
        return (
            "Check everything, see what a run would do, and start the first run:\n"
            f"{advice.command('doctor', '--task')}\n{advice.command('sync', '--dry-run')}\n{advice.command('sync')}\n"
            "Until the first successful sync the silence alarm is in ALARM."
        )

    def pause(self) -> str | None:
        """A pause that goes on, and one that the deploy has ended."""
        found = paused.status(self.aws, self.deployment)
        enabled = found.named(enabled=True)
        either = f"Pause again: {advice.command('pause')}\nOr resume:   {advice.command('resume')}"
        if found.pause and enabled:
            return f"The scheduled runs are {found.pause}, but this deploy has enabled: {enabled}.\n{either}"
        if found.pause:
            return f"The scheduled runs are {found.pause}. To resume: {advice.command('resume')}"
        if self.was_paused and enabled:
            return f"The environment was paused, and this deploy has enabled: {enabled}.\n{either}"
        return None

    def is_paused(self) -> bool:
        """Whether a pause is noted, or no schedule is enabled."""
        found = paused.status(self.aws, self.deployment)
        return found.pause is not None or not any(found.schedules.values())

    def _has_value(self, arn: str) -> bool:
        return bool(self.aws.client("secretsmanager").describe_secret(SecretId=arn).get("VersionIdsToStages"))

    @cached_property
    def _image(self) -> str:
        definition = self.aws.client("ecs").describe_task_definition(taskDefinition=self.deployment.task_definition_arn)
        (container,) = definition["taskDefinition"]["containerDefinitions"]
        return str(container["image"])


def to_do(after: After) -> list[str]:
    """The open steps, in their order."""
    found = []
    questions: Sequence[Callable[[], str | None]] = (after.pause, after.subscription, after.secrets, after.first_run)
    for question in questions:
        try:
            answer = question()
        except (BotoCoreError, ClientError) as fault:
            _note(f"Not known: {question.__name__} ({fault})")
        else:
            found += [answer] if answer else []
    return found


def report(after: After) -> None:
    """Start the scan; print the open steps."""
    try:
        after.scan()
    except (BotoCoreError, ClientError) as fault:
        _note(f"No scan of the image was started: {fault}")
    steps = to_do(after)
    lines = [f"{number}. " + step.replace("\n", "\n   ") for number, step in enumerate(steps, 1)]
    sys.stdout.write("\n".join(["", "What to do next:", *lines, ""]) if lines else "\nNothing is left to do.\n")


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main(arguments: Sequence[str]) -> int:
    """Report on one environment; always 0, since the deploy itself decides how `make deploy` ends."""
    parser = argparse.ArgumentParser(prog="python -m ops.after_deploy", description=__doc__)
    parser.add_argument("--env", required=True, metavar="NAME")
    parser.add_argument("--env-file", type=Path, metavar="FILE")
    parser.add_argument("--before", action="store_true", help=f"print {_PAUSED} if it is paused, and nothing else")
    parser.add_argument("--was-paused", action="store_true", help="if --before printed that")
    options = parser.parse_args(arguments)
    file = str(options.env_file) if options.env_file else ""
    try:
        with advice.using(advice.CommandLine(advice.LXP, options.env, file)):
            after = After(*find(options.env, options.env_file), options.was_paused)
            if options.before:
                sys.stdout.write(f"{_PAUSED}\n" if after.is_paused() else "")
            else:
                report(after)
    except (SyncError, BotoCoreError, ClientError) as fault:
        # Before a first deploy there is no stack; any other fault is reported by the deploy itself.
        if not options.before:
            _note(f"What to do next is not known: {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
