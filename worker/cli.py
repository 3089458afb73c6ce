"""The command line: `python -m worker [COMMAND]`. Without a command: sync."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from worker import __version__, advice, logs, streams
from worker.commands import approve, doctor, explain, people, plan, reconcile, state, sync, undo
from worker.commands.base import Call
from worker.commands.parser import parser_of
from worker.config.settings import describe
from worker.errors import ExitCode, SyncError, UsageError
from worker.reports.terminal import TerminalLog
from worker.runs.summary import Summary
from worker.stopping import StopSignal
from worker.words import MOST_SHOWN

COMMANDS = {
    "sync": sync,
    "plan": plan,
    "explain": explain,
    "approve": approve,
    "undo": undo,
    "reconcile": reconcile,
    "people": people,
    "state": state,
    "doctor": doctor,
}
_RUNS = ("sync", "approve", "undo", "reconcile")


def main(arguments: Sequence[str], environment: Mapping[str, str], stop: StopSignal) -> int:
    """Execute the command line; return the exit code.

    A run prints its summary line on every end, a crash included. A report prints its result, or what is wrong.
    """
    logs.start_logging()
    started = datetime.now(UTC)
    summary = Summary(run_id=f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}", command="sync", started_at=started)
    try:
        options = _parser().parse_args(_with_command(arguments))
    except UsageError as fault:
        return _usage_error(arguments, summary, fault)
    except SystemExit:
        # argparse has written the help or the version.
        return _report(streams.write_stdout)
    call = Call(options, environment, stop, summary)
    summary.command = options.command
    if not options.report:
        return _run(call)
    logs.for_readers()
    return _report(lambda: options.report(call))


def _usage_error(arguments: Sequence[str], summary: Summary, fault: UsageError) -> int:
    """Print a usage error: of a report, in words; of a run, with its summary line as on every end."""
    if arguments and arguments[0] in (*COMMANDS, people.FORMER_NAME):
        summary.command = arguments[0]
    if summary.command in _RUNS:
        return _end_run(summary, fault, _terminal_log())
    return _print_faults(fault)


def _terminal_log(*, verbose: bool = False) -> TerminalLog | None:
    """Set up and return the log for a reader if stderr is a terminal; return None otherwise."""
    if not sys.stderr.isatty():
        return None
    log = TerminalLog(None if verbose else MOST_SHOWN)
    logs.for_readers(log.line)
    return log


def _run(call: Call) -> int:
    log = _terminal_log(verbose=call.options.verbose)
    try:
        call.options.run(call)
        return _end_run(call.summary, None, log)
    except SyncError as end:
        return _end_run(call.summary, end, log)
    except BaseException as crash:
        summary = call.summary
        logs.error("sync.crash", kind=type(crash).__name__, where=logs.where(crash))
        summary.counts["errors"] += 1
        summary.message = f"a defect in this program ({type(crash).__name__}); the log names the place"
        summary.advice = "report the place; since and offset did not move, and the next run tries again"
        return _print_summary(summary, log)


def _end_run(summary: Summary, end: SyncError | None, log: TerminalLog | None) -> int:
    if end is not None:
        write = logs.info if end.exit_code is ExitCode.OK else logs.error
        for reason in end.faults:
            write("sync.ended", outcome=end.outcome, reason=reason, advice=end.advice)
    summary.finish(end)
    return _print_summary(summary, log)


def _print_summary(summary: Summary, log: TerminalLog | None) -> int:
    """Print the line to stdout, which is the same everywhere; at a terminal, the summary in words follows on stderr."""
    if log is not None and (left_out := log.left_out()):
        streams.write_stderr(left_out)
    try:
        streams.write_stdout(summary.line())
    except (BrokenPipeError, streams.OutputError):
        # The run is over, and its record is kept: how it ended does not depend on who reads it.
        logs.warning("summary.unprinted", reason="stdout cannot be written to")
    if log is not None:
        streams.write_stderr(log.summary(summary.as_dict(datetime.now(UTC))))
    return int(summary.exit_code)


def _report(report: Callable[[], int | None]) -> int:
    try:
        return int(report() or ExitCode.OK)
    except SyncError as end:
        return _print_faults(end)
    except BrokenPipeError:
        # The reader has seen enough (`... | head`).
        return int(ExitCode.OK)
    except Exception as crash:
        place = " < ".join(reversed(logs.where(crash)))
        what = f"a defect in this program ({type(crash).__name__}) at {place}"
        _print_faults(SyncError(what, advice="report the place; nothing was changed"))
        return int(ExitCode.CRASH)


def _print_faults(end: SyncError) -> int:
    """Print what is wrong and what to do about it; return the exit code."""
    prefix = "lxp: " if advice.current().program == advice.LXP else "worker: "
    for fault in end.faults:
        streams.write_stderr(f"{prefix}{fault}")
    if end.advice:
        streams.write_stderr(f"{' ' * len(prefix)}{end.advice}")
    return int(end.exit_code)


_INFORMATION = ("-h", "--help", "--version", "--variables")


def _with_command(arguments: Sequence[str]) -> list[str]:
    """Add the default command: `python -m worker --dry-run` is `python -m worker sync --dry-run`."""
    bare = not arguments or (arguments[0].startswith("-") and arguments[0] not in _INFORMATION)
    return ["sync", *arguments] if bare else list(arguments)


GROUPS = {
    "Try it": ("doctor", "plan", "explain"),
    "Day to day": ("sync", "reconcile", "approve", "undo"),
    "People and state": ("people", "state"),
}


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(
        COMMANDS.values(),
        GROUPS,
        usage=f"{advice.current().prefix} [COMMAND] [OPTIONS]",
        description="Keeps a NovaLXP (Moodle) site in sync with BambooHR. Without a command: sync.",
        epilog=_EXAMPLES,
    )
    add_information(parser)
    return parser


def add_information(parser: argparse.ArgumentParser) -> None:
    """Add the options that print something and exit."""
    parser.add_argument("--version", action="version", version=__version__, help="print the version and exit")
    parser.add_argument(
        "--variables", action="version", version=_VARIABLES, help="print the environment variables and exit"
    )


_EXAMPLES = """\
examples:
  {command:doctor}                      is everything set up correctly?
  {command:plan}                        what would the next run do?
  {command:explain --employee 4711}     why does a run handle them this way?
  {command:sync --employee 4711}        bring one employee up to date now

{command:COMMAND --help} explains one command: its options, examples and exit codes."""

_VARIABLES = f"""\
environment variables (an empty one counts as not set):
{describe()}

Exactly one of BAMBOO_SECRET_ID and BAMBOOHR_API_KEY, of MOODLE_SECRET_ID and MOODLE_TOKEN, and of STATE_TABLE and
STATE_FILE must be set. boto3's own variables (AWS_REGION, AWS_ENDPOINT_URL, ...) are honoured."""
