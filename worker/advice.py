"""The commands that messages tell their reader to type, in the form that this reader uses.

One command is written in three ways: `python -m worker approve RUN` on a laptop, `make approve ENV=dev ARGS=RUN` and
`.venv/bin/python -m ops approve RUN --env dev` for an operator. Callers name the command in the worker's words (`sync`,
not `run`); which form it takes is decided here alone.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

VARIABLE = "ADVICE_COMMAND_LINE"
"""Tells a worker that `ops` starts on the operator's machine how the operator types commands."""

UNKNOWN_ENVIRONMENT = "ENV=NAME"
"""Stands in the advice of a task: a task does not know what its environment is called."""

_TEMPLATE = re.compile(r"\{command:([^{}]+)\}")
_ONE_WORD = re.compile(r"[\w./:=-]+")


class Program(StrEnum):
    """What the reader types commands to."""

    WORKER = "worker"
    OPS = "ops"
    MAKE = "make"


_TARGETS_OF_MAKE = {
    Program.WORKER: frozenset({"deploy", "resume"}),
    Program.OPS: frozenset({"deploy"}),
    Program.MAKE: frozenset[str](),
}
"""What a program does not do itself: its reader is told the target of make."""


@dataclass(frozen=True)
class CommandLine:
    """How the reader types a command. `environment` and `file` name the deployed environment, if it is known."""

    program: Program = Program.WORKER
    environment: str = ""
    file: str = ""

    @classmethod
    def of_operator(cls, variables: Mapping[str, str], environment: str, file: str) -> CommandLine:
        """The command line of the operator who uses `ops`: make, where make started it (it counts its levels)."""
        by_make = variables.get("MAKELEVEL", "0") != "0"
        return cls(Program.MAKE if by_make else Program.OPS, environment, file)

    @classmethod
    def of_worker(cls, variables: Mapping[str, str], *, at_terminal: bool) -> CommandLine:
        """The command line of the worker's reader.

        What `ops` passed on comes first. A worker with a table and without a terminal is a task on AWS; an operator
        reads its log, and uses make.
        """
        try:
            program, environment, *file = shlex.split(variables.get(VARIABLE, ""))
            return cls(Program(program), environment, *file[:1])
        except ValueError:
            is_task = bool(variables.get("STATE_TABLE")) and not at_terminal
            return cls(Program.MAKE if is_task else Program.WORKER)

    @property
    def variable(self) -> dict[str, str]:
        """The variable that passes this on to a worker."""
        return {VARIABLE: shlex.join([self.program, self.environment, *([self.file] if self.file else [])])}

    def command(self, *words: str) -> str:
        """A command as this reader types it; `words` are the worker's."""
        if words[0] in _TARGETS_OF_MAKE[self.program]:
            return replace(self, program=Program.MAKE).command(*words)
        if self.program is Program.WORKER:
            return shlex.join(["python", "-m", "worker", *words])
        if self.program is Program.OPS:
            verb = "run" if words[0] == "sync" else words[0]
            named = ["--env", self.environment, *(["--env-file", self.file] if self.file else [])]
            return shlex.join([".venv/bin/python", "-m", "ops", verb, *words[1:], *named])
        target, arguments = _make_target(words)
        return " ".join(["make", target, self._named_to_make(), *_make_arguments(arguments)])

    def fill_in(self, text: str) -> str:
        """The advice of a task with the environment's name in its place."""
        return text.replace(UNKNOWN_ENVIRONMENT, self._named_to_make())

    def _named_to_make(self) -> str:
        if not self.environment:
            return UNKNOWN_ENVIRONMENT
        return f"ENV={self.environment}" + (f" ENV_FILE={shlex.quote(self.file)}" if self.file else "")


def _make_target(words: Sequence[str]) -> tuple[str, list[str]]:
    """The target of the Makefile for a command, and what is left for ARGS."""
    match words:
        case ["sync", "--dry-run", *rest]:
            return "dry-run", rest
        case ["sync", *rest]:
            return "run", rest
        case ["secret", "set", system, *rest]:
            return f"secret-{system}", rest
        case ["people" | "parked" | "state" as group, verb, *rest]:
            return f"{group}-{verb}", rest
        case _:
            return words[0], list(words[1:])


def _make_arguments(words: Sequence[str]) -> Iterator[str]:
    if words:
        text = " ".join(words)
        yield f"ARGS={text}" if _ONE_WORD.fullmatch(text) else f'ARGS="{text}"'


_command_line = CommandLine()


@contextmanager
def using(command_line: CommandLine) -> Iterator[None]:
    """Write commands in this form. A process has one reader, as it has one log."""
    global _command_line
    before, _command_line = _command_line, command_line
    try:
        yield
    finally:
        _command_line = before


def current() -> CommandLine:
    """The form in use."""
    return _command_line


def command(*words: str) -> str:
    """A command in the form in use: `command("approve", run_id)`."""
    return _command_line.command(*words)


def resolve(text: str) -> str:
    """A text that was written before its reader was known, each `{command:WORDS}` in it replaced by the command."""
    return _TEMPLATE.sub(lambda found: command(*found[1].split()), text)
