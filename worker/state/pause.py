"""The item `<id>#paused`: the scheduled runs of a sync are paused until it is deleted.

It is in the table because a deploy replaces schedules and alarms, and leaves the table alone. An operator writes and
deletes it without a condition; a run reads it together with the state row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.state.items import KEY, Item
from worker.timestamps import iso, parse_moment


@dataclass(frozen=True)
class Pause:
    """A pause, and when it began; None in an item that was written by hand without it."""

    since: datetime | None

    def __str__(self) -> str:
        return f"paused (since {iso(self.since)})" if self.since else "paused"


def pause_key(state_id: str) -> str:
    """Return the key of the item."""
    return f"{state_id}#paused"


def pause_item(state_id: str, now: datetime) -> Item:
    """Return the item of a pause that begins now."""
    return {KEY: pause_key(state_id), "pausedAt": iso(now)}


def read_pause(item: Item | None) -> Pause | None:
    """Return the pause that an item stands for; None without an item."""
    return None if item is None else Pause(parse_moment(item.get("pausedAt")))
