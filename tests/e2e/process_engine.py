"""A container engine for the emulator that runs a task's worker as a process of this machine.

It answers the few calls by which ministack drives docker. What only a container has is missing: the image, its user,
its limits, its network.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

_ROOT = Path(__file__).resolve().parents[2]
# Fargate passes none of these on from where a deploy runs; here they lead a task to the emulator.
_PASSED_ON = ("PATH", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")


class ProcessEngine:
    """The `containers` of a docker client."""

    def __init__(self, worker: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
        self._worker = worker
        self._passed_on = {name: environment[name] for name in _PASSED_ON if name in environment}
        self._running: dict[str, WorkerProcess] = {}
        self.containers = self

    def run(
        self, _image: str, *, command: Sequence[str] | None, environment: Mapping[str, str], **_: Any
    ) -> WorkerProcess:
        """Start a worker with the variables of the task and the command of its start, if there is one."""
        started = WorkerProcess([*self._worker, *(command or ())], {**environment, **self._passed_on}, self._forget)
        self._running[started.id] = started
        return started

    def get(self, container: str) -> WorkerProcess:
        """Return a container that was not removed."""
        return self._running[container]

    def close(self) -> None:
        """Kill what still runs."""
        for process in list(self._running.values()):
            process.remove(force=True)

    def _forget(self, container: str) -> None:
        self._running.pop(container, None)


class WorkerProcess:
    """A process that answers as a container of docker does."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], removed: Callable[[str], None]) -> None:
        self.id = uuid4().hex
        self._removed = removed
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    @property
    def status(self) -> str:
        """Whether it still runs, in docker's words."""
        return "running" if self._process.poll() is None else "exited"

    def reload(self) -> None:
        """Do nothing: `status` is always that of the moment."""

    def wait(self) -> dict[str, int]:
        """Wait for its end; an end by a signal has the code that docker reports."""
        code = self._process.wait()
        return {"StatusCode": code if code >= 0 else 128 - code}

    def logs(self, *, follow: bool = False, **_: Any) -> Iterator[bytes] | bytes:
        """Return its output line by line until it ends; nothing of a question about the last lines."""
        return self._output() if follow else b""

    def _output(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            yield from lines

    def stop(self, timeout: int) -> None:
        """Ask it to end, and kill it if it does not."""
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)

    def remove(self, *, force: bool = False, **_: Any) -> None:
        """Forget it."""
        if force or self.status == "running":
            self._process.kill()
            self._process.wait()
        self._removed(self.id)
