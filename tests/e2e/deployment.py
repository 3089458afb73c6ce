"""An environment in the emulator: the engineer's commands, and what they made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.docker_stub import write_stub
from tests.e2e.emulator import REGION, ROOT, Emulator
from tests.run_harness import RunResult

PROJECT = "acme-lxp-sync-e2e"
Setting = str | int | bool
_FILE = Path(__file__).with_name("environment.toml")
_MINUTE = 60


@dataclass(frozen=True)
class Verb:
    """How a `make` ended, and what it said on either stream."""

    code: int
    said: str


class Environment:
    """One environment's file, and the engineer's `make` with it, against the emulator."""

    def __init__(
        self, emulator: Emulator, directory: Path, settings: Mapping[str, Setting], *, name: str = "e2e"
    ) -> None:
        self.emulator = emulator
        self.docker = write_stub(directory)
        self._name = name
        self._directory = directory
        self._file = directory / f"{name}.toml"
        self._settings = dict(settings)
        self.set()

    @property
    def project(self) -> str:
        """The project's name, which is the stack's."""
        return str(self._settings["ProjectName"])

    @property
    def lxp(self) -> str:
        """What messages write before a command."""
        return f"./lxp --env {self._name} --env-file {self._file}"

    def set(self, **settings: Setting) -> None:
        """Write the file with these keys beside, or in place of, those that it has."""
        self._settings.update(settings)
        common = _FILE.read_text(encoding="utf-8").splitlines()
        kept = [line for line in common if line.partition(" = ")[0] not in self._settings]
        # JSON writes texts, numbers and truth values as TOML does.
        own = [f"{key} = {json.dumps(value)}" for key, value in self._settings.items()]
        self._file.write_text("\n".join([*kept, *own, ""]), encoding="utf-8")

    def bootstrap(self) -> Verb:
        """`make bootstrap`."""
        return self._make("bootstrap")

    def deploy(self) -> Verb:
        """`make deploy`, without a terminal to ask at."""
        return self._make("deploy", "ARGS=--require-approval never")

    def destroy(self) -> Verb:
        """`make destroy`, without a terminal to ask at."""
        return self._make("destroy", "ARGS=--force")

    def operate(self, verb: str) -> Verb:
        """An operator's command."""
        return self._make(verb)

    def _make(self, verb: str, *more: str) -> Verb:
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            # Nothing of what the machine's user has set up for AWS.
            "AWS_CONFIG_FILE": str(self._directory / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self._directory / "no-credentials"),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "CDK_HOME": str(self._directory / "cdk"),
            "CDK_DOCKER": str(self.docker),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # The command line then neither asks nor draws.
            "CI": "true",
            **self.emulator.credentials(),
        }
        return make(verb, f"ENV={self._name}", f"ENV_FILE={self._file}", *more, environment=environment)


def make(*arguments: str, environment: Mapping[str, str]) -> Verb:
    """Run `make` in the project's root; whatever it started is gone when it is."""
    process = subprocess.Popen(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            said, _ = process.communicate(timeout=10 * _MINUTE)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Verb(process.returncode, said)


@dataclass(frozen=True)
class Deployment:
    """What a deploy made, as it was found right after it."""

    emulator: Emulator
    verb: Verb
    outputs: Mapping[str, str]
    task_definition: Mapping[str, Any]
    schedule: Mapping[str, Any]

    @classmethod
    def found(cls, emulator: Emulator, verb: Verb, project: str = PROJECT) -> Deployment:
        """The stack's outputs, and from there what they lead to."""
        assert verb.code == 0, verb.said
        (stack,) = emulator.client("cloudformation").describe_stacks(StackName=project)["Stacks"]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        definition = emulator.client("ecs").describe_task_definition(taskDefinition=outputs["TaskDefinitionArn"])
        schedule = emulator.client("scheduler").get_schedule(
            Name=outputs["ScheduleName"], GroupName=outputs["ScheduleGroupName"]
        )
        return cls(emulator, verb, outputs, definition["taskDefinition"], schedule)

    @property
    def container(self) -> Mapping[str, Any]:
        """The one container of the task."""
        (container,) = self.task_definition["containerDefinitions"]
        return dict(container)

    @property
    def variables(self) -> dict[str, str]:
        """The container's environment variables."""
        return {one["name"]: one["value"] for one in self.container["environment"]}

    def overrides(self, scheduled_time: str) -> dict[str, str]:
        """The variables that the schedule's start adds, as the Scheduler fills them in."""
        (container,) = json.loads(self.schedule["Target"]["Input"])["containerOverrides"]
        assert container["name"] == self.outputs["ContainerName"]
        return {
            one["name"]: one["value"].replace("<aws.scheduler.scheduled-time>", scheduled_time)
            for one in container["environment"]
        }

    def run(self, **overrides: str) -> RunResult:
        """The real process with the container's variables, the overrides, and the way to the emulator. Nothing else."""
        environment = {**self.variables, **overrides, **self.emulator.credentials()}
        done = subprocess.run(
            [sys.executable, "-m", "worker"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=2 * _MINUTE,
            check=False,
        )
        return RunResult(done.returncode, done.stdout, done.stderr)

    def items(self) -> dict[str, dict[str, Any]]:
        """Every item of the state table, by key, numbers as texts."""
        found = self.emulator.client("dynamodb").scan(TableName=self.outputs["TableName"], ConsistentRead=True)
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in found["Items"]]
        return {item["StateId"]: item for item in plain}

    def state(self) -> dict[str, Any]:
        """The state row."""
        return self.items()[self.outputs["StateId"]]

    def put_secrets(self, *, api_key: str, token: str) -> None:
        """What the operator does once."""
        secrets = self.emulator.client("secretsmanager")
        for output, document in (
            ("BambooSecretArn", {"bamboohr_api_key": api_key}),
            ("MoodleSecretArn", {"moodle_token": token}),
        ):
            secrets.put_secret_value(SecretId=self.outputs[output], SecretString=json.dumps(document))

    def secrets(self) -> list[str]:
        """Both secrets' values."""
        secrets = self.emulator.client("secretsmanager")
        return [
            secrets.get_secret_value(SecretId=self.outputs[output])["SecretString"]
            for output in ("BambooSecretArn", "MoodleSecretArn")
        ]
