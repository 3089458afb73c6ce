"""The state row: the position of the sync as an item. A row that was written by hand with `since` alone is valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from worker.errors import ConfigurationError
from worker.model.position import Position, WindowProgress
from worker.state.items import KEY, Condition, Item
from worker.timestamps import iso, parse_moment

RECORDING_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
_FUTURE_TOLERATED = timedelta(minutes=5)
_FORMAT_KEY, _FORMAT = "stateFormat", 2


def is_current(row: Item | None) -> bool:
    """Return whether this version wrote the row. Earlier ones, and an operator, leave the format out."""
    return row is not None and row.get(_FORMAT_KEY) == _FORMAT


def read_position(state_id: str, row: Item, now: datetime) -> Position:
    """Return the position. Raises ConfigurationError with every fault of the row."""
    since, offset = parse_moment(row.get("since")), _whole(row.get("offset", 0))
    where = f"state row {state_id!r}"
    faults = []
    if since is None or since < RECORDING_BEGAN:
        faults.append(f"{where}: since must be a time with a time zone, such as 2026-01-31T02:00:00Z")
    elif since > now + _FUTURE_TOLERATED:
        faults.append(f"{where}: since ({iso(since)}) is in the future: no change would ever be seen")
    if offset is None:
        faults.append(f"{where}: offset must be a whole number, 0 or more")
    if faults or since is None or offset is None:
        raise ConfigurationError(faults, advice="write since, offset and updatedAt again (RUNBOOK, state)")
    return Position(since, offset, _progress(row, since, offset), has_no_gap=has_no_gap(row))


def has_no_gap(row: Item | None) -> bool:
    """Return whether a run stored this `since` with no gap before it: the mark names the `since` it was stored with."""
    since = parse_moment(row.get("since")) if row else None
    return row is not None and since is not None and parse_moment(row.get("gapless")) == since


def row_of(state_id: str, position: Position, now: datetime, *, current: bool) -> Item:
    """Return the row of this position. `current`: no items of an earlier version are left."""
    row: Item = {KEY: state_id, "since": iso(position.since), "offset": position.offset, "updatedAt": iso(now)}
    if position.has_no_gap:
        row["gapless"] = row["since"]
    progress = position.progress
    if progress is not None:
        row["window"] = {
            "since": row["since"],
            "offset": row["offset"],
            "latest": iso(progress.latest) if progress.latest else None,
            "lastId": progress.last_id,
            "pinnedRuns": progress.pinned_runs,
        }
    return {**row, _FORMAT_KEY: _FORMAT} if current else row


def unchanged(row: Item) -> Condition:
    """Return the condition that the row has not changed since it was read."""
    return Condition(equals={name: row[name] for name in ("since", "offset", "updatedAt") if name in row})


def _progress(row: Item, since: datetime, offset: int) -> WindowProgress | None:
    """Return the row's window if it belongs to this `since` and `offset` (an operator may have changed them)."""
    window = row.get("window")
    if not isinstance(window, dict) or parse_moment(window.get("since")) != since or window.get("offset") != offset:
        return None
    return WindowProgress(
        latest=parse_moment(window.get("latest")),
        last_id=_whole(window.get("lastId")),
        pinned_runs=_whole(window.get("pinnedRuns")) or 0,
    )


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
