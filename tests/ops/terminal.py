"""A process at a terminal, and what its user types."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType

_WITHIN_SECONDS = 60
# A session gets Ctrl-C from its controlling terminal only, which the process has to take itself.
_TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])"""


class AtTerminal:
    """A process whose stdin, stdout and stderr are its own controlling terminal."""

    def __init__(self, command: list[str], *, cwd: Path, environment: dict[str, str]) -> None:
        self._output = ""
        self._screen, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            cwd=cwd,
            env=environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)

    def __enter__(self) -> AtTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def read_until(self, text: str) -> None:
        """Wait until this text appears, after the texts that were waited for before."""
        while text not in self._output:
            part = self._read()
            assert part, f"it ended after: {self._output}"
            self._output += part
        self._output = self._output.split(text, 1)[1]

    def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        while self._read():
            pass
        return self._process.wait(_WITHIN_SECONDS)

    def _read(self) -> str:
        ready, _, _ = select.select([self._screen], [], [], _WITHIN_SECONDS)
        assert ready, f"no more output after: {self._output}"
        # On Linux reading a terminal that no process has open is an error, not an end of file.
        with contextlib.suppress(OSError):
            return os.read(self._screen, 4096).decode(errors="replace")
        return ""
