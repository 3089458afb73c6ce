"""The state of one sync, in the terms of a run: position, records of employees and of runs, journal.

Keys: `<id>` the state row; `<id>#lock`; `<id>#binding` the company and the site that it belongs to; `<id>#paused`;
`<id>#followups#<n>` the records of employees; `<id>#history` the records of the runs that later runs need;
`<id>#run#<run>` a run's summary; `<id>#journal#<run>#<n>`; `<id>#held#<run>#<n>` the held changes of a run.

A run reads the row, the binding, the pause, the follow-ups and the history in one request. If an earlier version
wrote the row, or the history is missing, a scan looks for the items `<id>#person#<employee>` and `<id>#run#<run>`, and
the first write under the lock converts them. The items of employees then expire after 30 days, during which a return
to the earlier version works. An item without an expiry was written by that version since, and is newer than the
follow-up.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from worker.errors import LockLost
from worker.model.held_change import HeldChanges
from worker.model.history import EmployeeRecord, History, RunRecord
from worker.model.journal_entry import JournalEntry
from worker.model.position import Binding, Position
from worker.state.followups import FollowUps
from worker.state.held import read_held, store_held
from worker.state.items import ABSENT, EXPIRY, KEY, Item, Items
from worker.state.journal import Journal
from worker.state.lock import Lock
from worker.state.pause import pause_key, read_pause
from worker.state.records import read_employee, read_run
from worker.state.row import RECORDING_BEGAN, has_no_gap, is_current, read_position, row_of, unchanged
from worker.state.run_history import RunHistory

__all__ = ["RECORDING_BEGAN", "Store", "locked"]

T = TypeVar("T")

_OLD_ITEM_RETENTION = timedelta(days=30)


class Store:
    """Reads and writes the state `state_id` of a table or file. Several threads of a run may write at a time."""

    def __init__(self, items: Items, state_id: str, clock: Callable[[], float] = time.time) -> None:
        self._items = items
        self._clock = clock
        self._id = state_id
        self._row: Item | None = None
        self._row_read_ahead: list[Item | None] = []
        self._mutex = threading.Lock()
        self._follow_ups = FollowUps(items, state_id)
        self.journal = Journal(items, state_id, clock)
        self._runs = RunHistory(items, state_id)
        self.binding: Binding | None = None
        """The company and site that the state belongs to, as :meth:`history` last read it; None if it names none."""
        self.is_new = True
        """Whether the state, as :meth:`history` last read it, is empty, or no run of it got as far as writing."""
        self._binding_key = f"{state_id}#binding"
        self._pause: str | None = None
        self._is_loaded = False
        self._is_converted = True
        self._old_items: list[Item] = []

    def lock(self, owner: str) -> Lock:
        """Return the lock of this state, not yet taken."""
        return Lock(self._items, f"{self._id}#lock", owner, self._clock)

    # The position

    def position(self, now: datetime) -> Position | None:
        """Return the position; None if the sync never ran. Raises ConfigurationError for an invalid row."""
        self._row = self._row_read_ahead.pop() if self._row_read_ahead else self._items.get(self._id)
        return None if self._row is None else read_position(self._id, self._row, now)

    def create(self, position: Position, now: datetime) -> None:
        """Write the first row. Raises LockLost if another run wrote one meanwhile."""
        row = row_of(self._id, position, now, current=self._has_converted())
        if not self._items.put(row, ABSENT):
            raise LockLost("another run wrote the first state row", advice="the next run continues from there")
        self._row = row

    def move(self, position: Position, lock: Lock, now: datetime) -> None:
        """Write the new position if the lock is still ours and the row has not changed since it was read."""
        row = row_of(self._id, position, now, current=self._has_converted() or is_current(self._row))
        if not self._items.put_if(row, unchanged(self._row or {}), lock.key, lock.ours):
            raise _changed_meanwhile()
        self._row = row

    def raw_row(self) -> Item | None:
        """Return the state row as it is stored, valid or not; None if there is none."""
        return self._items.get(self._id)

    def overwrite(self, read: Item | None, position: Position, lock: Lock, now: datetime) -> None:
        """Write an earlier position that an operator chose, if the row has not changed since it was read.

        A position before one without a gap has no gap either.
        """
        row = row_of(self._id, replace(position, has_no_gap=has_no_gap(read)), now, current=is_current(read))
        if read is None:
            done = self._items.put(row, ABSENT)
        else:
            done = self._items.put_if(row, unchanged(read), lock.key, lock.ours)
        if not done:
            raise _changed_meanwhile()

    def remove(self, read: Item) -> None:
        """Delete the row if it has not changed since it was read: the next run begins as the very first did."""
        if not self._items.delete(self._id, unchanged(read)):
            raise _changed_meanwhile()

    # Employees and runs

    def history(self) -> History:
        """Return the records of employees and runs. The next :meth:`position` was read at the same moment.

        A run that writes records reads the history under the lock: a write stores other employees' records as read.
        """
        with self._mutex:
            self._load()
            return History(dict(self._follow_ups.records), self._runs.runs)

    def pause(self) -> str | None:
        """Return the pause in words, read at the same moment as the history; None if there is none."""
        with self._mutex:
            if not self._is_loaded:
                self._load()
            return self._pause

    def remember(self, employees: Iterable[EmployeeRecord]) -> None:
        """Store the records of these employees."""
        self._change(self._follow_ups.set, list(employees))

    def forget(self, employees: Iterable[int]) -> None:
        """Delete the records of these employees."""
        self._change(self._follow_ups.forget, list(employees))

    def _change(self, change: Callable[[T], None], employees: Sequence[T]) -> None:
        if not employees:
            return
        with self._mutex:
            self._prepare()
            for employee in employees:
                change(employee)
            self._follow_ups.flush()

    def record(self, run: RunRecord, summary: Mapping[str, Any], now: datetime) -> None:
        """Store a run's summary and figures for some months, and add its record to the history for later runs."""
        run = replace(run, journal_items=self.journal.count(run.run_id))
        with self._mutex:
            self._prepare()
            self._runs.record(run, summary, now)

    def run(self, run_id: str) -> RunRecord | None:
        """Return the record of a run of the last months; None if there is none."""
        return self._runs.run(run_id)

    def bind(self, binding: Binding) -> None:
        """Bind the state to this company and site."""
        self._items.put({KEY: self._binding_key, "company": binding.company_domain, "site": binding.site})
        self.binding = binding

    # Held changes

    def keep_held_changes(self, held: HeldChanges) -> None:
        """Store the held changes of a run, for an approval."""
        store_held(self._items, self._id, held)

    def held_changes(self, run_id: str) -> HeldChanges | None:
        """Return the held changes of a run; None if it held none, or they are no longer kept."""
        return read_held(self._items, self._id, run_id) if self._runs.is_id(run_id) else None

    # The journal

    def begin(self, run: RunRecord, now: datetime) -> None:
        """Store that a run is about to write, so that its journal is found even if the run never records its end."""
        with self._mutex:
            self._prepare()
            self._runs.begin(run, now)

    def journal_of(self, run_id: str) -> list[JournalEntry]:
        """Return the entries of a run's journal that are still kept, in order."""
        if not self._runs.is_id(run_id):
            return []
        return self.journal.entries_of(run_id, self._runs.journal_items(run_id))

    # Loading and conversion

    def _load(self) -> None:
        other_keys = [self._binding_key, pause_key(self._id), self._runs.key, *self._follow_ups.keys]
        found = self._items.get_all([self._id, *other_keys])
        row, past = found.get(self._id), found.get(self._runs.key)
        self._follow_ups.load(found)
        self._runs.load(past)
        bound = found.get(self._binding_key)
        # A binding that was emptied by hand matches the company and site of no run.
        self.binding = None if bound is None else Binding(str(bound.get("company", "")), str(bound.get("site", "")))
        self._pause = read_pause(found.get(pause_key(self._id)))
        self._row_read_ahead = [row]
        self._is_loaded = self._is_converted = True
        self._old_items = []
        if past is None or not is_current(row):
            self._load_old()
        is_foreign = row is not None and not is_current(row)
        used = is_foreign or self._follow_ups.records or any(run.completed for run in self._runs.runs)
        self.is_new = not used

    def _load_old(self) -> None:
        """Load the items of an earlier version; nothing is written yet."""
        runs = {run.run_id: run for run in self._runs.runs}
        for item in self._items.scan([f"{self._id}#person#", f"{self._id}#run#"]):
            _, kind, name = item[KEY].split("#", 2)
            if kind == "run":
                runs[name] = read_run(name, item)
            elif _EMPLOYEE_ID.fullmatch(name) and EXPIRY not in item:
                self._follow_ups.set(read_employee(int(name), item))
                self._old_items.append(item)
        self._is_converted = not (self._old_items or runs)
        self._runs.replace(runs.values())

    def _prepare(self) -> None:
        """Load and convert the stored items, as every write requires."""
        if not self._is_loaded:
            self._load()
        if self._is_converted:
            return
        now = datetime.fromtimestamp(self._clock(), UTC)
        self._follow_ups.flush()
        self._runs.flush(now)
        # Only now that all records are stored in their new form: an item without an expiry is converted again.
        expires = int((now + _OLD_ITEM_RETENTION).timestamp())
        self._items.put_all([{**item, EXPIRY: expires} for item in self._old_items])
        self._is_converted, self._old_items = True, []

    def _has_converted(self) -> bool:
        """Convert what is left, and return True; return False if nothing was loaded, so that it is not known."""
        if not self._is_loaded:
            return False
        with self._mutex:
            self._prepare()
        return True


_EMPLOYEE_ID = re.compile("[1-9][0-9]*")


def _changed_meanwhile() -> LockLost:
    return LockLost(
        "the state row was changed, or the lock taken over, while this run was at work",
        advice="the row was left as it is; the next run continues from there",
    )


@contextmanager
def locked(store: Store, owner: str) -> Iterator[Lock]:
    """Hold the lock. Raises LockHeld while a run holds it."""
    lock = store.lock(owner)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()
