"""Fixtures that several files of end-to-end runs share."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import advance_clock


def in_sync(harness: RunHarness, employees: int, seed: int) -> RunHarness:
    """Create accounts for a company of this size, an hour ago."""
    harness.company.add(generate(employees, seed=seed))
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.forget_calls()
    return harness


@pytest.fixture
def healthy(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync."""
    return in_sync(harness, 30, seed=101)


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Sixty employees in sync."""
    return in_sync(harness, 60, seed=21)
