"""Knows when no new request may start: SIGTERM came, or MAX_RUN_MINUTES are over.

Signals are taken by a thread of their own (`sigwait`) and not by a handler: a handler runs between any two bytecodes of
the main thread, where setting an event can wait for a lock that the main thread itself holds.
"""

from __future__ import annotations

import signal
import threading
import time

from worker.errors import OutOfTime, Terminated

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 60.0
"""What a request in flight may still take after SIGTERM (the task's stop time-out is 120 s)."""


class StopSignal:
    """Shared by everything that waits or starts a request."""

    def __init__(self, max_minutes: float | None = None) -> None:
        self._event = threading.Event()
        self._asked_at: float | None = None
        self._ends_at: float | None = None
        if max_minutes is not None:
            self.limit(max_minutes)

    def limit(self, minutes: float) -> None:
        """From now the run may take so many minutes."""
        self._ends_at = time.monotonic() + minutes * 60

    def ask(self) -> None:
        """End as soon as nothing is lost by it."""
        self._asked_at = time.monotonic()
        self._event.set()

    def check(self) -> None:
        """Raise :class:`Terminated` or :class:`OutOfTime` if nothing new may start."""
        if self._event.is_set():
            raise Terminated("asked to stop", advice="the next run goes on from the same place")
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            raise OutOfTime(
                "MAX_RUN_MINUTES are over",
                advice="the next run goes on; raise MAX_RUN_MINUTES, or set BATCH_SIZE to split a long window",
            )

    def wait(self, seconds: float) -> None:
        """Sleep, unless and until the run must end; then raise as :meth:`check` does."""
        left = seconds if self._ends_at is None else min(seconds, self._ends_at - time.monotonic())
        self._event.wait(max(0.0, left))
        self.check()

    def allowance(self, seconds: float) -> float:
        """How much longer a request in flight may take that has `seconds` of its own left."""
        if self._asked_at is None:
            return seconds
        return min(seconds, self._asked_at + GRACE_SECONDS - time.monotonic())


def stop_on_signals(stopping: StopSignal) -> None:
    """Let SIGTERM and SIGINT ask the run to end. Call it from the main thread before any other thread starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def listen() -> None:
        signal.sigwait(_SIGNALS)
        stopping.ask()

    threading.Thread(target=listen, name="signals", daemon=True).start()
