"""Where the sync stands in BambooHR's changed feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """What belongs to one window: the time it closes, the last employee done, and how many runs left it pinned."""

    latest: datetime | None = None
    last_id: int | None = None
    pinned_runs: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where the sync stands. `progress` is None where the row has none for exactly this `since` and `offset`."""

    since: datetime
    offset: int = 0
    progress: WindowProgress | None = None
