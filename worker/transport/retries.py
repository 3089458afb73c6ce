"""Whether a read is worth another attempt, and after which pause."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from worker import logs
from worker.stopping import StopSignal
from worker.transport.http import Reply, TransportError

T = TypeVar("T")


LONGEST_WAIT_SECONDS = 300.0
"""A server that asks for a longer pause than this is not waited for."""


_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.GATEWAY_TIMEOUT,
        598,
    }
)


def pause_before_retry(reply: Reply | None, attempt: int) -> float | None:
    """Seconds to wait before trying a *read* again, or None if that is pointless.

    `reply` is None when no answer came. `attempt` counts from 1. What the server asks for in Retry-After is done,
    unless it is longer than :data:`LONGEST_WAIT_SECONDS`.
    """
    backoff = float(min(8.0, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret
    if reply is None or reply.status in _PASSING:
        return backoff
    if reply.status not in _BUSY:
        return None
    asked = retry_after(reply)
    if asked is None:
        return backoff
    return None if asked > LONGEST_WAIT_SECONDS else asked


def retry_after(reply: Reply) -> float | None:
    """The Retry-After header in seconds from now; None if there is none that can be read. Seconds or an HTTP date."""
    text = reply.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def with_retries(
    attempt: Callable[[], tuple[Reply, T]], *, system: str, stopping: StopSignal, tries: int
) -> tuple[Reply, T]:
    """Repeat a read until it is answered or patience ends; then give the last reply or raise the last fault."""
    number = 0
    while True:
        number += 1
        reply: Reply | None = None
        fault: TransportError | None = None
        try:
            reply, value = attempt()
        except TransportError as caught:
            fault = caught
            if number >= tries:
                raise
        pause = pause_before_retry(reply, number)
        if reply is not None and (reply.status < HTTPStatus.BAD_REQUEST or number >= tries or pause is None):
            return reply, value
        pause = pause or 0.0
        logs.warning(
            "http.retry",
            system=system,
            attempt=number,
            status=reply.status if reply else None,
            fault=fault.what if fault else None,
            wait_seconds=round(pause, 2),
        )
        stopping.wait(pause)
