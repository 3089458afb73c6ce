"""What both stand-ins share: a request, an answer, faults that can be switched on, and a real HTTP server.

An *app* is a plain function from :class:`Request` to :class:`Response`. It is served over a socket by :func:`serve`
(by hand, in `make demo`, in tests of the whole process) or mounted on a `requests` session without a socket by
:class:`InProcess` (where a property-based test needs thousands of nights).

Switched on by hand over HTTP, on either server::

    curl -X POST   localhost:PORT/_sandbox/faults -d '[{"kind": "status", "status": 503, "operation": "changed"}]'
    curl -X DELETE localhost:PORT/_sandbox/faults
    curl           localhost:PORT/_sandbox/calls
"""

from __future__ import annotations

import dataclasses
import http.server
import io
import json
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

FaultKind = Literal["reset_before", "reset_after", "hang", "trickle", "status", "html", "truncate", "wrong_type"]


@dataclass(frozen=True)
class Request:
    """One HTTP request as the app sees it. Header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)


@dataclass(frozen=True)
class Response:
    """One HTTP answer, and what happens to it on the way.

    `fate`: "whole" arrives as it is; "reset" cuts the connection before the first byte; "truncate" announces the whole
    length and sends half; "trickle" sends a byte at a time, `seconds` apart; "hang" sends nothing for `seconds`.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: Literal["whole", "reset", "truncate", "trickle", "hang"] = "whole"
    seconds: float = 0.0

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> Response:
        """A JSON answer. Header names are given with underscores."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), headers=named)


class App(Protocol):
    """A stand-in: names the operation of a request, and answers it."""

    def operation(self, request: Request) -> str: ...

    def answer(self, request: Request) -> Response: ...


@dataclass
class Fault:
    """One fault: which calls it hits, and what it does to them.

    `operation` is the app's name for a call ("*" any); the first `skip` matching calls pass, then `times` are hit
    (0 = all that follow). `reset_after`, `truncate`, `trickle` and `wrong_type` let the server act first.
    """

    kind: FaultKind
    operation: str = "*"
    skip: int = 0
    times: int = 1
    status: int = 503
    retry_after: str | None = None
    seconds: float = 0.0
    seen: int = 0

    def hits(self, operation: str) -> bool:
        """Counts the call if it matches; whether it is spoiled."""
        if self.operation not in ("*", operation):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times == 0 or self.seen <= self.skip + self.times)


_HTML = Response(200, b"<!DOCTYPE html><html><body>It works!</body></html>", "text/html; charset=utf-8")


class Switchboard:
    """An app with faults, a latency per call and a list of the operations it was asked for."""

    def __init__(self, app: App, latency: float = 0.0) -> None:
        self.app = app
        self.latency = latency
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request, faults applied."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        operation = self.app.operation(request)
        with self._lock:
            self.calls.append(operation)
            fault = next((fault for fault in self.faults if fault.hits(operation)), None)
        if self.latency:
            time.sleep(self.latency)
        return self.app.answer(request) if fault is None else self._spoil(fault, request)

    def _spoil(self, fault: Fault, request: Request) -> Response:
        if fault.kind == "reset_before":
            return Response(fate="reset")
        if fault.kind == "hang":
            return Response(fate="hang", seconds=fault.seconds)
        if fault.kind == "html":
            return _HTML
        if fault.kind == "status":
            headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            return Response(fault.status, b"", "text/html", headers)
        answer = self.app.answer(request)
        if fault.kind == "reset_after":
            return dataclasses.replace(answer, fate="reset")
        if fault.kind == "truncate":
            return dataclasses.replace(answer, fate="truncate")
        if fault.kind == "trickle":
            return dataclasses.replace(answer, fate="trickle", seconds=fault.seconds)
        return Response.of("an answer of another type")

    def _control(self, request: Request) -> Response:
        if request.path == "/_sandbox/calls":
            return Response.of(self.calls)
        if request.path == "/_sandbox/faults" and request.method == "POST":
            known = {f.name for f in dataclasses.fields(Fault)} - {"seen"}
            try:
                wanted = json.loads(request.body)
                unknown = {key for row in wanted for key in row} - known
                kinds = {row["kind"] for row in wanted} - set(get_args(FaultKind))
            except (ValueError, TypeError, KeyError):
                return Response.of({"error": 'send a JSON list of objects, each with a "kind"'}, 400)
            if unknown or kinds:
                told = f"unknown {sorted(unknown | kinds)}; keys are {sorted(known)}, kinds {get_args(FaultKind)}"
                return Response.of({"error": told}, 400)
            self.faults.extend(Fault(**row) for row in wanted)
        elif request.path == "/_sandbox/faults" and request.method == "DELETE":
            self.faults.clear()
        else:
            return Response.of({"error": "POST or DELETE /_sandbox/faults, GET /_sandbox/calls"}, 404)
        return Response.of([dataclasses.asdict(fault) for fault in self.faults])


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    switchboard: Switchboard
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urllib.parse.urlsplit(self.path)
        answer = self.switchboard.handle(
            Request(
                method=self.command,
                path=parts.path,
                query=tuple(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
        )
        self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _send(self, answer: Response) -> None:
        if answer.fate == "hang":
            self._pause(answer.seconds)
        if answer.fate in ("reset", "hang"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        try:
            self._send_body(answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send_body(self, answer: Response) -> None:
        if answer.fate == "truncate":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        elif answer.fate == "trickle":
            for at in range(len(answer.body)):
                self.wfile.write(answer.body[at : at + 1])
                if self._pause(answer.seconds):
                    self.close_connection = True
                    return
        else:
            self.wfile.write(answer.body)

    def _pause(self, seconds: float) -> bool:
        server = self.server
        assert isinstance(server, _Server)
        return server.stopping.wait(seconds)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the caller's terminal belongs to the caller."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self.stopping = threading.Event()
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play."""


@contextmanager
def serve(switchboard: Switchboard, port: int = 0) -> Iterator[str]:
    """Serve on loopback while the block runs; gives the base URL. Port 0 takes a free one."""
    handler = type("Handler", (_Handler,), {"switchboard": switchboard})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class InProcess(BaseAdapter):
    """Mounts a switchboard on a `requests` session: the client's real code, without a socket."""

    def __init__(self, switchboard: Switchboard, before: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self.switchboard = switchboard
        self.before = before

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: object = None,
    ) -> requests.Response:
        """Answer as a socket would: a fate becomes the exception that `requests` would have raised."""
        assert request.url is not None
        parts = urllib.parse.urlsplit(request.url)
        body = request.body or b""
        asked = Request(
            method=request.method or "GET",
            path=parts.path,
            query=tuple(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): str(value) for name, value in request.headers.items()},
            body=body.encode() if isinstance(body, str) else bytes(body),
        )
        if self.before is not None:
            self.before(self.switchboard.app.operation(asked))
        answer = self.switchboard.handle(asked)
        if answer.fate == "reset":
            raise requests.ConnectionError("connection cut", request=request)
        if answer.fate in ("hang", "trickle"):
            raise requests.ReadTimeout("no answer in time", request=request)
        sent = answer.body[: len(answer.body) // 2] if answer.fate == "truncate" else answer.body
        response = requests.Response()
        response.status_code = answer.status
        response.url = request.url
        response.request = request
        response.headers.update({"Content-Type": answer.content_type, **answer.headers})
        response.raw = HTTPResponse(
            body=io.BytesIO(sent),
            headers={**response.headers, "Content-Length": str(len(answer.body))},
            status=answer.status,
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        return response

    def close(self) -> None:
        """Nothing is held open."""
