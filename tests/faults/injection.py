"""Which call of a run fails, and how. The calls to all systems are counted together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from tests.simulation import Killed

T = TypeVar("T")
Mode = Literal["once", "rest"]
"""This call only, or this and every later call to the same system until the run ends."""

HTTP_KINDS = (
    "refused",
    "reset_before",
    "reset_after",
    "timeout_before",
    "timeout_after",
    "429",
    "429_retry_after",
    "503",
    "503_retry_after",
    "500",
    "500_after",
    "html",
    "cut",
    "truncated",
    "wrong_text",
    "wrong_swapped",
    "wrong_inner",
)
STATE_KINDS = ("error_before", "error_after", "denied")
KILLS = ("killed_before", "killed_after")


@dataclass(frozen=True)
class Step:
    """One call of a run."""

    system: str
    operation: str


@dataclass(frozen=True)
class Fault:
    """A fault of the call with the number `at`, counted from 0."""

    at: int
    kind: str
    mode: Mode = "once"

    def __str__(self) -> str:
        return f"{self.kind}-{self.mode}"

    @property
    def kills(self) -> bool:
        """Whether the fault kills the process."""
        return self.kind in KILLS


def faults_at(at: int, kinds: Sequence[str], lasting: Sequence[str]) -> Iterator[Fault]:
    """Yield the faults of one call: every kind once, some for the rest of the run, and the kills."""
    for kind in (*kinds, *KILLS):
        yield Fault(at, kind)
    for kind in lasting:
        yield Fault(at, kind, "rest")


@dataclass
class Injector:
    """Counts the calls of a run and decides which of them fail; a killed process makes no further call."""

    fault: Fault | None = None
    steps: list[Step] = field(default_factory=list)
    hit: bool = False
    _system: str = ""
    _killed: bool = False

    def next(self, system: str, operation: str) -> str:
        """Record a call; return the kind of its fault, or "" for none."""
        if self._killed:
            raise Killed
        number = len(self.steps)
        self.steps.append(Step(system, operation))
        fault = self.fault
        if fault is None:
            return ""
        if number == fault.at:
            self.hit, self._system = True, system
            return fault.kind
        return fault.kind if self.hit and fault.mode == "rest" and system == self._system else ""

    def through(self, kind: str, act: Callable[[], T]) -> T:
        """Execute the call, unless the process is killed before or after it."""
        if kind == "killed_before":
            self._kill()
        result = act()
        if kind == "killed_after":
            self._kill()
        return result

    def _kill(self) -> None:
        self._killed = True
        raise Killed
