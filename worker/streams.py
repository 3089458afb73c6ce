"""The standard streams, any of which may be closed, or lead to a full disk or to a reader that has gone.

None of that changes what a command does. Only a report, which is for a reader, fails if it cannot be printed.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from worker.errors import SyncError


class OutputError(SyncError):
    """A result cannot be written to stdout."""

    outcome = "output_error"


def open_missing() -> None:
    """Open a substitute for each stream that was closed (`>&-`), for which Python has None.

    Call it first: the next file that is opened, such as the state's, would get the descriptor of the closed stream.
    """
    for name, mode, access in (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY)):
        if getattr(sys, name) is None:
            # What is printed is refused, as on a full disk, because stdout is opened for reading; a log is discarded.
            descriptor = os.open(os.devnull, access)
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def write_stdout(text: str | None = None) -> None:
    """Print a result to stdout at once; without a text, what was written there before.

    Raises OutputError, or BrokenPipeError if its reader has gone (`... | head`).
    """
    try:
        if text is not None:
            sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        raise
    except OSError as fault:
        _discard(sys.stdout)
        raise OutputError(f"nothing can be printed to stdout ({fault.strerror})") from None


def write_stderr(text: str = "", end: str = "\n") -> None:
    """Write to stderr, beside the result, if that is possible."""
    try:
        sys.stderr.write(f"{text}{end}")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Let what is left in the stream's buffer disappear, which Python would complain about when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
