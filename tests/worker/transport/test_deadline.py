"""A request is over in time whatever the server does, over a plain and over a TLS connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.worker.clients import Identity, Patient, RawServer, connect_to, raw_server, read_request
from worker import stopping as stopping_module
from worker.stopping import StopSignal
from worker.transport.http import NoAnswer, NotSent, Transport, TransportError, new_session

TIMEOUT = 0.3
LATE = 2.0
"""Far more than the time-out, far less than what a client without a total deadline would take."""

DRIP = 0.02
"""Seconds between two bytes: every single read is quick."""

Talk = Callable[[socket.socket, RawServer], None]


@pytest.fixture
def own_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    """A server's certificate, and a client that trusts it and no other."""
    identity = Identity(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity.authority))
    return identity


@pytest.fixture(params=["plain", "tls"])
def identity(request: pytest.FixtureRequest) -> Identity | None:
    return request.getfixturevalue("own_certificate") if request.param == "tls" else None


@contextmanager
def talking(
    talk: Talk, identity: Identity | None, stopping: StopSignal | None = None, timeout: float = TIMEOUT
) -> Iterator[tuple[Transport, RawServer]]:
    session = new_session(1)
    with raw_server(talk, identity.server if identity else None) as server:
        yield Transport("moodle", session, timeout, stopping or Patient()), server
        session.close()


@contextmanager
def in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LATE


def drip(connection: socket.socket, server: RawServer, data: bytes) -> None:
    for at in range(len(data)):
        connection.sendall(data[at : at + 1])
        if server.ended.wait(DRIP):
            return


def drip_a_body(connection: socket.socket, server: RawServer) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    drip(connection, server, b"x" * 1000)


def drip_headers(connection: socket.socket, server: RawServer) -> None:
    read_request(connection)
    drip(connection, server, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000)


def say_continue_for_ever(connection: socket.socket, server: RawServer) -> None:
    read_request(connection)
    while not server.ended.wait(DRIP):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def say_nothing(connection: socket.socket, server: RawServer) -> None:
    read_request(connection)
    server.ended.wait()


def answer_in_chunks_for_ever(connection: socket.socket, server: RawServer) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.ended.wait(DRIP):
        connection.sendall(b"1\r\nx\r\n")


@pytest.mark.parametrize(
    "talk", [drip_a_body, drip_headers, say_continue_for_ever, say_nothing, answer_in_chunks_for_ever]
)
def test_an_answer_that_never_ends_is_not_waited_for(talk: Talk, identity: Identity | None) -> None:
    with talking(talk, identity) as (transport, server):
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            transport.send("GET", server.url)
        took = time.monotonic() - began

    assert TIMEOUT * 0.9 <= took < LATE


def test_a_server_that_reads_nothing_is_not_waited_for(identity: Identity | None) -> None:
    def read_a_little_now_and_then(connection: socket.socket, server: RawServer) -> None:
        while not server.ended.wait(DRIP):
            connection.recv(1 << 16)

    with talking(read_a_little_now_and_then, identity, timeout=60) as (transport, server):
        data = b"x" * (1 << 25)
        with in_time(), pytest.raises(NoAnswer), transport.open("POST", server.url, data=data, deadline=TIMEOUT):
            pass


def test_a_handshake_that_never_ends_is_not_waited_for(own_certificate: Identity) -> None:
    def shake_no_hands(connection: socket.socket, server: RawServer) -> None:
        server.ended.wait()

    with talking(shake_no_hands, None, timeout=60) as (transport, server):
        url = server.url.replace("http:", "https:")
        with in_time(), pytest.raises(TransportError), transport.open("GET", url, deadline=TIMEOUT):
            pass


def test_the_deadline_holds_for_a_body_that_is_read_in_parts(identity: Identity | None) -> None:
    with (
        talking(drip_a_body, identity, timeout=5) as (transport, server),
        in_time(),
        pytest.raises(NoAnswer),
        transport.open("GET", server.url, deadline=TIMEOUT) as (_, chunks),
    ):
        b"".join(chunks)


@pytest.mark.parametrize("before_the_first_byte", [1.5, 0.0])
def test_a_longer_deadline_holds_for_the_first_byte_and_for_a_long_answer(
    identity: Identity | None, before_the_first_byte: float
) -> None:
    """Moodle's listing of 10,000 accounts sends its first byte after 35 s (measured)."""

    def take_longer_than_an_ordinary_request(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        server.ended.wait(before_the_first_byte)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 75\r\n\r\n")
        drip(connection, server, b"x" * 75)

    with (
        talking(take_longer_than_an_ordinary_request, identity, timeout=1.0) as (transport, server),
        transport.open("GET", server.url, deadline=30) as (_, chunks),
    ):
        assert b"".join(chunks) == b"x" * 75


def test_a_request_under_way_ends_with_the_grace_after_a_request_to_stop(
    identity: Identity | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping_module, "GRACE_SECONDS", TIMEOUT)
    stopping = StopSignal()

    def ask_to_stop_and_drip(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        stopping.ask()
        drip(connection, server, b"x" * 1000)

    with (
        talking(ask_to_stop_and_drip, identity, stopping, timeout=60) as (transport, server),
        in_time(),
        pytest.raises(NoAnswer),
    ):
        transport.send("GET", server.url)


def test_what_one_request_used_up_is_not_taken_from_the_next_on_the_same_connection(
    identity: Identity | None,
) -> None:
    def answer_late(connection: socket.socket, server: RawServer) -> None:
        while read_request(connection):
            server.ended.wait(TIMEOUT * 1.3)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with talking(answer_late, identity, timeout=TIMEOUT * 2) as (transport, server):
        bodies = [transport.send("GET", server.url).body for _ in range(2)]

        assert (bodies, server.connections) == ([b"ok", b"ok"], 1)


def test_the_deadline_holds_through_a_proxy() -> None:
    with talking(drip_headers, None) as (transport, proxy):
        transport.session.proxies = {"http": proxy.url, "https": proxy.url}
        for url in ("http://learn.acme.example/", "https://learn.acme.example/"):
            with in_time(), pytest.raises(TransportError):
                transport.send("GET", url)


@pytest.mark.parametrize("talk", [drip_headers, say_nothing])
def test_the_deadline_holds_through_a_proxy_with_https(talk: Talk, own_certificate: Identity) -> None:
    with (
        talking(talk, own_certificate) as (transport, server),
        raw_server(connect_to(server), own_certificate.server) as proxy,
    ):
        transport.session.proxies = {"https": proxy.url}
        with in_time(), pytest.raises(NoAnswer):
            transport.send("GET", server.url)


@pytest.mark.parametrize("wrong", ["of nobody known", "of another host"])
def test_a_wrong_certificate_is_refused_before_anything_is_sent(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    identity = Identity(tmp_path, address="192.0.2.1" if wrong == "of another host" else "127.0.0.1")
    trusted = Identity(tmp_path / "other") if wrong == "of nobody known" else identity
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.authority))
    heard: list[bytes] = []

    def listen(connection: socket.socket, server: RawServer) -> None:
        heard.append(read_request(connection))

    with talking(listen, identity, timeout=5) as (transport, server), pytest.raises(NotSent, match="certificate"):
        transport.send("POST", server.url, data=b"wstoken=secret")

    assert heard == []


def test_a_certificate_that_is_vouched_for_is_taken(own_certificate: Identity) -> None:
    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with talking(answer, own_certificate, timeout=5) as (transport, server):
        assert transport.send("GET", server.url).body == b"ok"
