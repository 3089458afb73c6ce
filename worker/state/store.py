"""The state of one sync, in the terms of a run: position, remembered people, history.

Keys: `<id>` the state row; `<id>#lock`; `<id>#person#<employee id>`; `<id>#run#<run>`; `<id>#journal#<run>#<n>`.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from worker.errors import ConfigurationError, LockLost, StateError
from worker.journal import KEPT, Entry, pack, unpack
from worker.state.items import ABSENT, EXPIRY, KEY, Item, Items, When
from worker.state.lock import Lock
from worker.timestamps import iso, parse_moment
from worker.window import Position, Progress

T = TypeVar("T", "Remembered", "RunRecord")

RECORDING_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
_FUTURE_TOLERATED = timedelta(minutes=5)
_RUN_KEPT = timedelta(days=400)


class Remembering(StrEnum):
    """The one reason for which somebody is taken into every run."""

    NOTHING = ""
    WAITING = "waiting"
    PARKED = "parked"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered about one person. No personal values.

    `deleted`: the feed said so when she was last seen there (the feed says it once). `attempts`: consecutive runs in
    which Moodle refused her. `suspended_by_us` and `suspended_at` (seconds since 1970) are written before the
    suspension is, so that a process that dies in between forgets neither her nor the limit. `approved`: an operator
    decided on that suspension, so it does not count to the limits. `undone_at`: when an operator took back what a run
    had written to her (`reason` is UNDONE then), and `seen` when BambooHR had changed her last before that run (0: not
    known).
    """

    employee_id: int
    reason: Remembering = Remembering.NOTHING
    note: str = ""
    action: str = ""
    deleted: bool = False
    attempts: int = 0
    suspended_by_us: bool = False
    suspended_at: int = 0
    approved: bool = False
    undone_at: int = 0
    seen: int = 0

    @property
    def is_taken_along(self) -> bool:
        """Whether every run is about her. Whoever was undone is left alone until BambooHR changes her."""
        return self.reason not in (Remembering.NOTHING, Remembering.UNDONE)

    def worth_keeping(self, now: datetime) -> bool:
        """Whether anything of it can still matter."""
        recent = self.suspended_at > (now - timedelta(days=1)).timestamp()
        return bool(self.reason or self.attempts or self.suspended_by_us or recent)


@dataclass(frozen=True)
class RunRecord:
    """How a run went, as far as later runs need it.

    `clean`: a run over everybody it was for, without an error. `good`: clean, a sync, and it saw the company whole; its
    figures are what the next run is compared with. `ended_at` is in milliseconds since 1970. `held`: whose suspensions
    a guard held. `dates_read`: the day (ISO) up to which dates that arrived were taken up.
    """

    run_id: str
    ended_at: int
    command: str
    scope: str
    good: bool
    clean: bool = False
    scheduled_time: str = ""
    rows: int = 0
    coverage: Mapping[str, int] = field(default_factory=dict)
    mapping: str = ""
    reconcile_due: bool = False
    outcome: str = ""
    held: Sequence[int] = ()
    dates_read: str = ""


@dataclass(frozen=True)
class History:
    """Everybody who is remembered, and the runs of the last months, oldest first."""

    people: Mapping[int, Remembered] = field(default_factory=dict)
    runs: tuple[RunRecord, ...] = ()

    def last_good(self) -> RunRecord | None:
        """The last good run; None if there is none yet."""
        return next((run for run in reversed(self.runs) if run.good), None)

    def last(self) -> RunRecord | None:
        """The last run over everybody, nightly or a reconcile, whatever its end."""
        whole = (run for run in reversed(self.runs) if run.scope == "all" and run.command in ("sync", "reconcile"))
        return next(whole, None)

    def run(self, run_id: str) -> RunRecord | None:
        """A run by its id."""
        return next((run for run in self.runs if run.run_id == run_id), None)

    def dates_read(self) -> date | None:
        """Up to which day dates that arrived were taken up; None if they never were."""
        days = [day for run in self.runs if (day := _day(run.dates_read))]
        return max(days, default=None)

    def those(self, reason: Remembering) -> dict[int, Remembered]:
        """Those who are remembered for a reason."""
        return {number: person for number, person in self.people.items() if person.reason is reason}

    def delivered(self, scheduled_time: str) -> bool:
        """Whether a run of this scheduled moment has ended well. One that failed may be tried again."""
        return bool(scheduled_time) and any(run.scheduled_time == scheduled_time for run in self.runs if run.clean)

    def suspended_since(self, moment: datetime, leaving_out: Collection[int] = ()) -> int:
        """How many people this product suspended (or set out to) after a moment, without those who are left out.

        What an operator decided on does not count.
        """
        counted = (person for number, person in self.people.items() if number not in leaving_out)
        return sum(person.suspended_at > moment.timestamp() and not person.approved for person in counted)


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
        people: dict[int, Remembered] = {}
        runs: list[RunRecord] = []
        for item in self._items.scan([f"{self._id}#person#", f"{self._id}#run#"]):
            _, kind, name = item[KEY].split("#", 2)
            if kind == "person" and re.fullmatch("[1-9][0-9]*", name):
                people[int(name)] = _remembered(int(name), item)
            elif kind == "run":
                held = item.get("held")
                ids = tuple(one for one in held if isinstance(one, int)) if isinstance(held, (list, tuple)) else ()
                runs.append(_known(RunRecord, {**_UNKNOWN_RUN, **item, "run_id": name, "held": ids}))
        return History(people, tuple(sorted(runs, key=lambda run: (run.ended_at, run.run_id))))

    def remember(self, people: Iterable[Remembered]) -> None:
        """Write what is remembered about these people."""
        items = [{KEY: self._person(person.employee_id), **_stored(person)} for person in people]
        if items:
            self._items.put_all(items)

    def forget(self, people: Iterable[int]) -> None:
        """Nothing is to be remembered about these any more."""
        keys = [self._person(person) for person in people]
        if keys:
            self._items.delete_all(keys)

    def record(self, run: RunRecord, summary: Mapping[str, Any], now: datetime) -> None:
        """Keep a run's summary and figures for some months."""
        expires = int((now + _RUN_KEPT).timestamp())
        told = {name: value for name, value in summary.items() if not isinstance(value, float)}
        item = {**asdict(run), KEY: f"{self._id}#run#{run.run_id}", "summary": told, EXPIRY: expires}
        del item["run_id"]
        self._items.put(item)

    def journal(self, run_id: str, entries: Iterable[Entry]) -> None:
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

    def journal_of(self, run_id: str) -> list[Entry]:
        """What a run set out to write, in its order, as far as that is still kept."""
        return [entry for item in self._journals(f"{run_id}#") for entry in _entries(item)]

    def journals_about(self, employee_id: int) -> list[tuple[str, Entry]]:
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


def _as_read(row: Item) -> When:
    return When(equals={name: row[name] for name in ("since", "offset", "updatedAt") if name in row})


def _changed_meanwhile() -> LockLost:
    return LockLost(
        "the state row was changed, or the lock taken over, while this run was at work",
        advice="the row was left as it is; the next run goes on from there",
    )


def _entries(item: Item) -> list[Entry]:
    try:
        return unpack([json.loads(item["entries"])])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise StateError(
            f"the journal item {item[KEY]} is malformed", advice="somebody changed it by hand; restore or remove it"
        ) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_UNKNOWN_RUN: Item = {"ended_at": 0, "command": "", "scope": "", "good": False}


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _progress(row: Item, since: datetime, offset: int) -> Progress | None:
    """What the row says of its window, if it is about this `since` and `offset` (an operator may have moved them)."""
    window = row.get("window")
    if not isinstance(window, dict) or parse_moment(window.get("since")) != since or window.get("offset") != offset:
        return None
    return Progress(
        latest=parse_moment(window.get("latest")),
        last_id=_whole(window.get("lastId")),
        pinned_runs=_whole(window.get("pinnedRuns")) or 0,
    )


def _remembered(employee_id: int, item: Item) -> Remembered:
    person = _known(Remembered, {**item, "employee_id": employee_id})
    known = person.reason in set(Remembering)
    return replace(person, reason=Remembering(person.reason) if known else Remembering.WAITING)


def _stored(person: Remembered) -> Item:
    told = asdict(person)
    del told["employee_id"]
    return {**told, "reason": str(person.reason)}


def _known(kind: type[T], item: Item) -> T:
    """The dataclass from an item; what another version or a hand wrote, and cannot be meant, is left aside."""
    defaults = {part.name: part.default for part in fields(kind)}

    def is_meant(name: str, value: object) -> bool:
        default = defaults.get(name)
        return name in defaults and (not isinstance(default, (str, int)) or type(value) is _plain_type(default))

    return kind(**{name: value for name, value in item.items() if is_meant(name, value)})


def _plain_type(default: object) -> type:
    return str if isinstance(default, str) else type(default)
