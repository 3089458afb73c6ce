"""The journal in the table, and the position that an operator chooses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.worker.state.store_tools import NOW
from worker.errors import LockLost
from worker.model.history import UNFINISHED, RunRecord
from worker.model.journal_entry import FailedWrite, JournalEntry, RecentWrites
from worker.model.position import Position
from worker.model.step import Action, FieldChange, GuardClass
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
        store.journal.add("run1", entries[at : at + 50])
    store.journal.add("run11", [entry(8)])
    Store(items, "b", NOW.timestamp).journal.add("run1", [entry(9)])

    assert store.journal_of("run1") == entries
    assert store.journal_of("run11") == [entry(8)]
    assert store.journal_of("run2") == []


def test_the_order_is_that_of_the_writes_and_not_of_the_table(
    items: Items, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.journal.add("run1", [entry(9)])
    store.journal.add("run1", [entry(8)])
    found = items.scan(["a#journal#run1#"])

    for order in (found, found[::-1]):
        monkeypatch.setattr(items, "scan", lambda _, order=order: order)
        assert store.journal_of("run1") == [entry(9), entry(8)]


def test_the_journal_of_a_recorded_run_is_read_by_its_keys(
    items: Items, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [entry(number, length=90_000) for number in range(1, 8)]
    store.journal.add("another", [entry(99)])
    store.journal.add("run1", several)
    for run_id in ("run1", "run2"):
        store.record(RunRecord(run_id, SECONDS * 1000, "sync", "all"), {}, NOW)
    monkeypatch.setattr(items, "scan", lambda _: pytest.fail("a scan"))

    assert store.journal_of("run1") == several
    assert store.journal_of("run2") == []


def test_more_than_one_item_holds_is_kept_in_several(items: Items, store: Store) -> None:
    several = [entry(number, length=90_000) for number in range(1, 6)]

    store.journal.add("run1", several)

    assert store.journal_of("run1") == several
    assert [item[KEY] for item in items.scan(["a#journal#"])] == [f"a#journal#run1#00000{n}" for n in (1, 2, 3)]


def test_no_entries_make_no_item(items: Items, store: Store) -> None:
    store.journal.add("run1", [])

    assert items.scan(["a#"]) == []


def test_a_journal_is_kept_for_90_days_from_its_last_write(items: Items, store: Store) -> None:
    store.journal.add("run1", [entry(7, SECONDS), entry(8, SECONDS + 5)])

    (item,) = items.scan(["a#journal#"])
    assert item[EXPIRY] == SECONDS + 5 + DAYS_90


@pytest.mark.parametrize(("age", "kept"), [(0, True), (DAYS_90 - 1, True), (DAYS_90, False), (4 * DAYS_90, False)])
def test_an_expired_item_is_left_out_while_the_table_still_has_it(store: Store, age: int, kept: bool) -> None:
    store.journal.add("run1", [entry(7, SECONDS - age)])

    assert bool(store.journal_of("run1")) is kept
    assert bool(store.journal.entries_about(7)) is kept


def test_an_item_without_an_expiry_is_left_out(items: Items, store: Store) -> None:
    items.put({KEY: "a#journal#run1#000001", "entries": []})

    assert store.journal.entries_about(7) == []


def test_the_entries_about_an_employee_are_given_with_their_runs_oldest_first(store: Store) -> None:
    older, newer = entry(7, SECONDS - 9), entry(7, SECONDS)
    store.journal.add("run-b", [older, entry(8)])
    store.journal.add("run-a", [entry(8), newer])

    assert store.journal.entries_about(7) == [("run-b", older), ("run-a", newer)]
    assert store.journal.entries_about(5) == []


# What counts towards the limits of a day


def suspends(employee_id: int, at: int = SECONDS, *classes: GuardClass) -> JournalEntry:
    return replace(entry(employee_id, at), classes=frozenset(classes or {GuardClass.SUSPEND}))


def lately(store: Store, begins: str = "", *, is_open: bool = True) -> RecentWrites:
    return store.journal.recent(store.history().runs, NOW - timedelta(days=1), begins, is_open=is_open)


def suspended_lately(store: Store, window: str = "") -> set[int]:
    """Employees with a suspension of the last 24 hours."""
    return {*lately(store, window).changed.get(GuardClass.SUSPEND, ())}


def finish(store: Store, run_id: str = "run1", ended: datetime = NOW, since: str = "", selection: str = "all") -> None:
    store.record(RunRecord(run_id, int(ended.timestamp() * 1000), "sync", selection, since=since), {}, NOW)


def test_each_class_of_a_write_counts_and_a_write_without_one_does_not(store: Store) -> None:
    store.journal.add("run1", [suspends(7), suspends(8, SECONDS, GuardClass.CLEAR, GuardClass.UPDATE), entry(9)])
    store.journal.add("run2", [suspends(6)])
    finish(store, "run1")
    finish(store, "run2")

    assert lately(store).changed == {GuardClass.SUSPEND: {6, 7}, GuardClass.CLEAR: {8}, GuardClass.UPDATE: {8}}


def test_a_write_counts_for_a_day_and_as_long_as_its_window_is_open(store: Store) -> None:
    store.journal.add("run1", [suspends(7, SECONDS - 86_400), suspends(8, SECONDS - 86_399)])
    finish(store, since="2026-01-20T02:00:00Z")

    assert suspended_lately(store) == {8}
    assert suspended_lately(store, "2026-01-20T02:00:00Z") == {7, 8}
    assert suspended_lately(store, "2026-01-21T02:00:00Z") == {8}
    assert lately(store, "2026-01-20T02:00:00Z", is_open=False).changed == {GuardClass.SUSPEND: {8}}


def test_every_run_of_an_open_window_counts_however_long_ago_it_ended(store: Store) -> None:
    for run_id, days in (("run1", 3), ("run2", 2)):
        store.journal.add(run_id, [suspends(days, SECONDS - days * 86_400)])
        finish(store, run_id, NOW - timedelta(days=days), since="2026-01-20T02:00:00Z")

    assert suspended_lately(store, "2026-01-20T02:00:00Z") == {2, 3}
    assert suspended_lately(store) == set()


@pytest.mark.parametrize(("age", "counts"), [(timedelta(days=1), False), (timedelta(seconds=86_399), True)])
def test_a_run_that_ended_a_day_ago_wrote_before(store: Store, age: timedelta, counts: bool) -> None:
    store.journal.add("run1", [suspends(7)])
    finish(store, ended=NOW - age)

    assert bool(suspended_lately(store)) is counts


@pytest.mark.parametrize(("age", "counts"), [(timedelta(days=2), False), (timedelta(seconds=2 * 86_400 - 1), True)])
def test_a_run_that_was_killed_may_have_written_for_a_day(store: Store, age: timedelta, counts: bool) -> None:
    run = RunRecord("run1", int((NOW - age).timestamp() * 1000), "sync", "all", outcome=UNFINISHED)
    store.begin(run, NOW)
    store.journal.add("run1", [suspends(7)])

    assert bool(suspended_lately(store)) is counts


@pytest.mark.parametrize("items_written", [1, 49, 50, 51, 101])
def test_the_journal_of_a_run_that_was_killed_is_searched_to_its_end(store: Store, items_written: int) -> None:
    store.begin(RunRecord("run1", SECONDS * 1000, "sync", "all", outcome=UNFINISHED), NOW)
    for number in range(1, items_written + 1):
        store.journal.add("run1", [suspends(number)])

    assert suspended_lately(store) == set(range(1, items_written + 1))


def test_an_account_that_was_not_changed_after_all_does_not_count(items: Items, store: Store) -> None:
    store.journal.add("run1", [suspends(7), suspends(8), suspends(9)])
    store.journal.add("run2", [suspends(10)])
    store.journal.fail("run1", [9, 7, 10], [7], NOW)

    assert [one.employee_id for one in store.journal_of("run1")] == [7, 8, 9]
    assert store.journal.entries_about(8) == [("run1", suspends(8))]
    assert store.journal.entries_about(10) == [("run2", suspends(10))]
    assert store.journal.entries_about(9) == [("run1", replace(suspends(9), is_failed=True))]
    finish(store, "run1")
    finish(store, "run2")
    assert suspended_lately(store) == {8, 10}
    failed = items.get("a#journal#run1#failed")
    assert failed is not None
    assert failed[EXPIRY] == SECONDS + DAYS_90


def test_what_the_last_run_of_a_window_sent_in_vain_is_known_by_its_values(store: Store) -> None:
    begins, old = "2026-01-20T02:00:00Z", NOW - timedelta(days=3)
    runs = (
        ("run1", old, begins, "all"),
        ("run2", old, begins, "all"),
        ("run3", old, begins, "all"),
        ("run4", NOW, "", "all"),
        ("run5", old, begins, "employees"),
    )
    for run_id, ended, since, selection in runs:
        store.journal.add(run_id, [suspends(7), suspends(8), entry(9, length=int(run_id[-1]))])
        city = (FieldChange(f"city{run_id}", "", "Rome"),)
        store.journal.add(run_id, [replace(entry(9), changes=city, classes=frozenset({GuardClass.UPDATE}))])
        store.journal.fail(run_id, [9], [9] if run_id == "run3" else [], NOW)
        finish(store, run_id, ended, since, selection)

    values = {"department": "xxx", "cityrun3": "Rome"}
    assert lately(store, begins, is_open=False).failed_writes == {
        9: FailedWrite(values, {GuardClass.UPDATE}, is_refused=True)
    }
    assert lately(store, begins).changed == {GuardClass.SUSPEND: {7, 8}}
    assert lately(store).failed_writes == {}


def test_what_an_earlier_version_sent_in_vain_was_refused_for_no_employee_alone(items: Items, store: Store) -> None:
    store.journal.add("run1", [entry(9)])
    items.put({KEY: "a#journal#run1#failed", "employees": "[9]", EXPIRY: SECONDS + DAYS_90})
    finish(store, "run1", NOW, "2026-01-20T02:00:00Z")

    failed_writes = lately(store, "2026-01-20T02:00:00Z").failed_writes

    assert failed_writes == {9: FailedWrite({"department": "xxxxx"}, is_refused=False)}


# An operator's position


def test_the_row_can_be_read_whatever_it_says(items: Items, store: Store) -> None:
    assert store.raw_row() is None
    items.put({KEY: "a", "since": "never"})
    assert store.raw_row() == {KEY: "a", "since": "never"}


@pytest.mark.parametrize("row", [ROW, {**ROW, "stateFormat": 2}], ids=["earlier version", "this one"])
def test_an_operator_moves_the_position_under_the_lock(items: Items, store: Store, lock: Lock, row: Item) -> None:
    items.put(row)
    lock.acquire()

    store.overwrite(store.raw_row(), Position(NOW - timedelta(days=3)), lock, NOW)

    assert items.get("a") == {**row, "since": "2026-01-29T02:00:00Z", "updatedAt": "2026-02-01T02:00:00Z"}


@pytest.mark.parametrize("gapless", [True, False])
def test_a_position_that_was_moved_back_has_no_gap_if_the_later_one_had_none(
    store: Store, lock: Lock, gapless: bool
) -> None:
    lock.acquire()
    store.create(Position(NOW), NOW)
    store.move(Position(NOW, has_no_gap=gapless), lock, NOW)

    store.overwrite(store.raw_row(), Position(NOW - timedelta(days=3)), lock, NOW)

    assert store.position(NOW) == Position(NOW - timedelta(days=3), has_no_gap=gapless)


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
