"""The exit codes, once: `--help` prints them, the RUNBOOK lists them, the alert rules read them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    ERRORS = 1
    USAGE = 2
    CONFIGURATION = 3
    HELD = 4
    CRASH = 70
    LOCKED = 75
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line for `--help`."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "no errors (a dry run and a second delivery of the same scheduled night included)",
    ExitCode.ERRORS: "errors; since and offset are where they were, the next run tries again",
    ExitCode.USAGE: "the command line was not understood, or what it names cannot be done",
    ExitCode.CONFIGURATION: "configuration or credentials; since and offset are where they were",
    ExitCode.HELD: "the only errors are suspensions that a guard held",
    ExitCode.CRASH: "a defect of this program; the summary and the log name the place",
    ExitCode.LOCKED: "another run holds the lock",
    ExitCode.TERMINATED: "SIGTERM: ended between two requests, the state is where it was",
}
