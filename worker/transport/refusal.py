"""The errors of both clients for a request without its answer, which one of its records may have caused.

An HTTP status *may concern one record* unless it is known to concern the whole system: only a request without records,
which isolation makes, distinguishes the two. Sources: "measured" on Moodle 4.1, 4.2, 4.5 and 5.1, "documented" for
BambooHR, "public" for reports in public trackers and the manuals of proxies and firewalls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

from worker.transport.http import NoAnswer, Reply
from worker.transport.retries import Retries, is_transient, with_retries

T = TypeVar("T")

NO_ANSWER = "no answer"
"""The code of a request without an answer."""


class Concerns(StrEnum):
    """What an answer concerns."""

    RECORD = "record"
    """Perhaps one record of the batch."""
    ACCESS = "access"
    """The credential may not use the function, or may not see this record."""
    TOKEN = "token"  # noqa: S105 - a name
    """Moodle does not know the token."""
    SERVICE_USER = "service user"
    """The Moodle token's user may not log in."""
    SITE = "site"
    """The whole system, for the time being, or the way to it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means.

    Attributes:
        concerns: What the answer concerns.
        is_transient: A quick second attempt may succeed.
        may_be_done: A write with this answer may have been done all the same.
    """

    concerns: Concerns
    is_transient: bool = False
    may_be_done: bool = False


class Refused(Exception):
    """One attempt ended without its answer: a system, or a server in front of it, refused it or did not answer.

    Isolation asks three things: may one record be the cause (then halve the batch), may another attempt succeed (then
    try the whole batch again first), and may the server have acted (then look up before sending anything again).

    The `code` is Moodle's error code, "HTTP 500", or a word of ours ("no answer"). It contains no personal value.
    """

    def __init__(self, code: str, meaning: Meaning) -> None:
        super().__init__(code)
        self.code = code
        self.may_be_record = meaning.concerns is Concerns.RECORD
        self.is_access = meaning.concerns is Concerns.ACCESS
        self.is_transient = meaning.is_transient
        self.may_be_done = meaning.may_be_done


_SLOW_DOWN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Whatever was sent (public: a time-out, early data, a rate limit)."""


def status_code(status: int) -> str:
    """Return the code under which an HTTP status is reported."""
    return f"HTTP {status}"


def meaning_of_status(reply: Reply) -> Meaning:
    """Return what an HTTP status other than 200 concerns."""
    status = reply.status
    # Maintenance answers 503 with Retry-After (measured, documented).
    in_maintenance = status == HTTPStatus.SERVICE_UNAVAILABLE and reply.headers.get("Retry-After")
    if in_maintenance or status in _SLOW_DOWN:
        return Meaning(Concerns.SITE)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Public: the server fails on one record, or is in trouble.
        return Meaning(Concerns.RECORD, is_transient=is_transient(status), may_be_done=True)
    # 3xx: measured: another address than the site's; public: a firewall that sends to its own page.
    # 4xx: measured: a wrong address (404), switched-off web services (403), a long request (413, 414); documented: one
    # id that a filter does not accept (400, 406, 422); public: a firewall, with any status, for a value.
    # Another success is an answer of neither system: a write may have been done.
    return Meaning(Concerns.RECORD, may_be_done=status < HTTPStatus.MULTIPLE_CHOICES)


def send_quickly(
    attempt: Callable[[], tuple[Reply, T]], retries: Retries, meaning_of: Callable[[Reply], Meaning] = meaning_of_status
) -> tuple[Reply, T]:
    """Make one attempt. It is repeated only after faults that no record can cause, and that leave nothing done.

    Raises:
        Refused: No answer came.
        TransportError: The request could not be sent, and the patience is used up.
    """

    def once() -> tuple[Reply, T]:
        try:
            return attempt()
        except NoAnswer as fault:
            # Public: a PHP process may die of one record.
            raise Refused(NO_ANSWER, Meaning(Concerns.RECORD, is_transient=True, may_be_done=True)) from fault

    return with_retries(once, retries, lambda reply: meaning_of(reply).concerns is Concerns.SITE)


def read_patiently(attempt: Callable[[], tuple[Reply, T]], retries: Retries) -> tuple[Reply, T]:
    """Repeat a read that concerns no record: whatever may pass is waited for, refusals included.

    Raises:
        Refused: The refusal does not pass, or the patience is used up.
        TransportError: The last attempt got no answer.
    """
    while True:
        try:
            return with_retries(attempt, retries)
        except Refused as refusal:
            if not (refusal.is_transient and retries.wait(None, f"answered {refusal.code}")):
                raise
