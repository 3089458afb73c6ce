"""Fixtures that more than one suite uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run_harness import Nights, nights


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Nights]:
    """An empty company and an empty Moodle, served, and a worker's environment."""
    with nights(tmp_path) as both:
        yield both
