"""The worker on the operator's machine: their terminal and credentials, the deployed settings, this code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.errors import OpsError, OpsExit
from ops.verbs import Context
from worker import advice

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


def run_worker(context: Context, arguments: Sequence[str]) -> int:
    """Run `python -m worker` with these arguments, on this terminal; the exit code is the worker's."""
    environment = _environment(context)
    # -P: a package `worker` in the operator's folder is not imported in place of ours.
    command = [sys.executable, "-P", "-m", "worker", *arguments]
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - no shell takes part
        return _ended(context, process)


def _ended(context: Context, process: subprocess.Popen[bytes]) -> int:
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The terminal sends the signal to the worker as well, which ends between two requests.
        context.terminal.note("The worker ends after its present request; Ctrl-C again ends it at once.")
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.kill()
            raise OpsError("interrupted", exit_code=OpsExit.INTERRUPTED) from None
    return _BY_SIGNAL - code if code < 0 else code


def _environment(context: Context) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    region = context.aws.region
    return {
        **_settings(context),
        **inherited,
        **advice.current().variable,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "PYTHONPATH": str(_ROOT),
    }


def _settings(context: Context) -> Mapping[str, str]:
    """The variables of the deployed container."""
    deployment = context.deployment
    answer = context.client("ecs").describe_task_definition(taskDefinition=deployment.task_definition_arn)
    for container in answer["taskDefinition"]["containerDefinitions"]:
        if container["name"] == deployment.container_name:
            return {one["name"]: one["value"] for one in container.get("environment", ())}
    raise OpsError(
        f"the task definition {deployment.task_definition_arn} has no container {deployment.container_name}",
        advice=f"deploy it again: {advice.command('deploy')}",
    )
