"""The command line: a parser whose errors do not repeat what was typed, which may be a token or an address.

And what the parsers of several commands have in common: their help, options and kinds of values.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn, TypeAlias

from worker import advice
from worker.commands.base import Call
from worker.errors import ExitCode, UsageError
from worker.model.employee import parse_employee_id
from worker.model.step import GuardClass
from worker.words import MOST_SHOWN

Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*")
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_QUOTED = re.compile(r"(: )?['\"].*", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """A parser that raises :class:`UsageError`, with a suggestion if a known word is close to what was typed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})
        for name in (None, "store"):
            self.register("action", name, _StoreOnce)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, but name an unknown option and the one that was probably meant."""
        words = list(args or ())
        try:
            options, unknown = self.parse_known_args(words, namespace)
        except UsageError:
            unknown = [word for word in words[:1] if self._is_unknown_option(word)]
            if not unknown:
                raise
        if unknown:
            last: argparse.ArgumentParser = self
            for word in words:
                last = subcommands(last).get(word, last)
            raise UsageError(_unknown(unknown, last, self), advice=f"see: {last.prog} --help")
        return options

    def _is_unknown_option(self, word: str) -> bool:
        """Return whether a word is an option that this parser lacks: argparse takes its value for the command."""
        return word.startswith("-") and word.split("=")[0] not in _options_of(self)

    def error(self, message: str) -> NoReturn:
        """Raise the message without any value."""
        raise UsageError(_without_values(message, self._actions), advice=f"see: {self.prog} --help")


class _StoreOnce(argparse._StoreAction):
    """An option with one value, of which a second one must not replace the first in silence."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        """Store the value, as argparse does."""
        given = namespace.__dict__.setdefault("given_once", set())
        if option_string and self.dest in given:
            parser.error(f"{option_string} is given twice, but takes one value")
        given.add(self.dest)
        super().__call__(parser, namespace, values, option_string)


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the subcommands; empty for a parser without any."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(groups[0].choices) if groups else {}


def parser_of(
    modules: Iterable[Any], groups: Mapping[str, Sequence[str]], *, usage: str, description: str, epilog: str
) -> Parser:
    """Return the parser of the commands that these modules add; its help lists them in groups."""
    prog = advice.current().prefix
    parser = Parser(
        prog=prog, usage=usage, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, prog=prog, help=argparse.SUPPRESS
    )
    for module in modules:
        module.add(commands)
    summaries = {choice.dest: choice.help for choice in commands._choices_actions}
    overview = [
        "\n".join([f"{title}:", *(f"  {name:<12}  {summaries[name]}" for name in names)])
        for title, names in groups.items()
    ]
    parser.epilog = "\n\n".join([*overview, advice.resolve(epilog)])
    return parser


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser itself or, if it has subcommands, the innermost parsers below it."""
    below = subcommands(parser)
    for one in below.values():
        yield from leaves(one)
    if not below:
        yield parser


def _options_of(parser: argparse.ArgumentParser) -> list[str]:
    return [name for action in parser._actions for name in action.option_strings]


def _unknown(words: Sequence[str], parser: argparse.ArgumentParser, top: argparse.ArgumentParser) -> str:
    options = _options_of(parser)
    for word in words:
        typed = word.split("=")[0]
        if typed in options:
            return f"{typed} stands before the command, and belongs after it"
        if _OPTION.fullmatch(typed):
            return f"there is no option {typed}{_suggestion(typed, [*options, *_options_of(top)])}"
    if "--employee" in options and all(word.isdigit() for word in words):
        return "every employee is named by an option of its own: --employee 4711 --employee 4712"
    return "there are arguments that are not known to this command"


def _without_values(message: str, actions: Iterable[argparse.Action]) -> str:
    name, _, rest = message.removeprefix("argument ").partition(": ")
    if name == _MISSING:
        return _missing(rest.split(", ")[0], actions)
    if rest.startswith("invalid choice"):
        action = next(one for one in actions if name in (one.metavar, one.dest, "/".join(one.option_strings)))
        choices = [str(choice) for choice in action.choices or ()]
        if action.option_strings:
            return f"{name} takes: {', '.join(choices)}"
        typed = rest.removeprefix("invalid choice: ").split(" (choose from")[0].strip("'\"")
        others = _suggestion(typed, choices) or f"; there are {', '.join(choices)}"
        return f"there is no such {_NOUNS.get(name, name)}{others}"
    if rest.startswith("ignored explicit argument"):
        return f"{name} takes no value"
    return _QUOTED.sub("", message)


_MISSING = "the following arguments are required"


def _missing(name: str, actions: Iterable[argparse.Action]) -> str:
    action = next(one for one in actions if name in (one.metavar, "/".join(one.option_strings)))
    if isinstance(action, argparse._SubParsersAction):
        return f"a word is missing; there are {', '.join(action.choices)}"
    return f"{name} is missing: {action.help}"


_CLOSE = 0.7
"""How similar a known word must be to what was typed to be suggested."""
_NOUNS = {"COMMAND": "command", "WHAT": "command", "SYSTEM": "system"}


def _suggestion(typed: str, known: Sequence[str]) -> str:
    found = get_close_matches(typed, known, n=1, cutoff=_CLOSE)
    return f"; did you mean {found[0]}?" if found else ""


_EPILOG = f"""\
exit codes:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

environment variables: {{command:--variables}}"""


def add_command(
    parsers: Parsers,
    name: str,
    *,
    summary: str,
    details: str,
    run: Callable[[Call], None] | None = None,
    report: Callable[[Call], int] | None = None,
    operate: Callable[[Any], int] | None = None,
    aliases: Sequence[str] = (),
) -> argparse.ArgumentParser:
    """Return the parser of a command: of a run, of a report, or of what operators do with a deployed environment."""
    parser = parsers.add_parser(
        name,
        aliases=aliases,
        help=summary,
        description=advice.resolve(details),
        epilog=advice.resolve(_EPILOG),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, report=report, operate=operate)
    return parser


def add_employees(parser: argparse.ArgumentParser, meaning: str = "only this employee (repeatable)") -> None:
    """Add `--employee ID`, repeatable."""
    parser.add_argument("--employee", metavar="ID", action="append", default=[], type=employee, help=meaning)


def add_only(parser: argparse.ArgumentParser, words: Sequence[str], meaning: str) -> None:
    """Add `--only`, for a class of changes. A former version of `undo` had another word for one."""
    former = {"suspensions": GuardClass.SUSPEND.value}
    parser.add_argument("--only", choices=words, type=lambda word: former.get(word, word), help=meaning)


_FLAGS = {
    "--dry-run": "do everything except write: change neither accounts nor state, take no lock",
    "--json": "as JSON",
    "--show-values": "also show names, departments and values: personal data",
    "--verbose": f"on a terminal: list all employees, not only the first {MOST_SHOWN} of each kind",
    "--yes": "do not ask for confirmation: for scripts and schedules",
}


def add_flags(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add options without a value that mean the same in several commands."""
    for name in names:
        parser.add_argument(name, action="store_true", help=_FLAGS[name])


def employee(text: str) -> int:
    """Parse an employee id of the command line."""
    number = parse_employee_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("an employee id is a whole number above 0")
    return number


def as_run_id(text: str) -> str:
    """Check the id of a run of the command line."""
    if not _RUN_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "a run_id looks like 20260131T033000Z-1a2b3c4d, and is not the id of the task; the summary begins with it"
        )
    return text


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a parser of whole numbers within these limits."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
            raise argparse.ArgumentTypeError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def employees(options: argparse.Namespace) -> tuple[int, ...]:
    """Return the employees that were named, each once."""
    return tuple(sorted(set(options.employee)))
