"""The operator's terminal: results go to stdout; questions, progress and remarks to stderr."""

from __future__ import annotations

import getpass
import sys

_CLEAR_LINE = "\r\x1b[K"


class Terminal:
    """Stdin, stdout and stderr. Progress is shown on a terminal only, on one line that is cleared afterwards."""

    def __init__(self) -> None:
        self._shown = False

    def print(self, text: str) -> None:
        """Print a result."""
        self._clear()
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Print something beside the result."""
        self._clear()
        sys.stderr.write(f"{text}\n")

    def progress(self, text: str) -> None:
        """Show what is being waited for."""
        if sys.stderr.isatty():
            sys.stderr.write(f"{_CLEAR_LINE}{text}")
            sys.stderr.flush()
            self._shown = True

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write(_CLEAR_LINE)
            self._shown = False

    def hidden(self, prompt: str) -> str:
        """Read a value without showing it: from a prompt without echo, or the whole of stdin."""
        return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.read()
