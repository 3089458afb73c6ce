"""Sends a request to BambooHR's API with the key and the retries, and parses the answer as it arrives."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar

from worker.bamboohr import refusals
from worker.config.credentials import RenewableCredential
from worker.errors import SourceError
from worker.transport.http import Reply, Transport, TransportError
from worker.transport.json_stream import Malformed
from worker.transport.json_text import read_json
from worker.transport.refusal import Concerns, Refused, read_quickly, status_code
from worker.transport.retries import Retries, with_retries

T = TypeVar("T")


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
                raise refusals.by_record(refusals.UNREADABLE) from fault
            raise SourceError(
                f"BambooHR's answer for {what} is not the documented JSON",
                advice="check BAMBOO_COMPANY_DOMAIN (a web page instead of data means a wrong address); nothing was"
                " changed",
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
        method, headers = ("GET", {}) if body is None else ("POST", _JSON_BODY)
        headers = {**self._headers(), **headers}
        with self._transport.open(
            method, self._address + path, params=query, data=body, headers=headers, deadline=deadline
        ) as (reply, chunks):
            if reply.status == HTTPStatus.OK:
                return reply, parse(chunks)
            return Reply(reply.status, reply.headers, b"".join(chunks)), None

    def _fault(self, reply: Reply, what: str, *, quick: bool) -> Exception:
        meaning = refusals.meaning_of_status(reply)
        if quick and meaning.concerns is not Concerns.SITE:
            return Refused(status_code(reply.status), meaning)
        return refusals.of_status(reply, what, self._fix_command)

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
                return read_quickly(attempt, retries, refusals.meaning_of_status)
            try:
                return with_retries(attempt, retries)
            except Malformed:
                # A body without a length may have been cut off.
                return with_retries(attempt, retries)
        except TransportError as fault:
            raise SourceError(
                f"BambooHR could not be read: {fault.what}",
                advice="check the network and BAMBOO_COMPANY_DOMAIN; nothing was changed; the next run reads it again",
            ) from fault

    def _headers(self) -> dict[str, str]:
        basic = base64.b64encode(f"{self._key.value}:x".encode()).decode()
        return {"Accept": "application/json", "Authorization": f"Basic {basic}"}


_JSON_BODY = {"Content-Type": "application/json"}
"""Reports take this exact value only: with a character set they read the body as XML."""


def json_object(chunks: Iterator[bytes]) -> dict[str, Any]:
    """Return the body as an object. Raises Malformed."""
    try:
        answer = read_json(b"".join(chunks))
    except ValueError as fault:
        raise Malformed("no JSON") from fault
    if not isinstance(answer, dict):
        raise Malformed("no object")
    return answer
