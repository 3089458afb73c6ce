"""Containers of the image: runs as the task starts them, and scripts inside the image."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.image.engine import CommandResult, Engine
from tests.image.task import Task
from tests.run_harness import RunHarness, RunResult
from tests.sandbox.aws import TABLE


@dataclass(frozen=True)
class Image:
    """A built image, and the task as which it runs."""

    engine: Engine
    tag: str
    task: Task

    def run(
        self, *arguments: str, variables: Mapping[str, str] | None = None, options: Sequence[str] = ()
    ) -> CommandResult:
        """Run the entry point as the task does; `options` are further options of the engine."""
        return self.engine.call("run", "--rm", *self._options(variables or {}), *options, self.tag, *arguments)

    def python(
        self,
        script: str,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> CommandResult:
        """Run a script in place of the worker."""
        return self.run("-c", script, *arguments, variables=variables, options=[*options, "--entrypoint=python"])

    @contextmanager
    def started(self, variables: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
        """Start a container; yield its name and the engine's attached command."""
        with self._name() as name:
            options = [f"--name={name}", *self._options(variables)]
            with self.engine.start("run", "--rm", *options, self.tag) as running:
                yield name, running

    def changed_by(self, options: Sequence[str], variables: Mapping[str, str]) -> tuple[CommandResult, set[str]]:
        """Run as root with a writable file system; return how it ended and the files that differ from the image."""
        with self._name() as name:
            options_as_root = [
                f"--name={name}",
                "--network=host",
                "--user=0:0",
                "--init",
                *options,
                *_settings(variables),
            ]
            ended = self.engine.call("run", *options_as_root, self.tag)
            return ended, set(self.engine.must("diff", name).splitlines())

    def _options(self, variables: Mapping[str, str]) -> list[str]:
        return [*self.task.options(self.engine), *_settings(variables)]

    @contextmanager
    def _name(self) -> Iterator[str]:
        name = f"lxp-sync-test-{uuid.uuid4().hex[:12]}"
        try:
            yield name
        finally:
            # A container that has ended may be gone already, for which some engines return an error.
            self.engine.call("rm", "--force", name)


@dataclass(frozen=True)
class Worker:
    """The image with both sandbox servers and the emulated AWS."""

    image: Image
    harness: RunHarness
    aws: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """The task definition's variables, with the sandbox servers' addresses, and those of the emulator."""
        variables = dict(self.image.task.variables)
        for name in ("BAMBOO_BASE_URL", "MOODLE_BASE_URL"):
            assert name in variables
            variables[name] = self.harness.environment[name]
        return {**variables, **self.emulator_variables}

    @property
    def emulator_variables(self) -> dict[str, str]:
        """The address and credentials of the emulator."""
        return {name: self.aws[name] for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

    def run(self, *arguments: str, **settings: str) -> RunResult:
        """Run the worker; `settings` add or replace variables."""
        ended = self.image.run(*arguments, variables={**self.variables, **settings})
        return RunResult(ended.code, ended.stdout, ended.stderr)

    def items(self) -> dict[str, dict[str, Any]]:
        """Return every item of the state table by key, in DynamoDB's format."""
        return {item["StateId"]["S"]: item for item in self.dynamodb.scan(TableName=TABLE)["Items"]}

    @property
    def dynamodb(self) -> Any:
        """boto3's client of the emulated DynamoDB."""
        return boto3.client(
            "dynamodb",
            endpoint_url=self.aws["AWS_ENDPOINT_URL"],
            region_name=self.aws["AWS_DEFAULT_REGION"],
            aws_access_key_id=self.aws["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.aws["AWS_SECRET_ACCESS_KEY"],
        )


def mounted(places: Mapping[Path, str]) -> list[str]:
    """Return the engine's options that mount these files and directories read-only.

    The task's user must be able to read them; see :func:`readable`.
    """
    # With SELinux, a container reads only the files that are labelled for it.
    return [
        "--security-opt=label=disable",
        *(f"--mount=type=bind,source={source},target={target},readonly" for source, target in places.items()),
    ]


def readable(directory: Path) -> Path:
    """Make a directory and its content readable for all users, and return it."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return directory


def _settings(variables: Mapping[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in variables.items()]
