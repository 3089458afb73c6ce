"""Calls a function of Moodle's web service: builds the request, and interprets the answer.

Every application error is HTTP 200 with {"exception", "errorcode", "message"}; `message` and `debuginfo` can quote user
data and are never passed on. `wsfunction` is the last form field: PHP drops fields beyond max_input_vars silently, and
a request that lost its function does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from worker.config.credentials import RenewableCredential
from worker.errors import CredentialError, TargetError
from worker.moodle import fatal_errors
from worker.moodle.refusals import ASK_MOODLE, NO_JSON, SERVICE_USER_FIXES, meaning_of_code
from worker.transport.http import NotSent, Reply, Transport, TransportError
from worker.transport.json_stream import Malformed
from worker.transport.json_text import readable
from worker.transport.refusal import (
    Concerns,
    Meaning,
    Refused,
    meaning_of_status,
    read_patiently,
    send_quickly,
    status_code,
)
from worker.transport.retries import Retries

T = TypeVar("T")
Fields = Iterable[tuple[str, str]]

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_CODE = re.compile(r"[A-Za-z_/]{1,60}")


class _TokenRefused(Exception):
    """Moodle does not know the token that was sent."""


class WebService:
    """A Moodle site's web service, called with one token."""

    def __init__(self, transport: Transport, endpoint: str, token: RenewableCredential, fix_command: str) -> None:
        self.transport = transport
        self.fix_command = fix_command
        self._endpoint = endpoint
        self._token = token
        self._succeeded: set[str] = set()

    def read(self, function: str, fields: Fields, *, quick: bool = False) -> Any:
        """Return the result of a function that changes nothing. Raises Refused, or a SyncError that ends the run.

        `quick`: raise Refused, instead of retrying, if one record of the request may be the cause.
        """

        def call(body: bytes) -> Any:
            reply, answer = self._with_patience(lambda: self._attempt(body), quick=quick)
            if reply.status == HTTPStatus.OK:
                return answer
            meaning = meaning_of_status(reply)
            if quick and meaning.concerns is Concerns.RECORD:
                raise Refused(status_code(reply.status), meaning)
            raise fatal_errors.of_status(reply)

        return self._called(function, fields, call)

    def read_stream(
        self, function: str, fields: Fields, parse: Callable[[Iterator[bytes]], T], deadline: float
    ) -> T | None:
        """Return what `parse` makes of an answer as it arrives; None if the answer has another form.

        A gateway's time-out is not retried: the same search would take as long again.
        """

        def attempt(body: bytes) -> tuple[Reply, T | None]:
            opened = self.transport.open("POST", self._endpoint, data=body, headers=_FORM, deadline=deadline)
            with opened as (reply, chunks):
                if reply.status == HTTPStatus.GATEWAY_TIMEOUT:
                    raise fatal_errors.of_status(reply)
                if reply.status != HTTPStatus.OK:
                    return Reply(reply.status, reply.headers, b"".join(chunks)), None
                try:
                    return reply, parse(chunks)
                except Malformed as fault:
                    self._checked(fault.answer)
                    return reply, None

        def call(body: bytes) -> T | None:
            reply, value = self._with_patience(lambda: attempt(body))
            if reply.status != HTTPStatus.OK:
                raise fatal_errors.of_status(reply)
            return value

        return self._called(function, fields, call)

    def write(self, function: str, fields: Fields, check: Callable[[], None]) -> Any:
        """Return the result of a function that changes accounts.

        Another attempt is made only while it is certain that nothing was done. `check` is called before each attempt,
        and raises if none may be made.

        Raises:
            Refused: Nothing was done, unless it `may_be_done`.
            TransportError: Nothing was done, and the patience is used up.
            SyncError: Nothing was done, and nothing more can be.
        """
        retries = Retries(self.transport)

        def attempt(body: bytes) -> tuple[Reply, Any]:
            check()
            return self._attempt(body)

        def call(body: bytes) -> Any:
            reply, answer = send_quickly(lambda: attempt(body), retries)
            if reply.status == HTTPStatus.OK:
                return answer
            code, meaning = status_code(reply.status), meaning_of_status(reply)
            raise NotSent(code) if meaning.concerns is Concerns.SITE else Refused(code, meaning)

        return self._called(function, fields, call)

    # One attempt

    def _called(self, function: str, fields: Fields, attempt: Callable[[bytes], T]) -> T:
        """Call with the token and, if it is unknown to Moodle, once more with the token that its secret now holds."""
        readable_fields = [(name, readable(value)) for name, value in fields]

        def call(token: str) -> T:
            head = [("wstoken", token), ("moodlewsrestformat", "json")]
            return attempt(urlencode([*head, *readable_fields, ("wsfunction", function)]).encode())

        sent = self._token.value
        try:
            try:
                result = self._confirming_refusal(function, lambda: call(sent))
            except _TokenRefused:
                if not self._token.renew(sent):
                    raise
                result = call(self._token.value)
        except _TokenRefused:
            raise CredentialError(
                "Moodle does not know the token (it is wrong, deleted, or has expired)",
                advice=f"create a new token for the service user, then: {self.fix_command}",
            ) from None
        self._succeeded.add(function)
        return result

    def _confirming_refusal(self, function: str, call: Callable[[], T]) -> T:
        """Repeat a call that is refused now and was allowed before.

        This is how Moodle refuses the last call of an expired token; it does not know the token in the next (measured).
        """
        try:
            return call()
        except Refused as refusal:
            if refusal.code != "accessexception" or function not in self._succeeded:
                raise
            return call()

    def _attempt(self, body: bytes) -> tuple[Reply, Any]:
        reply = self.transport.send("POST", self._endpoint, data=body, headers=_FORM)
        return reply, self._result(reply) if reply.status == HTTPStatus.OK else None

    # Its answer

    def _result(self, reply: Reply) -> Any:
        try:
            answer = reply.json()
        except ValueError:
            # Public: a page with status 200, of a firewall, of PHP, or of a site that restarts.
            raise Refused(NO_JSON, Meaning(Concerns.RECORD, is_transient=True, may_be_done=True)) from None
        return self._checked(answer)

    def _checked(self, answer: Any) -> Any:
        """Return the answer; raise if it is a refusal."""
        if not isinstance(answer, dict) or "exception" not in answer:
            return answer
        code = plain_code(answer.get("errorcode"))
        meaning = meaning_of_code(code)
        if meaning.concerns is Concerns.TOKEN:
            raise _TokenRefused
        if meaning.concerns is Concerns.SERVICE_USER:
            raise CredentialError(
                f"Moodle refuses the token's user ({code})",
                advice=f"{ASK_MOODLE} to {SERVICE_USER_FIXES[code]}",
            )
        if meaning.concerns is Concerns.SITE:
            raise TargetError("the Moodle site is in maintenance", advice=fatal_errors.WAIT)
        raise Refused(code, meaning)

    def _with_patience(self, attempt: Callable[[], tuple[Reply, T]], *, quick: bool = False) -> tuple[Reply, T]:
        try:
            return (send_quickly if quick else read_patiently)(attempt, Retries(self.transport))
        except TransportError as fault:
            raise TargetError(
                f"Moodle could not be read: {fault.what}",
                advice=f"{fault.advice or 'check MOODLE_BASE_URL and the network'}; the next run reads it again",
            ) from fault


def plain_code(code: object) -> str:
    """Return Moodle's error code. Some are whole sentences of HTML, which are not repeated."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "unknown"
