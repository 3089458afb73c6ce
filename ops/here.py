"""The worker on this machine: this terminal, this code, and the settings of the shell or of the deployed task."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import ClientError

from ops import pausing
from ops.context import Context
from ops.errors import Interrupted, Unavailable
from worker import advice
from worker.aws import aws_failure
from worker.commands.doctor import print_check
from worker.runs.checks import Check, warning

_ROOT = Path(__file__).parents[1]
# An allow list: a STATE_FILE or MOODLE_TOKEN of the operator's shell would replace what is deployed, or clash with it.
_INHERITED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TERM", "COLUMNS", "LINES", "LANG", "LANGUAGE", "TZ"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"),
        *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_INHERITED_PREFIXES = ("AWS_", "LC_")
_BY_SIGNAL = 128


def check_deployment(context: Context) -> None:
    """Let `doctor` begin with what only an operator can read."""
    if context.options.command == "doctor":
        for check in _operator_checks(context):
            print_check(check, as_json=context.options.json)


def become_worker(words: Sequence[str]) -> NoReturn:
    """Let `python -m worker` with these words take the place of this process, its signals and exit code included."""
    os.execve(sys.executable, _command(words), _variables(os.environ))  # noqa: S606 - no shell takes part


def _command(words: Sequence[str]) -> list[str]:
    # -P: a package `worker` in the operator's folder is not imported in place of ours.
    return [sys.executable, "-P", "-m", "worker", *words]


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, **advice.current().variable, "PYTHONPATH": str(_ROOT)}


def run(context: Context, words: Sequence[str], *, stdout: int | None = None) -> int:
    """Run the worker with the deployed settings, on this terminal; the exit code is the worker's."""
    inherited = {
        name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), context.aws.region)
    variables = _variables({**_settings(context), **inherited, **region})
    with subprocess.Popen(_command(words), env=variables, stdout=stdout) as process:  # noqa: S603
        try:
            code = process.wait()
        except KeyboardInterrupt:
            # The terminal sends the signal to the worker as well, which ends between two requests.
            context.terminal.note("The worker ends after its current request; Ctrl-C again ends it at once.")
            try:
                code = process.wait()
            except KeyboardInterrupt:
                process.kill()
                raise Interrupted("interrupted") from None
    return _BY_SIGNAL - code if code < 0 else code


def _settings(context: Context) -> Mapping[str, str]:
    """The variables of the deployed container."""
    deployment = context.deployment
    answer = context.client("ecs").describe_task_definition(taskDefinition=deployment.task_definition_arn)
    for container in answer["taskDefinition"]["containerDefinitions"]:
        if container["name"] == deployment.container_name:
            return {one["name"]: one["value"] for one in container.get("environment", ())}
    raise Unavailable(
        f"the task definition {deployment.task_definition_arn} has no container {deployment.container_name}",
        advice=f"deploy it again: {advice.command('deploy')}",
    )


def _operator_checks(context: Context) -> Iterator[Check]:
    """Compare the pause with schedules and alarm, which the worker cannot read. Nothing is said if they fit."""
    if not context.deployment.silence_alarm_name:
        yield warning(
            "silence alarm",
            "there is none (SilenceHours = 0): no e-mail says that runs have stopped",
            f"check from time to time: {advice.command('runs', 'list')}",
        )
    try:
        contradiction = pausing.status(context).contradiction
    except ClientError as fault:
        yield warning(
            "pause",
            f"the schedules and the alarm were not read ({aws_failure(fault)})",
            'see "What an operator\'s AWS credentials must allow" (RUNBOOK, First deploy)',
        )
    else:
        if contradiction:
            yield warning("pause", *contradiction)
