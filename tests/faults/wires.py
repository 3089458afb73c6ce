"""The three seams at which a call fails without a socket: `requests`, the response of an app, and the state's items."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from tests.faults.injection import Injector
from tests.sandbox.wire import App, Fault, InProcess, Request, Response, Switchboard
from tests.simulation import MemoryItems, Process
from worker.errors import ConfigurationError, StateError
from worker.state.items import Condition, Item

T = TypeVar("T")
_OF_THE_SANDBOX = {
    "reset_before": Fault("reset_before"),
    "reset_after": Fault("reset_after"),
    "timeout_before": Fault("hang"),
    "429": Fault("status", status=429),
    "429_retry_after": Fault("status", status=429, retry_after="2"),
    "503": Fault("status", status=503),
    "503_retry_after": Fault("status", status=503, retry_after="2"),
    "500": Fault("status", status=500),
    "html": Fault("html", body="<!DOCTYPE html><html><body>Sign in, Vorname1Quux</body></html>"),
    "cut": Fault("truncate"),
    "wrong_text": Fault("wrong_type"),
}


def faulty_response(kind: str, request: Request, app: App) -> Response:
    """Return the response of a call with this fault."""
    if kind in _OF_THE_SANDBOX:
        return _OF_THE_SANDBOX[kind].answer(request, app)
    answer = app.answer(request)
    if kind == "timeout_after":
        return dataclasses.replace(answer, fate="hang")
    if kind == "500_after":
        return Response(500, b"", "text/html")
    if kind == "truncated":
        return dataclasses.replace(answer, body=answer.body[: len(answer.body) // 2], headers={})
    if kind.startswith("wrong_"):
        return Response(200, json.dumps(_wrong(kind, answer.body)).encode(), answer.content_type)
    return answer


def _wrong(kind: str, body: bytes) -> object:
    original = json.loads(body or b"{}")
    if kind == "wrong_swapped":
        return {} if isinstance(original, list) else []
    return (
        ["Vorname 1 Quux" for _ in original]
        if isinstance(original, list)
        else dict.fromkeys(original, "Vorname 1 Quux")
    )


class FaultyApp:
    """An app whose next response has the fault set in `kind`."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.kind = ""

    def operation(self, request: Request) -> str:
        return self.app.operation(request)

    def answer(self, request: Request) -> Response:
        kind, self.kind = self.kind, ""
        return faulty_response(kind, request, self.app)


class FaultyWire(InProcess):
    """Connects apps to a `requests` session by host, and lets the calls of a run fail."""

    def __init__(self, injector: Injector, apps: Mapping[str, tuple[str, App]]) -> None:
        self._injector = injector
        self._apps = {host: (system, FaultyApp(app)) for host, (system, app) in apps.items()}
        super().__init__(Switchboard(next(iter(self._apps.values()))[1]))

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        assert request.url is not None
        system, app = self._apps[urlsplit(request.url).hostname or ""]
        self.switchboard = Switchboard(app)
        kind = self._injector.next(system, app.operation(_plain(request)))
        if kind == "refused":
            raise _refused(request)
        app.kind = kind
        send = super().send
        return self._injector.through(kind, lambda: send(request, *arguments, **named))


def _plain(request: requests.PreparedRequest) -> Request:
    body = request.body or b""
    return Request(
        request.method or "GET",
        urlsplit(request.url or "").path,
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def _refused(request: requests.PreparedRequest) -> requests.ConnectionError:
    """Return the exception that `requests` raises for a closed port."""
    cause = NewConnectionError(HTTPConnection("nowhere"), "connection refused")
    return requests.ConnectionError(MaxRetryError(HTTPConnectionPool("nowhere"), "/", cause), request=request)


class FaultyItems:
    """The state in memory, whose calls fail like a table's after boto3's last retry."""

    def __init__(self, injector: Injector, rows: dict[str, Item]) -> None:
        self._injector = injector
        self._items = MemoryItems(Process(), rows)

    def get(self, key: str) -> Item | None:
        return self._call("get", lambda: self._items.get(key))

    def get_all(self, keys: Sequence[str]) -> dict[str, Item]:
        return self._call("get_all", lambda: self._items.get_all(keys))

    def put(self, item: Item, when: Condition | None = None) -> bool:
        return self._call("put", lambda: self._items.put(item, when))

    def delete(self, key: str, when: Condition | None = None) -> bool:
        return self._call("delete", lambda: self._items.delete(key, when))

    def put_all(self, items: Sequence[Item]) -> None:
        # A table writes them in any order and not as one: the run can end after each of them.
        for item in items:
            self._call("put_all", lambda item=item: self._items.put_all([item]))  # type: ignore[misc]

    def scan(self, prefixes: Iterable[str]) -> list[Item]:
        return self._call("scan", lambda: self._items.scan(prefixes))

    def put_if(self, item: Item, when: Condition, other_key: str, other_when: Condition) -> bool:
        return self._call("put_if", lambda: self._items.put_if(item, when, other_key, other_when))

    def _call(self, operation: str, act: Callable[[], T]) -> T:
        kind = self._injector.next("state", operation)
        if kind == "denied":
            raise ConfigurationError(["STATE_TABLE may not be used by this role"])
        if kind == "error_before":
            raise StateError("the state table could not be used")
        result = self._injector.through(kind, act)
        if kind == "error_after":
            raise StateError("the state table could not be used")
        return result
