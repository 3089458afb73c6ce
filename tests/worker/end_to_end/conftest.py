"""Fixtures that several files of end-to-end runs share."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import in_sync


@pytest.fixture
def healthy(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync."""
    return in_sync(harness, generate(30, seed=101))


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Sixty employees in sync."""
    return in_sync(harness, generate(60, seed=21))
