"""What a run is about to write, kept to be taken back; and the row as an operator mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worker.errors import LockLost
from worker.model.journal_entry import JournalEntry
from worker.model.position import Position
from worker.model.step import Action, FieldChange
from worker.state.items import EXPIRY, KEY, Item, Items
from worker.state.store import Store

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
DAYS_90 = 90 * 86_400
ROW: Item = {KEY: "a", "since": "2026-01-31T02:00:00Z", "offset": 0, "updatedAt": "2026-01-31T09:00:00Z"}


def entry(employee_id: int, at: int = SECONDS, length: int = 5) -> JournalEntry:
    changes = (FieldChange("department", "Sales", "x" * length),)
    return JournalEntry(employee_id, Action.UPDATE, 100 + employee_id, changes, at)


@pytest.fixture
def store(items: Items) -> Store:
    return Store(items, "a", NOW.timestamp)


# The journal


def test_what_a_run_is_about_to_write_is_read_back_in_its_order(store: Store) -> None:
    store.journal("run1", [entry(9), entry(7)])
    store.journal("run1", [entry(8)])

    assert store.journal_of("run1") == [entry(9), entry(7), entry(8)]


def test_the_order_is_that_of_the_writes_whatever_that_of_the_table_is(
    items: Items, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.journal("run1", [entry(9)])
    store.journal("run1", [entry(8)])
    found = items.scan(["a#journal#run1#"])

    for order in (found, found[::-1]):
        monkeypatch.setattr(items, "scan", lambda _, order=order: order)
        assert store.journal_of("run1") == [entry(9), entry(8)]


def test_more_than_an_item_holds_is_kept_in_several(items: Items, store: Store) -> None:
    several = [entry(number, length=90_000) for number in range(1, 6)]

    store.journal("run1", several)

    assert store.journal_of("run1") == several
    assert [item[KEY] for item in items.scan(["a#journal#"])] == [f"a#journal#run1#00000{n}" for n in (1, 2, 3)]


def test_letters_that_take_several_bytes_fit_into_an_item_as_they_were_counted(items: Items, store: Store) -> None:
    change = FieldChange("address", "\u4e2d" * 255, "\U0001f600" * 255)

    store.journal("run1", [JournalEntry(number, Action.UPDATE, number, (change,), SECONDS) for number in range(1, 201)])

    assert all(len(item["entries"].encode()) < 300 * 1024 for item in items.scan(["a#journal#"]))


def test_another_run_and_another_state_have_journals_of_their_own(items: Items, store: Store) -> None:
    store.journal("run1", [entry(7)])
    store.journal("run11", [entry(8)])
    Store(items, "b", NOW.timestamp).journal("run1", [entry(9)])

    assert store.journal_of("run1") == [entry(7)]
    assert store.journal_of("run2") == []


def test_of_nothing_no_journal_is_kept(items: Items, store: Store) -> None:
    store.journal("run1", [])

    assert items.scan(["a#"]) == []


def test_a_journal_is_kept_for_90_days_from_its_last_write(items: Items, store: Store) -> None:
    store.journal("run1", [entry(7, SECONDS), entry(8, SECONDS + 5)])

    (item,) = items.scan(["a#journal#"])
    assert item[EXPIRY] == SECONDS + 5 + DAYS_90


@pytest.mark.parametrize(("age", "kept"), [(DAYS_90 - 1, True), (DAYS_90, False)])
def test_what_has_expired_is_not_told_though_the_table_still_has_it(store: Store, age: int, kept: bool) -> None:
    store.journal("run1", [entry(7, SECONDS - age)])

    assert bool(store.journal_of("run1")) is kept
    assert bool(store.journals_about(7)) is kept


def test_an_item_that_says_not_how_long_it_is_kept_is_not_told(items: Items, store: Store) -> None:
    items.put({KEY: "a#journal#run1#000001", "entries": []})

    assert store.journals_about(7) == []


def test_what_the_runs_wrote_to_one_person_is_told_with_the_run_and_the_oldest_first(store: Store) -> None:
    older, newer = entry(7, SECONDS - 9), entry(7, SECONDS)
    store.journal("run-b", [older, entry(8)])
    store.journal("run-a", [entry(8), newer])

    assert store.journals_about(7) == [("run-b", older), ("run-a", newer)]


# An operator's position


def test_the_row_can_be_looked_at_whatever_it_says(items: Items, store: Store) -> None:
    assert store.raw() is None
    items.put({KEY: "a", "since": "never"})
    assert store.raw() == {KEY: "a", "since": "never"}


def test_an_operator_moves_the_position_while_she_holds_the_lock(items: Items, store: Store) -> None:
    items.put(ROW)
    lock = store.lock("operator")
    lock.acquire()

    store.overwrite(store.raw(), Position(NOW - timedelta(days=3)), lock, NOW)

    assert items.get("a") == {**ROW, "since": "2026-01-29T02:00:00Z", "updatedAt": "2026-02-01T02:00:00Z"}


def test_she_writes_the_first_position_where_there_is_none(items: Items, store: Store) -> None:
    store.overwrite(None, Position(NOW), store.lock("operator"), NOW)

    assert store.position(NOW) == Position(NOW)
    with pytest.raises(LockLost, match="the state row was changed, or the lock taken over"):
        store.overwrite(None, Position(NOW - timedelta(days=3)), store.lock("operator"), NOW)
    assert store.position(NOW) == Position(NOW)


def test_what_changed_since_she_looked_is_neither_moved_nor_removed(items: Items, store: Store) -> None:
    items.put(ROW)
    lock = store.lock("operator")
    lock.acquire()
    changed = {**ROW, "offset": 50}
    items.put(changed)

    with pytest.raises(LockLost):
        store.overwrite(ROW, Position(NOW), lock, NOW)
    with pytest.raises(LockLost):
        store.remove(ROW)

    assert items.get("a") == changed


def test_without_the_lock_nothing_is_moved(items: Items, store: Store) -> None:
    items.put(ROW)

    with pytest.raises(LockLost):
        store.overwrite(ROW, Position(NOW), store.lock("operator"), NOW)

    assert items.get("a") == ROW


def test_a_removed_row_is_one_that_never_was(items: Items, store: Store) -> None:
    items.put(ROW)

    store.remove(ROW)

    assert items.get("a") is None
    assert store.position(NOW) is None
