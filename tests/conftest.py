"""Fixtures that more than one suite uses, and the two Hypothesis profiles: quick locally, full in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.run_harness import RunHarness, start_harness

# A test that needs more or fewer examples than others states a fraction of `settings().max_examples`.
# `pytest --hypothesis-profile=full` takes the other one. No deadline: a slow machine is no failure.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile("full", settings.get_profile("ci"), deadline=None, max_examples=100)
settings.load_profile("full" if os.environ.get("CI") else "quick")


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[RunHarness]:
    """An empty company and an empty Moodle, served, and the worker's environment."""
    with start_harness(tmp_path) as harness:
        yield harness
