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

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        _arm(self)  # What `urllib3` reads by if this connection, to a proxy, carries another TLS connection.
        return super().recv(buflen, flags)

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

    def connect(self) -> None:
        """Connect, through a proxy if there is one. Nothing of the request is sent by that, however it ends."""
        try:
            super().connect()
        finally:
            if deadline := _current.get():
                deadline.sent = False

    def _connect_tls_proxy(self, hostname: str, sock: socket.socket) -> ssl.SSLSocket:
        """Trust a proxy with https:// as the server is trusted, over a timed socket (called by `urllib3`).

        Without a context, the socket would be an ordinary one; with one, `urllib3` does not load the authorities.
        """
        context = _tls()
        context.load_verify_locations(self.ca_certs, self.ca_cert_dir)
        assert self.proxy_config is not None
        self.proxy_config = self.proxy_config._replace(ssl_context=context)
        return super()._connect_tls_proxy(hostname, sock)


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
            manager = super().proxy_manager_for(proxy, ssl_context=_tls(), **proxy_kwargs)
            manager.pool_classes_by_scheme = _POOLS
        return self.proxy_manager[proxy]


_POOLS: dict[str, Any] = {"http": _TimedPool, "https": _TimedTLSPool}
