"""The base of the worker's image, with the present digest of its tag: `python -m cdk_app.base_image`.

The CDK rebuilds an image only if its build context or its build arguments change, so a patched base with the same tag
would never reach an environment. With the digest as a build argument, a new base makes a new image with its own tag.

This requires a container engine that can reach the registry. Without one, nothing is printed on stdout, the reason is
printed on stderr, and the image is built on the tag.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

WORKER_DIRECTORY = Path(__file__).parent.parent / "worker"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ARGUMENT = re.compile(r"^ARG BASE=(\S+)$", re.MULTILINE)
_REFERENCE = re.compile(r"[a-z0-9][a-zA-Z0-9./:_-]*(@sha256:[0-9a-f]{64})?")
_SECONDS = 120

Run = Callable[[Sequence[str]], str]
"""Run a command of the engine and return its stdout. Raise an OSError or a SubprocessError if it fails."""


class BaseImageError(Exception):
    """The digest of the tag cannot be determined; the message says why."""


def tag(directory: Path = WORKER_DIRECTORY) -> str:
    """Return the base image that the Dockerfile names."""
    found = _ARGUMENT.search((directory / "Dockerfile").read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{directory / 'Dockerfile'} has no line ARG BASE=...")
    return found[1]


def is_reference(text: str) -> bool:
    """Return whether the text names an image, with or without a digest."""
    return _REFERENCE.fullmatch(text) is not None


def with_digest(reference: str, run: Run) -> str:
    """Return the reference with the digest that its tag has in the registry.

    Raises:
        BaseImageError: There is no container engine, or it cannot reach the registry.
    """
    faults = []
    for ask in (_by_imagetools, _by_pull):
        try:
            return f"{reference}@{ask(reference, run)}"
        except (OSError, ValueError, subprocess.SubprocessError, BaseImageError) as fault:
            faults.append(_reason(fault))
    raise BaseImageError("; ".join(dict.fromkeys(faults)))


def _by_imagetools(reference: str, run: Run) -> str:
    """Return the digest of the image index, which covers all architectures, without pulling an image."""
    manifest = json.loads(run(["buildx", "imagetools", "inspect", reference, "--format", "{{json .Manifest}}"]))
    digest = manifest.get("digest") if isinstance(manifest, dict) else None
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BaseImageError(f"imagetools knows no digest of {reference}")
    return digest


def _by_pull(reference: str, run: Run) -> str:
    """Pull the image and return its digest in the registry."""
    run(["pull", "--quiet", reference])
    (image,) = json.loads(run(["image", "inspect", reference]))
    digests = {str(one).rpartition("@")[2] for one in image.get("RepoDigests") or []}
    # Podman lists the image of this machine's architecture besides the index.
    digests -= {image.get("Digest")} if len(digests) > 1 else set()
    if not digests or not _DIGEST.fullmatch(min(digests)):
        raise BaseImageError(f"the engine knows no digest of {reference}")
    return min(digests)


def _reason(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return "the engine's answer is not JSON"
    stderr: Any = getattr(fault, "stderr", None)
    lines = [line for line in (stderr or str(fault)).splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else type(fault).__name__


def _engine(arguments: Sequence[str]) -> str:
    command = [os.environ.get("CDK_DOCKER", "docker"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout  # noqa: S603 - the engine that the CDK runs, too


def main(arguments: Sequence[str], run: Run = _engine) -> int:
    """Print the base image with its digest, nothing if only the tag is known; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cdk_app.base_image", description=__doc__)
    parser.add_argument("--base", default="", help="print this one instead of asking, to go back to an earlier base")
    given = parser.parse_args(arguments).base
    if given:
        if not is_reference(given):
            sys.stderr.write(f"BASE = {given!r} is not an image, as in python:3.13-slim@sha256:...\n")
            return 2
        sys.stdout.write(f"{given}\n")
        return 0
    try:
        sys.stdout.write(f"{with_digest(tag(), run)}\n")
    except BaseImageError as fault:
        sys.stderr.write(f"The image is built on {tag()} as the engine has it, for its digest is unknown: {fault}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
