"""The runs of a state: one item with the records that later runs need, and one item for each run's summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from worker.model.history import LEAST_RUNS, RunRecord, runs_needed
from worker.state.items import EXPIRY, KEY, Item, Items
from worker.state.packed import MAX_BYTES, encode, pack, unpack
from worker.state.records import read_run, store_run

_RUN_RETENTION = timedelta(days=400)
_MAX_JOURNAL_ITEMS = 100_000
_ADVICE = "delete it: the next run rebuilds it from the items of the runs"


class RunHistory:
    """The runs so far, oldest first. The store that owns it lets one thread write at a time."""

    def __init__(self, items: Items, state_id: str) -> None:
        self._items = items
        self._id = state_id
        self.key = f"{state_id}#history"
        self.runs: tuple[RunRecord, ...] = ()

    def load(self, item: Item | None) -> None:
        """Load the runs from the item under the key."""
        self.runs = tuple(self._read(item))

    def replace(self, runs: Iterable[RunRecord]) -> None:
        """Take the runs that an earlier version recorded."""
        self.runs = tuple(sorted(runs, key=lambda run: (run.ended_at_ms, run.run_id)))

    def begin(self, run: RunRecord, now: datetime) -> None:
        """Store that a run is about to write."""
        self.runs = _with(self.runs, run)
        self.flush(now)

    def record(self, run: RunRecord, summary: Mapping[str, Any], now: datetime) -> None:
        """Store a run's summary for some months, and add its record to the history for later runs."""
        item: Item = {
            KEY: self._key_of(run.run_id),
            **store_run(run),
            "summary": {name: value for name, value in summary.items() if not isinstance(value, float)},
            EXPIRY: int((now + _RUN_RETENTION).timestamp()),
        }
        # Read again, so that the record of another run that ended meanwhile stays.
        self.runs = _with(self._read(self._items.get(self.key)), run)
        self._items.put_all([item, self._item(now)])

    def flush(self, now: datetime) -> None:
        """Store the history that later runs need."""
        self._items.put(self._item(now))

    def run(self, run_id: str) -> RunRecord | None:
        """Return the record of a run of the last months; None if there is none."""
        item = self._item_of(run_id)
        return None if item is None else read_run(run_id, item)

    def journal_items(self, run_id: str) -> int | None:
        """Return how many items the journal of a run has; None if its record does not say."""
        count = (self._item_of(run_id) or {}).get("journal_items")
        return count if type(count) is int and 0 <= count <= _MAX_JOURNAL_ITEMS else None

    def _key_of(self, run_id: str) -> str:
        return f"{self._id}#run#{run_id}"

    def _item_of(self, run_id: str) -> Item | None:
        return self._items.get(self._key_of(run_id))

    def _read(self, item: Item | None) -> Iterator[RunRecord]:
        attributes: dict[str, Any] = {}
        for _, stored in unpack(item, "runs", _ADVICE):
            # An unreleased version left out of a line what was the same in the line before.
            attributes |= stored
            yield read_run(str(attributes.get("id", "")), attributes)

    def _item(self, now: datetime) -> Item:
        most = len(self.runs)
        text = self._text(now, most)
        while len(text) > MAX_BYTES and most > LEAST_RUNS:
            most = most * 3 // 4
            text = self._text(now, most)
        return {KEY: self.key, "runs": text}

    def _text(self, now: datetime, most: int) -> str:
        runs = runs_needed(self.runs, now, most)
        return pack(encode({"scope_matched": [], **store_run(run), "id": run.run_id}) for run in runs)


def _with(runs: Iterable[RunRecord], run: RunRecord) -> tuple[RunRecord, ...]:
    return (*(other for other in runs if other.run_id != run.run_id), run)
