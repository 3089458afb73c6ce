"""The window: which changes a run takes from the feed, and the position afterwards. Pure.

A window may span several runs, and each of them reads the feed again. So the run that opens a window stores the feed's
`latest` (at most the time that run began). That value, never a later one, becomes `since` when the window is complete,
and employees who change in between belong to the next window. A pinned window may stay open for long, so its retries
take those of them who were processed before: a leaver does not keep their access because of another's error. The id of
the last employee processed is stored beside the offset, since employees before it may have vanished from the feed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worker.model.employee import Change
from worker.model.position import Position, WindowProgress


@dataclass(frozen=True, slots=True)
class WindowPart:
    """The part of the window that one run takes.

    `changed_again`: if it is pinned, those processed before who changed since it was opened. `total`: the number of
    changes in the feed. `complete`: this run reaches the end of the window. Then `next_since` becomes `since`; if None,
    `since` stays.
    """

    changes: tuple[Change, ...]
    changed_again: tuple[Change, ...]
    total: int
    complete: bool
    next_since: datetime | None


def select(
    position: Position, changes: Sequence[Change], latest: datetime | None, began: datetime, batch_size: int
) -> WindowPart:
    """Take the next part of the window.

    A pinned window takes one more batch with every retry, from the same place, so that one bad record does not block
    the records behind it.

    `changes`: the feed, ordered by employee id. `began`: when this run began. `batch_size`: how many changes to take; 0
    or less takes all that remain.
    """
    # An offset without progress was written by hand: the `latest` of the run that opened the window is not known.
    progress = position.progress or WindowProgress(latest if position.offset == 0 else None)
    start = position.offset
    if progress.last_id is not None:
        start = bisect_right(changes, progress.last_id, key=lambda change: change.employee_id)
    remaining = changes[start:]
    taken = remaining[: batch_size * (1 + progress.pinned_runs)] if batch_size > 0 else remaining
    before = changes[:start] if progress.pinned_runs else ()
    opened = progress.latest or position.since
    again = (change for change in before if change.at is None or change.at > opened)
    next_since = min(progress.latest, began) if progress.latest else None
    is_complete = len(taken) == len(remaining)
    return WindowPart(tuple(taken), tuple(again), len(changes), complete=is_complete, next_since=next_since)


def advance(position: Position, window: WindowPart, *, failed: bool) -> Position:
    """Return the position after a run. `since` never moves backwards; a failed run keeps `since` and `offset`."""
    progress = position.progress or WindowProgress()
    if failed:
        pinned = replace(progress, latest=window.next_since, pinned_runs=progress.pinned_runs + 1)
        return replace(position, progress=pinned)
    if window.complete:
        return Position(since=max(position.since, window.next_since or position.since))
    return Position(
        since=position.since,
        offset=position.offset + len(window.changes),
        progress=WindowProgress(latest=window.next_since, last_id=window.changes[-1].employee_id),
    )
