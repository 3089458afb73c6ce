"""The writer that most tests begin with."""

from __future__ import annotations

import pytest

from tests.worker.runs.writing import SandboxWriter


@pytest.fixture
def writer() -> SandboxWriter:
    return SandboxWriter()
