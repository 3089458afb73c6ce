"""The container engine of this machine: docker or podman. `python -m tests.image.engine` prints which."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "CONTAINER_ENGINE"
_CANDIDATES = ("docker", "podman")
_HINT = (
    "Start one (sudo systemctl start docker; podman machine start; Docker Desktop), or install one: podman (Debian and "
    "Ubuntu: sudo apt-get install podman catatonit; Fedora: sudo dnf install podman) or Docker Engine. Or name a "
    f"command that answers like docker: {VARIABLE}=... make test-image"
)
_MINUTE = 60


class NoEngine(Exception):
    """No container engine answers."""


@dataclass(frozen=True)
class CommandResult:
    """The result of an engine's command."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Engine:
    """A command compatible with docker's. It has its own working directory, where podman's monitor leaves files."""

    command: tuple[str, ...]
    directory: Path
    is_podman: bool = False

    @classmethod
    def found(cls, environment: Mapping[str, str], directory: Path) -> Engine:
        """Return the engine that the variable names, else the first that answers; raise :class:`NoEngine`."""
        named = environment.get(VARIABLE, "").strip()
        answers = []
        for words in map(shlex.split, [named] if named else _CANDIDATES):
            program = shutil.which(words[0], path=environment.get("PATH"))
            if program is None:
                continue
            engine = cls((str(Path(program).absolute()), *words[1:]), directory)
            # docker's client can be installed without an engine; its exit code then reports so.
            answer = engine.call("info")
            if answer.code == 0:
                return dataclasses.replace(engine, is_podman="podman" in engine.must("--version").lower())
            answers.append(f" {shlex.join(words)} says: {_last_line(answer.stderr)}.")
        what = f"{VARIABLE} is {named}, which does not answer" if named else "neither docker nor podman answers"
        raise NoEngine(f"There is no container engine: {what} to `info`.{''.join(answers)} {_HINT}")

    def call(self, *arguments: str) -> CommandResult:
        """Run a command."""
        result = subprocess.run(
            [*self.command, *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=10 * _MINUTE,
            check=False,
        )
        return CommandResult(result.returncode, result.stdout, result.stderr)

    def must(self, *arguments: str) -> str:
        """Run a command that must succeed; return its stdout."""
        result = self.call(*arguments)
        assert result.code == 0, f"{shlex.join([*self.command, *arguments])}\n{result.stdout}{result.stderr}"
        return result.stdout

    def inspect(self, image: str) -> dict[str, Any]:
        """Return the engine's description of an image."""
        (found,) = json.loads(self.must("image", "inspect", image))
        return dict(found)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen([*self.command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing"])[-1].rstrip(".")


def main() -> int:
    """Print the engine; return 1 if there is none."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            engine = Engine.found(os.environ, Path(directory))
        except NoEngine as fault:
            sys.stderr.write(f"{fault}\n")
            return 1
    sys.stdout.write(f"container engine: {shlex.join(engine.command)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
