"""The state row: which values are accepted, and when it may be moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

from worker.errors import ConfigurationError, LockLost
from worker.model.binding import Binding
from worker.model.position import Position, WindowProgress
from worker.state.dynamodb import DynamoItems
from worker.state.items import KEY, Item, Items
from worker.state.lock import LEASE_SECONDS, Lock
from worker.state.store import Store

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
SINCE = datetime(2026, 1, 31, 2, 0, 0, tzinfo=UTC)
LATEST = datetime(2026, 2, 1, 1, 59, 0, tzinfo=UTC)
HAND_WRITTEN: Item = {KEY: "a", "since": "2026-01-31T02:00:00Z", "offset": 0, "updatedAt": "2026-01-31T09:00:00Z"}


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(items: Items, clock: Clock) -> Store:
    return Store(items, "a", clock)


@pytest.fixture
def lock(store: Store) -> Lock:
    lock = store.lock("this-run")
    lock.acquire()
    return lock


def faults(store: Store) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        store.position(NOW)
    assert "since, offset and updatedAt" in caught.value.advice
    return caught.value.faults


def test_a_new_state_belongs_to_no_company_until_a_run_binds_it(items: Items, store: Store) -> None:
    acme = Binding("acme", "learn.example.com")
    store.history()
    assert (store.binding, store.is_new) == (None, True)

    store.bind(acme)

    assert store.binding == acme
    assert items.get("a#binding") == {KEY: "a#binding", "company": "acme", "site": "learn.example.com"}
    other = Store(items, "a")
    other.history()
    assert (other.binding, other.is_new) == (acme, True)


# Reading


def test_a_sync_that_never_ran_has_no_position(items: Items, store: Store) -> None:
    items.put({**HAND_WRITTEN, KEY: "another-state"})

    assert store.position(NOW) is None


@pytest.mark.parametrize("offset", [0, 250, "0", "250"])
def test_a_row_written_by_hand_is_valid(items: Items, store: Store, offset: int | str) -> None:
    items.put({**HAND_WRITTEN, "offset": offset})

    assert store.position(NOW) == Position(SINCE, int(offset), None)


@pytest.mark.parametrize("offset", [{"N": "250"}, {"S": "250"}])
def test_a_row_written_with_the_aws_cli_is_valid(
    dynamodb: DynamoDBClient, table: str, offset: AttributeValueTypeDef
) -> None:
    dynamodb.put_item(
        TableName=table,
        Item={KEY: {"S": "a"}, "since": {"S": "2026-01-31T03:00:00+01:00"}, "offset": offset, "updatedAt": {"S": "x"}},
    )

    assert Store(DynamoItems(table, dynamodb), "a").position(NOW) == Position(SINCE, 250, None)


@pytest.mark.parametrize("since", [None, "", "yesterday", "2026-01-31", "2026-01-31T02:00:00", 1_769_824_800])
def test_a_since_without_a_usable_moment_is_a_configuration_error(items: Items, store: Store, since: object) -> None:
    items.put({**HAND_WRITTEN, "since": since})

    assert faults(store) == ["state row 'a': since must be a time with a time zone, such as 2026-01-31T02:00:00Z"]


def test_a_row_without_a_since_is_a_configuration_error(items: Items, store: Store) -> None:
    items.put({KEY: "a", "updatedAt": "x"})

    assert len(faults(store)) == 1


@pytest.mark.parametrize("offset", [-1, "-1", "", "many", "1.5", "٣", None, True, [0]])
def test_an_offset_that_is_not_a_whole_number_from_0_is_a_configuration_error(
    items: Items, store: Store, offset: object
) -> None:
    items.put({**HAND_WRITTEN, "offset": offset})

    assert faults(store) == ["state row 'a': offset must be a whole number, 0 or more"]


def test_an_offset_with_a_fraction_is_a_configuration_error(dynamodb: DynamoDBClient, table: str) -> None:
    dynamodb.put_item(
        TableName=table,
        Item={KEY: {"S": "a"}, "since": {"S": "2026-01-31T02:00:00Z"}, "offset": {"N": "1.5"}},
    )

    assert len(faults(Store(DynamoItems(table, dynamodb), "a"))) == 1


def test_a_row_without_an_offset_is_at_the_start_of_its_window(items: Items, store: Store) -> None:
    items.put({KEY: "a", "since": "2026-01-31T02:00:00Z"})

    assert store.position(NOW) == Position(SINCE, 0)


@pytest.mark.parametrize("since", ["1970-01-01T00:00:00Z", "2026-02-01T02:05:00Z"])
def test_the_earliest_and_the_latest_since_that_are_accepted(items: Items, store: Store, since: str) -> None:
    items.put({**HAND_WRITTEN, "since": since})

    assert store.position(NOW) == Position(datetime.fromisoformat(since))


def test_a_since_in_the_future_is_a_configuration_error(items: Items, store: Store) -> None:
    items.put({**HAND_WRITTEN, "since": "2027-01-31T02:00:00Z"})

    (fault,) = faults(store)
    assert fault.startswith("state row 'a': since (2027-01-31T02:00:00Z) is in the future")


def test_a_since_within_the_tolerance_of_clocks_is_not_in_the_future(items: Items, store: Store) -> None:
    items.put({**HAND_WRITTEN, "since": "2026-02-01T02:04:59Z"})

    assert store.position(NOW) == Position(NOW + timedelta(minutes=4, seconds=59))


def test_both_faults_of_a_row_are_reported_at_once(items: Items, store: Store) -> None:
    items.put({**HAND_WRITTEN, "since": "x", "offset": -1})

    assert len(faults(store)) == 2


PROGRESS = WindowProgress(latest=LATEST, last_id=42, pinned_runs=2)


def test_what_a_run_wrote_is_what_the_next_one_reads(items: Items, store: Store, lock: Lock) -> None:
    for position in (
        Position(SINCE),
        Position(SINCE, 50, PROGRESS),
        Position(SINCE, 0, WindowProgress(latest=None, last_id=None, pinned_runs=1)),
        Position(SINCE, 100, WindowProgress()),
    ):
        items.put(HAND_WRITTEN)
        store.position(NOW)
        store.move(position, lock, NOW)

        assert Store(items, "a").position(NOW) == position


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"since": "2026-01-30T02:00:00Z"}, Position(SINCE - timedelta(days=1), 50)),
        ({"offset": 0}, Position(SINCE, 0)),
        ({"offset": "49"}, Position(SINCE, 49)),
        ({"window": None}, Position(SINCE, 50)),
        ({"window": "open"}, Position(SINCE, 50)),
        ({"window": {}}, Position(SINCE, 50)),
        ({"offset": "50"}, Position(SINCE, 50, PROGRESS)),
        ({"since": "2026-01-31T03:00:00+01:00"}, Position(SINCE, 50, PROGRESS)),
        ({"updatedAt": "by hand"}, Position(SINCE, 50, PROGRESS)),
    ],
)
def test_the_progress_of_a_window_counts_only_for_the_same_since_and_offset(
    items: Items, store: Store, lock: Lock, changed: Item, read: Position
) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    store.move(Position(SINCE, 50, PROGRESS), lock, NOW)

    row = items.get("a")
    assert row is not None
    items.put({**row, **changed})

    assert Store(items, "a").position(NOW) == read


# Writing


def test_the_first_row_is_written_once(items: Items, store: Store) -> None:
    store.create(Position(SINCE), NOW)

    assert items.get("a") == {**HAND_WRITTEN, "updatedAt": "2026-02-01T02:00:00Z"}
    with pytest.raises(LockLost):
        Store(items, "a").create(Position(SINCE - timedelta(days=1)), NOW)
    assert Store(items, "a").position(NOW) == Position(SINCE)


def test_a_first_row_changed_by_hand_during_the_run_is_left_alone(items: Items, store: Store, lock: Lock) -> None:
    store.create(Position(SINCE), NOW)
    items.put(HAND_WRITTEN)

    with pytest.raises(LockLost):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == HAND_WRITTEN


def test_a_first_row_can_be_moved_in_the_same_run(items: Items, store: Store, lock: Lock) -> None:
    store.create(Position(SINCE), NOW)

    store.move(Position(LATEST), lock, NOW)

    assert store.position(NOW) == Position(LATEST)


def test_a_row_of_this_version_stays_one_where_the_history_was_not_read(items: Items, store: Store, lock: Lock) -> None:
    items.put({**HAND_WRITTEN, "stateFormat": 2})
    store.position(NOW)

    store.move(Position(LATEST), lock, NOW)

    assert (items.get("a") or {})["stateFormat"] == 2


@pytest.mark.parametrize("offset", [0, "250"])
def test_a_row_written_by_hand_can_be_moved(items: Items, store: Store, lock: Lock, offset: int | str) -> None:
    items.put({**HAND_WRITTEN, "offset": offset})
    store.position(NOW)

    store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == {
        KEY: "a",
        "since": "2026-02-01T01:59:00Z",
        "offset": 0,
        "updatedAt": "2026-02-01T02:00:00Z",
    }


def test_a_row_can_be_moved_twice(items: Items, store: Store, lock: Lock) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)

    store.move(Position(SINCE, 50, PROGRESS), lock, NOW)
    store.move(Position(LATEST), lock, NOW + timedelta(seconds=1))

    assert store.position(NOW) == Position(LATEST)


def test_a_row_changed_by_hand_after_the_run_moved_it_is_left_alone(items: Items, store: Store, lock: Lock) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    store.move(Position(SINCE, 50, PROGRESS), lock, NOW)
    items.put(HAND_WRITTEN)

    with pytest.raises(LockLost):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == HAND_WRITTEN


@pytest.mark.parametrize(
    "changed",
    [
        {"since": "2026-01-01T00:00:00Z"},
        {"offset": 25},
        {"updatedAt": "2026-01-31T10:00:00Z"},
    ],
)
def test_a_row_changed_by_hand_meanwhile_is_left_alone(items: Items, store: Store, lock: Lock, changed: Item) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    items.put({**HAND_WRITTEN, **changed})

    with pytest.raises(LockLost, match="the state row was changed, or the lock taken over"):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == {**HAND_WRITTEN, **changed}


def test_a_row_deleted_by_hand_meanwhile_is_not_created_again(items: Items, store: Store, lock: Lock) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    items.delete("a")

    with pytest.raises(LockLost):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") is None


def test_a_run_whose_lock_was_taken_over_moves_nothing(items: Items, store: Store, lock: Lock, clock: Clock) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    clock.now += LEASE_SECONDS
    Store(items, "a", clock).lock("another-run").acquire()

    with pytest.raises(LockLost):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == HAND_WRITTEN


def test_a_run_that_released_its_lock_moves_nothing(items: Items, store: Store, lock: Lock) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    lock.release()

    with pytest.raises(LockLost):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == HAND_WRITTEN


def test_the_state_row_never_expires(items: Items, store: Store, lock: Lock) -> None:
    store.create(Position(SINCE), NOW)
    store.move(Position(SINCE, 50, PROGRESS), lock, NOW)

    row = items.get("a")

    assert row is not None
    assert row.keys() == {KEY, "since", "offset", "updatedAt", "window"}
