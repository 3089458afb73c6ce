"""The errors that end a run before its plan is carried out.

A message says what happened and where; the advice says what to do. Neither ever contains a personal value or a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ended, with its `meaning` in one line for `--help`."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """Return the code, which is a number, with its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "no errors (also: a dry run, a paused run, a duplicate delivery, a declined confirmation)"
    ERRORS = 1, "errors; since and offset did not move, and the next run tries again"
    USAGE = 2, "the command line was not understood, or the request cannot be carried out"
    CONFIGURATION = 3, "invalid configuration or credentials; since and offset did not move"
    HELD = 4, "the only errors are held changes"
    UNAVAILABLE = 69, "./lxp --env only: AWS refused the request, there is no stack, or the task has no exit code"
    CRASH = 70, "a defect in this program; the summary and the log say where"
    LOCKED = 75, "another run holds the lock"
    INTERRUPTED = 130, "./lxp --env only: Ctrl-C; what was started in AWS keeps running"
    TERMINATED = 143, "SIGTERM: ended between two requests; since and offset did not move"


class SyncError(Exception):
    """The end of a run that an operator can act on."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERRORS
    outcome: ClassVar[str] = "error"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.faults = [message]
        self.advice = advice


class ConfigurationError(SyncError):
    """The settings cannot be used. The error holds every fault, so that one deploy can fix them all."""

    exit_code = ExitCode.CONFIGURATION
    outcome = "configuration_error"

    def __init__(self, faults: Sequence[str], *, advice: str = "") -> None:
        super().__init__("; ".join(faults), advice=advice)
        self.faults = list(faults)


class UsageError(SyncError):
    """The command line cannot be understood, or cannot be carried out as given."""

    exit_code = ExitCode.USAGE
    outcome = "usage_error"


class CredentialError(SyncError):
    """A credential is missing, was never set, is malformed, or is refused by its system."""

    exit_code = ExitCode.CONFIGURATION
    outcome = "credential_error"


class LockHeld(SyncError):
    """Another run is in progress."""

    exit_code = ExitCode.LOCKED
    outcome = "locked"


class DuplicateDelivery(SyncError):
    """The scheduler delivered this run before; EventBridge Scheduler promises at least once, not exactly once."""

    exit_code = ExitCode.OK
    outcome = "duplicate"


class Paused(SyncError):
    """An operator paused the scheduled runs, and the schedule started one all the same."""

    exit_code = ExitCode.OK
    outcome = "paused"


class NothingDone(SyncError):
    """The operator answered no, or nothing was left to do."""

    exit_code = ExitCode.OK
    outcome = "nothing_done"


class LockLost(SyncError):
    """The lock expired or went to another run; nothing more may be written."""

    outcome = "lock_lost"


class SourceError(SyncError):
    """BambooHR cannot be read, or its answer cannot be trusted."""

    outcome = "bamboohr_error"


class ListRefused(SourceError):
    """The key may not list employees, so that all employees cannot be read."""

    outcome = "list_refused"


class ReportRefused(SourceError):
    """The key may not run reports, so that fields by their API names are read one employee at a time."""

    outcome = "report_refused"


class TargetError(SyncError):
    """Moodle cannot be read, or its answer cannot be trusted."""

    outcome = "moodle_error"


class StateError(SyncError):
    """The state cannot be read or written."""

    outcome = "state_error"


class Terminated(SyncError):
    """The process was asked to stop."""

    exit_code = ExitCode.TERMINATED
    outcome = "terminated"


class OutOfTime(SyncError):
    """The run took longer than it may."""

    outcome = "out_of_time"
