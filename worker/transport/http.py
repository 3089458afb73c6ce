"""Makes one HTTP attempt, counted and bounded.

Both clients use it; it knows nothing of BambooHR or Moodle. An attempt ends in a :class:`Reply` (any status), in
:class:`NotSent` (the server cannot have acted) or in :class:`NoAnswer` (it may have acted).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypedDict, Unpack

import requests
from urllib3.exceptions import HTTPError

from worker.stopping import StopSignal
from worker.transport.deadline import Deadline, TimedAdapter, total_deadline
from worker.transport.json_text import read_json
from worker.transport.patience import Patience
from worker.transport.route import is_tls_refused, route_fault


class TransportError(Exception):
    """The attempt got no complete answer; `what` says why, in words that contain no values.

    `advice`: what to do if the cause is known; "" otherwise.
    """

    def __init__(self, what: str, *, is_transient: bool = True, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.is_transient = is_transient
        self.advice = advice


class NotSent(TransportError):
    """The connection was never made: the server cannot have acted."""


class NoAnswer(TransportError):
    """The request was sent, but no complete answer came back: the server may have acted."""


@dataclass(frozen=True)
class Reply:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError (and nothing else) if it is not JSON."""
        return read_json(self.body)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Ignore every redirect: `requests` parses even those that are not followed, and they may be unparsable."""


def new_session(connections: int, *, proxies: bool = True) -> requests.Session:
    """Return a keep-alive session with timed connections, and without cookies or credentials of its own.

    `proxies`: whether HTTPS_PROXY and REQUESTS_CA_BUNDLE of the environment apply.
    """
    session = _Session()
    session.trust_env = proxies
    # Without any, `requests` would add the credentials of a .netrc file.
    session.auth = lambda request: request
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, TimedAdapter(pool_connections=1, pool_maxsize=connections))
    return session


class Request(TypedDict, total=False):
    """The parts of a request besides its method and its address."""

    params: Mapping[str, str]
    data: bytes | None
    headers: Mapping[str, str]


@dataclass
class Transport:
    """Sends requests to one system.

    Redirects are never followed: they would carry the credential to another address.

    Attributes:
        system: "bamboohr" or "moodle", for the log.
        timeout: The total deadline of an ordinary request, in seconds.
        patience: The time that the run may wait for transient faults.
        calls: How many attempts were made.
        server_time: The Date header of the last answer.
    """

    system: str
    session: requests.Session
    timeout: float
    stop: StopSignal
    patience: Patience = field(default_factory=Patience)
    calls: int = field(default=0, init=False)
    server_time: str = field(default="", init=False)
    _counting: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def send(self, method: str, url: str, **request: Unpack[Request]) -> Reply:
        """Make one attempt, and read the answer to its end."""
        with self.open(method, url, **request) as (reply, chunks):
            return Reply(reply.status, reply.headers, b"".join(chunks))

    @contextmanager
    def open(
        self, method: str, url: str, *, deadline: float | None = None, **request: Unpack[Request]
    ) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """Make one attempt whose body is read in chunks inside the block.

        The deadline applies to the whole block: connection, first byte and body.
        """
        self.stop.check()
        with self._counting:
            self.calls += 1
        seconds = deadline or self.timeout
        with total_deadline(seconds, self.stop) as limit:
            response = self._start(limit, seconds, method, url, request)
            self.server_time = response.headers.get("Date", "")
            try:
                yield Reply(response.status_code, response.headers), _chunks(response)
            finally:
                response.close()

    def _start(self, limit: Deadline, seconds: float, method: str, url: str, request: Request) -> requests.Response:
        try:
            timeout = (min(self.timeout, seconds), seconds)
            return self.session.request(method, url, timeout=timeout, allow_redirects=False, stream=True, **request)
        except (requests.RequestException, OSError, HTTPError, UnicodeError) as fault:
            on_route = None if limit.sent else route_fault(self.session, url, fault)
            if on_route is None:
                raise _fault(fault, sent=limit.sent) from fault
            # Its text may have the proxy's address, with a password.
            raise NotSent(on_route.what, is_transient=on_route.is_transient, advice=on_route.advice) from None


def _fault(fault: Exception, *, sent: bool) -> TransportError:
    """Return what a fault on a route without a fault means."""
    match fault:
        case requests.ConnectTimeout():
            return NotSent("no connection in time")
        case requests.exceptions.SSLError() if sent:
            return NoAnswer("the TLS connection broke")
        case requests.exceptions.SSLError() if is_tls_refused(fault):
            return NotSent("the TLS certificate or handshake was not accepted", is_transient=False)
        case requests.exceptions.SSLError():
            return NotSent("the TLS handshake was cut")
        case requests.Timeout():
            return NoAnswer("no answer in time")
        case requests.ConnectionError():
            if "NewConnectionError" in repr(fault) or "NameResolutionError" in repr(fault):
                return NotSent("the connection was refused or the name is unknown")
            return NoAnswer("the connection was cut")
        case requests.RequestException():
            return NoAnswer(f"the request failed ({type(fault).__name__})", is_transient=False)
    return NotSent(f"the request could not be made ({type(fault).__name__})", is_transient=False)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(1 << 16)
    except (requests.RequestException, TimeoutError) as fault:
        raise NoAnswer("the answer was cut or too slow") from fault
