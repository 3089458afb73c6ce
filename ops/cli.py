"""The command line: `./lxp [--env NAME] COMMAND`. `python -m ops` is the same."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from ops import alerts, as_task, credentials, dead_letters, here, pausing, runs
from ops.context import Context, Pace, Terminal
from ops.deployment import find
from ops.errors import Interrupted, refusal
from worker import advice, cli, streams
from worker.commands import people
from worker.commands.parser import Parser, leaves, parser_of, subcommands
from worker.errors import ExitCode, SyncError, UsageError


class Place(Enum):
    """Where a command runs with `--env`. Without it, the worker's commands run on this machine."""

    TASK = "runs in a task, with the role and the network of the scheduled runs"
    HERE = "runs on this machine, with the settings of the deployed task; with --task, in a task"
    OPERATOR = "runs on this machine, and only with --env"


PLACES: Mapping[str, Place] = {
    **dict.fromkeys(("sync", "approve", "reconcile", "undo"), Place.TASK),
    **dict.fromkeys(("plan", "explain", "people", "state", "doctor"), Place.HERE),
    **dict.fromkeys(advice.OPERATOR_COMMANDS, Place.OPERATOR),
}

FORWARDS: Mapping[str, tuple[str, ...]] = {
    "run": ("sync",),
    "dry-run": ("sync", "--dry-run"),
    "stop": ("runs", "stop"),
    "tail": ("runs", "logs"),
    "summaries": ("runs", "list"),
    "task": ("runs", "show"),
    people.FORMER_NAME: ("people",),
    **{f"{name}-{what}": ("people", what) for name in ("people", "parked") for what in ("list", "retry", "drop")},
    **{f"state-{what}": ("state", what) for what in ("show", "rewind", "reset", "rebind")},
    **{f"secret-{system}": ("secret", "set", system) for system in ("bamboohr", "moodle")},
}
"""What the targets of make and former versions call a command."""

_OWN = (runs, credentials, alerts, dead_letters, pausing)

GROUPS = {
    "Try it": ("doctor", "plan", "explain"),
    "Day to day": ("sync", "reconcile", "approve", "undo", "runs", "pause", "resume"),
    "People": ("people",),
    "State": ("state",),
    "Deploy": ("secret", "alerts", "dead-letters"),
}


def _names(place: Place) -> str:
    *names, last = (name for name in PLACES if PLACES[name] is place)
    return f"{', '.join(names)} and {last}"


_EPILOG = f"""\
With --env: {_names(Place.TASK)} run in a task on AWS, all others on this machine.
Without --env: commands run on this machine, with settings from environment variables;
{_names(Place.OPERATOR)} need --env.

examples:
  ./lxp --env dev doctor                     is everything set up correctly?
  ./lxp --env dev plan                       what would the next run do?
  ./lxp --env dev explain --employee 4711    why does a run handle them this way?
  ./lxp --env prod runs list                 how did the last runs end?

{{command:COMMAND --help}} explains one command: its options, examples and exit codes.
`make help` lists the targets that deploy an environment and remove it."""


def main(arguments: Sequence[str], *, pace: Pace | None = None) -> int:
    """Do what the command line says; return the exit code."""
    terminal = Terminal()
    try:
        try:
            return _run(arguments, terminal, pace or Pace())
        except SystemExit:
            # argparse has written the help or the version.
            streams.write_stdout()
            return ExitCode.OK
    except SyncError as fault:
        end = fault
    except (ClientError, BotoCoreError) as fault:
        end = refusal(fault)
    except KeyboardInterrupt:
        end = Interrupted("interrupted; what was started in AWS keeps running")
    except BrokenPipeError:
        # The reader of the output has closed it (`... | head`).
        return ExitCode.OK
    terminal.note(f"lxp: {end.message}")
    if end.advice:
        terminal.note(f"     {end.advice}")
    return end.exit_code


def _run(arguments: Sequence[str], terminal: Terminal, pace: Pace) -> int:
    environment, file, typed = _environment(arguments)
    words = [*FORWARDS.get(typed[0], typed[:1]), *typed[1:]] if typed else []
    with advice.using(advice.CommandLine(advice.LXP, environment, str(file or ""))):
        parser = make_parser()
        if not words:
            parser.print_help()
            return ExitCode.USAGE
        options = parser.parse_args(words)
        place = PLACES[options.command]
        # The command as it was typed, without the options that the worker does not have.
        own = Parser(add_help=False)
        _add_options(own, options.command)
        worker_words = own.parse_known_args(words)[1]
        if not environment:
            _without_environment(place, words, worker_words)
        aws, deployment = find(environment, file)
        context = Context(
            options=options,
            environment=environment,
            aws=aws,
            deployment=deployment,
            terminal=terminal,
            pace=pace,
        )
        if place is Place.OPERATOR:
            return int(options.operate(context))
        if place is Place.TASK:
            return as_task.run(context, worker_words)
        here.check_deployment(context)
        return (as_task.report if options.task else here.run)(context, worker_words)


def _environment(arguments: Sequence[str]) -> tuple[str, Path | None, list[str]]:
    """The environment, its file, and the words beside them; the name of a file is that of its environment."""
    parser = Parser(prog=advice.LXP, add_help=False)
    _add_environment(parser)
    options, words = parser.parse_known_args(arguments)
    file: Path | None = options.env_file
    return options.env or (file.stem if file else ""), file, words


def _add_environment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", metavar="NAME", help="name of the deployed environment: dev, prod, ...")
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="the environment's file (default: cdk_app/environments/NAME.toml)"
    )


def _without_environment(place: Place, words: Sequence[str], worker_words: Sequence[str]) -> NoReturn:
    if place is Place.OPERATOR:
        name_it = f"name it: {advice.command(*words)}"
        without = f"; without AWS, {advice.command('state', 'show')} lists the last runs" if words[0] == "runs" else ""
        raise UsageError(f"{words[0]} needs a deployed environment", advice=name_it + without)
    if list(words) != list(worker_words):
        extra = next(word for word in words if word not in worker_words)
        raise UsageError(f"{extra.split('=')[0]} needs a deployed environment", advice="name it: --env NAME")
    here.become_worker(worker_words)


def _add_options(parser: argparse.ArgumentParser, command: str) -> None:
    if PLACES[command] is not Place.OPERATOR:
        as_task.add_options(parser, command, is_run=PLACES[command] is Place.TASK)


def make_parser() -> Parser:
    """Return the parser of every command, in the words of the reader of the moment."""
    parser = parser_of(
        (*cli.COMMANDS.values(), *_OWN),
        GROUPS,
        usage="./lxp [--env NAME] COMMAND [OPTIONS]",
        description="Keeps a NovaLXP (Moodle) site in sync with BambooHR, on this machine or in an environment on AWS.",
        epilog=_EPILOG,
    )
    _add_environment(parser)
    cli.add_information(parser)
    for command, place in PLACES.items():
        for leaf in leaves(subcommands(parser)[command]):
            if place is Place.OPERATOR:
                leaf.prog = advice.command(*leaf.prog.removeprefix(parser.prog).split())
            else:
                _add_options(leaf.add_argument_group("with --env", f"{command} {place.value}"), command)  # type: ignore[arg-type]
    return parser
