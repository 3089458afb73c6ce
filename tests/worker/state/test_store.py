"""The state row: which values are accepted, and when it may be moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

from tests.worker.state.store_tools import NOW, Clock, run_of
from tests.worker.tables import table
from worker.errors import ConfigurationError, LockLost
from worker.model.history import EmployeeRecord
from worker.model.position import Binding, Position, WindowProgress
from worker.state.dynamodb import DynamoItems
from worker.state.items import KEY, Item, Items
from worker.state.lock import LEASE_SECONDS, Lock
from worker.state.store import Store

SINCE = datetime(2026, 1, 31, 2, 0, 0, tzinfo=UTC)
LATEST = datetime(2026, 2, 1, 1, 59, 0, tzinfo=UTC)
HAND_WRITTEN: Item = {KEY: "a", "since": "2026-01-31T02:00:00Z", "offset": 0, "updatedAt": "2026-01-31T09:00:00Z"}


@pytest.fixture
def store(items: Items, clock: Clock) -> Store:
    return Store(items, "a", clock)


@pytest.fixture
def lock(store: Store) -> Lock:
    lock = store.lock("this-run")
    lock.acquire()
    return lock


def row_of(item: dict[str, AttributeValueTypeDef], client: DynamoDBClient, table: str) -> Store:
    """A store whose row an operator wrote with the AWS CLI."""
    client.put_item(TableName=table, Item={KEY: {"S": "a"}, **item})
    return Store(DynamoItems(table, client), "a")


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


@pytest.mark.parametrize(
    ("begin", "is_new"),
    [
        (lambda items, store: None, True),
        (lambda items, store: store.create(Position(SINCE), NOW), True),
        (lambda items, store: items.put(HAND_WRITTEN), False),
        (lambda items, store: store.remember([EmployeeRecord(7, suspended_by_us=True)]), False),
        (lambda items, store: store.record(run_of("r1", outcome="ok"), {}, NOW), False),
        (lambda items, store: store.record(run_of("r1", outcome="failed"), {}, NOW), True),
    ],
    ids=["empty", "a first row", "a row by hand", "an employee", "a run that reached its end", "a run that failed"],
)
def test_a_state_is_new_until_a_run_has_reached_its_end_or_written_about_an_employee(
    items: Items, store: Store, begin: Callable[[Items, Store], None], is_new: bool
) -> None:
    store.history()
    begin(items, store)

    other = Store(items, "a")
    other.history()
    assert other.is_new is is_new


# Reading


def test_a_sync_that_never_ran_has_no_position(items: Items, store: Store) -> None:
    items.put({**HAND_WRITTEN, KEY: "another-state"})

    assert store.position(NOW) is None


@pytest.mark.parametrize(
    ("row", "position"),
    [
        ({"offset": 0}, Position(SINCE)),
        ({"offset": 250}, Position(SINCE, 250)),
        ({"offset": "0"}, Position(SINCE)),
        ({"offset": "250"}, Position(SINCE, 250)),
        ({}, Position(SINCE)),
        ({"since": "1970-01-01T00:00:00Z"}, Position(datetime(1970, 1, 1, tzinfo=UTC))),
        ({"since": "2026-02-01T02:05:00Z"}, Position(NOW + timedelta(minutes=5))),
    ],
    ids=str,
)
def test_a_row_written_by_hand_is_valid(items: Items, store: Store, row: Item, position: Position) -> None:
    """Clocks may differ by five minutes."""
    items.put({KEY: "a", "since": HAND_WRITTEN["since"], **row})

    assert store.position(NOW) == position


@pytest.mark.parametrize("offset", [{"N": "250"}, {"S": "250"}])
def test_a_row_written_with_the_aws_cli_is_valid(
    dynamodb: DynamoDBClient, table: str, offset: AttributeValueTypeDef
) -> None:
    store = row_of({"since": {"S": "2026-01-31T03:00:00+01:00"}, "offset": offset}, dynamodb, table)

    assert store.position(NOW) == Position(SINCE, 250)


NO_SINCE = "state row 'a': since must be a time with a time zone, such as 2026-01-31T02:00:00Z"
NO_OFFSET = "state row 'a': offset must be a whole number, 0 or more"
IN_THE_FUTURE = "state row 'a': since (2026-02-01T02:05:01Z) is in the future"
NO_MOMENTS = (None, "", "yesterday", "2026-01-31", "2026-01-31T02:00:00", 1_769_824_800)
NO_NUMBERS = (-1, "-1", "", "many", "1.5", "٣", None, True, [0])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        *(({"since": since}, [NO_SINCE]) for since in NO_MOMENTS),
        *(({"since": HAND_WRITTEN["since"], "offset": offset}, [NO_OFFSET]) for offset in NO_NUMBERS),
        ({"updatedAt": "x"}, [NO_SINCE]),
        ({"since": "2026-02-01T02:05:01Z"}, [IN_THE_FUTURE]),
        ({"since": "x", "offset": -1}, [NO_SINCE, NO_OFFSET]),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_meant_is_a_configuration_error_with_every_fault(
    items: Items, store: Store, row: Item, expected: list[str]
) -> None:
    items.put({KEY: "a", **row})

    with pytest.raises(ConfigurationError) as caught:
        store.position(NOW)

    assert len(caught.value.faults) == len(expected)
    assert all(map(str.startswith, caught.value.faults, expected))
    assert "since, offset and updatedAt" in caught.value.advice


def test_an_offset_with_a_fraction_is_a_configuration_error(dynamodb: DynamoDBClient, table: str) -> None:
    store = row_of({"since": {"S": "2026-01-31T02:00:00Z"}, "offset": {"N": "1.5"}}, dynamodb, table)

    with pytest.raises(ConfigurationError, match="offset must be a whole number"):
        store.position(NOW)


PROGRESS = WindowProgress(latest=LATEST, last_id=42, pinned_runs=2)


def test_what_a_run_wrote_is_what_the_next_one_reads(items: Items, store: Store, lock: Lock) -> None:
    for position in (
        Position(SINCE),
        Position(SINCE, 50, PROGRESS),
        Position(SINCE, 0, WindowProgress(latest=None, last_id=None, pinned_runs=1)),
        Position(SINCE, 100, WindowProgress()),
        Position(SINCE, has_no_gap=True),
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


@table(
    "changed, is_gapless",
    ("as it was", {}, True),
    ("in another zone", {"since": "2026-01-31T03:00:00+01:00"}, True),
    ("the offset alone", {"offset": 50}, True),
    ("a later time", {"since": "2026-01-31T02:00:01Z"}, False),
    ("an earlier time", {"since": "2026-01-31T01:59:59Z"}, False),
    ("no mark", {"gapless": None}, False),
    ("no moment", {"gapless": True}, False),
)
def test_only_the_since_that_a_run_left_is_without_a_gap(
    items: Items, store: Store, lock: Lock, changed: Item, is_gapless: bool
) -> None:
    items.put(HAND_WRITTEN)
    store.position(NOW)
    store.move(Position(SINCE, has_no_gap=True), lock, NOW)

    items.put({**(items.get("a") or {}), **changed})

    position = Store(items, "a").position(NOW)
    assert position is not None
    assert position.has_no_gap is is_gapless


# Writing


def test_the_first_row_is_written_once(items: Items, store: Store) -> None:
    store.create(Position(SINCE), NOW)

    assert items.get("a") == {**HAND_WRITTEN, "updatedAt": "2026-02-01T02:00:00Z"}
    with pytest.raises(LockLost):
        Store(items, "a").create(Position(SINCE - timedelta(days=1)), NOW)
    assert Store(items, "a").position(NOW) == Position(SINCE)


@pytest.mark.parametrize("offset", [0, "250"])
def test_a_row_written_by_hand_can_be_moved_and_moved_again(
    items: Items, store: Store, lock: Lock, offset: int | str
) -> None:
    items.put({**HAND_WRITTEN, "offset": offset})
    store.position(NOW)

    store.move(Position(SINCE, 50, PROGRESS), lock, NOW - timedelta(seconds=1))
    store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == {
        KEY: "a",
        "since": "2026-02-01T01:59:00Z",
        "offset": 0,
        "updatedAt": "2026-02-01T02:00:00Z",
    }


def test_a_first_row_can_be_moved_in_the_same_run(items: Items, store: Store, lock: Lock) -> None:
    store.create(Position(SINCE), NOW)

    store.move(Position(LATEST), lock, NOW)

    assert store.position(NOW) == Position(LATEST)


def test_a_row_of_this_version_stays_one_where_the_history_was_not_read(items: Items, store: Store, lock: Lock) -> None:
    items.put({**HAND_WRITTEN, "stateFormat": 2})
    store.position(NOW)

    store.move(Position(LATEST), lock, NOW)

    assert (items.get("a") or {})["stateFormat"] == 2


@dataclass
class Run:
    """A run in the middle of its work, and its surroundings."""

    items: Items
    store: Store
    lock: Lock
    clock: Clock

    def lose_the_lock(self) -> None:
        self.clock.now += LEASE_SECONDS
        Store(self.items, "a", self.clock).lock("another-run").acquire()

    def read(self) -> None:
        self.items.put(HAND_WRITTEN)
        self.store.position(NOW)

    def read_and_move(self) -> None:
        self.read()
        self.store.move(Position(SINCE, 50, PROGRESS), self.lock, NOW)


def change(**attributes: object) -> Callable[[Run], object]:
    return lambda run: run.items.put({**HAND_WRITTEN, **attributes})


@table(
    "before, meanwhile",
    ("since", Run.read, change(since="2026-01-01T00:00:00Z")),
    ("offset", Run.read, change(offset=25)),
    ("updatedAt", Run.read, change(updatedAt="2026-01-31T10:00:00Z")),
    ("deleted", Run.read, lambda run: run.items.delete("a")),
    ("lock lost", Run.read, Run.lose_the_lock),
    ("lock released", Run.read, lambda run: run.lock.release()),
    ("after a move", Run.read_and_move, change()),
    ("after the first row", lambda run: run.store.create(Position(SINCE), NOW), change()),
)
def test_a_row_that_somebody_else_may_have_changed_is_left_alone(
    items: Items,
    store: Store,
    lock: Lock,
    clock: Clock,
    before: Callable[[Run], None],
    meanwhile: Callable[[Run], object],
) -> None:
    run = Run(items, store, lock, clock)
    before(run)
    meanwhile(run)
    row = items.get("a")

    with pytest.raises(LockLost, match="the state row was changed, or the lock taken over"):
        store.move(Position(LATEST), lock, NOW)

    assert items.get("a") == row


def test_the_state_row_never_expires(items: Items, store: Store, lock: Lock) -> None:
    store.create(Position(SINCE), NOW)
    store.move(Position(SINCE, 50, PROGRESS), lock, NOW)

    row = items.get("a")

    assert row is not None
    assert row.keys() == {KEY, "since", "offset", "updatedAt", "window"}
