"""What every command is: a parser that teaches, and a function that gets all it works with.

A *run* (sync, approve, reconcile, undo) changes something: it fills the summary, whose line is all that stdout gets. A
*report* (plan, explain, doctor, parked, state) is for a reader: it prints, and answers an exit code.
"""

from __future__ import annotations

import argparse
import select
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.config.settings import Settings, read_settings
from worker.errors import ExitCode, UsageError
from worker.model.employee import employee_id
from worker.runs.summary import Summary
from worker.stopping import StopSignal

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Parsers = argparse.Action  # argparse's own type takes no parameter at run time


@dataclass(frozen=True)
class Call:
    """One call of a command."""

    options: argparse.Namespace
    environment: Mapping[str, str]
    stopping: StopSignal
    summary: Summary

    def settings(self, **instead: str) -> Settings:
        """The whole configuration, `instead` laid over the environment; limits how long the command may take."""
        settings = read_settings({**self.environment, **instead})
        self.summary.trigger, self.summary.batch_size = settings.trigger, settings.batch_size
        self.stopping.limit(settings.max_run_minutes)
        return settings


_EPILOG = f"""\
exit codes:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

The environment variables: python -m worker --help"""

RunCommand = Callable[[Call], None]
ReportCommand = Callable[[Call], int]


def add_command(
    parsers: Parsers,
    name: str,
    *,
    summary: str,
    teaches: str,
    run: RunCommand | None = None,
    report: ReportCommand | None = None,
) -> argparse.ArgumentParser:
    """A parser for a command."""
    parser = parsers.add_parser(
        name,
        help=summary,
        description=teaches,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, report=report)
    return parser


def add_employees(parser: argparse.ArgumentParser, meaning: str) -> None:
    """`--employee ID`, repeatable."""
    parser.add_argument("--employee", metavar="ID", action="append", default=[], type=employee, help=meaning)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """`--yes`, for what is asked about."""
    parser.add_argument("--yes", action="store_true", help="do not ask: for scripts and schedules")


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """`--dry-run`."""
    parser.add_argument("--dry-run", action="store_true", help="do everything but write: no account, no state, no lock")


def employee(text: str) -> int:
    """An employee id of the command line."""
    number = employee_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("an employee id is a whole number above 0")
    return number


def employees(options: argparse.Namespace) -> tuple[int, ...]:
    """Those who are named, each once."""
    return tuple(sorted(set(options.employee)))


def confirm(question: str, stopping: StopSignal, *, yes: bool) -> None:
    """Go on only if the operator says so, here or beforehand (`yes`). Speaks on stderr: stdout is the result's."""
    if yes:
        return
    require_somebody(yes=yes)
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    # Signals are taken by another thread, so a read that waits would not notice Ctrl-C.
    while not select.select([sys.stdin], [], [], _LOOKED_UP_SECONDS)[0]:
        stopping.check()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("not confirmed; nothing was changed")


_LOOKED_UP_SECONDS = 0.2


def require_somebody(*, yes: bool) -> None:
    """Refuse at once, and not after minutes of reading, where a question could not be answered."""
    if not yes and not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError("nobody is at a terminal to be asked", advice="say --yes if that is what you want")
