"""The time that one run may wait for transient faults."""

from __future__ import annotations

import threading
import time

from worker.stopping import Clock

REQUEST_SECONDS = 180.0
"""How long a request is retried, counted from its first fault."""
RUN_SECONDS = 900.0
"""How long a run waits in total, for both systems together."""
LONGEST_WAIT_SECONDS = 300.0
"""The longest Retry-After that is honoured, and the longest total wait of a request that gets one."""


class Patience:
    """One budget, shared by the clients of a run."""

    def __init__(
        self,
        seconds: float = RUN_SECONDS,
        *,
        request_seconds: float = REQUEST_SECONDS,
        longest_wait: float = LONGEST_WAIT_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        self.request_seconds = request_seconds
        self.longest_wait = longest_wait
        self._left = seconds
        self._clock = clock
        self._waits_until = float("-inf")
        self._mutex = threading.Lock()

    @classmethod
    def for_reader(cls, seconds: float) -> Patience:
        """Return the patience of a command whose reader waits too: this many seconds for one request."""
        return cls(3 * seconds, request_seconds=seconds, longest_wait=seconds)

    def take(self, pause: float) -> bool:
        """Book a pause that begins now; return False if the run has waited long enough.

        Pauses of several threads at the same time count once.
        """
        with self._mutex:
            now = self._clock()
            until = now + pause
            extra = max(0.0, until - max(now, self._waits_until))
            if extra > self._left:
                return False
            self._left -= extra
            self._waits_until = max(self._waits_until, until)
            return True
