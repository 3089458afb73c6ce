"""What the tests of the store share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from worker.model.history import History, RunRecord
from worker.state.items import Item, Items
from worker.state.store import Store

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
LARGEST_ITEM = 300 * 1024
"""DESIGN: items stay under 300 KB."""


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


def run_of(run_id: str, ended_at: int = 1, **more: Any) -> RunRecord:
    return RunRecord(
        **{
            "run_id": run_id,
            "ended_at_ms": ended_at,
            "command": "sync",
            "selection": "all",
            "is_baseline": True,
            "successful": True,
            **more,
        }
    )


def size(item: Item) -> int:
    return len(json.dumps(item, ensure_ascii=False).encode())


def reread(items: Items) -> History:
    return Store(items, "a", NOW.timestamp).history()
