"""The journal in the table: items `<id>#journal#<run>#<n>`, numbered from 1 for each run.

`<id>#journal#<run>#failed` names the employees in these items whose accounts were not changed after all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from worker.errors import StateError
from worker.model.history import RunRecord
from worker.model.journal_entry import RETENTION, FailedWrite, JournalEntry, RecentWrites, pack, unpack
from worker.model.step import GuardClass
from worker.state.items import EXPIRY, KEY, Item, Items

_PROBED = 50
_RETENTION_SECONDS = int(RETENTION.total_seconds())


class Journal:
    """Writes and reads the journals of one state. Several threads of a run may write at a time."""

    def __init__(self, items: Items, state_id: str, clock: Callable[[], float]) -> None:
        self._items = items
        self._prefix = f"{state_id}#journal#"
        self._clock = clock
        self._mutex = Lock()
        self._written: Counter[str] = Counter()

    def add(self, run_id: str, entries: Iterable[JournalEntry]) -> None:
        """Store what a run is about to write."""
        items = []
        for portion in pack(entries):
            with self._mutex:
                self._written[run_id] += 1
                key = self._key(run_id, self._written[run_id])
            # One text: packing a thousand nested values for the table would take the time of the next batch.
            text = json.dumps(portion, ensure_ascii=False)
            items.append({KEY: key, "entries": text, EXPIRY: portion[-1]["at"] + _RETENTION_SECONDS})
        if items:
            self._items.put_all(items)

    def count(self, run_id: str) -> int:
        """Return how many items this run wrote."""
        return self._written[run_id]

    def entries_of(self, run_id: str, count: int | None) -> list[JournalEntry]:
        """Return the entries of a run's journal that are still kept, in order.

        `count`: how many items its journal has; None if unknown, so that they must be searched for.
        """
        if count is None:
            found = self._items.scan([f"{self._prefix}{run_id}#"])
        else:
            found = list(self._items.get_all([self._key(run_id, number) for number in range(1, count + 1)]).values())
        return [entry for item in self._kept(found) for entry in _entries(item)]

    def fail(self, run_id: str, employees: Iterable[int], refused: Iterable[int], now: datetime) -> None:
        """Store the employees whose accounts a run did not change although its journal has them.

        `refused`: those of them who were refused alone.
        """
        lists = {"employees": _as_text(employees), "refused": _as_text(refused)}
        expires = int(now.timestamp()) + _RETENTION_SECONDS
        self._items.put_all([{KEY: self._failed(run_id), **lists, EXPIRY: expires}])

    def recent(self, runs: Sequence[RunRecord], since: datetime, begins: str, *, is_open: bool) -> RecentWrites:
        """Return the writes of earlier runs that matter to the guards.

        Args:
            runs: The runs that may count, oldest first.
            since: Writes later than this count.
            begins: The start of this run's window, as runs store it; "" for none.
            is_open: Earlier runs have done a part of the window: all their writes count.
        """
        after = int(since.timestamp())
        of_window = [run for run in runs if begins and run.since == begins]
        # A run over selected employees took nothing of the window, and says nothing about the others.
        last, open_runs = [run for run in of_window if run.has_no_selection][-1:], of_window if is_open else []
        wanted = [run for run in runs if run in last or run in open_runs or _may_count(run, after)]
        changed: dict[GuardClass, set[int]] = {}
        failed_writes: dict[int, FailedWrite] = {}
        keys = {run.run_id: self._keys(run) for run in wanted}
        items = self._items.get_all([key for own in keys.values() for key in own])
        for run in wanted:
            failed_key = self._failed(run.run_id)
            failed, refused = (_listed(items.get(failed_key), which) for which in ("employees", "refused"))
            own = [items[key] for key in keys[run.run_id] if key in items and key != failed_key]
            for entry in (entry for item in own for entry in _entries(item)):
                if entry.employee_id in failed:
                    if run in last:
                        before = failed_writes.get(entry.employee_id, FailedWrite({}))
                        values = {**before.values, **{change.field: change.new for change in entry.changes}}
                        failed_writes[entry.employee_id] = FailedWrite(
                            values, before.classes | entry.classes, entry.employee_id in refused
                        )
                elif entry.at > after or run in open_runs:
                    for guard_class in entry.classes:
                        changed.setdefault(guard_class, set()).add(entry.employee_id)
        return RecentWrites(changed, failed_writes)

    def _keys(self, run: RunRecord) -> list[str]:
        """Return the keys of a run's journal. For a run that was killed, they are probed: it recorded no count."""
        count = run.journal_items
        if run.is_unfinished:
            while self._items.get_all([self._key(run.run_id, count + number) for number in range(1, _PROBED + 1)]):
                count += _PROBED
        if not count:
            return []
        return [self._failed(run.run_id), *(self._key(run.run_id, number) for number in range(1, count + 1))]

    def entries_about(self, employee_id: int) -> list[tuple[str, JournalEntry]]:
        """Return the entries of the last months about one employee, each with its run, oldest first."""
        items = self._items.scan([self._prefix])
        failed = {_run_of(item) for item in items if _is_failed(item) and employee_id in _listed(item, "employees")}
        found = [
            (_run_of(item), replace(entry, is_failed=_run_of(item) in failed))
            for item in self._kept(items)
            for entry in _entries(item)
            if entry.employee_id == employee_id
        ]
        return sorted(found, key=lambda pair: pair[1].at)

    def _kept(self, found: Iterable[Item]) -> Iterator[Item]:
        """Yield the items of entries that have not expired, in the order of their keys."""
        for item in sorted(found, key=lambda item: str(item[KEY])):
            expiry = item.get(EXPIRY)
            if not _is_failed(item) and isinstance(expiry, int) and expiry > self._clock():
                yield item

    def _key(self, run_id: str, number: int) -> str:
        return f"{self._prefix}{run_id}#{number:06}"

    def _failed(self, run_id: str) -> str:
        return f"{self._prefix}{run_id}#failed"


def _may_count(run: RunRecord, since: int) -> bool:
    """Return whether a run may have written after a moment. One that was killed may have written after its record."""
    return run.ended_at_ms / 1000 > since - (_LONGEST_RUN_SECONDS if run.is_unfinished else 0)


_LONGEST_RUN_SECONDS = 24 * 3600


def _run_of(item: Item) -> str:
    return str(item[KEY]).split("#")[-2]


def _is_failed(item: Item) -> bool:
    return str(item[KEY]).endswith("#failed")


def _as_text(employees: Iterable[int]) -> str:
    return json.dumps(sorted(employees), separators=(",", ":"))


def _listed(item: Item | None, which: str) -> frozenset[int]:
    """Return one list of a `#failed` item. An earlier version stored no `refused`."""
    if item is None:
        return frozenset()
    try:
        return frozenset(json.loads(item.get(which, "[]")))
    except (TypeError, ValueError, RecursionError):
        raise _malformed(item) from None


def _entries(item: Item) -> list[JournalEntry]:
    try:
        return unpack([json.loads(item["entries"])])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise _malformed(item) from None


def _malformed(item: Item) -> StateError:
    return StateError(
        f"the journal item {item[KEY]} is malformed", advice="it was changed by hand; restore or delete it"
    )
