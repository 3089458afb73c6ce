"""One HTTP attempt, counted and bounded, and the one decision whether to try again.

Both clients stand on this: it knows nothing of BambooHR or Moodle. An attempt ends in a :class:`Reply` (any status), in
:class:`NotSent` (the server cannot have acted) or in :class:`NoAnswer` (it may have acted).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from worker.stopping import StopSignal
from worker.transport.deadline import Deadline, TimedAdapter, total_deadline

T = TypeVar("T")


_CHUNK = 1 << 16


class TransportError(Exception):
    """The attempt brought no whole answer. `what` says how, in words that carry no value."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotSent(TransportError):
    """The connection was never made: the server cannot have acted."""


class NoAnswer(TransportError):
    """The request went out, no whole answer came back: the server may have acted."""


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON; ValueError (and nothing else) if it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as deep:
            raise ValueError("nested too deeply") from deep


class _Bare(AuthBase):
    """Keeps `requests` from adding what a .netrc says about the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect leads anywhere. Even one that is not followed is parsed by `requests`, and may be unparsable."""


def new_session(connections: int, auth: tuple[str, str] | None = None, *, proxies: bool = True) -> requests.Session:
    """A keep-alive session with timed connections, no cookies, no credentials but these.

    `proxies`: whether the environment's HTTPS_PROXY and REQUESTS_CA_BUNDLE count.
    """
    session = _Session()
    session.trust_env = proxies
    session.auth = auth or _Bare()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, TimedAdapter(pool_connections=1, pool_maxsize=connections))
    return session


@dataclass
class Transport:
    """Sends requests to one system.

    `timeout` is the total deadline of a request in seconds, and what one read of it may take. `server_time` is the Date
    header of the last answer. Redirects are never followed: they would carry the credential to another address.
    """

    system: str
    session: requests.Session
    timeout: float
    stopping: StopSignal
    calls: int = field(default=0, init=False)
    server_time: str = field(default="", init=False)
    _counting: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One attempt, read to its end."""
        with self.open(method, url, params=params, data=data, headers=headers) as (reply, chunks):
            return Reply(reply.status, reply.headers, b"".join(chunks))

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """One attempt whose body is read in chunks inside the block; the deadline holds for the whole block."""
        self.stopping.check()
        with self._counting:
            self.calls += 1
        with total_deadline(deadline or self.timeout, self.stopping) as limit:
            response = self._start(limit, method, url, params, data, headers)
            self.server_time = response.headers.get("Date", "")
            try:
                yield Reply(response.status_code, response.headers), _chunks(response)
            finally:
                response.close()

    def _start(
        self,
        limit: Deadline,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        data: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> requests.Response:
        try:
            return self.session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
            )
        except requests.ConnectTimeout as fault:
            raise NotSent("no connection in time") from fault
        except requests.exceptions.SSLError as fault:
            if limit.sent:
                raise NoAnswer("the TLS connection broke") from fault
            raise NotSent("the TLS certificate or handshake was not accepted") from fault
        except requests.Timeout as fault:
            raise NoAnswer("no answer in time") from fault
        except requests.ConnectionError as fault:
            if "NewConnectionError" in repr(fault) or "NameResolutionError" in repr(fault):
                raise NotSent("the connection was refused or the name is unknown") from fault
            raise NoAnswer("the connection was cut") from fault
        except requests.RequestException as fault:
            raise NoAnswer(f"the request failed ({type(fault).__name__})") from fault
        except (OSError, HTTPError) as fault:
            raise NotSent(f"the request could not be made ({type(fault).__name__})") from fault


def _chunks(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_CHUNK)
    except (requests.RequestException, TimeoutError) as fault:
        raise NoAnswer("the answer was cut or too slow") from fault
