"""A total deadline for an HTTP request.

`requests` and `urllib3` have a time-out per socket read only: a server that sends one byte a minute can hold a client
for days. Here every handshake, read and write of a connection gets what is left of the request's deadline, so that the
whole request, slow headers included, ends in time, through a proxy as well.
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
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from worker.stopping import StopSignal


class Deadline:
    """The deadline of this thread's request, and whether a part of that was handed to a connection (`sent`)."""

    def __init__(self, seconds: float, stop: StopSignal) -> None:
        self.sent = False
        self._ends_at = time.monotonic() + seconds
        self._stop = stop

    def remaining(self) -> float:
        """Return the seconds left; zero or less once it has passed."""
        return self._stop.allowance(self._ends_at - time.monotonic())


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def total_deadline(seconds: float, stop: StopSignal) -> Iterator[Deadline]:
    """Raise TimeoutError if this thread sends or reads inside the block after `seconds`."""
    deadline = Deadline(seconds, stop)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


def _arm(sock: socket.socket, *, sends: bool = False) -> None:
    """Give the next operation of a socket what is left of the deadline, if there is one."""
    deadline = _current.get()
    if deadline is None:
        return
    left = deadline.remaining()
    if left <= 0:
        raise TimeoutError("the request's deadline is over")
    own = sock.gettimeout()
    sock.settimeout(left if own is None else min(own, left))
    deadline.sent = deadline.sent or sends


class _TimedSocket(socket.socket):
    def sendall(self, data: Any, flags: int = 0) -> None:
        _arm(self, sends=True)
        super().sendall(data, flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        _arm(self)
        return super().recv_into(buffer, nbytes, flags)


class _TimedTLSSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        _arm(self)
        super().do_handshake(block)

    def send(self, data: Any, flags: int = 0) -> int:
        _arm(self, sends=True)
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        _arm(self)
        return super().recv_into(buffer, nbytes, flags)


def _timed(plain: socket.socket) -> socket.socket:
    timeout = plain.gettimeout()
    timed = _TimedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    timed.settimeout(timeout)
    return timed


class _TimedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _timed(super()._new_conn())


class _TimedTLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _timed(super()._new_conn())

    def _tunnel(self) -> None:
        """Ask a proxy to connect (called by `urllib3`). The server sees nothing of it, however it ends."""
        try:
            super()._tunnel()
        finally:
            if deadline := _current.get():
                deadline.sent = False


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLSConnection


def _tls() -> ssl.SSLContext:
    context = create_urllib3_context()
    context.sslsocket_class = _TimedTLSSocket
    return context


class TimedAdapter(HTTPAdapter):
    """An adapter for a `requests` session whose connections obey :func:`total_deadline`."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Use timed sockets for plain and TLS connections (called by `requests` once)."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, ssl_context=_tls(), **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        self.poolmanager = manager

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Use the same sockets if HTTPS_PROXY or HTTP_PROXY is set (called by `requests`)."""
        if proxy not in self.proxy_manager:
            # A proxy with https:// has a TLS connection of its own around that of the server.
            proxy_kwargs |= {} if proxy.lower().startswith("socks") else {"proxy_ssl_context": _tls()}
            manager = super().proxy_manager_for(proxy, ssl_context=_tls(), **proxy_kwargs)
            manager.pool_classes_by_scheme = _POOLS
        return self.proxy_manager[proxy]


_POOLS: dict[str, Any] = {"http": _TimedPool, "https": _TimedTLSPool}
