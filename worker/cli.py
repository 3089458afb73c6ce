"""The command line: `python -m worker [COMMAND]`. Without a command: sync."""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from worker import advice, logs
from worker.commands import approve, doctor, explain, people, plan, reconcile, state, sync, undo
from worker.commands.base import Call
from worker.config.settings import describe
from worker.errors import ConfigurationError, ExitCode, SyncError, UsageError
from worker.runs.summary import Summary
from worker.stopping import StopSignal

_COMMANDS = (sync, plan, explain, approve, undo, reconcile, people, state, doctor)
_RUNS = ("sync", "approve", "undo", "reconcile")
_NAMES = tuple(module.__name__.rsplit(".", 1)[-1] for module in _COMMANDS)


def main(arguments: Sequence[str], environment: Mapping[str, str], stop: StopSignal) -> int:
    """Do what the command line says; return the exit code.

    A run prints its summary line on every end, a crash included. A report prints itself, or what is wrong.
    """
    logs.start_logging()
    started = datetime.now(UTC)
    summary = Summary(run_id=f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}", command="sync", started_at=started)
    try:
        options = _parser().parse_args(_with_command(arguments))
    except UsageError as fault:
        return _usage_error(arguments, summary, fault)
    except SystemExit as done:
        return int(done.code or 0)
    call = Call(options, environment, stop, summary)
    summary.command = options.command
    return _report(call) if options.report else _run(call)


def _usage_error(arguments: Sequence[str], summary: Summary, fault: UsageError) -> int:
    """A report answers in words; a run ends with its summary line, whatever was asked of it."""
    if arguments and arguments[0] in (*_NAMES, people.FORMER_NAME):
        summary.command = arguments[0]
    if summary.command in _RUNS:
        return _end_run(summary, fault)
    _print_faults([fault.message], fault.advice)
    return int(fault.exit_code)


def _run(call: Call) -> int:
    try:
        call.options.run(call)
        return _end_run(call.summary, None)
    except SyncError as end:
        return _end_run(call.summary, end)
    except BaseException as crash:
        summary = call.summary
        logs.error("sync.crash", kind=type(crash).__name__, where=logs.where(crash))
        summary.counts["errors"] += 1
        summary.message = f"a defect of this program ({type(crash).__name__}); the log names the place"
        summary.advice = "report the place; the state is where it was, and the next run tries again"
        print(summary.line(), flush=True)
        return int(summary.exit_code)


def _end_run(summary: Summary, end: SyncError | None) -> int:
    if end is not None:
        log = logs.info if end.exit_code is ExitCode.OK else logs.error
        for reason in end.faults if isinstance(end, ConfigurationError) else [end.message]:
            log("sync.ended", outcome=end.outcome, reason=reason, advice=end.advice)
    summary.finish(end)
    print(summary.line(), flush=True)
    return int(summary.exit_code)


def _report(call: Call) -> int:
    logs.for_readers()
    try:
        return int(call.options.report(call))
    except ConfigurationError as end:
        _print_faults(end.faults, end.advice)
        return int(end.exit_code)
    except SyncError as end:
        _print_faults([end.message], end.advice)
        return int(end.exit_code)
    except BrokenPipeError:
        # The reader has seen enough (`... | head`). Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except Exception as crash:
        place = " < ".join(reversed(logs.where(crash)))
        _print_faults(
            [f"a defect of this program ({type(crash).__name__}) at {place}"], "report the place; nothing was changed"
        )
        return int(ExitCode.CRASH)


def _print_faults(faults: Sequence[str], advice: str) -> None:
    for fault in faults:
        sys.stderr.write(f"worker: {fault}\n")
    if advice:
        sys.stderr.write(f"        {advice}\n")


def _with_command(arguments: Sequence[str]) -> list[str]:
    """`python -m worker --dry-run` is `python -m worker sync --dry-run`."""
    bare = not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help"))
    return ["sync", *arguments] if bare else list(arguments)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(_without_values(message), advice=f"see: {self.prog} --help")


_SAFE_TO_REPEAT = (
    "argument --employee:",
    "argument ID:",
    "argument --days:",
    "argument --only:",
    "one of the arguments",
)


def _without_values(message: str) -> str:
    """argparse's message without what was typed: that may be a token or an employee's address."""
    if message.startswith("unrecognized arguments"):
        return "there are arguments that are not known to this command"
    if "argument COMMAND" in message:
        return f"there is no such command; there are {', '.join(_NAMES)}"
    if message.startswith(("the following arguments", *_SAFE_TO_REPEAT)):
        return (
            message.split(" (choose from")[0]
            if "invalid choice" not in message
            else "--only takes: suspensions, fields"
        )
    if message.endswith("expected one argument") or " not allowed with argument " in message:
        return message
    return "not understood"


_FORMAT = argparse.RawDescriptionHelpFormatter


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m worker",
        usage="python -m worker [COMMAND] [OPTIONS]",
        description="Keeps a NovaLXP (Moodle) site in sync with BambooHR. Without a command: sync.",
        epilog=advice.resolve(_EPILOG),
        formatter_class=_FORMAT,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="python -m worker")
    for module in _COMMANDS:
        module.add(commands)
    return parser


_EPILOG = f"""\
examples:
  {{command:doctor}}                           is everything as it must be?
  {{command:plan}}                             what would the next run do?
  {{command:sync --employee 4711}}             bring one employee up to date now
  {{command:explain --employee 4711}}          why are they treated so?
  python -m worker COMMAND --help                   what a command does, and its options

exit codes:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

environment variables (an empty one counts as not set):
{describe()}

Exactly one of BAMBOO_SECRET_ID and BAMBOOHR_API_KEY, of MOODLE_SECRET_ID and MOODLE_TOKEN, and of STATE_TABLE and
STATE_FILE has to be set. boto3's own variables (AWS_REGION, AWS_ENDPOINT_URL, ...) are honoured."""
