"""One HTTP attempt, and the one decision whether to try again."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.wire import Response, Switchboard, serve
from tests.worker.clients import Identity, Patient, RawServer, Script, fuzz, raw_server, read_request, texts
from worker.errors import OutOfTime, Terminated
from worker.stopping import StopSignal
from worker.transport.deadline import TimedAdapter
from worker.transport.http import NoAnswer, NotSent, Reply, Transport, TransportError, new_session

SECRET = "a-secret-that-nobody-may-read"
OK = Response.of({"fine": True})


def transport_with(timeout: float = 5, stopping: StopSignal | None = None) -> Transport:
    return Transport("moodle", new_session(2), timeout, stopping or Patient())


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = transport_with()
    yield made
    made.session.close()


def answering(raw: bytes) -> Any:
    """A server that answers every connection's one request with these bytes, and hangs up."""

    def talk(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(raw)

    return raw_server(talk)


# One attempt


def test_a_whole_answer_is_a_reply_whatever_its_status_and_its_length(transport: Transport) -> None:
    text = "ab" * 100_000
    with serve(Switchboard(Script(Response.of({"no": text}, 418, Retry_After="7")))) as url:
        reply = transport.send("GET", url + "/x")

    assert (reply.status, reply.json(), reply.headers["retry-after"]) == (418, {"no": text}, "7")


def test_an_answer_is_read_while_it_arrives(transport: Transport) -> None:
    begun = threading.Event()

    def talk(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        connection.sendall(b"late" if begun.wait(3) else b"lost")

    with raw_server(talk) as server, transport.open("GET", server.url) as (reply, chunks):
        begun.set()
        assert (reply.status, b"".join(chunks)) == (200, b"late")


@pytest.mark.parametrize(
    ("fault", "kind", "what"),
    [
        (requests.exceptions.InvalidURL(SECRET), NoAnswer, "the request failed (InvalidURL)"),
        (IsADirectoryError(SECRET), NotSent, "the request could not be made (IsADirectoryError)"),
        (
            requests.exceptions.SSLError(f"{SECRET} CERTIFICATE_VERIFY_FAILED"),
            NotSent,
            "the TLS certificate or handshake was not accepted",
        ),
    ],
)
def test_another_fault_is_reported_by_its_name_alone(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, fault: Exception, kind: type[TransportError], what: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(transport.session, "request", fail)

    with pytest.raises(TransportError) as caught:
        transport.send("GET", "https://x.example/")

    assert (type(caught.value), caught.value.what, caught.value.is_transient) == (kind, what, False)


def test_a_session_has_timed_connections_and_the_proxies_of_the_environment_unless_it_must_not() -> None:
    session = new_session(1)

    assert all(isinstance(session.get_adapter(url), TimedAdapter) for url in ("https://x.example", "http://x.example"))
    assert (session.trust_env, new_session(1, proxies=False).trust_env) == (True, False)


def test_every_attempt_is_counted_also_the_failed_ones(transport: Transport) -> None:
    with serve(Switchboard(Script(OK, dataclasses.replace(OK, fate="reset")))) as url:
        transport.send("GET", url + "/x")
        with pytest.raises(NoAnswer):
            transport.send("GET", url + "/x")

    assert transport.calls == 2


@pytest.mark.parametrize(
    ("ends", "end"), [(StopSignal.ask, Terminated), (lambda stopping: stopping.limit(0), OutOfTime)]
)
def test_nothing_is_sent_once_the_run_was_asked_to_stop_or_its_minutes_are_over(
    ends: Callable[[StopSignal], None], end: type[Exception]
) -> None:
    stopping, script = Patient(), Script(OK)
    ends(stopping)
    with serve(Switchboard(script)) as url, pytest.raises(end):
        transport_with(stopping=stopping).send("GET", url + "/x")

    assert script.requests == []


def test_requests_one_after_the_other_share_a_connection(transport: Transport) -> None:
    def answer_each(connection: socket.socket, server: RawServer) -> None:
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with raw_server(answer_each) as server:
        for _ in range(5):
            transport.send("POST", server.url, data=b"x")

        assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(transport: Transport, status: int) -> None:
    elsewhere = Script(OK)
    with serve(Switchboard(elsewhere)) as other:
        script = Script(dataclasses.replace(OK, status=status, headers={"Location": other + "/y"}))
        with serve(Switchboard(script)) as url:
            reply = transport.send("POST", url + "/x", data=b"wstoken=" + SECRET.encode())

    assert (reply.status, elsewhere.requests, len(script.requests)) == (status, [], 1)


@pytest.mark.parametrize(
    "location", [b"http://[", b"\xff\xfe", b"http://learn:port/", b"//", b"http://a@b@c:99999999/"]
)
def test_a_redirect_to_nowhere_is_an_answer_as_well(transport: Transport, location: bytes) -> None:
    with answering(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n") as server:
        assert transport.send("GET", server.url).status == 302


def test_cookies_are_not_kept(transport: Transport) -> None:
    script = Script(dataclasses.replace(OK, headers={"Set-Cookie": "session=1; Path=/"}))
    with serve(Switchboard(script)) as url:
        for _ in range(2):
            transport.send("GET", url + "/x")

    assert "cookie" not in script.requests[1].headers


def test_credentials_of_a_netrc_file_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script = Script(OK)
    with serve(Switchboard(script)) as url:
        transport_with().send("GET", url + "/x")
        transport_with().send("GET", url + "/x", headers={"Authorization": "Basic of the client"})

    assert "authorization" not in script.requests[0].headers
    assert script.requests[1].headers["authorization"] == "Basic of the client"


# An attempt without an answer: could the server have acted?


def test_a_refused_connection_was_not_sent(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotSent):
        transport.send("POST", f"http://127.0.0.1:{port}/", data=b"x")


def test_a_request_to_an_unknown_name_was_not_sent(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotSent):
        transport.send("POST", "http://learn.acme.example/", data=b"x")


@responses.activate
def test_a_connection_that_is_not_made_in_time_was_not_sent(transport: Transport) -> None:
    responses.post("https://learn.acme.example/", body=requests.ConnectTimeout())

    with pytest.raises(NotSent):
        transport.send("POST", "https://learn.acme.example/", data=b"x")


@pytest.mark.parametrize("fate", ["reset", "truncate"])
def test_an_answer_that_is_cut_may_have_been_acted_upon(transport: Transport, fate: Any) -> None:
    with serve(Switchboard(Script(dataclasses.replace(OK, fate=fate)))) as url, pytest.raises(NoAnswer):
        transport.send("POST", url + "/x", data=b"x")


@pytest.mark.parametrize("fate", ["hang", "trickle"])
def test_an_answer_that_does_not_come_in_time_may_have_been_acted_upon(fate: Any) -> None:
    slow = dataclasses.replace(OK, fate=fate, seconds=60 if fate == "hang" else 0.05)
    began = time.monotonic()
    with serve(Switchboard(Script(slow))) as url, pytest.raises(NoAnswer):
        transport_with(timeout=0.2).send("POST", url + "/x", data=b"x")

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno chunk",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_whole_http_may_have_been_acted_upon(transport: Transport, raw: bytes) -> None:
    with answering(raw) as server, pytest.raises(NoAnswer):
        transport.send("POST", server.url, data=b"x")


_HTTP = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 999 \r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Location: http://[\r\n",
        b"\r\n",
        b"3\r\nabc\r\n0\r\n",
    ]
)


@fuzz
@given(st.lists(_HTTP | st.binary(max_size=20), max_size=8).map(b"".join))
def test_whatever_a_server_sends_an_attempt_ends_in_a_reply_or_a_transport_error(raw: bytes) -> None:
    transport = transport_with()
    with answering(raw) as server, suppress(TransportError):
        assert isinstance(transport.send("GET", server.url), Reply)
    transport.session.close()


def test_no_fault_repeats_the_address_the_query_the_body_or_the_answer() -> None:
    told = []
    with answering(SECRET.encode() * 3) as server:
        for url in (server.url, "http://127.0.0.1:1/", f"http://{SECRET}:{SECRET}@127.0.0.1:port/"):
            with pytest.raises(TransportError) as caught:
                transport_with().send("POST", url, params={"q": SECRET}, data=SECRET.encode())
            told.append(texts(caught.value))

    assert SECRET not in " ".join(told)
    assert "127.0.0.1" not in " ".join(told)


def test_a_tls_connection_that_breaks_after_the_request_may_have_been_acted_upon(
    transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that takes this for "not sent" sends the same write again without looking."""

    def answer_what_is_no_tls(connection: socket.socket, server: RawServer) -> None:
        read_request(connection)
        with socket.socket(fileno=connection.detach()) as beneath:
            beneath.sendall(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
            server.ended.wait(2)

    identity = Identity(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity.authority))
    with raw_server(answer_what_is_no_tls, identity.server) as server, pytest.raises(NoAnswer):
        transport.send("POST", server.url, data=b"x")


def test_a_request_that_a_proxy_took_may_have_been_acted_upon(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(b"") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(NoAnswer):
            transport.send("POST", "http://learn.acme.example/", data=b"x")


# JSON


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b"1" * 10_000, b'{"a":1'])
def test_what_is_no_json_is_a_value_error_and_nothing_else(body: bytes, no_collection: None) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Reply(200, {}, body).json()


@fuzz
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63) // 10, 2**63 // 10) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert Reply(200, {}, json.dumps(value).encode()).json() == value
