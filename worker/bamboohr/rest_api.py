"""Sends a request to BambooHR's API with the key and the retries, and parses the answer as it arrives.

A refusal becomes :class:`Refused`, or an error that ends the run, in an operator's words. BambooHR's own texts are
never repeated.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar

from worker.config.credentials import RenewableCredential
from worker.errors import CredentialError, SourceError, SyncError
from worker.transport import refusal
from worker.transport.http import Reply, Transport, TransportError
from worker.transport.json_stream import Malformed
from worker.transport.json_text import read_json
from worker.transport.refusal import Concerns, Meaning, Refused, send_quickly, status_code
from worker.transport.retries import Retries, retry_after, with_retries
from worker.words import duration

T = TypeVar("T")

UNREADABLE = "unreadable answer"
"""The code of an answer about some employees that is not the documented JSON."""
_DOCUMENTED: Mapping[int, Meaning] = {
    401: Meaning(Concerns.SITE),  # no API key, or an unknown one
    403: Meaning(Concerns.ACCESS),  # no permission
    404: Meaning(Concerns.ACCESS),  # no such employee, or none that the key may see
}
_JSON_BODY = {"Content-Type": "application/json"}
"""Reports take this exact value only: with a character set they read the body as XML."""


class RestApi:
    """The API of one company, called with one key."""

    def __init__(self, transport: Transport, address: str, key: RenewableCredential, fix_command: str) -> None:
        self._transport = transport
        self._address = address
        self._key = key
        self._fix_command = fix_command
        self._key_accepted = False

    def read(
        self,
        what: str,
        path: str,
        query: Mapping[str, str],
        parse: Callable[[Iterator[bytes]], T],
        otherwise: Mapping[int, T | Exception] = MappingProxyType({}),
        *,
        body: bytes | None = None,
        deadline: float | None = None,
        quick: bool = False,
        may_take_no_keys: bool = False,
    ) -> T:
        """Return what `parse` makes of an answer as it arrives. Raises a SyncError, or Refused if it is quick.

        Args:
            what: What is read, for the messages.
            path: Below the API's address.
            query: The parameters.
            parse: Reads the whole answer, or raises Malformed.
            otherwise: For statuses that are no fault, what to return or to raise.
            body: A JSON document, which makes the request a POST.
            deadline: For a long answer, in seconds.
            quick: Raise Refused, instead of retrying, if an employee of the request may be the cause of a fault.
            may_take_no_keys: The endpoint may accept no API keys, and then answers 401: a key that was accepted before
                is not read again from its secret.
        """
        request = partial(self._send, path, query, parse, body, deadline)
        try:
            reply, value = self._with_key(lambda: self._attempted(request, quick=quick), keeps_key=may_take_no_keys)
        except Malformed as fault:
            if quick:
                raise refused_by_record(UNREADABLE) from fault
            raise SourceError(
                f"BambooHR's answer for {what} is not the documented JSON",
                advice="a proxy on the way cut the answer or put a web page in its place, or BAMBOO_COMPANY_DOMAIN is"
                " wrong: check both; nothing was changed; the next run reads it again",
            ) from fault
        if value is not None:
            return value
        result = otherwise.get(reply.status, self._fault(reply, what, quick=quick))
        if isinstance(result, Exception):
            raise result
        return result

    def _send(
        self,
        path: str,
        query: Mapping[str, str],
        parse: Callable[[Iterator[bytes]], T],
        body: bytes | None,
        deadline: float | None,
    ) -> tuple[Reply, T | None]:
        basic = base64.b64encode(f"{self._key.value}:x".encode()).decode()
        headers = {"Accept": "application/json", "Authorization": f"Basic {basic}", **(_JSON_BODY if body else {})}
        method, url = "POST" if body else "GET", self._address + path
        opened = self._transport.open(method, url, params=query, data=body, headers=headers, deadline=deadline)
        with opened as (reply, chunks):
            if reply.status == HTTPStatus.OK:
                return reply, parse(chunks)
            return Reply(reply.status, reply.headers, b"".join(chunks)), None

    def _fault(self, reply: Reply, what: str, *, quick: bool) -> Exception:
        meaning = meaning_of_status(reply)
        if quick and meaning.concerns is not Concerns.SITE:
            return Refused(status_code(reply.status), meaning)
        return _fatal_error(reply, what, self._fix_command)

    def _with_key(self, call: Callable[[], tuple[Reply, T]], *, keeps_key: bool) -> tuple[Reply, T]:
        key, renews_key = self._key.value, not (keeps_key and self._key_accepted)
        reply, value = call()
        if reply.status == HTTPStatus.UNAUTHORIZED and renews_key and self._key.renew(key):
            reply, value = call()
        self._key_accepted = self._key_accepted or reply.status != HTTPStatus.UNAUTHORIZED
        return reply, value

    def _attempted(self, attempt: Callable[[], tuple[Reply, T]], *, quick: bool) -> tuple[Reply, T]:
        retries = Retries(self._transport)
        try:
            if quick:
                return send_quickly(attempt, retries, meaning_of_status)
            try:
                return with_retries(attempt, retries)
            except Malformed:
                # A body without a length may have been cut off.
                return with_retries(attempt, retries)
        except TransportError as fault:
            what_to_do = fault.advice or "check the network and BAMBOO_COMPANY_DOMAIN"
            raise SourceError(
                f"BambooHR could not be read: {fault.what}",
                advice=f"{what_to_do}; nothing was changed; the next run reads it again",
            ) from fault


def json_object(chunks: Iterator[bytes]) -> dict[str, Any]:
    """Return the body as an object. Raises Malformed."""
    try:
        answer = read_json(b"".join(chunks))
    except ValueError as fault:
        raise Malformed("no JSON") from fault
    if not isinstance(answer, dict):
        raise Malformed("no object")
    return answer


def meaning_of_status(reply: Reply) -> Meaning:
    """Return what an HTTP status other than 200 concerns, for a request that names employees."""
    return _DOCUMENTED.get(reply.status) or refusal.meaning_of_status(reply)


def refused_by_record(code: str) -> Refused:
    """Return a refusal that one employee of the request may have caused, at a firewall or at BambooHR (public)."""
    return Refused(code, Meaning(Concerns.RECORD))


def _fatal_error(reply: Reply, what: str, fix_command: str) -> SyncError:
    """Return the error for a status that ends the run."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return CredentialError(
            "BambooHR does not know the API key (HTTP 401)",
            advice=f"create a new key as the sync's user, then: {fix_command}",
        )
    if reply.status == HTTPStatus.FORBIDDEN:
        return CredentialError(
            f"BambooHR refuses {what} (HTTP 403): the key's user has no right to it or is disabled, or the API is"
            " locked for a while after an unknown key was used repeatedly",
            advice="check the access level of the key's user; after a lock-out, wait before you try again",
        )
    if reply.status == HTTPStatus.NOT_FOUND or reply.status // 100 == 3:  # noqa: PLR2004 - any redirect
        return SourceError(
            f"BambooHR has no such address (HTTP {reply.status} for {what})", advice="check BAMBOO_COMPANY_DOMAIN"
        )
    if reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return SourceError(
            f"something in front of BambooHR answers {what} in its place (HTTP {reply.status})",
            advice="a firewall or proxy shows a page of its own: ask its operator to let requests to BambooHR through;"
            " nothing was changed; the next run reads it again",
        )
    asked = retry_after(reply)
    pause = f", and asks for a pause of {duration(asked)}" if asked else ""
    return SourceError(
        f"BambooHR answered HTTP {reply.status} for {what}{pause}",
        advice="nothing was changed; the next run reads it again",
    )
