"""A total deadline for an HTTP request.

`requests` and `urllib3` know a time-out per socket read only: a server that sends one byte a minute holds such a client
for days. Here every read of a connection is given what is left of the request's deadline, so that the whole request,
the slow headers included, ends in time.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from worker.stopping import Stopping


class Deadline:
    """When the request that this thread makes has to be over."""

    def __init__(self, seconds: float, stopping: Stopping) -> None:
        self._ends_at = time.monotonic() + seconds
        self._stopping = stopping

    def remaining(self) -> float:
        """Seconds left; zero or less when it is over."""
        return self._stopping.allowance(self._ends_at - time.monotonic())


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def total_deadline(seconds: float, stopping: Stopping) -> Iterator[None]:
    """Whatever this thread sends or reads inside the block has to be over in `seconds`; otherwise TimeoutError."""
    token = _current.set(Deadline(seconds, stopping))
    try:
        yield
    finally:
        _current.reset(token)


def _arm(sock: socket.socket) -> None:
    deadline = _current.get()
    if deadline is None:
        return
    left = deadline.remaining()
    if left <= 0:
        raise TimeoutError("the request's deadline is over")
    own = sock.gettimeout()
    sock.settimeout(left if own is None else min(own, left))


class _TimedSocket(socket.socket):
    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        _arm(self)
        return super().recv_into(buffer, nbytes, flags)


class _TimedTLSSocket(ssl.SSLSocket):
    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        _arm(self)
        return super().recv_into(buffer, nbytes, flags)


class _TimedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        plain = super()._new_conn()
        timeout = plain.gettimeout()
        timed = _TimedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        timed.settimeout(timeout)
        return timed


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class TimedAdapter(HTTPAdapter):
    """An adapter for a `requests` session whose connections keep to :func:`total_deadline`."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Called by `requests` once; plain and TLS connections both read through timed sockets."""
        context = create_urllib3_context()
        context.sslsocket_class = _TimedTLSSocket
        kwargs["ssl_context"] = context
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "http": _TimedPool}
        self.poolmanager = manager
