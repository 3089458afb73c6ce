"""Containers of the image: nights as the task runs them, and looks inside."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.image.engine import Ended, Engine
from tests.image.task import Task
from tests.run_harness import Night, Nights
from tests.sandbox.aws import TABLE


@dataclass(frozen=True)
class Image:
    """A built image, and the task that it is run as."""

    engine: Engine
    tag: str
    task: Task

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None, options: Sequence[str] = ()) -> Ended:
        """The entry point, as the task runs it; `options` are further ones of the engine."""
        return self.engine.call("run", "--rm", *self._options(variables or {}), *options, self.tag, *arguments)

    def python(
        self,
        script: str,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Ended:
        """A few lines of Python in the place of the worker."""
        return self.run("-c", script, *arguments, variables=variables, options=[*options, "--entrypoint=python"])

    @contextmanager
    def started(self, variables: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
        """The name of a container, and the engine's command that is attached to it."""
        with self._name() as name:
            options = [f"--name={name}", *self._options(variables)]
            with self.engine.start("run", "--rm", *options, self.tag) as running:
                yield name, running

    def changed_by(self, options: Sequence[str], variables: Mapping[str, str]) -> tuple[Ended, set[str]]:
        """How a run ended that is root and may write anywhere, and what is not as it is in the image."""
        with self._name() as name:
            free = [f"--name={name}", "--network=host", "--user=0:0", "--init", *options, *_settings(variables)]
            ended = self.engine.call("run", *free, self.tag)
            return ended, set(self.engine.must("diff", name).splitlines())

    def _options(self, variables: Mapping[str, str]) -> list[str]:
        return [*self.task.options(self.engine), *_settings(variables)]

    @contextmanager
    def _name(self) -> Iterator[str]:
        name = f"lxp-sync-test-{uuid.uuid4().hex[:12]}"
        try:
            yield name
        finally:
            # Whatever is left of it; a container that ended well is gone already, which not every engine takes well.
            self.engine.call("rm", "--force", name)


@dataclass(frozen=True)
class Worker:
    """The image between both systems and the emulated AWS."""

    image: Image
    town: Nights
    aws: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """Exactly the task definition's, with the sandbox's addresses, and the way to the emulator."""
        told = dict(self.image.task.variables)
        for name in ("BAMBOO_BASE_URL", "MOODLE_BASE_URL"):
            assert name in told
            told[name] = self.town.environment[name]
        return {**told, **self.way}

    @property
    def way(self) -> dict[str, str]:
        """What leads to the emulator, and opens it."""
        return {name: self.aws[name] for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

    def run(self, *arguments: str, **settings: str) -> Night:
        """One run; `settings` are further variables, or other values."""
        ended = self.image.run(*arguments, variables={**self.variables, **settings})
        return Night(ended.code, ended.stdout, ended.stderr)

    def items(self) -> dict[str, dict[str, Any]]:
        """Every item of the state table, by key, as DynamoDB writes them."""
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
    """The engine's options under which a container sees these files and directories, and cannot change them.

    The task's user has to find them readable: :func:`readable`.
    """
    # Where SELinux guards the machine's files, a container reads none but those that are labelled for it.
    return [
        "--security-opt=label=disable",
        *(f"--mount=type=bind,source={source},target={target},readonly" for source, target in places.items()),
    ]


def readable(directory: Path) -> Path:
    """The same directory, with what is in it, readable for everybody."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return directory


def _settings(variables: Mapping[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in variables.items()]
