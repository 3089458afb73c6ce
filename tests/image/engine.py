"""The container engine of this machine: docker or podman, whichever answers. `python -m tests.image.engine` tells."""

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
class Ended:
    """How a command of the engine ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Engine:
    """A command that answers like docker. It works in a directory of its own: podman's monitor leaves files there."""

    command: tuple[str, ...]
    directory: Path
    is_podman: bool = False

    @classmethod
    def found(cls, environment: Mapping[str, str], directory: Path) -> Engine:
        """The one that the variable names, else the first that answers. Raises :class:`NoEngine`."""
        named = environment.get(VARIABLE, "").strip()
        said = []
        for words in map(shlex.split, [named] if named else _CANDIDATES):
            program = shutil.which(words[0], path=environment.get("PATH"))
            if program is None:
                continue
            engine = cls((str(Path(program).absolute()), *words[1:]), directory)
            # docker's client is there without an engine too, and says so by its exit code.
            answer = engine.call("info")
            if answer.code == 0:
                return dataclasses.replace(engine, is_podman="podman" in engine.must("--version").lower())
            said.append(f" {shlex.join(words)} says: {_last_line(answer.stderr)}.")
        what = f"{VARIABLE} is {named}, which does not answer" if named else "neither docker nor podman answers"
        raise NoEngine(f"There is no container engine: {what} to `info`.{''.join(said)} {_HINT}")

    def call(self, *arguments: str) -> Ended:
        """One command, whatever its end."""
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=10 * _MINUTE,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str) -> str:
        """One command that has to end well; its stdout."""
        done = self.call(*arguments)
        assert done.code == 0, f"{shlex.join([*self.command, *arguments])}\n{done.stdout}{done.stderr}"
        return done.stdout

    def inspect(self, image: str) -> dict[str, Any]:
        """What the engine knows of an image."""
        (found,) = json.loads(self.must("image", "inspect", image))
        return dict(found)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """One command, running."""
        return subprocess.Popen([*self.command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing"])[-1].rstrip(".")


def main() -> int:
    """Say which engine there is, before anything is set up for it; 1 where there is none."""
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
