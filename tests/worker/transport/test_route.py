"""A proxy or a file of certificates that keeps a request from its server is named, and nothing was sent."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.worker.clients import Identity, Patient, RawServer, connect_to, raw_server, read_request, texts
from worker.transport.http import NotSent, Transport, new_session

SITE = "https://learn.acme.example/"
LOGIN = "proxyuser:proxypassword"
REFUSED = "the TLS certificate or handshake was not accepted"


def read_and_hang_up(connection: socket.socket, server: RawServer) -> None:
    connection.recv(1 << 16)


def refused(url: str = SITE) -> NotSent:
    """Send one request, which must not get to its server."""
    transport = Transport("moodle", new_session(1), 5, Patient())
    with pytest.raises(NotSent) as caught:
        transport.send("POST", url, data=b"wstoken=secret")
    transport.session.close()
    told = f"{texts(caught.value)} {caught.value.advice}"
    assert not any(word in told for word in (*LOGIN.split(":"), "learn.acme.example"))
    return caught.value


@pytest.mark.parametrize(
    ("answer", "what", "advice", "is_transient"),
    [
        (b"HTTP/1.1 403 Forbidden", "refuses to connect (HTTP 403)", "ask the proxy's operator", False),
        (b"HTTP/1.1 407 Login", "refuses to connect (HTTP 407)", "correct the user and password", False),
        (b"HTTP/1.1 405 No Such Method", "refuses to connect (HTTP 405)", "ask the proxy's operator", False),
        (b"HTTP/1.1 429 Too Many", "refuses to connect (HTTP 429)", "ask the proxy's operator", True),
        (b"HTTP/1.1 502 Bad Gateway", "refuses to connect (HTTP 502)", "ask the proxy's operator", True),
        (b"SSH-2.0-OpenSSH_9.6", "cannot be reached, or does not connect", "check HTTPS_PROXY", True),
        (b"", "cannot be reached, or does not connect", "check HTTPS_PROXY", True),
    ],
)
def test_what_a_proxy_answers_is_said_and_the_request_was_not_sent(
    answer: bytes, what: str, advice: str, is_transient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(answer and answer + b"\r\nContent-Length: 0\r\n\r\n")

    with raw_server(talk) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:{proxy.port}")
        fault = refused()

    assert (fault.what, fault.is_transient) == (f"the proxy in HTTPS_PROXY {what}", is_transient)
    assert advice in fault.advice


@pytest.mark.parametrize(
    ("name", "proxy", "what"),
    [
        ("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:9", "cannot be reached"),
        ("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:9\n", "is not an address"),
        ("HTTPS_PROXY", f"http://{LOGIN}@proxy example:3128", "is not an address"),
        ("HTTPS_PROXY", f"http://{LOGIN}\u20ac@127.0.0.1:9", "is not an address"),
        ("HTTPS_PROXY", "http://[x", "is not an address"),
        ("ALL_PROXY", f"socks5://{LOGIN}@127.0.0.1:9", "is not an address"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(
    name: str, proxy: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, proxy)

    fault = refused()

    assert name in fault.what
    assert what in fault.what
    assert fault.is_transient == (what == "cannot be reached")


def test_a_proxy_that_speaks_no_tls_is_addressed_with_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(lambda connection, _: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        fault = refused()

    assert "proxy in HTTPS_PROXY" in fault.what
    assert "http:// or https://" in fault.advice


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_connects_over_tls_of_its_own_or_without(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    identity = Identity(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity.authority))
    with (
        raw_server(answer, identity.server) as server,
        raw_server(connect_to(server), identity.server if scheme == "https" else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        transport = Transport("moodle", new_session(1), 5, Patient())
        body = transport.send("POST", server.url, data=b"x").body
        transport.session.close()

    assert (body, proxy.connections) == (b"ok", 1)


@pytest.mark.parametrize(
    "bundle", ["missing.pem", "no certificate.txt", f"-----BEGIN CERTIFICATE-----\n{'A' * 400}", "authority.pem/x"]
)
def test_certificates_that_cannot_be_read_are_named_by_their_variable(
    bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Identity(tmp_path)
    (tmp_path / "no certificate.txt").write_text("no certificate")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with raw_server(lambda *_: None) as server:
        fault = refused(f"https://127.0.0.1:{server.port}/")

    assert fault.what == "REQUESTS_CA_BUNDLE names a file that does not exist or cannot be read, or is no PEM file"
    assert not fault.is_transient


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("says", "what", "is_transient"),
    [
        ("certificate", f"{REFUSED}, with the certificates of REQUESTS_CA_BUNDLE", False),
        ("no TLS", f"{REFUSED}, with the certificates of REQUESTS_CA_BUNDLE", False),
        ("nothing", "the TLS handshake was cut", True),
    ],
)
def test_a_handshake_behind_a_proxy_is_tried_again_unless_the_next_ends_likewise(
    scheme: str, says: str, what: str, is_transient: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(connection: socket.socket, server: RawServer) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" if says == "no TLS" else b"")

    (tmp_path / "other").mkdir()
    trusted, other = Identity(tmp_path), Identity(tmp_path / "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.authority))
    with (
        raw_server(talk, other.server if says == "certificate" else None) as server,
        raw_server(connect_to(server), trusted.server if scheme == "https" else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        fault = refused()

    assert (fault.what, fault.is_transient) == (what, is_transient)


def test_a_handshake_that_a_server_cuts_is_tried_again() -> None:
    with raw_server(read_and_hang_up) as server:
        fault = refused(f"https://127.0.0.1:{server.port}/")

    assert (fault.what, fault.is_transient) == ("the TLS handshake was cut", True)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_certificate_that_is_not_trusted_is_named_by_the_proxy_that_may_show_it(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Identity(tmp_path)
    with (
        raw_server(read_and_hang_up, identity.server) as server,
        raw_server(connect_to(server), identity.server if scheme == "https" else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        fault = refused()

    assert fault.what == f"{REFUSED}, through the proxy in HTTPS_PROXY"
    assert "a proxy which inspects TLS or has an https:// address" in fault.advice
    assert not fault.is_transient
