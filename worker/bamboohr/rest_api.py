"""One request to BambooHR's API: the key, the retries, and the answer as an object."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from worker.bamboohr import refusals
from worker.bamboohr.refusals import NO_ANSWER, Concerns, Refused
from worker.config.credentials import RenewableCredential
from worker.transport.http import NoAnswer, Reply, Transport, TransportError
from worker.transport.json_stream import Malformed
from worker.transport.retries import Retries, with_retries

T = TypeVar("T")


class RestApi:
    """The API of one company, called with one key.

    Attributes:
        key_accepted: an answer to the present key was no 401.
    """

    def __init__(self, transport: Transport, address: str, key: RenewableCredential) -> None:
        self.key_accepted = False
        self._transport = transport
        self._address = address
        self._key = key

    def get(self, path: str, query: Mapping[str, str], *, quick: bool = False, renews_key: bool = True) -> Reply:
        """The answer, whatever its status.

        Args:
            path: below the API's address.
            query: the parameters.
            quick: raise Refused, instead of retrying, where an employee of the request may be the cause of a fault.
            renews_key: read the key once more from its secret if it is refused.
        """
        attempt = self._quickly if quick else self._retried
        return self._with_key(lambda: attempt(lambda: (self._send(path, query), None)), renews_key=renews_key)[0]

    def stream(self, path: str, parse: Callable[[Iterator[bytes]], T], deadline: float) -> tuple[Reply, T | None]:
        """What `parse` makes of a long answer as it arrives, or raises; None if its status is not 200."""

        def attempt() -> tuple[Reply, T | None]:
            with self._transport.open("GET", self._address + path, headers=self._headers(), deadline=deadline) as (
                reply,
                chunks,
            ):
                return reply, parse(chunks) if reply.status == HTTPStatus.OK else None

        return self._with_key(lambda: self._retried(attempt))

    def post(
        self,
        path: str,
        query: Mapping[str, str],
        body: bytes,
        parse: Callable[[Iterator[bytes]], T],
        deadline: float | None,
    ) -> tuple[Reply, T | None]:
        """What `parse` makes of the answer to a request with a JSON body; None if its status is not 200.

        It is quick as :meth:`get` can be. Where an endpoint takes no API keys it answers 401 as well: a key that was
        accepted is not renewed.
        """
        # Reports take this exact value only: with a character set they read the body as XML.
        headers = {"Content-Type": "application/json"}

        def attempt() -> tuple[Reply, T | None]:
            with self._transport.open(
                "POST",
                self._address + path,
                params=query,
                data=body,
                headers={**self._headers(), **headers},
                deadline=deadline,
            ) as (reply, chunks):
                return reply, parse(chunks) if reply.status == HTTPStatus.OK else None

        return self._with_key(lambda: self._quickly(attempt), renews_key=not self.key_accepted)

    def _with_key(self, call: Callable[[], tuple[Reply, T]], *, renews_key: bool = True) -> tuple[Reply, T]:
        key = self._key.value
        reply, value = call()
        if reply.status == HTTPStatus.UNAUTHORIZED and renews_key and self._key.renew(key):
            reply, value = call()
        self.key_accepted = self.key_accepted or reply.status != HTTPStatus.UNAUTHORIZED
        return reply, value

    def _retried(self, attempt: Callable[[], tuple[Reply, T]]) -> tuple[Reply, T]:
        try:
            return with_retries(attempt, Retries(self._transport))
        except TransportError as fault:
            raise refusals.unreachable(fault.what) from fault

    def _quickly(self, attempt: Callable[[], tuple[Reply, T]]) -> tuple[Reply, T]:
        retries = Retries(self._transport)
        while True:
            try:
                reply, value = attempt()
            except NoAnswer as fault:
                raise Refused(NO_ANSWER) from fault
            except TransportError as fault:
                if fault.is_passing and retries.wait(None, fault.what):
                    continue
                raise refusals.unreachable(fault.what) from fault
            if reply.status == HTTPStatus.OK:
                return reply, value
            if refusals.meaning_of_status(reply).concerns is not Concerns.SITE or not retries.wait(reply):
                return reply, value

    def _send(self, path: str, query: Mapping[str, str]) -> Reply:
        return self._transport.send("GET", self._address + path, params=query, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        basic = base64.b64encode(f"{self._key.value}:x".encode()).decode()
        return {"Accept": "application/json", "Authorization": f"Basic {basic}"}


def json_object(reply: Reply) -> dict[str, Any]:
    """The answer as an object. Raises Malformed."""
    try:
        answer = reply.json()
    except ValueError as fault:
        raise Malformed("no JSON") from fault
    if not isinstance(answer, dict):
        raise Malformed("no object")
    return answer
