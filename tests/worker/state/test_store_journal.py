"""The journal in the table, and the position that an operator chooses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.worker.state.store_tools import NOW
from worker.errors import LockLost
from worker.model.history import RunRecord
from worker.model.journal_entry import JournalEntry
from worker.model.position import Position
from worker.model.step import Action, FieldChange
from worker.state.items import EXPIRY, KEY, Item, Items
from worker.state.lock import Lock
from worker.state.store import Store

SECONDS = int(NOW.timestamp())
DAYS_90 = 90 * 86_400
ROW: Item = {KEY: "a", "since": "2026-01-31T02:00:00Z", "offset": 0, "updatedAt": "2026-01-31T09:00:00Z"}


def entry(employee_id: int, at: int = SECONDS, length: int = 5) -> JournalEntry:
    changes = (FieldChange("department", "Sales", "x" * length),)
    return JournalEntry(employee_id, Action.UPDATE, 100 + employee_id, changes, at)


@pytest.fixture
def store(items: Items) -> Store:
    return Store(items, "a", NOW.timestamp)


@pytest.fixture
def lock(store: Store) -> Lock:
    return store.lock("operator")


# The journal


def test_the_journal_of_a_run_is_read_back_in_order_and_is_its_own(items: Items, store: Store) -> None:
    entries = [entry(number, length=9_000) for number in range(300, 0, -1)]
    for at in range(0, 300, 50):
        store.journal("run1", entries[at : at + 50])
    store.journal("run11", [entry(8)])
    Store(items, "b", NOW.timestamp).journal("run1", [entry(9)])

    assert store.journal_of("run1") == entries
    assert store.journal_of("run11") == [entry(8)]
    assert store.journal_of("run2") == []


def test_the_order_is_that_of_the_writes_and_not_of_the_table(
    items: Items, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.journal("run1", [entry(9)])
    store.journal("run1", [entry(8)])
    found = items.scan(["a#journal#run1#"])

    for order in (found, found[::-1]):
        monkeypatch.setattr(items, "scan", lambda _, order=order: order)
        assert store.journal_of("run1") == [entry(9), entry(8)]


def test_the_journal_of_a_recorded_run_is_read_by_its_keys(
    items: Items, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [entry(number, length=90_000) for number in range(1, 8)]
    store.journal("another", [entry(99)])
    store.journal("run1", several)
    for run_id in ("run1", "run2"):
        store.record(RunRecord(run_id, SECONDS * 1000, "sync", "all"), {}, NOW)
    monkeypatch.setattr(items, "scan", lambda _: pytest.fail("a scan"))

    assert store.journal_of("run1") == several
    assert store.journal_of("run2") == []


def test_more_than_one_item_holds_is_kept_in_several(items: Items, store: Store) -> None:
    several = [entry(number, length=90_000) for number in range(1, 6)]

    store.journal("run1", several)

    assert store.journal_of("run1") == several
    assert [item[KEY] for item in items.scan(["a#journal#"])] == [f"a#journal#run1#00000{n}" for n in (1, 2, 3)]


def test_no_entries_make_no_item(items: Items, store: Store) -> None:
    store.journal("run1", [])

    assert items.scan(["a#"]) == []


def test_a_journal_is_kept_for_90_days_from_its_last_write(items: Items, store: Store) -> None:
    store.journal("run1", [entry(7, SECONDS), entry(8, SECONDS + 5)])

    (item,) = items.scan(["a#journal#"])
    assert item[EXPIRY] == SECONDS + 5 + DAYS_90


@pytest.mark.parametrize(("age", "kept"), [(0, True), (DAYS_90 - 1, True), (DAYS_90, False), (4 * DAYS_90, False)])
def test_an_expired_item_is_left_out_while_the_table_still_has_it(store: Store, age: int, kept: bool) -> None:
    store.journal("run1", [entry(7, SECONDS - age)])

    assert bool(store.journal_of("run1")) is kept
    assert bool(store.journals_about(7)) is kept


def test_an_item_without_an_expiry_is_left_out(items: Items, store: Store) -> None:
    items.put({KEY: "a#journal#run1#000001", "entries": []})

    assert store.journals_about(7) == []


def test_the_entries_about_an_employee_are_given_with_their_runs_oldest_first(store: Store) -> None:
    older, newer = entry(7, SECONDS - 9), entry(7, SECONDS)
    store.journal("run-b", [older, entry(8)])
    store.journal("run-a", [entry(8), newer])

    assert store.journals_about(7) == [("run-b", older), ("run-a", newer)]
    assert store.journals_about(5) == []


# An operator's position


def test_the_row_can_be_read_whatever_it_says(items: Items, store: Store) -> None:
    assert store.raw() is None
    items.put({KEY: "a", "since": "never"})
    assert store.raw() == {KEY: "a", "since": "never"}


def test_an_operator_moves_the_position_under_the_lock(items: Items, store: Store, lock: Lock) -> None:
    items.put(ROW)
    lock.acquire()

    store.overwrite(store.raw(), Position(NOW - timedelta(days=3)), lock, NOW)

    assert items.get("a") == {**ROW, "since": "2026-01-29T02:00:00Z", "updatedAt": "2026-02-01T02:00:00Z"}


def test_an_operator_writes_the_first_position_if_there_is_none(store: Store, lock: Lock) -> None:
    store.overwrite(None, Position(NOW), lock, NOW)

    assert store.position(NOW) == Position(NOW)
    with pytest.raises(LockLost, match="the state row was changed, or the lock taken over"):
        store.overwrite(None, Position(NOW - timedelta(days=3)), lock, NOW)
    assert store.position(NOW) == Position(NOW)


@pytest.mark.parametrize(("row", "has_lock"), [({**ROW, "offset": 50}, True), (ROW, False)])
def test_a_row_that_changed_or_that_another_run_may_change_is_not_moved(
    items: Items, store: Store, lock: Lock, row: Item, has_lock: bool
) -> None:
    items.put(row)
    if has_lock:
        lock.acquire()

    with pytest.raises(LockLost):
        store.overwrite(ROW, Position(NOW), lock, NOW)

    assert items.get("a") == row


def test_a_row_is_deleted_unless_it_changed_since_it_was_read(items: Items, store: Store) -> None:
    changed = {**ROW, "offset": 50}
    items.put(changed)

    with pytest.raises(LockLost):
        store.remove(ROW)
    assert items.get("a") == changed

    store.remove(changed)
    assert items.get("a") is None
    assert store.position(NOW) is None
