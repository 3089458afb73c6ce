"""A switchboard that answers as late as a model says, and keeps the times of every call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.run_harness import WRITES
from tests.sandbox.wire import App, Request, Response, Switchboard


@dataclass(frozen=True)
class Model:
    """How long an answer takes, in seconds: so much a request, and so much a person who is written or found."""

    request: float = 0.0
    person: float = 0.0

    def __str__(self) -> str:
        return f"{self.request * 1000:g} ms a request + {self.person * 1000:g} ms a person written or found"


@dataclass(frozen=True)
class Call:
    """One call as the server saw it: from its last byte in to its first byte out. `late`: seconds over the model."""

    operation: str
    began: float
    ended: float
    people: int
    late: float


class Board(Switchboard):
    """`on_first` is called once, when the first request is in and nothing is answered yet."""

    def __init__(self, app: App, model: Model) -> None:
        super().__init__(app)
        self.model = model
        self.log: list[Call] = []
        self.on_first: Callable[[], None] | None = None
        self._first = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer when the model says so. The sandbox's own work is in that time; only what exceeds it adds to it."""
        began = time.perf_counter()
        with self._first:
            first, self.on_first = self.on_first, None
        if first is not None:
            first()
        operation = self.app.operation(request)
        answer = super().handle(request)
        people = _people(operation, request, answer)
        left = began + self.model.request + people * self.model.person - time.perf_counter()
        if left > 0:
            time.sleep(left)
        late = max(0.0, -left) if self.model.request else 0.0
        self.log.append(Call(operation, began, time.perf_counter(), people, late))
        return answer

    def take(self) -> list[Call]:
        """The calls since the last time."""
        taken, self.log, self.calls = self.log, [], []
        return taken


def _people(operation: str, request: Request, answer: Response) -> int:
    """Whom a call wrote or found, by what is written in it: parsing it again would cost what is to be measured."""
    if operation == "core_user_update_users":
        return request.body.count(b"%5Bid%5D=") + request.body.count(b"[id]=")
    return answer.body.count(b'{"id":') if operation.startswith("core_user_") else 0


def writes(calls: Iterable[Call]) -> list[Call]:
    """Those that write."""
    return [call for call in calls if call.operation in WRITES]


def span(calls: Iterable[Call]) -> float:
    """Seconds from the first of these calls to the end of the last."""
    calls = list(calls)
    return max(call.ended for call in calls) - min(call.began for call in calls) if calls else 0.0
