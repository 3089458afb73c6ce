"""The figures of the story that `conftest.py` tells, and what is kept of each of its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.run_harness import RunResult

EMPLOYEES = 10
FIRST_BATCH = 4
SECOND_BATCH = 50
LATER = "cron(30 4 * * ? *)"
"""The schedule that is deployed during the pause."""


@dataclass(frozen=True)
class Done:
    """A run, and what was there after it."""

    run: RunResult
    items: dict[str, dict[str, Any]]
    accounts: list[dict[str, Any]]
    secrets: list[str]
