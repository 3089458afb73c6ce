"""The command line: `./lxp [--env NAME] COMMAND`. `python -m ops` is the same."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from ops import alerts, as_task, credentials, dead_letters, here, pausing, runs
from ops.context import Context, Pace
from ops.deployment import find
from ops.errors import Interrupted, refusal
from ops.terminal import Terminal
from worker import __version__, advice, cli
from worker.commands import people
from worker.commands.parser import Parser, leaves, subcommands
from worker.config.settings import describe
from worker.errors import ExitCode, SyncError, UsageError


class Place(Enum):
    """Where a command runs with `--env`. Without it, the worker's commands run on this machine."""

    TASK = "in a task, with the role and the network of the scheduled runs"
    HERE = "on this machine, with the settings of the deployed task; with --task in a task"
    OPERATOR = "on this machine, and only with --env"


PLACES: Mapping[str, Place] = {
    "sync": Place.TASK,
    "approve": Place.TASK,
    "reconcile": Place.TASK,
    "undo": Place.TASK,
    "plan": Place.HERE,
    "explain": Place.HERE,
    "people": Place.HERE,
    "state": Place.HERE,
    "doctor": Place.HERE,
    "runs": Place.OPERATOR,
    "secret": Place.OPERATOR,
    "alerts": Place.OPERATOR,
    "dead-letters": Place.OPERATOR,
    "pause": Place.OPERATOR,
    "resume": Place.OPERATOR,
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

_OWN: Mapping[str, ModuleType] = {
    "runs": runs,
    "secret": credentials,
    "alerts": alerts,
    "dead-letters": dead_letters,
    "pause": pausing,
}


def _places() -> str:
    """The table for `--help`."""
    named = {place: ", ".join(name for name in PLACES if PLACES[name] is place) for place in Place}
    return "\n".join(f"  {names}:\n      {place.value}" for place, names in named.items())


_EPILOG = f"""\
Without --env, the worker's commands run on this machine, with settings from environment variables. With --env:
{_places()}

examples:
  ./lxp --env prod doctor --task               is everything set up correctly?
  ./lxp --env dev plan                         what would the next run do?
  ./lxp --env dev sync --employee 4711         sync one employee now
  ./lxp --env dev explain --employee 4711      why does a run handle them as it does?
  ./lxp --env prod runs list --last 14         how did the last runs end?
  ./lxp --env prod approve RUN --dry-run       what did a run hold?
  ./lxp --env prod undo RUN --dry-run          what would an undo restore?
  ./lxp --env dev state rewind --days 3        read the changes of the last three days again
  ./lxp COMMAND --help                         what a command does, and its options

exit codes (those of the worker or the task, where a command starts one):
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

environment variables without --env (an empty variable counts as not set):
{describe()}

boto3 connects to AWS, so AWS_PROFILE, AWS_REGION and so on are honoured. Everything else comes from the outputs of the
environment's stack. `make VERB ENV=NAME ARGS=...` does the same, but ends with exit code 2 after any error."""


def main(arguments: Sequence[str], *, pace: Pace | None = None) -> int:
    """Do what the command line says; return the exit code."""
    terminal = Terminal()
    try:
        return _run(arguments, terminal, pace or Pace())
    except SystemExit as done:
        return int(done.code or 0)
    except SyncError as fault:
        end = fault
    except (ClientError, BotoCoreError) as fault:
        end = refusal(fault)
    except KeyboardInterrupt:
        end = Interrupted("interrupted; what was started in AWS keeps running")
    except BrokenPipeError:
        # The reader of the output has closed it (`... | head`). Python would report that once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
        worker_words = _worker_words(options, words)
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
        return (as_task.run if place is Place.TASK else here.report)(context, worker_words)


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
        raise UsageError(f"{words[0]} needs a deployed environment", advice=f"name it: {advice.command(*words)}")
    if list(words) != list(worker_words):
        extra = next(word for word in words if word not in worker_words)
        raise UsageError(f"{extra.split('=')[0]} needs a deployed environment", advice="name it: --env NAME")
    here.become_worker(worker_words)


def _worker_words(options: argparse.Namespace, words: Sequence[str]) -> list[str]:
    """The command as it was typed, without the options that the worker does not have."""
    own = Parser(add_help=False)
    _add_options(own, options.command)
    return own.parse_known_args(words)[1]


def _add_options(parser: argparse.ArgumentParser, command: str) -> None:
    """Add what a command of the worker takes beside its own options, with `--env`."""
    if PLACES[command] is Place.TASK:
        as_task.add_run_options(parser, command)
    elif PLACES[command] is Place.HERE:
        parser.add_argument("--task", action="store_true", help="run in a task, with the role and network of the runs")
        as_task.add_waiting(parser)


def make_parser() -> Parser:
    """Return the parser of every command, in the words of the reader of the moment."""
    prog = advice.current().prefix
    parser = Parser(
        prog=prog,
        usage="./lxp [--env NAME] [--env-file FILE] COMMAND [OPTIONS]",
        description="Runs the BambooHR to NovaLXP sync, on this machine or in a deployed environment.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_environment(parser)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog=prog)
    for module in (*cli.COMMANDS.values(), *_OWN.values()):
        module.add(commands)
    for command, place in PLACES.items():
        for leaf in leaves(subcommands(parser)[command]):
            if place is Place.OPERATOR:
                leaf.prog = advice.command(*leaf.prog.removeprefix(prog).split())
            else:
                _add_options(leaf.add_argument_group("with --env"), command)  # type: ignore[arg-type]
    return parser
