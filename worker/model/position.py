"""The position of the sync in the changed feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """Progress within one window.

    `latest` becomes `since` when the window is complete. `last_id`: the last employee taken. `pinned_runs`: consecutive
    runs that failed and left the position unchanged.
    """

    latest: datetime | None = None
    last_id: int | None = None
    pinned_runs: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """The position of the sync.

    Attributes:
        since: Start of the window.
        offset: Number of changes taken.
        progress: None if none was stored for this position.
        gapless: Whether a run left `since` there, with no gap before it. For any other position (the first one, or one
            written by hand), the history shows whether there is a gap.
    """

    since: datetime
    offset: int = 0
    progress: WindowProgress | None = None
    gapless: bool = False
