"""The commands in messages, in the form that their reader can type.

`./lxp --env NAME COMMAND` for a deployed environment, `./lxp COMMAND` in a checkout, and `python -m worker COMMAND` in
a container that does not know its environment.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

VARIABLE = "ADVICE_COMMAND_LINE"
"""Tells a worker what its reader types before a command: `./lxp --env prod`."""

LXP = "./lxp"
WORKER = "python -m worker"
UNKNOWN_ENVIRONMENT = "NAME"

OPERATOR_COMMANDS = ("runs", "secret", "alerts", "dead-letters", "pause", "resume")
"""Commands that are about a deployed environment, and that a worker does not have."""
_TEMPLATE = re.compile(r"\{command:([^{}]*[^{}\s][^{}]*)\}")
_ID = "ID"
_OPTION = "--employee"
_MOST_NAMED = 20
_IN_ENVIRONMENT = re.compile(r"\./lxp --env \S+ ")
_CHECKOUT = Path(__file__).parents[1] / "lxp"


@dataclass(frozen=True)
class CommandLine:
    """What the reader types before a command. `environment` and `file` name the deployed environment, if any."""

    program: str = WORKER
    environment: str = ""
    file: str = ""

    @classmethod
    def of_worker(cls, variables: Mapping[str, str], checkout: Path = _CHECKOUT) -> CommandLine:
        """Return the command line of the worker's reader: the one that was passed on, or this machine's."""
        try:
            words = shlex.split(variables.get(VARIABLE, ""))
        except ValueError:
            words = []
        match words:
            case ["./lxp"]:
                return cls(LXP)
            case ["./lxp", "--env", environment]:
                return cls(LXP, environment)
            case ["./lxp", "--env", environment, "--env-file", file]:
                return cls(LXP, environment, file)
        return cls(LXP if checkout.is_file() else WORKER)

    @property
    def prefix(self) -> str:
        """The words before a command."""
        named = ["--env", self.environment] if self.environment else []
        named += ["--env-file", self.file] if self.environment and self.file else []
        return " ".join([self.program, *map(shlex.quote, named)])

    @property
    def variable(self) -> dict[str, str]:
        """The variable that passes this on to a worker."""
        return {VARIABLE: self.prefix}

    def command(self, *words: str) -> str:
        """Return a command as this reader types it."""
        if words[0] == "deploy":
            file = f" ENV_FILE={shlex.quote(self.file)}" if self.file else ""
            return f"make deploy ENV={self.environment or UNKNOWN_ENVIRONMENT}{file}"
        if words[0] in OPERATOR_COMMANDS and not self.environment:
            return replace(self, program=LXP, environment=UNKNOWN_ENVIRONMENT).command(*words)
        return f"{self.prefix} {shlex.join(words)}"

    def fill_in(self, text: str) -> str:
        """Return a text of a task, with the environment named in its commands as this reader names it."""
        return _IN_ENVIRONMENT.sub(lambda _: f"{self.prefix} ", text) if self.environment else text


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
    """Return the form in use."""
    return _command_line


def command(*words: str) -> str:
    """Return a command in the form in use: `command("approve", run_id)`."""
    return _command_line.command(*words)


def command_for(words: Sequence[str], employees: Collection[int]) -> str:
    """Return a command with these employees in place of `ID`, which stays if there are none, or too many."""
    # `explain` takes one employee only.
    ids = _named(employees, 1 if words[0] == "explain" else _MOST_NAMED)
    at = words.index(_OPTION) if _OPTION in words else len(words)
    if words[at + 1 : at + 2] == [_ID]:
        named = [word for one in ids for word in (_OPTION, one)]
        return command(*words[:at], *named, *words[at + 2 :])
    return command(*(word for one in words for word in (ids if one == _ID else [one])))


def _named(employees: Collection[int], most: int) -> list[str]:
    return [str(number) for number in sorted(employees)] if 0 < len(employees) <= most else [_ID]


def resolve(text: str, employees: Collection[int] = ()) -> str:
    """Return a text with its placeholders filled in for the reader and these employees.

    Each `{command:WORDS}` is replaced by the command, and each `{employee}` by the ids.
    """
    filled = _TEMPLATE.sub(lambda found: command_for(found[1].split(), employees), text)
    return filled.replace("{employee}", ", ".join(_named(employees, _MOST_NAMED)))
