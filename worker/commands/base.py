"""What all commands share: the call that their functions receive, their parsers and their options.

A *run* (sync, approve, reconcile, undo) fills the summary, whose line is its only output on stdout. A *report* (plan,
explain, doctor, people, state) is for a reader: it prints, and returns an exit code.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker import advice
from worker.config.settings import Settings, read_settings
from worker.errors import ExitCode
from worker.model.employee import employee_id
from worker.model.held_change import HeldChanges
from worker.model.history import History
from worker.model.step import GuardClass
from worker.progress import Progress, bar
from worker.runs.services import Services, open_services, read_credentials
from worker.runs.summary import Summary
from worker.stopping import StopSignal
from worker.transport.patience import Patience
from worker.words import MOST_SHOWN

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Parsers = argparse.Action  # argparse's own type takes no parameter at run time


@dataclass(frozen=True)
class Call:
    """One call of a command."""

    options: argparse.Namespace
    environment: Mapping[str, str]
    stop: StopSignal
    summary: Summary

    def begin(self, scope: str, about_run: str = "") -> None:
        """Set in the summary what was requested, so that it is shown however the run ends."""
        self.summary.dry_run, self.summary.scope = self.options.dry_run, scope
        self.summary.about_run = about_run

    def settings(self) -> Settings:
        """Return the settings, and start the time limit."""
        settings = read_settings(self.environment)
        self.summary.trigger, self.summary.batch_size = settings.trigger, settings.batch_size
        self.stop.limit(settings.max_run_minutes)
        return settings

    def services(self, progress: Progress = bar, patience: Patience | None = None) -> Services:
        """Return the services of a run. Neither BambooHR nor Moodle is called yet."""
        settings = self.settings()
        return open_services(settings, read_credentials(settings, patience), self.stop, self.summary, progress)


def approvable(services: Services, history: History) -> list[HeldChanges]:
    """Return the held changes of recent runs that can still be approved, oldest first."""
    kept = (services.store.held(run.run_id) for run in history.runs if run.held_count)
    return [held for held in kept if held is not None and held.is_valid(services.clock())]


def reader_patience() -> Patience:
    """Return how long a report waits for a system: its reader would rather know that a site is in maintenance."""
    return Patience.for_reader(30.0)


_EPILOG = f"""\
exit codes:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

environment variables: {{command:--variables}}"""


def add_command(
    parsers: Parsers,
    name: str,
    *,
    summary: str,
    teaches: str,
    run: Callable[[Call], None] | None = None,
    report: Callable[[Call], int] | None = None,
    aliases: Sequence[str] = (),
) -> argparse.ArgumentParser:
    """Return the parser of a command."""
    parser = parsers.add_parser(
        name,
        aliases=aliases,
        help=summary,
        description=advice.resolve(teaches),
        epilog=advice.resolve(_EPILOG),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, report=report)
    return parser


def add_employees(parser: argparse.ArgumentParser, meaning: str = "only this employee (repeatable)") -> None:
    """Add `--employee ID`, repeatable."""
    parser.add_argument("--employee", metavar="ID", action="append", default=[], type=employee, help=meaning)


def add_only(parser: argparse.ArgumentParser, words: Sequence[str], meaning: str) -> None:
    """Add `--only`, for a class of changes. A former version of `undo` had another word for one."""
    parser.add_argument("--only", choices=words, type=lambda word: _FORMER_WORDS.get(word, word), help=meaning)


_FORMER_WORDS = {"suspensions": GuardClass.SUSPEND.value}


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
    number = employee_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("an employee id is a whole number above 0")
    return number


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
