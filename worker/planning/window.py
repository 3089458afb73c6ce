"""The window: which people a run takes from the feed, and where the state goes afterwards. Pure.

A window may span several runs, and the feed is read again in each. So the run that opens it stores the feed's `latest`
(at most the time that run began), and that value, never a later one, becomes `since` when the window is complete: who
changed meanwhile is in the next one. The last person done is stored beside the offset, because the feed may have lost
people in front of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worker.model.employee import Change
from worker.model.position import Position, WindowProgress


@dataclass(frozen=True, slots=True)
class Window:
    """The people of one run. `closing` becomes `since` when the window is complete (None: `since` stays)."""

    changes: tuple[Change, ...]
    total: int
    complete: bool
    closing: datetime | None


def select(
    position: Position, changes: Sequence[Change], latest: datetime | None, began: datetime, batch_size: int
) -> Window:
    """Take the window's next people. `changes` are ordered by id; `batch_size` of 0 or less takes all that are left.

    A pinned window takes more with every retry, from the same place, so that one bad record cannot keep those behind
    it waiting.
    """
    progress = position.progress
    start = position.offset
    if progress is not None and progress.last_id is not None:
        start = bisect_right(changes, progress.last_id, key=lambda change: change.employee_id)
    left = changes[start:]
    pinned = progress.pinned_runs if progress else 0
    taken = left[: batch_size * (1 + pinned)] if batch_size > 0 else left
    if progress is not None:
        closing = min(progress.latest, began) if progress.latest else None
    elif position.offset == 0:
        closing = min(latest, began) if latest else None
    else:
        closing = None
    return Window(tuple(taken), len(changes), complete=len(taken) == len(left), closing=closing)


def advance(position: Position, window: Window, *, failed: bool) -> Position:
    """Where the state stands after a run. `since` never moves backwards; any error leaves both where they were."""
    progress = position.progress or WindowProgress()
    if failed:
        pinned = replace(progress, latest=window.closing, pinned_runs=progress.pinned_runs + 1)
        return replace(position, progress=pinned)
    if window.complete:
        return Position(since=max(position.since, window.closing or position.since))
    return Position(
        since=position.since,
        offset=position.offset + len(window.changes),
        progress=WindowProgress(latest=window.closing, last_id=window.changes[-1].employee_id),
    )
