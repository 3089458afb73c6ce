"""The position of the sync in the changed feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """Progress within one window.

    `latest` becomes `since` when the window is complete. `last_id`: the last employee done. `pinned_runs`: consecutive
    runs that failed and left the position unchanged.
    """

    latest: datetime | None = None
    last_id: int | None = None
    pinned_runs: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where the sync stands.

    Attributes:
        since: Start of the window.
        offset: Number of changes done.
        progress: None if none was stored for this position.
        gapless: Whether a run left `since` there, with no gap before it. Of any other position (the first one, or one
            that was written by hand) the history knows whether there is a gap.
    """

    since: datetime
    offset: int = 0
    progress: WindowProgress | None = None
    gapless: bool = False
