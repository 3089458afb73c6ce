"""The worker on the operator's machine: her terminal and credentials, the deployed task's settings, this code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.errors import OpsError, OpsExit
from ops.verbs import Context

_ROOT = Path(__file__).parents[1]
# By name, and not whatever there is: a STATE_FILE or MOODLE_TOKEN of the operator's shell would take the place of what
# is deployed, or clash with it.
_HERS = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TERM", "COLUMNS", "LINES", "LANG", "LANGUAGE", "TZ"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"),
        *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_HERS_BEGIN = ("AWS_", "LC_")
_BY_SIGNAL = 128


def run_worker(context: Context, arguments: Sequence[str]) -> int:
    """`python -m worker` with these arguments; stdin, stdout and stderr are its own, and the exit code is passed on."""
    environment = _environment(context)
    # -P: what lies in the operator's folder, where files are written to, is not taken for the worker.
    command = [sys.executable, "-P", "-m", "worker", *arguments]
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - no shell takes part
        return _ended(context, process)


def _ended(context: Context, process: subprocess.Popen[bytes]) -> int:
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The terminal has told the worker as well, which ends between two requests.
        context.terminal.remark("It ends after the request that is under way; Ctrl-C again ends it at once.")
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.kill()
            raise OpsError("interrupted", exit_code=OpsExit.INTERRUPTED) from None
    return _BY_SIGNAL - code if code < 0 else code


def _environment(context: Context) -> dict[str, str]:
    hers = {name: value for name, value in os.environ.items() if name in _HERS or name.startswith(_HERS_BEGIN)}
    region = context.aws.region
    return {
        **_settings(context),
        **hers,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "PYTHONPATH": str(_ROOT),
    }


def _settings(context: Context) -> Mapping[str, str]:
    """The variables of the worker's container, as they are deployed."""
    deployment = context.deployment
    answer = context.client("ecs").describe_task_definition(taskDefinition=deployment.task_definition_arn)
    for container in answer["taskDefinition"]["containerDefinitions"]:
        if container["name"] == deployment.container_name:
            return {one["name"]: one["value"] for one in container.get("environment", ())}
    raise OpsError(
        f"the task definition {deployment.task_definition_arn} has no container {deployment.container_name}",
        advice=f"deploy it again: make deploy {context.in_env}",
    )
