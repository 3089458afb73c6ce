"""What every command on a deployed environment works with: AWS, the terminal, the time and the options."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ops.deployment import Aws, Deployment
from worker import streams
from worker.commands.base import confirm
from worker.stopping import StopSignal

_CLEAR_LINE = "\r\x1b[K"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Time: `sleep` waits, `clock` gives seconds since 1970."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def ticks(self, *, every: float, within: float) -> Iterator[float]:
        """The seconds waited so far, now and after each pause, until `within` seconds have passed."""
        waited = 0.0
        while waited <= within:
            yield waited
            self.sleep(every)
            waited += every


class Terminal:
    """Stdout for results, stderr for all else. Progress is shown on a terminal only, on a line that is then cleared."""

    def __init__(self) -> None:
        self._shown = False

    def print(self, text: str) -> None:
        """Print a result."""
        self._clear()
        streams.write_stdout(text)

    def note(self, text: str) -> None:
        """Print something beside the result."""
        self._clear()
        streams.write_stderr(text)

    def progress(self, text: str) -> None:
        """Show what is being waited for."""
        if sys.stderr.isatty():
            streams.write_stderr(f"{_CLEAR_LINE}{text}", end="")
            self._shown = True

    def _clear(self) -> None:
        if self._shown:
            streams.write_stderr(_CLEAR_LINE, end="")
            self._shown = False

    def read_secret(self, prompt: str) -> str:
        """Read a value without showing it: from a prompt without echo, or the whole of stdin."""
        return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.read()


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a command works with."""

    options: argparse.Namespace
    environment: str
    aws: Aws
    deployment: Deployment
    terminal: Terminal = field(default_factory=Terminal)
    pace: Pace = field(default_factory=Pace)

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.aws.client(service)

    def confirm(self, question: str) -> None:
        """Return only if the operator confirms, here or with `--yes`."""
        confirm(question, StopSignal(), yes=self.options.yes)
