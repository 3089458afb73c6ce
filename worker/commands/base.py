"""What all commands share: the call that their functions receive, their parsers and options, and the confirmation.

A *run* (sync, approve, reconcile, undo) fills the summary, whose line is its only output on stdout. A *report* (plan,
explain, doctor, people, state) is for a reader: it prints, and returns an exit code.
"""

from __future__ import annotations

import argparse
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker import advice
from worker.config.settings import Settings, read_settings
from worker.errors import ExitCode, NothingDone, UsageError
from worker.model.employee import employee_id
from worker.model.held_change import HeldChanges
from worker.model.history import History
from worker.model.step import GuardClass
from worker.progress import Progress, bar
from worker.runs.run_input import RunRequest
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

    def begin(self, request: RunRequest, about_run: str = "") -> None:
        """Set in the summary what was requested, so that it is shown however the run ends."""
        self.summary.dry_run, self.summary.scope = request.dry_run, request.summary_scope
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
    kept = (services.store.held_changes(run.run_id) for run in history.runs if run.held_count)
    return [held for held in kept if held is not None and held.is_valid(services.clock())]


def reader_patience() -> Patience:
    """Return how long a report waits for a system: its reader would rather know that a site is in maintenance."""
    return Patience.for_reader(30.0)


_EPILOG = f"""\
exit codes:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

environment variables: {{command:--variables}}"""

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


def add_employees(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add `--employee ID`, repeatable."""
    parser.add_argument("--employee", metavar="ID", action="append", default=[], type=employee, help=meaning)


def add_only(parser: argparse.ArgumentParser, words: Sequence[str], meaning: str) -> None:
    """Add `--only`, for a class of changes. A former version of `undo` had another word for one."""
    parser.add_argument("--only", choices=words, type=lambda word: _FORMER_WORDS.get(word, word), help=meaning)


_FORMER_WORDS = {"suspensions": GuardClass.SUSPEND.value}


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`, for commands that ask."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation: for scripts and schedules")


def add_run_options(parser: argparse.ArgumentParser, *, asks: bool) -> None:
    """Add the options that all runs share; `asks`: the command asks before it writes."""
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="do everything except write: change neither accounts nor state, take no lock",
    )
    if asks:
        add_show_values(parser)
        add_yes(parser)
    add_verbose(parser)


def add_show_values(parser: argparse.ArgumentParser) -> None:
    """Add `--show-values`."""
    parser.add_argument(
        "--show-values", action="store_true", help="also show names, departments and values: personal data"
    )


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add `--verbose`, for output at a terminal; elsewhere it is complete anyway."""
    parser.add_argument(
        "--verbose",
        action="store_true",
        help=f"on a terminal: list all employees, not only the first {MOST_SHOWN} of each kind",
    )


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


def confirm(question: str, stop: StopSignal, *, yes: bool) -> None:
    """Raise NothingDone unless the operator confirms, now or beforehand (`yes`). Asks on stderr, not on stdout."""
    if yes:
        return
    require_terminal(yes=yes)
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    # Another thread receives the signals, so a blocking read would not notice Ctrl-C.
    while not select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
        stop.check()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NothingDone("not confirmed; nothing was done")


_POLL_SECONDS = 0.2


def require_terminal(*, yes: bool) -> None:
    """Raise UsageError at once, not after minutes of reading, if a question could not be answered."""
    if not yes and not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError("there is no terminal to ask for confirmation", advice="pass --yes if that is what you want")
