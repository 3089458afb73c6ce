"""Answers for a container engine: `CDK_DOCKER` runs it, under the name of the script that `write_stub` makes.

It remembers its calls. A build builds nothing; a push puts an image without content into the emulator's registry, so
that what asks the registry finds the tag.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3


def write_stub(directory: Path) -> Path:
    """An executable that answers for `docker` and notes its calls in `directory`."""
    path = directory / "docker"
    command = shlex.join([sys.executable, str(Path(__file__).resolve()), str(directory / "docker-calls.jsonl")])
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def calls(stub: Path) -> list[list[str]]:
    """The arguments of every call so far."""
    return _calls(stub.with_name("docker-calls.jsonl"))


def _calls(log: Path) -> list[list[str]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def main(log: Path, arguments: Sequence[str]) -> int:
    """One call; its exit code."""
    before = _calls(log)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(arguments) + "\n")
    match arguments:
        case ["login", *_]:
            sys.stdin.read()
        case ["inspect", image]:
            return 0 if any(call[0] == "build" and image in call for call in before) else 1
        case ["push", image]:
            _push(image)
        case ["push", "--quiet", image]:
            _push(image)
    return 0


def _push(image: str) -> None:
    name, _, tag = image.partition("/")[2].rpartition(":")
    registry = boto3.client("ecr", region_name=os.environ["AWS_DEFAULT_REGION"])
    registry.put_image(repositoryName=name, imageTag=tag, imageManifest=json.dumps({"stub": tag}))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
