"""The journal in the table: items `<id>#journal#<run>#<n>`, numbered from 1 for each run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from threading import Lock

from worker.errors import StateError
from worker.model.journal_entry import RETENTION, JournalEntry, pack, unpack
from worker.state.items import EXPIRY, KEY, Item, Items


class Journal:
    """Writes and reads the journals of one state. Several threads of a run may write at a time."""

    def __init__(self, items: Items, state_id: str, clock: Callable[[], float], mutex: Lock) -> None:
        self._items = items
        self._prefix = f"{state_id}#journal#"
        self._clock = clock
        self._mutex = mutex
        self._written: Counter[str] = Counter()

    def add(self, run_id: str, entries: Iterable[JournalEntry]) -> None:
        """Keep what a run is about to write."""
        items = []
        for portion in pack(entries):
            expires = portion[-1]["at"] + int(RETENTION.total_seconds())
            # One text: a thousand nested values would each be packed for the table, in the time of the next batch.
            text = json.dumps(portion, ensure_ascii=False)
            items.append({KEY: self._key(run_id, self._next(run_id)), "entries": text, EXPIRY: expires})
        if items:
            self._items.put_all(items)

    def count(self, run_id: str) -> int:
        """How many items this run wrote."""
        return self._written[run_id]

    def of(self, run_id: str, count: int | None) -> list[JournalEntry]:
        """What a run set out to write, in order, as far as that is still kept.

        Args:
            run_id: The run.
            count: How many items its journal has; None if that is not known, so that they have to be searched for.
        """
        if count is None:
            found = self._items.scan([f"{self._prefix}{run_id}#"])
        else:
            found = list(self._items.get_all([self._key(run_id, number) for number in range(1, count + 1)]).values())
        return [entry for item in self._kept(found) for entry in _entries(item)]

    def about(self, employee_id: int) -> list[tuple[str, JournalEntry]]:
        """What the runs of the last months set out to write to one employee: run and entry, oldest first."""
        found = [
            (item[KEY].split("#")[-2], entry)
            for item in self._kept(self._items.scan([self._prefix]))
            for entry in _entries(item)
            if entry.employee_id == employee_id
        ]
        return sorted(found, key=lambda pair: pair[1].at)

    def _kept(self, found: Iterable[Item]) -> Iterator[Item]:
        for item in sorted(found, key=lambda item: str(item[KEY])):
            expiry = item.get(EXPIRY)
            if isinstance(expiry, int) and expiry > self._clock():
                yield item

    def _key(self, run_id: str, number: int) -> str:
        return f"{self._prefix}{run_id}#{number:06}"

    def _next(self, run_id: str) -> int:
        with self._mutex:
            self._written[run_id] += 1
            return self._written[run_id]


def _entries(item: Item) -> list[JournalEntry]:
    try:
        return unpack([json.loads(item["entries"])])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise StateError(
            f"the journal item {item[KEY]} is malformed", advice="it was changed by hand; restore or delete it"
        ) from None
