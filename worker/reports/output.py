"""Where a report goes: to stdout, or to a file that was named. Values of people only to a terminal or such a file."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

from worker.errors import UsageError

_OWNER_ONLY = 0o600


def check_values(*, shows_values: bool, file: Path | None) -> None:
    """Refuse, before anything is read, to show values to what is neither a terminal nor a named file."""
    if shows_values and file is None and not sys.stdout.isatty():
        raise UsageError(
            "--show-values shows personal data to a terminal or a named file only", advice="name one: --output FILE"
        )


def check_writable(file: Path | None) -> None:
    """Refuse at once, and not after minutes of reading, a file that cannot be written."""
    if file is not None and (
        file.is_dir() or not os.access(file if file.exists() else file.absolute().parent, os.W_OK)
    ):
        raise UsageError(f"{file} cannot be written", advice="name a file in a folder that is there")


def put(text: str, file: Path | None) -> None:
    """Print it, or write it to the file, which its owner alone can read."""
    if file is None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                # A file that was there before keeps its mode otherwise, and may be anybody's to read.
                os.fchmod(descriptor, _OWNER_ONLY)
                os.ftruncate(descriptor, 0)
            out.write(f"{text}\n")
    except OSError as fault:
        raise UsageError(f"{file} cannot be written ({fault.strerror})", advice="name another file") from None
    sys.stderr.write(f"written to {file}\n")


def width() -> int:
    """How wide a table may be: a terminal's width, or 0 for as wide as it gets."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
