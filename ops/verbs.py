"""What every verb is: a parser that teaches, and a function that gets all it works with and answers an exit code."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.deployment import Aws, Deployment, named_to_make
from ops.terminal import Terminal

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Time: `sleep` waits, `clock` gives seconds since 1970."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def ticks(self, *, every: float, within: float) -> Iterator[float]:
        """The seconds waited so far, now and after each pause, until `within` are over."""
        waited = 0.0
        while waited <= within:
            yield waited
            self.sleep(every)
            waited += every


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a verb works with."""

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

    @property
    def in_env(self) -> str:
        """How the environment is named to make, for the commands that a message tells."""
        return named_to_make(self.env, self.options.env_file)

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.aws.client(service)


Verb = Callable[[Context], int]


def add_verb(parsers: Parsers, name: str, verb: Verb, *, summary: str, teaches: str) -> argparse.ArgumentParser:
    """A parser for a verb, with the options that all have."""
    parser = parsers.add_parser(name, help=summary, description=teaches)
    add_environment(parser, verb)
    return parser


def add_environment(parser: argparse.ArgumentParser, verb: Verb) -> None:
    """`--env` and `--env-file`, which each verb has."""
    parser.add_argument("--env", required=True, metavar="NAME", help="the environment: dev, prod, ...")
    parser.add_argument(
        "--env-file", type=Path, metavar="PATH", help="its file, where that is not cdk_app/environments/NAME.toml"
    )
    parser.set_defaults(verb=verb)


def add_group(parsers: Parsers, name: str, *, summary: str) -> Parsers:
    """Parsers for the verbs below a word: `state show`, `state rewind`."""
    group = parsers.add_parser(name, help=summary, description=summary)
    return group.add_subparsers(metavar="WHAT", required=True)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """`--yes`, for what is asked about."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
