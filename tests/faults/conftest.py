"""Counts: how many faults were survived out of how many, by call and by kind; and how to replay one that was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

Tell = Callable[[str, str, str], None]
_FAULT = "fault"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Notes what a test is about: system, operation, kind. It reaches the summary from any worker."""

    def note(system: str, operation: str, kind: str) -> None:
        record_property(_FAULT, [system, operation, kind])

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The tables."""
    calls: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    calls_survived: Counter[str] = Counter()
    kinds_survived: Counter[str] = Counter()
    replay = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when != "call":
                continue
            for system, operation, kind in (value for name, value in report.user_properties if name == _FAULT):
                call = f"{system} {operation}"
                calls[call] += 1
                kinds[kind] += 1
                calls_survived[call] += report.passed
                kinds_survived[kind] += report.passed
            if report.failed:
                replay.append(report.nodeid)
    if not calls:
        return
    terminalreporter.section("faults survived")
    for title, of, survived in (("call", calls, calls_survived), ("kind", kinds, kinds_survived)):
        terminalreporter.write_line(f"{'by ' + title:<42} survived    of")
        for name in sorted(of):
            terminalreporter.write_line(f"  {name:<40} {survived[name]:>8} {of[name]:>5}")
    terminalreporter.write_line(f"{'all':<42} {calls_survived.total():>8} {calls.total():>5}")
    for nodeid in replay:
        terminalreporter.write_line(f"replay: pytest '{nodeid}'")
