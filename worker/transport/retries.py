"""Decides whether a request is worth another attempt, and after which pause."""

from __future__ import annotations

import email.utils
import random
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from worker import logs
from worker.transport.http import Reply, Transport, TransportError

T = TypeVar("T")

_LONGEST_BACKOFF = 30.0
_SHORTEST_PAUSE = 0.1
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 509, *range(520, 531), 598, 599})
"""Statuses of a server, a gateway or a CDN in trouble.

509 is a web host's "bandwidth limit exceeded", 520 to 530 are Cloudflare's, 598 and 599 are time-outs of a proxy.
"""


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed a little later."""
    return status in _TRANSIENT


def backoff(attempt: int) -> float:
    """Return the pause after this attempt (the first is 1): half a second, doubled each time up to 30 s, +/- 25 %."""
    seconds = min(_LONGEST_BACKOFF, 0.5 * 2.0 ** min(attempt - 1, 10))
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret


_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s?", re.ASCII)


def retry_after(reply: Reply) -> float | None:
    """Return the Retry-After header, seconds or an HTTP date, in seconds from now; None if it cannot be read."""
    text = reply.headers.get("Retry-After", "").strip()
    if seconds := _SECONDS.fullmatch(text):
        return float(seconds[1])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


class Retries:
    """The retries of one request."""

    def __init__(self, transport: Transport) -> None:
        self._system = transport.system
        self._stop = transport.stop
        self._patience = transport.patience
        self._attempts = 0
        self._waited = 0.0
        self._first_fault: float | None = None

    def wait(self, reply: Reply | None, fault: str = "") -> bool:
        """Log and wait before another attempt; return False if it is pointless or the patience is used up.

        `reply` is the answer to the last attempt, None if no answer came; `fault` says what happened instead.
        """
        self._attempts += 1
        pause = self._pause(reply)
        if pause is None or not self._patience.take(pause):
            return False
        what = fault
        if reply is not None:
            in_maintenance = reply.status == HTTPStatus.SERVICE_UNAVAILABLE and reply.headers.get("Retry-After")
            what = f"HTTP {reply.status}{', in maintenance or overloaded' if in_maintenance else ''}"
        logs.warning(
            "http.retry",
            system=self._system,
            attempt=self._attempts,
            status=reply.status if reply else None,
            fault=fault or None,
            wait_seconds=round(pause, 2),
            reason=f"{self._system}: {what}; trying again in {max(pause, 1):.0f} s",
        )
        self._waited += pause
        self._stop.wait(pause)
        return True

    def _pause(self, reply: Reply | None) -> float | None:
        if reply is not None and not is_transient(reply.status):
            return None
        now = self._stop.clock()
        if self._first_fault is None:
            self._first_fault = now
        spent = max(self._waited, now - self._first_fault)
        left = self._patience.request_seconds - spent
        asked = (retry_after(reply) if reply else None) or 0.0
        if asked > max(left, 0.0):
            return asked if spent + asked <= self._patience.longest_wait else None
        return max(asked, min(backoff(self._attempts), left)) if left >= _SHORTEST_PAUSE else None


def with_retries(
    attempt: Callable[[], tuple[Reply, T]], retries: Retries, is_waited_for: Callable[[Reply], bool] = lambda _: True
) -> tuple[Reply, T]:
    """Repeat a request until it is answered or its patience ends; then return the last reply or raise the last fault.

    `is_waited_for`: whether another attempt is made after a reply that is not a success.
    """
    while True:
        try:
            reply, value = attempt()
        except TransportError as fault:
            if not (fault.is_transient and retries.wait(None, fault.what)):
                raise
        else:
            if reply.status < HTTPStatus.BAD_REQUEST or not (is_waited_for(reply) and retries.wait(reply)):
                return reply, value
