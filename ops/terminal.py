"""The operator's terminal: results go to stdout; questions, progress and remarks to stderr."""

from __future__ import annotations

import getpass
import sys

from ops.errors import OpsError, OpsExit

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

    def confirm(self, question: str, *, yes: bool) -> None:
        """Return only if the operator confirms, here or with `--yes`."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise OpsError(
                f"there is no terminal to ask at: {question}",
                advice="pass --yes if that is what you want",
                exit_code=OpsExit.USAGE,
            )
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise OpsError("not confirmed; nothing was changed", exit_code=OpsExit.NO)

    def hidden(self, prompt: str) -> str:
        """Read a value without showing it: from a prompt without echo, or the whole of stdin."""
        return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.read()
