"""Towns that more than one file of nights begins with."""

from __future__ import annotations

import pytest

from tests.run_harness import Nights
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.previews import forward


@pytest.fixture
def healthy(town: Nights) -> Nights:
    """Thirty people in step."""
    town.company.add(generate(30, seed=101))
    assert town.run().code == 0
    forward(town, hours=1)
    town.listen()
    return town
