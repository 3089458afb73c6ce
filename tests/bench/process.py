"""A process of its own, and what it took: time, CPU, the peak of its memory, and CPU up to a moment."""

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
"""Of ru_maxrss, in bytes."""

_TAIL = 3


class Unmeasured(Exception):
    """Something that was to be measured did not do its work; what it said."""


@dataclass
class Clock:
    """Reads the CPU seconds of a running process, from another thread. None where there is no /proc."""

    pid: int = 0
    known: threading.Event = field(default_factory=threading.Event)

    def read(self) -> float | None:
        """User and system time since it began, in steps of a clock tick (10 ms as a rule)."""
        if not self.known.wait(10):
            return None
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        except OSError:
            return None
        # The name in brackets can hold blanks; utime and stime are the 14th and 15th field of all.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ended:
    """How a process ended. `megabytes` are 1,000,000 bytes."""

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
) -> Ended:
    """`python -m module` to its end; `given` goes to its stdin as JSON. Raises :class:`Unmeasured` if it went wrong."""
    log = directory / "stderr.log"
    clock = clock or Clock()
    with _Launched(module, environment or {}, log, given is not None) as (running, told):
        try:
            clock.pid = int(told.readline())
            clock.known.set()
            stdout, _ = running.communicate(json.dumps(given) if given is not None else None)
            code, seconds, peak, cpu = json.loads(told.readline())
        except BaseException:
            if clock.pid:
                with suppress(ProcessLookupError):
                    os.kill(clock.pid, signal.SIGTERM)
            running.wait()
            raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise Unmeasured("\n".join([f"python -m {module} ended with {code}", *lines[-_TAIL:], stdout.strip()]))
    return Ended(code, seconds, peak * _UNIT / 1e6, cpu, stdout)


class _Launched:
    def __init__(self, module: str, environment: Mapping[str, str], log: Path, fed: bool) -> None:
        self._command: Sequence[str] = [sys.executable, "-m", module]
        self._environment = {"PATH": os.environ["PATH"], **environment}
        self._log, self._fed = log, fed

    def __enter__(self) -> tuple[subprocess.Popen[str], Any]:
        reading, writing = os.pipe()
        self._told = os.fdopen(reading, encoding="ascii")
        with self._log.open("w", encoding="utf-8") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_LAUNCHER), str(writing), *self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE if self._fed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=(writing,),
            )
        os.close(writing)
        return self._running, self._told

    def __exit__(self, *_: object) -> None:
        self._told.close()
        with self._running:
            pass
