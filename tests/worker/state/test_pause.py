"""The pause of the scheduled runs is read together with the rest of the state."""

from __future__ import annotations

from datetime import UTC, datetime

from types_boto3_dynamodb import DynamoDBClient

from tests.worker.state.test_request_budget import Counting
from worker.model.history import EmployeeRecord, RunRecord
from worker.model.position import Position
from worker.state.dynamodb import DynamoItems
from worker.state.items import KEY, Items
from worker.state.pause import pause_item, pause_key
from worker.state.store import Store

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)


def test_without_the_item_there_is_no_pause(items: Items) -> None:
    items.put(pause_item("another", NOW))

    assert Store(items, "a").pause() is None


def test_a_pause_says_since_when(items: Items) -> None:
    items.put(pause_item("a", NOW))

    assert Store(items, "a").pause() == "paused (since 2026-02-01T02:00:00Z)"


def test_a_pause_that_was_written_by_hand_needs_the_key_alone(items: Items) -> None:
    items.put({KEY: "a#paused"})

    assert Store(items, "a").pause() == "paused"


def test_a_pause_ends_with_its_item(items: Items) -> None:
    items.put(pause_item("a", NOW))
    items.delete(pause_key("a"))

    assert Store(items, "a").pause() is None


def test_a_pause_is_read_by_the_request_for_the_history_and_the_row(dynamodb: DynamoDBClient, table: str) -> None:
    counting = Counting(dynamodb)
    store = Store(DynamoItems(table, counting), "a")
    store.remember([EmployeeRecord(7, attempts=2)])
    store.create(Position(NOW), NOW)
    store.record(RunRecord("r", ended_at_ms=1, command="sync", selection="all"), {}, NOW)
    DynamoItems(table, dynamodb).put(pause_item("a", NOW))
    counting.requests.clear()
    store = Store(DynamoItems(table, counting), "a")

    history, pause, position = store.history(), store.pause(), store.position(NOW)

    assert (set(history.records), pause) == ({7}, "paused (since 2026-02-01T02:00:00Z)")
    assert position is not None
    assert counting.requests == {"batch_get_item": 1}
