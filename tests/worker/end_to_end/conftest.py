"""Fixtures that several files of end-to-end runs share."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import advance_clock


@pytest.fixture
def healthy(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync."""
    harness.company.add(generate(30, seed=101))
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.forget_calls()
    return harness
