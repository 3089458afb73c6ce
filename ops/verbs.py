"""What every verb is made of: a parser with help, and a function that takes a `Context` and returns an exit code."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.deployment import Aws, Deployment
from ops.terminal import Terminal

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


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
    """What a verb works with. `arguments` is the command line as it was typed, `options` what it means."""

    options: argparse.Namespace
    arguments: Sequence[str]
    aws: Aws
    deployment: Deployment
    terminal: Terminal
    pace: Pace

    @property
    def env(self) -> str:
        """The environment's name."""
        return str(self.options.env)

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.aws.client(service)

    def worker_arguments(self, *own: str) -> list[str]:
        """The command line for the worker, as it was typed, without the options of ops; `own` are flags of the verb."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        for name in ("--env", "--env-file", "--wait", "--max-suspensions"):
            parser.add_argument(name)
        for name in own:
            parser.add_argument(name, action="store_true")
        return parser.parse_known_args(self.arguments)[1]


Verb = Callable[[Context], int]


def add_verb(parsers: Parsers, name: str, verb: Verb, *, summary: str, teaches: str) -> argparse.ArgumentParser:
    """Add the parser of a verb, with the options that every verb has."""
    parser = parsers.add_parser(name, help=summary, description=teaches)
    return _add_environment(parser, verb)


def adopt(parser: argparse.ArgumentParser, verb: Verb, *, teaches: str) -> None:
    """Make a parser of the worker's one of a verb, whose arguments are passed on to the worker."""
    _add_environment(parser, verb)
    # The worker would be given an abbreviation of an option of ops, as if it were its own.
    parser.allow_abbrev = False
    parser.description = f"{parser.description}\n\n{teaches}"


def _add_environment(parser: argparse.ArgumentParser, verb: Verb) -> argparse.ArgumentParser:
    parser.add_argument("--env", required=True, metavar="NAME", help="the environment: dev, prod, ...")
    parser.add_argument(
        "--env-file", type=Path, metavar="PATH", help="its file, unless that is cdk_app/environments/NAME.toml"
    )
    parser.set_defaults(verb=verb)
    return parser


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`, to a verb that asks for confirmation."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
