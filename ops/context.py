"""What every command on a deployed environment works with."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ops.deployment import Aws, Deployment
from ops.terminal import Terminal
from worker.commands.base import Parsers, add_command
from worker.commands.base import confirm as ask
from worker.stopping import StopSignal


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


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a command works with."""

    options: argparse.Namespace
    environment: str
    aws: Aws
    deployment: Deployment
    terminal: Terminal
    pace: Pace

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.aws.client(service)

    def confirm(self, question: str) -> None:
        """Return only if the operator confirms, here or with `--yes`."""
        ask(question, StopSignal(), yes=self.options.yes)


Operate = Callable[[Context], int]


def add_operation(
    parsers: Parsers, name: str, operate: Operate, *, summary: str, teaches: str
) -> argparse.ArgumentParser:
    """Add the parser of a command that is the operator's own."""
    parser = add_command(parsers, name, summary=summary, teaches=teaches)
    parser.set_defaults(operate=operate)
    return parser
