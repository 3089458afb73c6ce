"""What the sandbox servers share: a request, an answer, faults that can be switched on, and a real HTTP server.

An *app* is a plain function from :class:`Request` to :class:`Response`. It is served over a socket by :func:`serve`
(by hand, in `make demo`, in tests of the whole process) or mounted on a `requests` session without a socket by
:class:`InProcess` (where a property-based test needs thousands of runs).

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
import math
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

FaultKind = Literal[
    "reset_before",
    "reset_after",
    "hang",
    "late",
    "trickle",
    "status",
    "html",
    "firewall",
    "answer",
    "truncate",
    "wrong_type",
]


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
    length and sends half; "trickle" sends a byte at a time, `seconds` apart; "hang" sends nothing for `seconds`;
    "late" sends its first byte after `seconds`, or when `gate` is set, and then arrives whole.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: Literal["whole", "reset", "truncate", "trickle", "hang", "late"] = "whole"
    seconds: float = 0.0
    gate: threading.Event | None = None

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> Response:
        """A JSON answer. Header names are given with underscores."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), headers=named)


class App(Protocol):
    """A sandbox server: names the operation of a request, and answers it."""

    def operation(self, request: Request) -> str: ...

    def answer(self, request: Request) -> Response: ...


@runtime_checkable
class RecordApp(App, Protocol):
    """A sandbox server that knows which records a request is about ("employee 12", "account 7")."""

    def touched(self, request: Request) -> set[str]: ...


@runtime_checkable
class ControlledApp(App, Protocol):
    """A sandbox server that can be told by hand what happens in it."""

    def control(self, request: Request) -> Response | None:
        """Answer a request for a path below /_sandbox/; None if there is no such path."""


@dataclass
class Fault:
    """One fault: which calls it hits, and what it does to them.

    `operation` is the app's name for a call ("*" any). `record` ("employee 12", "account 7") limits it to calls that
    are about this record, `text` to calls whose decoded URL or body contains the text. Of the calls that match, the
    first `skip` pass, then `times` are hit (0 = all that follow). "reset_after", "truncate", "trickle", "late" and
    "wrong_type" let the server act first. "firewall" answers an HTML page with `status`, "answer" the JSON `body`,
    "html" a page (`body`) with status 200.
    """

    kind: FaultKind
    operation: str = "*"
    skip: int = 0
    times: int = 1
    status: int = 503
    retry_after: str | None = None
    seconds: float = 0.0
    seen: int = 0
    record: str = ""
    text: str = ""
    body: str = ""
    gate: threading.Event | None = None

    def hits(self, operation: str, request: Request, app: App) -> bool:
        """Count the call if it matches; whether it is hit."""
        if self.operation not in ("*", operation) or not self._concerns(request, app):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times == 0 or self.seen <= self.skip + self.times)

    def answer(self, request: Request, app: App) -> Response:
        """Answer a request that is hit."""
        if self.kind == "reset_before":
            return Response(fate="reset")
        if self.kind == "hang":
            return Response(fate="hang", seconds=self.seconds)
        if self.kind == "html":
            return Response(200, self.body.encode() or _PAGE, "text/html; charset=utf-8")
        if self.kind == "answer":
            return Response(self.status, self.body.encode())
        if self.kind in ("status", "firewall"):
            headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
            return Response(self.status, _FIREWALL if self.kind == "firewall" else b"", "text/html", headers)
        answer = app.answer(request)
        if self.kind == "reset_after":
            return dataclasses.replace(answer, fate="reset")
        if self.kind == "truncate":
            return dataclasses.replace(answer, fate="truncate")
        if self.kind in ("trickle", "late"):
            return dataclasses.replace(answer, fate=self.kind, seconds=self.seconds, gate=self.gate)
        return Response.of("an answer of another type")

    def plain(self) -> dict[str, Any]:
        """The fault as JSON shows it."""
        return {name: getattr(self, name) for name in _FAULT_KEYS}

    def _concerns(self, request: Request, app: App) -> bool:
        if self.text and self.text not in _decoded(request):
            return False
        return not self.record or (isinstance(app, RecordApp) and self.record in app.touched(request))


_FAULT_KEYS = tuple(item.name for item in dataclasses.fields(Fault) if item.name != "gate")
_PAGE = b"<!DOCTYPE html><html><body>It works!</body></html>"
_FIREWALL = (
    b"<head><title>Not Acceptable!</title></head><body><h1>Not Acceptable!</h1><p>An appropriate representation of the"
    b" requested resource could not be found on this server. This error was generated by Mod_Security.</p></body>"
)


def _decoded(request: Request) -> str:
    body = urllib.parse.unquote_plus(request.body.decode("utf-8", "replace"))
    return "\n".join([request.path, *(f"{name}={value}" for name, value in request.query), body])


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
            fault = next((fault for fault in self.faults if fault.hits(operation, request, self.app)), None)
        if self.latency:
            time.sleep(self.latency)
        return self.app.answer(request) if fault is None else fault.answer(request, self.app)

    def _control(self, request: Request) -> Response:
        if isinstance(self.app, ControlledApp) and (answer := self.app.control(request)) is not None:
            return answer
        if request.path == "/_sandbox/calls":
            return Response.of(self.calls)
        if request.path == "/_sandbox/faults" and request.method == "POST":
            known = {*_FAULT_KEYS} - {"seen"}
            try:
                wanted = json.loads(request.body)
                unknown = {key for row in wanted for key in row} - known
                kinds = {row["kind"] for row in wanted} - set(get_args(FaultKind))
            except (ValueError, TypeError, KeyError):
                return Response.of({"error": 'send a JSON list of objects, each with a "kind"'}, 400)
            if unknown or kinds:
                text = f"unknown {sorted(unknown | kinds)}; keys are {sorted(known)}, kinds {get_args(FaultKind)}"
                return Response.of({"error": text}, 400)
            self.faults.extend(Fault(**row) for row in wanted)
        elif request.path == "/_sandbox/faults" and request.method == "DELETE":
            self.faults.clear()
        else:
            return Response.of({"error": "POST or DELETE /_sandbox/faults, GET /_sandbox/calls"}, 404)
        return Response.of([fault.plain() for fault in self.faults])


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
        if answer.fate in ("hang", "late"):
            self._pause(answer.seconds, answer.gate)
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

    def _pause(self, seconds: float, gate: threading.Event | None = None) -> bool:
        """Wait, until the gate opens if there is one; whether the server stops."""
        server = self.server
        assert isinstance(server, _Server)
        if gate is None:
            return server.stopping.wait(seconds)
        while not server.stopping.is_set() and not gate.wait(0.01):
            pass
        return server.stopping.is_set()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal belongs to the caller."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self.stopping = threading.Event()
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is expected here."""


@contextmanager
def serve(switchboard: Switchboard, port: int = 0) -> Iterator[str]:
    """Serve on loopback while the block runs; yield the base URL. Port 0 takes a free one."""
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
    """Mounts a switchboard on a `requests` session: the client's real code, without a socket.

    `before` is called with the operation of each request; `elapse` with the seconds that a late answer takes, unless
    they exceed the client's read timeout.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        before: Callable[[str], None] | None = None,
        elapse: Callable[[float], None] | None = None,
    ) -> None:
        super().__init__()
        self.switchboard = switchboard
        self.before = before
        self.elapse = elapse

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
        if answer.fate in ("hang", "trickle") or (answer.fate == "late" and answer.seconds > _read_timeout(timeout)):
            raise requests.ReadTimeout("no answer in time", request=request)
        if answer.fate == "late" and self.elapse is not None:
            self.elapse(answer.seconds)
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


def _read_timeout(timeout: object) -> float:
    """The read timeout of `requests`: a number, or the second of two, or none at all."""
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(seconds) if isinstance(seconds, int | float) else math.inf
