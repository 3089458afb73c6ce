"""Fixtures that more than one suite uses, and the two Hypothesis profiles: quick locally, full in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.run_harness import Nights, nights

# A test that needs more or fewer examples than others states a fraction of `settings().max_examples`.
# `pytest --hypothesis-profile=full` takes the other one. No deadline: how fast a machine is, is no failure.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile("full", settings.get_profile("ci"), deadline=None, max_examples=100)
settings.load_profile("full" if os.environ.get("CI") else "quick")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Nights]:
    """An empty company and an empty Moodle, served, and a worker's environment."""
    with nights(tmp_path) as both:
        yield both
