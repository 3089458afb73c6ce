"""A switchboard that responds with a modelled latency, and records the times of every call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.run_harness import WRITES
from tests.sandbox.wire import App, Request, Response, Switchboard


@dataclass(frozen=True)
class Model:
    """How long a response takes, in seconds: per request, and per employee written or found."""

    request: float = 0.0
    employee: float = 0.0

    def __str__(self) -> str:
        return f"{self.request * 1000:g} ms a request + {self.employee * 1000:g} ms an employee written or found"


@dataclass(frozen=True)
class Call:
    """One call at the server, from its last byte in to its first byte out. `late`: seconds over the model."""

    operation: str
    began: float
    ended: float
    employees: int
    late: float


class Board(Switchboard):
    """`on_first` is called once, after the first request and before its response."""

    def __init__(self, app: App, model: Model) -> None:
        super().__init__(app)
        self.model = model
        self.log: list[Call] = []
        self.on_first: Callable[[], None] | None = None
        self._first = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Respond at the time of the model, which includes the sandbox's own work unless that takes longer."""
        began = time.perf_counter()
        with self._first:
            first, self.on_first = self.on_first, None
        if first is not None:
            first()
        operation = self.app.operation(request)
        answer = super().handle(request)
        employees = _employees(operation, request, answer)
        remaining = began + self.model.request + employees * self.model.employee - time.perf_counter()
        if remaining > 0:
            time.sleep(remaining)
        late = max(0.0, -remaining) if self.model.request else 0.0
        self.log.append(Call(operation, began, time.perf_counter(), employees, late))
        return answer

    def take(self) -> list[Call]:
        """Return the calls since the last call of this method."""
        taken, self.log, self.calls = self.log, [], []
        return taken


def _employees(operation: str, request: Request, answer: Response) -> int:
    """Return how many employees a call wrote or found, counted in its text, because parsing would distort the times."""
    if operation == "core_user_update_users":
        return request.body.count(b"%5Bid%5D=") + request.body.count(b"[id]=")
    return answer.body.count(b'{"id":') if operation.startswith("core_user_") else 0


def writes(calls: Iterable[Call]) -> list[Call]:
    """Return the calls that write."""
    return [call for call in calls if call.operation in WRITES]


def span(calls: Iterable[Call]) -> float:
    """Return the seconds from the first of these calls to the end of the last."""
    calls = list(calls)
    return max(call.ended for call in calls) - min(call.began for call in calls) if calls else 0.0
