"""A measured process: time, CPU, the peak of its memory, and CPU at a given moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.run_harness import ROOT

_LAUNCHER = Path(__file__).with_name("launcher.py")
_UNIT = 1 if sys.platform == "darwin" else 1024
"""The unit of ru_maxrss in bytes."""

_TAIL = 3


class Unmeasured(Exception):
    """A measured process failed; the message is its output."""


@dataclass
class Clock:
    """Reads the CPU seconds of a running process from another thread; None without /proc."""

    pid: int = 0
    known: threading.Event = field(default_factory=threading.Event)

    def read(self) -> float | None:
        """Return user and system time since the start, in clock ticks (usually 10 ms)."""
        if not self.known.wait(10):
            return None
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        except OSError:
            return None
        # The name in brackets may contain blanks; utime and stime are fields 14 and 15.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessResult:
    """The result and the cost of a process. `megabytes` are 1,000,000 bytes."""

    code: int
    seconds: float
    megabytes: float
    cpu: float
    stdout: str


def run(
    module: str,
    directory: Path,
    environment: Mapping[str, str] | None = None,
    *,
    given: object = None,
    clock: Clock | None = None,
) -> ProcessResult:
    """Run `python -m module` with `given` as JSON on stdin; raise :class:`Unmeasured` if it fails."""
    log = directory / "stderr.log"
    clock = clock or Clock()
    with _Launched(module, environment or {}, log, given is not None) as (running, report):
        try:
            clock.pid = int(report.readline())
            clock.known.set()
            stdout, _ = running.communicate(json.dumps(given) if given is not None else None)
            code, seconds, peak, cpu = json.loads(report.readline())
        except BaseException:
            if clock.pid:
                with suppress(ProcessLookupError):
                    os.kill(clock.pid, signal.SIGTERM)
            running.wait()
            raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise Unmeasured("\n".join([f"python -m {module} ended with {code}", *lines[-_TAIL:], stdout.strip()]))
    return ProcessResult(code, seconds, peak * _UNIT / 1e6, cpu, stdout)


class _Launched:
    def __init__(self, module: str, environment: Mapping[str, str], log: Path, has_input: bool) -> None:
        self._command: Sequence[str] = [sys.executable, "-m", module]
        self._environment = {"PATH": os.environ["PATH"], **environment}
        self._log, self._has_input = log, has_input

    def __enter__(self) -> tuple[subprocess.Popen[str], Any]:
        reading, writing = os.pipe()
        self._report = os.fdopen(reading, encoding="ascii")
        with self._log.open("w", encoding="utf-8") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_LAUNCHER), str(writing), *self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE if self._has_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=(writing,),
            )
        os.close(writing)
        return self._running, self._report

    def __exit__(self, *_: object) -> None:
        self._report.close()
        with self._running:
            pass
