"""The run lock: one run at a time, whatever dies, is paused or is delivered twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from tests.worker.state.store_tools import NOW, Clock
from worker.errors import DuplicateDelivery, ExitCode, LockHeld, LockLost, StateError, SyncError
from worker.state import lock as lock_module
from worker.state.items import KEY, Condition, Item, Items
from worker.state.lock import LEASE_SECONDS, Holder, Lock

TONIGHT = "2026-01-31T02:00:00Z"


def lock_of(items: Items, owner: str, clock: Clock) -> Lock:
    return Lock(items, "a#lock", owner, clock)


def owner(items: Items) -> object:
    held = items.get("a#lock")
    return held["owner"] if held else None


def test_a_free_lock_is_taken_for_five_minutes(items: Items, clock: Clock) -> None:
    lock_of(items, "one", clock).acquire(TONIGHT)

    assert items.get("a#lock") == {
        KEY: "a#lock",
        "owner": "one",
        "expires": int(NOW.timestamp()) + LEASE_SECONDS,
        "scheduledTime": TONIGHT,
    }
    assert LEASE_SECONDS == 5 * 60


def test_a_lock_held_by_another_run_ends_the_run_and_changes_nothing(items: Items, clock: Clock) -> None:
    lock_of(items, "one", clock).acquire()
    before = items.get("a#lock")

    with pytest.raises(LockHeld, match="another run \\(one\\) holds the lock, for another 300 s"):
        lock_of(items, "two", clock).acquire()

    assert items.get("a#lock") == before


@pytest.mark.parametrize(("left", "is_named"), [(LEASE_SECONDS + 60, False), (LEASE_SECONDS + 61, True), (86400, True)])
def test_a_lock_that_no_run_takes_for_so_long_is_named_with_what_to_do(
    items: Items, clock: Clock, left: int, is_named: bool
) -> None:
    items.put(lease("one", NOW.timestamp() + left))

    with pytest.raises(LockHeld) as caught:
        lock_of(items, "two", clock).acquire()

    assert ("a#lock" in caught.value.advice) is is_named
    assert ("run one expires in" in caught.value.message) is is_named
    assert ("unless it renews it" in caught.value.message) is not is_named


def test_two_states_of_one_table_have_two_locks(items: Items, clock: Clock) -> None:
    lock_of(items, "one", clock).acquire()

    Lock(items, "b#lock", "two", clock).acquire()

    assert owner(items) == "one"


@pytest.mark.parametrize(
    ("held_for", "asked_for", "end", "exit_code"),
    [
        (TONIGHT, TONIGHT, DuplicateDelivery, ExitCode.OK),
        (TONIGHT, "2026-02-01T02:00:00Z", LockHeld, ExitCode.LOCKED),
        (TONIGHT, "", LockHeld, ExitCode.LOCKED),
        ("", "", LockHeld, ExitCode.LOCKED),
    ],
)
def test_a_second_delivery_of_the_same_scheduled_time_is_a_duplicate_and_no_other(
    items: Items, clock: Clock, held_for: str, asked_for: str, end: type[SyncError], exit_code: ExitCode
) -> None:
    lock_of(items, "one", clock).acquire(held_for)

    with pytest.raises(end) as caught:
        lock_of(items, "two", clock).acquire(asked_for)

    assert (type(caught.value), caught.value.exit_code) == (end, exit_code)


def test_an_expired_lock_is_taken_over_and_not_a_second_earlier(items: Items, clock: Clock) -> None:
    lock_of(items, "one", clock).acquire()

    clock.now += LEASE_SECONDS - 1
    with pytest.raises(LockHeld):
        lock_of(items, "two", clock).acquire()

    clock.now += 1
    lock_of(items, "two", clock).acquire()
    assert owner(items) == "two"


class Racing:
    """A store in which something happens between a run's read of the lock and its write."""

    def __init__(self, items: Items, meanwhile: Sequence[Item | None] = ()) -> None:
        self._items = items
        self._meanwhile = list(meanwhile)

    def get(self, key: str) -> Item | None:
        found = self._items.get(key)
        if self._meanwhile:
            item = self._meanwhile.pop(0)
            if item is None:
                self._items.delete(key)
            else:
                self._items.put(item)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._items, name)


def lease(owner: str, expires: float) -> Item:
    return {KEY: "a#lock", "owner": owner, "expires": int(expires), "scheduledTime": ""}


@pytest.mark.parametrize(
    "before", [None, "dead", "one"], ids=["it was free", "it had expired", "its expired owner renewed it"]
)
def test_of_two_runs_that_see_the_lock_free_one_gets_it(items: Items, clock: Clock, before: str | None) -> None:
    if before:
        items.put(lease(before, clock.now - 1))
    racing = Racing(items, [lease("one", clock.now + 300)])

    with pytest.raises(LockHeld, match="\\(one\\)"):
        lock_of(racing, "two", clock).acquire()

    assert owner(items) == "one"


def test_an_expired_lock_is_taken_over_only_from_the_owner_that_was_read(items: Items, clock: Clock) -> None:
    items.put(lease("dead", clock.now - 1))
    puts: list[Condition | None] = []

    class Watched(Racing):
        def put(self, item: Item, when: Condition | None = None) -> bool:
            puts.append(when)
            return self._items.put(item, when)

    lock_of(Watched(items), "two", clock).acquire()

    assert puts == [Condition(equals={"owner": "dead", "expires": int(clock.now) - 1})]


def test_a_lock_released_between_read_and_write_is_taken(items: Items, clock: Clock) -> None:
    items.put(lease("dead", clock.now - 1))

    lock_of(Racing(items, [None]), "two", clock).acquire()

    assert owner(items) == "two"


def test_a_lock_whose_write_succeeded_without_an_answer_is_ours(items: Items, clock: Clock) -> None:
    """boto3 repeats a write whose answer was lost, and the repetition finds the first one in its way."""
    lock = lock_of(Racing(items, [lease("one", clock.now + 300)]), "one", clock)

    lock.acquire()

    lock.require(299)


@pytest.mark.parametrize(
    "attributes", [{}, {"expires": 0}, {"expires": 10**11}, {"expires": -1}, {"owner": "an operator"}]
)
@pytest.mark.parametrize("now", [0.5, NOW.timestamp()])
def test_a_lock_item_without_a_usable_expiry_has_no_holder_and_is_taken_over(
    items: Items, attributes: dict[str, object], now: float
) -> None:
    items.put({KEY: "a#lock", **attributes})
    lock = lock_of(items, "one", Clock(now))

    assert lock.holder() is None
    lock.require_free()
    lock.acquire()

    assert owner(items) == "one"


def test_a_renewed_lease_lasts_five_minutes_from_now(items: Items, clock: Clock) -> None:
    lock = lock_of(items, "one", clock)
    lock.acquire(TONIGHT)

    clock.now += 200
    lock.renew()

    clock.now += 299
    lock.require(1)
    with pytest.raises(DuplicateDelivery):
        lock_of(items, "two", clock).acquire(TONIGHT)


def test_a_lease_is_required_with_time_left_on_it(items: Items, clock: Clock) -> None:
    lock = lock_of(items, "one", clock)
    lock.acquire()

    lock.require(LEASE_SECONDS)
    clock.now += LEASE_SECONDS - 30
    lock.require(30)
    with pytest.raises(LockLost) as caught:
        lock.require(31)
    assert caught.value.exit_code is ExitCode.ERRORS


def test_a_lease_with_less_than_half_of_its_time_left_is_extended(items: Items, clock: Clock) -> None:
    lock = lock_of(items, "one", clock)
    lock.acquire()

    clock.now += LEASE_SECONDS / 2
    lock.renew_in_time()
    with pytest.raises(LockLost):
        lock.require(LEASE_SECONDS)
    clock.now += 1
    lock.renew_in_time()
    lock.require(LEASE_SECONDS)


def test_the_holder_of_a_lock_is_known_with_the_time_left(items: Items, clock: Clock) -> None:
    lock = lock_of(items, "two", clock)
    assert lock.holder() is None
    lock.require_free()

    lock_of(items, "one", clock).acquire()
    clock.now += LEASE_SECONDS - 1
    assert lock.holder() == Holder("one", 1)
    with pytest.raises(LockHeld, match="another run \\(one\\) holds the lock, for another 1 s"):
        lock.require_free()

    clock.now += 1
    assert lock.holder() is None
    lock.require_free()


def test_a_lock_that_was_never_taken_is_not_ours(items: Items, clock: Clock) -> None:
    with pytest.raises(LockLost):
        lock_of(items, "one", clock).require(0)


@pytest.mark.parametrize("successor", ["two", None], ids=["runs", "has ended"])
def test_a_lock_that_was_taken_over_stays_lost(items: Items, clock: Clock, successor: str | None) -> None:
    paused, other = lock_of(items, "one", clock), lock_of(items, "two", clock)
    paused.acquire()
    clock.now += LEASE_SECONDS
    other.acquire()
    if successor is None:
        other.release()

    paused.renew()

    assert owner(items) == successor
    with pytest.raises(LockLost):
        paused.require(0)
    paused.release()
    assert owner(items) == successor


def test_a_released_lock_is_free_at_once(items: Items, clock: Clock) -> None:
    lock = lock_of(items, "one", clock)
    lock.acquire()

    lock.release()

    assert items.get("a#lock") is None
    lock_of(items, "two", clock).acquire()


class Recording(Racing):
    """A store that says when a lease was written, and can be cut off."""

    def __init__(self, items: Items) -> None:
        super().__init__(items)
        self.cut_off: SyncError | None = None
        self.writes = 0
        self.may_be_written = threading.Event()
        self.tried = threading.Event()

    def put(self, item: Item, when: Condition | None = None) -> bool:
        self.tried.set()
        if self.cut_off:
            raise self.cut_off
        self.writes += 1
        if self.writes > 1:
            self.may_be_written.set()
        return self._items.put(item, when)

    def delete(self, key: str, when: Condition | None = None) -> bool:
        if self.cut_off:
            raise self.cut_off
        return self._items.delete(key, when)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "RENEW_SECONDS", 0.001)


def test_a_kept_lock_is_renewed_in_the_background_until_it_is_released(
    items: Items, clock: Clock, hurried: None
) -> None:
    recording = Recording(items)
    lock = lock_of(recording, "one", clock)
    lock.acquire()

    lock.keep()
    assert recording.may_be_written.wait(10)
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "lock"] == [True]
    lock.release()

    assert items.get("a#lock") is None
    assert not [thread for thread in threading.enumerate() if thread.name == "lock"]


def test_renewal_goes_on_after_the_store_was_unreachable(
    items: Items, clock: Clock, hurried: None, logged: list[dict[str, Any]]
) -> None:
    recording = Recording(items)
    lock = lock_of(recording, "one", clock)
    lock.acquire()
    recording.cut_off = StateError("no answer")
    recording.tried.clear()

    lock.keep()
    assert recording.tried.wait(10)
    recording.cut_off = None

    assert recording.may_be_written.wait(10)
    lock.release()
    assert logged[0] == {"level": "WARNING", "event": "lock.not_renewed", "reason": "no answer"}


def test_the_lease_expires_while_the_store_is_unreachable(items: Items, clock: Clock) -> None:
    recording = Recording(items)
    lock = lock_of(recording, "one", clock)
    lock.acquire()
    recording.cut_off = StateError("no answer")

    lock.release()

    assert owner(items) == "one"
    clock.now += LEASE_SECONDS
    lock_of(items, "two", clock).acquire()
