"""Stops new requests after SIGTERM or MAX_RUN_MINUTES, and ends the process if it is overdue.

Signals are received by a thread of their own (`sigwait`), not by a handler: a handler runs between any two bytecodes of
the main thread, where setting an event can wait for a lock that the main thread itself holds.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

from worker.errors import ExitCode, OutOfTime, Terminated

Clock = Callable[[], float]
"""Returns seconds that never decrease."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 60.0
"""How long a request in flight may still take after SIGTERM (the task's stop time-out is 120 s)."""
OVERDUE_SECONDS = 60.0
"""How long after MAX_RUN_MINUTES the process is ended, whatever it is waiting for."""


class StopSignal:
    """The signal to stop, shared by everything that waits or starts a request."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._event = threading.Event()
        self._limited = threading.Event()
        self._asked_at: float | None = None
        self._ends_at: float | None = None

    def limit(self, minutes: float) -> None:
        """Limit the run to this many minutes from now."""
        self._ends_at = self.clock() + minutes * 60
        self._limited.set()

    def ask(self) -> None:
        """Request that the run ends as soon as it can without losing anything."""
        self._asked_at = self.clock()
        self._event.set()

    def check(self) -> None:
        """Raise :class:`Terminated` or :class:`OutOfTime` if nothing new may start."""
        if self._event.is_set():
            raise Terminated("stopped on request", advice="the next run continues from the same place")
        if not self.has_time():
            raise OutOfTime(
                "the time limit MAX_RUN_MINUTES was reached",
                advice="the next run continues; raise MAX_RUN_MINUTES, or set BATCH_SIZE to split a long window",
            )

    def has_time(self) -> bool:
        """Return whether the run has time left within MAX_RUN_MINUTES."""
        return self._ends_at is None or self.clock() < self._ends_at

    def wait(self, seconds: float) -> None:
        """Sleep until the time is over or the run must end; then raise as :meth:`check` does."""
        left = seconds if self._ends_at is None else min(seconds, self._ends_at - self.clock())
        self._event.wait(max(0.0, left))
        self.check()

    def wait_until_overdue(self, grace: float) -> None:
        """Sleep until the run has exceeded its limit by `grace` seconds; forever if it has no limit."""
        self._limited.wait()
        assert self._ends_at is not None
        while (left := self._ends_at + grace - self.clock()) > 0:
            threading.Event().wait(left)

    def allowance(self, seconds: float) -> float:
        """Return how much longer a request in flight may take if it has `seconds` of its own left."""
        if self._asked_at is None:
            return seconds
        return min(seconds, self._asked_at + GRACE_SECONDS - self.clock())


def stop_on_signals(stop: StopSignal) -> None:
    """Make SIGTERM and SIGINT end the run. Call it from the main thread before any other thread starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def listen() -> None:
        signal.sigwait(_SIGNALS)
        stop.ask()

    threading.Thread(target=listen, name="signals", daemon=True).start()


def end_when_overdue(
    stop: StopSignal, *, grace: float = OVERDUE_SECONDS, end: Callable[[int], object] = os._exit
) -> threading.Thread:
    """End the process with 70 a minute after MAX_RUN_MINUTES.

    A thread that writes to a pipe without a reader (a blocked log driver) never reaches :meth:`StopSignal.check`.
    Nothing is flushed or logged here for the same reason.
    """

    def watch() -> None:
        stop.wait_until_overdue(grace)
        end(int(ExitCode.CRASH))

    watchdog = threading.Thread(target=watch, name="watchdog", daemon=True)
    watchdog.start()
    return watchdog
