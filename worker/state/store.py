"""The state of one sync, in the terms of a run: position, remembered people, history.

Keys: `<id>` the state row; `<id>#lock`; `<id>#person#<employee id>`; `<id>#run#<run>`; `<id>#journal#<run>#<n>`.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from worker.errors import ConfigurationError, LockLost, StateError
from worker.model.history import EmployeeRecord, FollowUp, History, RunRecord
from worker.model.journal_entry import KEPT, JournalEntry, pack, unpack
from worker.model.position import Position, WindowProgress
from worker.state.items import ABSENT, EXPIRY, KEY, Condition, Item, Items
from worker.state.lock import Lock
from worker.timestamps import iso, parse_moment

T = TypeVar("T", "EmployeeRecord", "RunRecord")
V = TypeVar("V")

RECORDING_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
_FUTURE_TOLERATED = timedelta(minutes=5)
_RUN_KEPT = timedelta(days=400)


class Store:
    """Reads and writes the state `state_id` of a table or file."""

    def __init__(self, items: Items, state_id: str, clock: Callable[[], float] = time.time) -> None:
        self._items = items
        self._clock = clock
        self._id = state_id
        self._row: Item | None = None
        self._journalled = itertools.count(1)

    def lock(self, owner: str) -> Lock:
        """The lock of this state, not yet taken."""
        return Lock(self._items, f"{self._id}#lock", owner, self._clock)

    def position(self, now: datetime) -> Position | None:
        """Where the sync stands; None if it never ran. A row that cannot be meant is a configuration error."""
        self._row = self._items.get(self._id)
        if self._row is None:
            return None
        since, offset = parse_moment(self._row.get("since")), _whole(self._row.get("offset", 0))
        where, mend = f"state row {self._id!r}", "write since, offset and updatedAt anew (RUNBOOK, state)"
        faults = []
        if since is None or since < RECORDING_BEGAN:
            faults.append(f"{where}: since must be a moment with a zone, such as 2026-01-31T02:00:00Z")
        elif since > now + _FUTURE_TOLERATED:
            faults.append(f"{where}: since ({iso(since)}) is in the future: no change would ever be seen")
        if offset is None:
            faults.append(f"{where}: offset must be a whole number, 0 or more")
        if faults or since is None or offset is None:
            raise ConfigurationError(faults, advice=mend)
        return Position(since, offset, _progress(self._row, since, offset))

    def create(self, position: Position, now: datetime) -> None:
        """Write the first row. Another run that wrote one meanwhile had the lock."""
        row = self._as_row(position, now)
        if not self._items.put(row, ABSENT):
            raise LockLost("another run wrote the first state row", advice="the next run goes on from there")
        self._row = row

    def move(self, position: Position, lock: Lock, now: datetime) -> None:
        """Write the new position, if the lock is still ours and the row still what was read."""
        row = self._as_row(position, now)
        if not self._items.put_if(row, _as_read(self._row or {}), lock.key, lock.ours):
            raise _changed_meanwhile()
        self._row = row

    def history(self) -> History:
        """Everything that is remembered: one scan, the table is small."""
        employees: dict[int, EmployeeRecord] = {}
        runs: list[RunRecord] = []
        for item in self._items.scan([f"{self._id}#person#", f"{self._id}#run#"]):
            _, kind, name = item[KEY].split("#", 2)
            if kind == "person" and re.fullmatch("[1-9][0-9]*", name):
                employees[int(name)] = _remembered(int(name), item)
            elif kind == "run":
                runs.append(_known(RunRecord, {**_UNKNOWN_RUN, **item, **_figures(item), "run_id": name}))
        return History(employees, tuple(sorted(runs, key=lambda run: (run.ended_at, run.run_id))))

    def remember(self, employees: Iterable[EmployeeRecord]) -> None:
        """Write what is remembered about these people."""
        items = [{KEY: self._person(employee.employee_id), **_stored(employee)} for employee in employees]
        if items:
            self._items.put_all(items)

    def forget(self, employees: Iterable[int]) -> None:
        """Nothing is to be remembered about these any more."""
        keys = [self._person(employee) for employee in employees]
        if keys:
            self._items.delete_all(keys)

    def record(self, run: RunRecord, summary: Mapping[str, Any], now: datetime) -> None:
        """Keep a run's summary and figures for some months."""
        expires = int((now + _RUN_KEPT).timestamp())
        told = {name: value for name, value in summary.items() if not isinstance(value, float)}
        item = {**asdict(run), KEY: f"{self._id}#run#{run.run_id}", "summary": told, EXPIRY: expires}
        del item["run_id"]
        self._items.put(item)

    def journal(self, run_id: str, entries: Iterable[JournalEntry]) -> None:
        """Keep what a run is about to write. Several threads of a run may do so at a time."""
        items = []
        for portion in pack(entries):
            number = next(self._journalled)
            expires = portion[-1]["at"] + int(KEPT.total_seconds())
            # One text: a thousand nested values would each be packed for the table, in the time of the next batch.
            told = json.dumps(portion, ensure_ascii=False)
            items.append({KEY: f"{self._id}#journal#{run_id}#{number:06}", "entries": told, EXPIRY: expires})
        if items:
            self._items.put_all(items)

    def journal_of(self, run_id: str) -> list[JournalEntry]:
        """What a run set out to write, in its order, as far as that is still kept."""
        return [entry for item in self._journals(f"{run_id}#") for entry in _entries(item)]

    def journals_about(self, employee_id: int) -> list[tuple[str, JournalEntry]]:
        """What the runs of the last months set out to write to one person: run and entry, oldest first."""
        found = [
            (item[KEY].split("#")[-2], entry)
            for item in self._journals("")
            for entry in _entries(item)
            if entry.employee_id == employee_id
        ]
        return sorted(found, key=lambda told: told[1].at)

    def _journals(self, run: str) -> Iterator[Item]:
        for item in sorted(self._items.scan([f"{self._id}#journal#{run}"]), key=lambda item: str(item[KEY])):
            expiry = item.get(EXPIRY)
            if isinstance(expiry, int) and expiry > self._clock():
                yield item

    def raw(self) -> Item | None:
        """The state row as it stands in the table, whatever it says; None if there is none."""
        return self._items.get(self._id)

    def overwrite(self, read: Item | None, position: Position, lock: Lock, now: datetime) -> None:
        """Write a position that an operator chose, if the row is still what was read."""
        row = self._as_row(position, now)
        if read is None:
            done = self._items.put(row, ABSENT)
        else:
            done = self._items.put_if(row, _as_read(read), lock.key, lock.ours)
        if not done:
            raise _changed_meanwhile()

    def remove(self, read: Item) -> None:
        """Remove the row, if it is still what was read: the next run begins as the very first did."""
        if not self._items.delete(self._id, _as_read(read)):
            raise _changed_meanwhile()

    def _person(self, employee_id: int) -> str:
        return f"{self._id}#person#{employee_id}"

    def _as_row(self, position: Position, now: datetime) -> Item:
        row: Item = {KEY: self._id, "since": iso(position.since), "offset": position.offset, "updatedAt": iso(now)}
        progress = position.progress
        if progress is not None:
            row["window"] = {
                "since": row["since"],
                "offset": row["offset"],
                "latest": iso(progress.latest) if progress.latest else None,
                "lastId": progress.last_id,
                "pinnedRuns": progress.pinned_runs,
            }
        return row


def _as_read(row: Item) -> Condition:
    return Condition(equals={name: row[name] for name in ("since", "offset", "updatedAt") if name in row})


def _changed_meanwhile() -> LockLost:
    return LockLost(
        "the state row was changed, or the lock taken over, while this run was at work",
        advice="the row was left as it is; the next run goes on from there",
    )


def _entries(item: Item) -> list[JournalEntry]:
    try:
        return unpack([json.loads(item["entries"])])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise StateError(
            f"the journal item {item[KEY]} is malformed", advice="somebody changed it by hand; restore or remove it"
        ) from None


def _figures(item: Item) -> Item:
    """What is computed with of a run record, without what cannot be meant."""
    held, days, coverage = item.get("held"), item.get("dates_read"), item.get("coverage")
    ended_at = item.get("ended_at")
    return {
        "ended_at": ended_at if type(ended_at) is int and 0 <= ended_at < _NO_MOMENT else 0,
        "held": tuple(one for one in held if isinstance(one, int)) if isinstance(held, (list, tuple)) else (),
        "dates_read": _texts_to(str, days),
        "coverage": _texts_to(int, coverage),
    }


def _texts_to(kind: type[V], told: object) -> dict[str, V]:
    """A mapping's values of this type; none of something else."""
    return {name: value for name, value in told.items() if type(value) is kind} if isinstance(told, dict) else {}


_NO_MOMENT = 10**15
"""Milliseconds since 1970: thirty thousand years from now."""
_UNKNOWN_RUN: Item = {"command": "", "scope": "", "good": False}


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _progress(row: Item, since: datetime, offset: int) -> WindowProgress | None:
    """What the row says of its window, if it is about this `since` and `offset` (an operator may have moved them)."""
    window = row.get("window")
    if not isinstance(window, dict) or parse_moment(window.get("since")) != since or window.get("offset") != offset:
        return None
    return WindowProgress(
        latest=parse_moment(window.get("latest")),
        last_id=_whole(window.get("lastId")),
        pinned_runs=_whole(window.get("pinnedRuns")) or 0,
    )


def _remembered(employee_id: int, item: Item) -> EmployeeRecord:
    employee = _known(EmployeeRecord, {**item, "employee_id": employee_id})
    known = employee.reason in set(FollowUp)
    account = employee.account if 0 <= employee.account < _NO_ID else 0
    return replace(employee, reason=FollowUp(employee.reason) if known else FollowUp.WAITING, account=account)


_NO_ID = 2**53


def _stored(employee: EmployeeRecord) -> Item:
    told = asdict(employee)
    del told["employee_id"]
    return {**told, "reason": str(employee.reason)}


def _known(kind: type[T], item: Item) -> T:
    """The dataclass from an item; what another version or a hand wrote, and cannot be meant, is left aside."""
    defaults = {part.name: part.default for part in fields(kind)}

    def is_meant(name: str, value: object) -> bool:
        default = defaults.get(name)
        return name in defaults and (not isinstance(default, (str, int)) or type(value) is _plain_type(default))

    return kind(**{name: value for name, value in item.items() if is_meant(name, value)})


def _plain_type(default: object) -> type:
    return str if isinstance(default, str) else type(default)


@contextmanager
def locked(store: Store, owner: str) -> Iterator[Lock]:
    """Hold the lock; raises LockHeld while a run is at work."""
    lock = store.lock(owner)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()
