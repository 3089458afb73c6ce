"""Writes a report to stdout or a named file. Employees' values go to a terminal or a named file only."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from worker import streams
from worker.errors import UsageError
from worker.reports.table import name_value_lines

_OWNER_ONLY = 0o600


def check_destination(file: Path | None, *, shows_values: bool) -> None:
    """Raise UsageError now, not after minutes of reading, if a report cannot be written to a file, or to stdout.

    Values go to a terminal or a named file only.
    """
    if shows_values and file is None and not sys.stdout.isatty():
        raise UsageError(
            "--show-values shows personal data to a terminal or a named file only", advice="name one: --output FILE"
        )
    if file is not None and (
        file.is_dir() or not os.access(file if file.exists() else file.absolute().parent, os.W_OK)
    ):
        raise UsageError(f"{file} cannot be written", advice="name a file in an existing directory")


def put(text: str, file: Path | None = None) -> None:
    """Print the text, or write it to the file with read access for its owner only."""
    if file is None:
        streams.write_stdout(text)
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                # An existing file would keep its mode, which may let others read it.
                os.fchmod(descriptor, _OWNER_ONLY)
                os.ftruncate(descriptor, 0)
            out.write(f"{text}\n")
    except OSError as fault:
        raise UsageError(f"{file} cannot be written ({fault.strerror})", advice="name another file") from None
    streams.write_stderr(f"written to {file}")


def put_lines(text: str, file: Path | None = None) -> None:
    """Print a text for a reader, in lines that fit the terminal; otherwise as :func:`put` does."""
    put(text if file else fit(text, sys.stdout), file)


def fit(text: str, stream: TextIO) -> str:
    """Return the text in lines that fit the stream's terminal, if it is one.

    A long line continues below its last column that leaves room for text. A command stays whole, so that it can be
    copied.
    """
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(_fit(line, width) for line in text.split("\n"))


def _fit(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    before, gap, _ = line[: max(0, width - _NARROWEST)].rpartition("  ")
    first = before + gap
    bound = _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), line[len(first) :].strip())
    lines = textwrap.wrap(
        bound,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_NO_BREAK, " ")


_COMMAND = re.compile(r"(?:\./lxp|python -m worker)(?: [^\s;,]*[^\s;,.])+")
_NARROWEST = 24
_NO_BREAK = "\N{NO-BREAK SPACE}"


def readable(employee_id: int, sections: Mapping[str, Mapping[str, str]], warnings: Iterable[str]) -> str:
    """Return the sections of an explanation as text."""
    parts = [f"Employee {employee_id}"]
    parts += [f"warning: {warning}" for warning in warnings]
    parts += [f"{title}\n{name_value_lines(lines.items())}" for title, lines in sections.items()]
    return "\n\n".join(parts)
