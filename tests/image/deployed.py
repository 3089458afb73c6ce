"""The app deployed to the emulator with the image that the container engine built, and its task."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.deployment import PROJECT, Deployment, Environment
from tests.image.containers import Image
from tests.image.engine import Engine
from tests.image.task import Task
from tests.run_harness import RunHarness, RunResult

_TASK = "AWS::ECS::TaskDefinition"
# An engine finds its service, its settings and its proxies by these; the deploy passes none of them on.
_ENGINE_VARIABLES = ("DOCKER_", "CONTAINER", "XDG_", "DBUS_", "HTTP", "http", "NO_PROXY", "no_proxy", "SSL_CERT")


def build_with(engine: Engine, environment: Environment) -> None:
    """Let the engine build what a deploy publishes; the stub still answers for the emulator's registry."""
    exports = [
        f"export {name}={shlex.quote(value)}"
        for name, value in os.environ.items()
        if name.startswith(_ENGINE_VARIABLES)
    ]
    lines = [
        "#!/bin/sh",
        f'case "$1" in login|push) exec {shlex.quote(str(environment.docker))} "$@";; esac',
        *exports,
        f'exec {shlex.join(engine.command)} "$@"',
    ]
    path = environment.docker.with_name("docker-that-builds")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o700)
    environment.docker = path


@dataclass(frozen=True)
class DeployedWorker:
    """The image of the deployed task definition, run as defined, with both sandbox servers and the deployed AWS."""

    image: Image
    deployment: Deployment
    harness: RunHarness

    @classmethod
    def of(cls, engine: Engine, deployment: Deployment, harness: RunHarness) -> DeployedWorker:
        """Take the variables of the registered definition; what the emulator drops of it is read from the template."""
        (definition,) = [one["Properties"] for one in template(deployment).values() if one["Type"] == _TASK]
        task = Task(definition, deployment.variables)
        return cls(Image(engine, deployment.container["image"], task), deployment, harness)

    def run(self, *command: str, options: Sequence[str] = (), **overrides: str) -> RunResult:
        """Run one task; the command and the variables are what `RunTask` overrides."""
        variables = {**self.image.task.variables, **overrides, **self.deployment.emulator.credentials()}
        ended = self.image.run(*command, variables=variables, options=options)
        return RunResult(ended.code, ended.stdout, ended.stderr)

    def run_by_schedule(self, output: str, scheduled: str) -> RunResult:
        """Run what the Scheduler starts at a time; `output` names the schedule."""
        schedule = self.deployment.emulator.client("scheduler").get_schedule(
            Name=self.deployment.outputs[output], GroupName=self.deployment.outputs["ScheduleGroupName"]
        )
        (override,) = json.loads(schedule["Target"]["Input"])["containerOverrides"]
        assert override["name"] == self.deployment.container["name"]
        settings = {
            one["name"]: one["value"].replace("<aws.scheduler.scheduled-time>", scheduled)
            for one in override["environment"]
        }
        return self.run(*override.get("command", ()), **settings)


def template(deployment: Deployment) -> dict[str, Any]:
    """Return the resources of the deployed stack's template."""
    body = deployment.emulator.client("cloudformation").get_template(StackName=PROJECT)["TemplateBody"]
    return dict(body["Resources"])


def write_seam(directory: Path, lines: str) -> Path:
    """Write lines that run before the worker starts if the directory is on PYTHONPATH; return the directory."""
    (directory / "sitecustomize.py").write_text(lines, encoding="utf-8")
    return directory
