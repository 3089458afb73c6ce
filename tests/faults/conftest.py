"""Summary: how many faults were survived, by call and by kind, and how to replay a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

RecordFault = Callable[[str, str, str], None]
_FAULT = "fault"


@pytest.fixture
def record_fault(record_property: Callable[[str, object], None]) -> RecordFault:
    """Record what a test covers (system, operation, kind), so that the summary has it from any worker."""

    def record(system: str, operation: str, kind: str) -> None:
        record_property(_FAULT, [system, operation, kind])

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables."""
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
    for title, total, survived in (("call", calls, calls_survived), ("kind", kinds, kinds_survived)):
        terminalreporter.write_line(f"{'by ' + title:<42} survived    of")
        for name in sorted(total):
            terminalreporter.write_line(f"  {name:<40} {survived[name]:>8} {total[name]:>5}")
    terminalreporter.write_line(f"{'all':<42} {calls_survived.total():>8} {calls.total():>5}")
    for nodeid in replay:
        terminalreporter.write_line(f"replay: pytest '{nodeid}'")
