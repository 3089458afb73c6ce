"""The item `<id>#paused`: the scheduled runs of a sync are paused until it is deleted.

It is in the table because a deploy replaces schedules and alarms, and leaves the table alone. An operator writes and
deletes it without a condition; a run reads it together with the state row.
"""

from __future__ import annotations

from datetime import datetime

from worker.state.items import KEY, Item
from worker.timestamps import iso, parse_moment


def pause_key(state_id: str) -> str:
    """Return the key of the item."""
    return f"{state_id}#paused"


def pause_item(state_id: str, now: datetime) -> Item:
    """Return the item of a pause that begins now."""
    return {KEY: pause_key(state_id), "pausedAt": iso(now)}


def read_pause(item: Item | None) -> str | None:
    """Return what an item says, such as "paused (since 2026-01-31T02:00:00Z)"; None without an item."""
    if item is None:
        return None
    since = parse_moment(item.get("pausedAt"))
    # An item that was written by hand may lack the time.
    return f"paused (since {iso(since)})" if since else "paused"
