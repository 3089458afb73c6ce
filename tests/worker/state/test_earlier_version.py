"""A state that an earlier version wrote is read, converted once, and still serves that version for 30 days.

`earlier_version.json` holds the rows of a file exactly as the version before the packed items wrote them, for the state
`a` and a clock that stood at NOW. It wrote the same items into a table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from tests.simulation import Killed, MemoryItems, Process
from tests.worker.tables import table
from worker.model.history import EmployeeRecord, FollowUp, RunRecord
from worker.model.journal_entry import JournalEntry
from worker.model.position import Position, WindowProgress
from worker.model.step import Action, FieldChange, GuardClass
from worker.state.dynamodb import DynamoItems
from worker.state.items import EXPIRY, KEY, Item, Items
from worker.state.sqlite import SqliteItems
from worker.state.store import Store

NOW = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
IN_30_DAYS = SECONDS + 30 * 86_400
WRITTEN: dict[str, str] = json.loads(Path(__file__).with_name("earlier_version.json").read_text("utf-8"))

EMPLOYEES = {
    7: EmployeeRecord(7).flagged(FollowUp.WAITING, "starts_later", "hold"),
    8: EmployeeRecord(8, attempts=3).flagged(FollowUp.PARKED, "email_taken", "create"),
    9: EmployeeRecord(9, undone_at=SECONDS - 3600, last_change_at=SECONDS - 90_000).flagged(FollowUp.UNDONE, "run-2"),
    10: EmployeeRecord(10, suspended_by_us=True, suspended_at=SECONDS - 5_000_000),
    11: EmployeeRecord(11, suspended_by_us=True, suspended_at=SECONDS - 60, suspended_account_id=77),
    12: EmployeeRecord(12, attempts=2),
    23: EmployeeRecord(23, deleted=True).flagged(FollowUp.WAITING, "no_evidence", "hold"),
}
BASELINE = RunRecord(
    "run-1",
    int((NOW - timedelta(days=40)).timestamp() * 1000),
    "sync",
    "all",
    is_baseline=True,
    successful=True,
    scheduled_time="2025-12-23T02:00:00Z",
    row_count=480,
    coverage={"first_name": 10_000, "work_email": 9_900},
    plan_digest="0123abcd",
    outcome="ok",
    since="2025-12-22T02:00:00Z",
    next_since="2025-12-23T01:59:00Z",
    dates_read={"hire_date": "2025-12-23", "termination_date": "2025-12-23"},
)


@pytest.fixture(params=["dynamodb", "sqlite"])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Items:
    """The state as the earlier version left it."""
    if request.param == "dynamodb":
        table, client = request.getfixturevalue("table"), request.getfixturevalue("dynamodb")
        for item in in_memory().values():
            client.put_item(
                TableName=table, Item={name: TypeSerializer().serialize(value) for name, value in item.items()}
            )
        return DynamoItems(table, client)
    path = tmp_path / "state.sqlite"
    items = SqliteItems(str(path))
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO items VALUES (?, ?)", WRITTEN.items())
    return items


def in_memory() -> dict[str, Item]:
    return {key: json.loads(body) for key, body in WRITTEN.items()}


def opened(items: Items) -> Store:
    return Store(items, "a", NOW.timestamp)


def a_run(store: Store, write: Callable[[Store], None] = lambda _: None) -> None:
    """The state's part of a run, in the order of a run."""
    lock = store.lock("run-4")
    lock.acquire()
    store.history()
    position = store.position(NOW)
    assert position is not None
    write(store)
    store.move(position, lock, NOW)
    store.record(RunRecord("run-4", SECONDS * 1000, "sync", "all"), {}, NOW)
    lock.release()


def move_by_hand(items: Items) -> None:
    """An operator moves the position."""
    store = opened(items)
    lock = store.lock("operator")
    lock.acquire()
    store.overwrite(store.raw_row(), Position(NOW - timedelta(days=9)), lock, NOW)


# Reading


def test_employees_runs_and_position_are_read(earlier: Items) -> None:
    store = opened(earlier)
    past, run = store.history(), store.run("run-2")

    assert past.records == EMPLOYEES
    assert [run.run_id for run in past.runs] == ["run-1", "run-2", "run-3"]
    assert past.last_baseline() == BASELINE
    assert run is not None
    assert (past.runs[1].held_count, past.runs[1].reconcile_due, run.held_count) == (2, True, 2)
    assert past.delivered("2025-12-23T02:00:00Z")
    assert past.dates_read(NOW) == {"hire_date": date(2025, 12, 23), "termination_date": date(2025, 12, 23)}
    assert store.position(NOW) == Position(
        NOW - timedelta(days=2), 50, WindowProgress(NOW - timedelta(days=1), last_id=11, pinned_runs=2)
    )


def test_the_journal_is_read_in_its_order(earlier: Items) -> None:
    entries = [
        JournalEntry(
            8, Action.UPDATE, 108, (FieldChange("department", "Sales", "Legal"),), SECONDS - 86_400, SECONDS - 90_000
        ),
        JournalEntry(
            11,
            Action.SUSPEND,
            77,
            (FieldChange("suspended", "0", "1"),),
            SECONDS - 86_400,
            classes=frozenset({GuardClass.SUSPEND}),
        ),
        JournalEntry(7, Action.CREATE, None, (FieldChange("firstname", None, "Zoë"),), SECONDS - 86_390),
    ]

    assert opened(earlier).journal_of("run-2") == entries
    assert opened(earlier).journal.entries_about(11) == [("run-2", entries[1])]


def test_reading_writes_nothing(earlier: Items) -> None:
    before = earlier.scan(["a"])

    store = opened(earlier)
    store.history()
    store.position(NOW)
    store.run("run-2")

    assert earlier.scan(["a"]) == before


# Converting


def test_a_run_converts_everything_and_the_next_one_reads_by_key(
    earlier: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run(opened(earlier))
    monkeypatch.setattr(earlier, "scan", lambda _: pytest.fail("a scan"))

    past = opened(earlier).history()

    assert past.records == EMPLOYEES
    assert past.last_baseline() == BASELINE
    assert [run.run_id for run in past.runs] == ["run-1", "run-2", "run-3", "run-4"]


def test_a_state_is_converted_once(earlier: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    store, stored = opened(earlier), list[Item]()
    store.remember([EmployeeRecord(7)])
    put = earlier.put

    def count(item: Item, when: Any = None) -> bool:
        stored.append(item)
        return put(item, when)

    monkeypatch.setattr(earlier, "put", count)
    store.remember([EmployeeRecord(9, suspended_by_us=True)])

    assert stored == [], "the history was stored again"


def test_what_the_first_run_remembers_and_forgets_counts(earlier: Items) -> None:
    def write(store: Store) -> None:
        store.remember([EmployeeRecord(7, suspended_by_us=True)])
        store.forget([8])

    a_run(opened(earlier), write)

    kept = {number: record for number, record in EMPLOYEES.items() if number != 8}
    assert opened(earlier).history().records == {**kept, 7: EmployeeRecord(7, suspended_by_us=True)}


@table(
    "write",
    ("remember", lambda store: store.remember([EMPLOYEES[12]])),
    ("forget", lambda store: store.forget([99])),
    ("record", lambda store: store.record(RunRecord("run-4", SECONDS * 1000, "undo", "run"), {}, NOW)),
)
def test_any_write_converts(earlier: Items, write: Callable[[Store], None]) -> None:
    write(opened(earlier))

    assert len(earlier.scan(["a#followups#"])) == len({number % 16 for number in EMPLOYEES})


def test_an_operator_who_moves_the_position_leaves_the_rest_to_be_converted(earlier: Items) -> None:
    move_by_hand(earlier)

    assert opened(earlier).history().records == EMPLOYEES


# Going back


def test_the_old_items_stay_as_they_were_for_30_days(earlier: Items) -> None:
    before = {item[KEY]: item for item in earlier.scan(["a#person#", "a#run#"])}

    a_run(opened(earlier), lambda store: store.forget([8]))

    after = {item[KEY]: item for item in earlier.scan(["a#person#", "a#run#"])}
    assert after.pop("a#run#run-4")
    assert after == {key: {**item, EXPIRY: IN_30_DAYS} if "#person#" in key else item for key, item in before.items()}


def go_back(items: Items) -> None:
    """This version ran; then the earlier one did, which writes whole items: without expiry, and without the format."""
    a_run(opened(items), lambda store: store.remember([EmployeeRecord(8, attempts=7)]))
    row, old = items.get("a"), items.get("a#person#12")
    assert row is not None
    assert old is not None
    del row["stateFormat"], old[EXPIRY]
    items.put(row)
    items.put({**old, "attempts": 5})


AFTER_GOING_BACK = {**EMPLOYEES, 8: EmployeeRecord(8, attempts=7), 12: EmployeeRecord(12, attempts=5)}


def test_what_the_earlier_version_writes_after_that_is_converted_again(earlier: Items) -> None:
    go_back(earlier)

    a_run(opened(earlier))

    assert opened(earlier).history().records == AFTER_GOING_BACK
    assert [item[EXPIRY] for item in earlier.scan(["a#person#"])] == [IN_30_DAYS] * len(EMPLOYEES)


def test_it_is_converted_even_after_an_operator_moved_the_position(earlier: Items) -> None:
    go_back(earlier)

    move_by_hand(earlier)

    assert opened(earlier).history().records == AFTER_GOING_BACK


def test_old_items_that_were_converted_bring_nothing_back(earlier: Items) -> None:
    a_run(opened(earlier), lambda store: store.forget(EMPLOYEES))
    row = earlier.get("a")
    assert row is not None
    # An operator wrote the row by hand.
    earlier.put({name: row[name] for name in (KEY, "since", "offset", "updatedAt")})

    assert opened(earlier).history().records == {}


# Dying in between


def test_a_process_that_dies_while_it_converts_forgets_nothing() -> None:
    new = EmployeeRecord(12, suspended_by_us=True, suspended_at=SECONDS)
    died = 0
    for step in range(1, 60):
        rows = in_memory()
        dying = Store(MemoryItems(Process(dies_at=step), rows), "a", NOW.timestamp)
        arrived = False
        try:
            a_run(dying, lambda store: store.remember([new]))
        except Killed:
            died += 1
            arrived = '"suspended_by_us":true' in rows.get("a#followups#12", {}).get("employees", "")
        else:
            arrived = True
        rows.pop("a#lock", None)

        for _ in range(2):
            again = Store(MemoryItems(Process(), rows), "a", NOW.timestamp)
            expected = {**EMPLOYEES, 12: new} if arrived else EMPLOYEES
            assert again.history().records == expected, step
            assert again.history().last_baseline() == BASELINE
            a_run(Store(MemoryItems(Process(), rows), "a", NOW.timestamp))

    assert died > 30


def test_a_process_that_dies_while_it_converts_again_forgets_nothing() -> None:
    died = 0
    for step in range(1, 40):
        rows = in_memory()
        go_back(MemoryItems(Process(), rows))
        try:
            a_run(Store(MemoryItems(Process(dies_at=step), rows), "a", NOW.timestamp))
        except Killed:
            died += 1
        rows.pop("a#lock", None)

        assert Store(MemoryItems(Process(), rows), "a", NOW.timestamp).history().records == AFTER_GOING_BACK

    assert died > 10
