"""What the guards of a run held: read back as it was held, for as long as it can be approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.worker.state.store_tools import LARGEST_ITEM, NOW, size
from worker.errors import StateError
from worker.model.held_change import HeldChange, HeldChanges
from worker.model.step import GuardClass
from worker.state.items import EXPIRY, KEY, Items
from worker.state.store import Store

SECONDS = int(NOW.timestamp())
DIGEST = "0123456789abcdef" * 2
HELD = HeldChanges(
    "run1",
    SECONDS,
    "check",
    [
        HeldChange(9, 109, GuardClass.SUSPEND, DIGEST),
        HeldChange(7, 0, GuardClass.CREATE, DIGEST[::-1]),
        HeldChange(8, 108, None, DIGEST),
    ],
    resends=True,
)


@pytest.mark.parametrize("held", [HELD, replace(HELD, resends=False)], ids=["resends", "does not"])
def test_what_a_run_held_is_read_back(store: Store, held: HeldChanges) -> None:
    store.keep_held_changes(replace(HELD, run_id="run11", changes=[]))
    store.keep_held_changes(held)

    assert store.held_changes("run1") == held
    assert (store.held_changes("run11"), store.held_changes("run2")) == (None, None)


def test_more_than_one_item_holds_is_kept_in_several_that_fit(items: Items, store: Store) -> None:
    many = [HeldChange(number, number, GuardClass.REACTIVATE, DIGEST) for number in range(1_005_001, 1_000_000, -1)]

    store.keep_held_changes(replace(HELD, changes=many))

    kept = items.scan(["a#held#"])
    assert sorted(item[KEY] for item in kept) == [f"a#held#run1#00000{number}" for number in (1, 2, 3)]
    assert all(size(item) < LARGEST_ITEM for item in kept)
    held = store.held_changes("run1")
    assert held is not None
    assert held.changes == many


def test_it_expires_a_day_after_it_can_no_longer_be_approved(items: Items, store: Store) -> None:
    store.keep_held_changes(HELD)

    (item,) = items.scan(["a#held#"])
    assert item[EXPIRY] == SECONDS + 8 * 86_400


@pytest.mark.parametrize(
    "changed",
    [{"items": 2}, {"items": "x"}, {"at": None}, {"key_check": ...}, {"changes": "{"}, {"changes": "[[1, 2, 3]]"}],
    ids=str,
)
def test_what_was_changed_by_hand_is_named(items: Items, store: Store, changed: dict[str, Any]) -> None:
    store.keep_held_changes(HELD)
    (item,) = items.scan(["a#held#"])
    items.put({name: value for name, value in {**item, **changed}.items() if value is not ...})

    with pytest.raises(StateError, match="the held changes of the run run1 are malformed"):
        store.held_changes("run1")


@pytest.mark.parametrize(("age", "valid"), [(timedelta(days=7), True), (timedelta(days=7, seconds=1), False)])
def test_it_can_be_approved_for_a_week(age: timedelta, valid: bool) -> None:
    assert HELD.is_valid(NOW + age) is valid
