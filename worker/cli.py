"""The command line: `python -m worker [sync]`."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from worker import logs
from worker.assembly import assemble
from worker.directory import employee_id
from worker.errors import ConfigurationError, SyncError
from worker.exits import ExitCode
from worker.run import Job
from worker.settings import describe, read_settings
from worker.stopping import Stopping
from worker.summary import Summary


class UsageError(SyncError):
    """The command line was not understood."""

    exit_code = ExitCode.USAGE
    outcome = "usage_error"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(_without_values(message), advice=f"see: {self.prog} --help")


def _without_values(message: str) -> str:
    """argparse's message without what was typed: that may be a token or a person's address."""
    if message.startswith("unrecognized arguments"):
        return "there are arguments that are not known; sync knows --dry-run, --employee ID and --reactivate"
    if "invalid choice" in message:
        return "there is no such command; there is sync"
    return message if message.startswith(("argument --employee:", "the following arguments")) else "not understood"


def main(arguments: Sequence[str], environment: Mapping[str, str], stopping: Stopping) -> int:
    """Run a command; the exit code. The summary line is printed on every end, a crash included."""
    logs.start_logging()
    started = datetime.now(UTC)
    summary = Summary(run_id=f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}", command="sync", started_at=started)
    try:
        options = _parser().parse_args(_with_command(arguments))
        _sync(options, environment, stopping, summary)
        summary.finish()
    except SyncError as end:
        _log_end(end)
        summary.finish(end)
    except SystemExit as done:
        return int(done.code or 0)
    except BaseException as crash:
        logs.error("sync.crash", kind=type(crash).__name__, where=logs.where(crash))
        summary.counts["errors"] += 1
        summary.message = f"a defect of this program ({type(crash).__name__}); the log names the place"
        summary.advice = "report the place; the state is where it was, and the next run tries again"
    print(summary.line(), flush=True)
    return int(summary.exit_code)


def _sync(options: argparse.Namespace, environment: Mapping[str, str], stopping: Stopping, summary: Summary) -> None:
    job = Job(tuple(sorted(set(options.employee))), dry_run=options.dry_run, reactivate=options.reactivate)
    if job.reactivate and not job.employees:
        raise UsageError("--reactivate needs --employee", advice="name the people to reactivate: --employee ID")
    summary.scope, summary.dry_run = job.scope, job.dry_run
    settings = read_settings(environment)
    summary.trigger, summary.batch_size = settings.trigger, settings.batch_size
    stopping.limit(settings.max_run_minutes)
    assemble(settings, job, stopping, summary, _progress).execute()


def _log_end(end: SyncError) -> None:
    log = logs.info if end.exit_code is ExitCode.OK else logs.error
    for reason in end.faults if isinstance(end, ConfigurationError) else [end.message]:
        log("sync.ended", outcome=end.outcome, reason=reason, advice=end.advice)


def _progress(total: int) -> Callable[[], None]:
    """A bar on stderr for long work on a terminal; nothing elsewhere."""
    if total == 0 or not sys.stderr.isatty():
        return lambda: None
    from tqdm import tqdm

    bar = tqdm(total=total, unit="people", file=sys.stderr)

    def tick() -> None:
        bar.update()
        if bar.n >= total:
            bar.close()

    return tick


def _with_command(arguments: Sequence[str]) -> list[str]:
    """`python -m worker --dry-run` is `python -m worker sync --dry-run`."""
    bare = not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help"))
    return ["sync", *arguments] if bare else list(arguments)


def _employee_id(text: str) -> int:
    number = employee_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("an employee id is a whole number above 0")
    return number


_FORMAT = argparse.RawDescriptionHelpFormatter


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m worker",
        usage="python -m worker [sync] [--dry-run] [--employee ID]... [--reactivate]",
        description="Keeps a NovaLXP (Moodle) site in step with BambooHR. Without a command: sync.",
        epilog=_EPILOG,
        formatter_class=_FORMAT,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    sync = commands.add_parser(
        "sync",
        help="bring everybody who changed since the last run into Moodle (the nightly run)",
        description=_SYNC,
        epilog=_EPILOG,
        formatter_class=_FORMAT,
    )
    sync.add_argument("--dry-run", action="store_true", help="do everything but write: no account, no state, no lock")
    sync.add_argument(
        "--employee",
        metavar="ID",
        action="append",
        default=[],
        type=_employee_id,
        help="only this employee (repeatable); since and offset stay where they are",
    )
    sync.add_argument(
        "--reactivate", action="store_true", help="with --employee: reactivate the account whoever suspended it"
    )
    return parser


_SYNC = """\
Reads who changed in BambooHR since the last run, looks these people up in Moodle, creates, updates, suspends and
reactivates accounts, and moves the state on. Stdout gets one JSON line, the summary; stderr the log, a JSON object a
line.

Nobody is suspended without evidence of her own (deleted, or status Inactive); more suspensions than a small share of
the company are held, everything else goes on, and the exit code says so."""

_EPILOG = f"""\
examples:
  python -m worker --dry-run                        what would tonight's run do?
  python -m worker sync --employee 4711             bring one person in step now
  python -m worker sync --employee 4711 --reactivate

exit codes:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

environment variables (an empty one counts as not set):
{describe()}

Exactly one of BAMBOO_SECRET_ID and BAMBOOHR_API_KEY, of MOODLE_SECRET_ID and MOODLE_TOKEN, and of STATE_TABLE and
STATE_FILE has to be set. boto3's own variables (AWS_REGION, AWS_ENDPOINT_URL, ...) are honoured."""
