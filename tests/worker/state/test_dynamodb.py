"""What only the table can do wrong: pages, conflicts, throttling, missing rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from types_boto3_dynamodb import DynamoDBClient

from worker.errors import ConfigurationError, StateError, SyncError
from worker.state.dynamodb import DynamoItems
from worker.state.items import ABSENT, KEY, Condition

PRESENT = Condition(equals={"owner": "me"})


class Troubled:
    """A client whose one method is answered by `trouble` first; `calls` counts how often."""

    def __init__(self, client: DynamoDBClient, method: str, trouble: Callable[[int], Any]) -> None:
        self._client = client
        self._method = method
        self._trouble = trouble
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._method:
            return real

        def answer(**arguments: Any) -> Any:
            self.calls += 1
            instead = self._trouble(self.calls)
            if isinstance(instead, Exception):
                raise instead
            return instead(real, arguments) if callable(instead) else real(**arguments)

        return answer


def refused(code: str, *cancelled: str) -> ClientError:
    reasons = [{"Code": reason} for reason in cancelled]
    said: Any = {"Error": {"Code": code, "Message": "arn:aws:iam::1:role/r"}, "CancellationReasons": reasons}
    return ClientError(said, "TransactWriteItems")


def conflict() -> ClientError:
    return refused("TransactionCanceledException", "TransactionConflict", "None")


def test_a_transaction_that_met_the_renewal_of_the_lock_is_retried(dynamodb: DynamoDBClient, table: str) -> None:
    DynamoItems(table, dynamodb).put({KEY: "lock", "owner": "me"})
    client = Troubled(dynamodb, "transact_write_items", lambda call: conflict() if call < 3 else None)
    items = DynamoItems(table, client)

    assert items.put_if({KEY: "row"}, ABSENT, "lock", PRESENT)

    assert client.calls == 3
    assert items.get("row") == {KEY: "row"}


def test_a_conflict_that_does_not_end_is_a_state_error(dynamodb: DynamoDBClient, table: str) -> None:
    DynamoItems(table, dynamodb).put({KEY: "lock", "owner": "me"})
    client = Troubled(dynamodb, "transact_write_items", lambda _: conflict())

    with pytest.raises(StateError, match="TransactionCanceledException"):
        DynamoItems(table, client).put_if({KEY: "row"}, ABSENT, "lock", PRESENT)

    assert client.calls == 5


def test_a_condition_that_fails_beside_a_conflict_is_not_retried(dynamodb: DynamoDBClient, table: str) -> None:
    both = refused("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict")
    client = Troubled(dynamodb, "transact_write_items", lambda _: both)

    assert not DynamoItems(table, client).put_if({KEY: "row"}, ABSENT, "lock", PRESENT)

    assert client.calls == 1


def test_a_scan_reads_on_until_the_last_page(dynamodb: DynamoDBClient, table: str) -> None:
    big = "x" * 300_000
    items = DynamoItems(table, dynamodb)
    for number in range(8):
        items.put({KEY: f"a#run#{number}", "note": big})
    client = Troubled(dynamodb, "scan", lambda _: None)

    found = DynamoItems(table, client).scan(["a#run#"])

    assert sorted(item[KEY] for item in found) == [f"a#run#{number}" for number in range(8)]
    assert client.calls > 1, "one page held them all: the test proves nothing"


def test_a_page_without_a_match_is_not_the_end_of_a_scan(dynamodb: DynamoDBClient, table: str) -> None:
    items = DynamoItems(table, dynamodb)
    items.put_all([{KEY: f"{name}#run#1"} for name in "abcdefgh"])
    client = Troubled(dynamodb, "scan", lambda _: lambda real, arguments: real(**arguments, Limit=1))

    found = [DynamoItems(table, client).scan([f"{name}#run#"]) for name in "abcdefgh"]

    assert found == [[{KEY: f"{name}#run#1"}] for name in "abcdefgh"]


def test_every_read_is_consistent(dynamodb: DynamoDBClient, table: str) -> None:
    asked: list[object] = []

    def note(real: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        asked.append(arguments.get("ConsistentRead"))
        return real(**arguments)

    def note_batch(real: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        asked.append(arguments["RequestItems"][table]["ConsistentRead"])
        return real(**arguments)

    DynamoItems(table, Troubled(dynamodb, "get_item", lambda _: note)).get("a")
    DynamoItems(table, Troubled(dynamodb, "scan", lambda _: note)).scan(["a#"])
    DynamoItems(table, Troubled(dynamodb, "batch_get_item", lambda _: note_batch)).get_all(["a"])

    assert asked == [True, True, True]


@pytest.mark.parametrize(("method", "many", "calls"), [("batch_write_item", 51, 3), ("batch_get_item", 201, 3)])
def test_many_items_are_written_25_and_read_100_at_a_time(
    dynamodb: DynamoDBClient, table: str, method: str, many: int, calls: int
) -> None:
    client = Troubled(dynamodb, method, lambda _: None)
    items = DynamoItems(table, client)
    made = {f"{number:03}": {KEY: f"{number:03}"} for number in range(many)}

    items.put_all([*made.values()])

    assert items.get_all([*made]) == made
    assert client.calls == calls


def test_more_than_one_answer_holds_is_asked_for_again(dynamodb: DynamoDBClient, table: str) -> None:
    client = Troubled(dynamodb, "batch_get_item", lambda _: None)
    items = DynamoItems(table, client, pause=lambda _: None)
    made = {f"a#{number}": {KEY: f"a#{number}", "note": "x" * 299_000} for number in range(60)}
    items.put_all([*made.values()])

    assert items.get_all([*made]) == made
    assert client.calls > 1, "one answer held them all: the test proves nothing"


def leave_one(real: Callable[..., Any], arguments: dict[str, Any], table: str) -> Any:
    """A throttled table takes all items of a write but the last."""
    *sent, left = arguments["RequestItems"][table]
    if sent:
        real(RequestItems={table: sent})
    return {"UnprocessedItems": {table: [left]}}


def test_what_a_throttled_table_left_over_is_sent_again_after_a_pause(dynamodb: DynamoDBClient, table: str) -> None:
    pauses: list[float] = []
    client = Troubled(
        dynamodb,
        "batch_write_item",
        lambda call: (lambda real, arguments: leave_one(real, arguments, table)) if call < 3 else None,
    )
    items = DynamoItems(table, client, pauses.append)

    items.put_all([{KEY: f"a#{number}"} for number in range(10)])

    assert len(items.scan(["a#"])) == 10
    assert pauses == [0.05, 0.1]


def test_what_a_throttled_table_did_not_read_is_asked_for_again(dynamodb: DynamoDBClient, table: str) -> None:
    pauses: list[float] = []

    def read_one(real: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        first, *left = arguments["RequestItems"][table]["Keys"]
        answer = real(RequestItems={table: {"Keys": [first], "ConsistentRead": True}})
        return {**answer, "UnprocessedKeys": {table: {"Keys": left}} if left else {}}

    def read_none(real: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}

    client = Troubled(dynamodb, "batch_get_item", lambda call: read_none if call == 1 else read_one)
    items = DynamoItems(table, client, pauses.append)
    items.put_all([{KEY: "a"}, {KEY: "b"}])

    assert items.get_all(["a", "b", "c"]) == {"a": {KEY: "a"}, "b": {KEY: "b"}}
    assert pauses == [0.05, 0.1, 0.2]


@pytest.mark.parametrize("method", ["batch_write_item", "batch_get_item"])
def test_a_table_that_stays_throttled_is_a_state_error(dynamodb: DynamoDBClient, table: str, method: str) -> None:
    def leave_all(real: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        left = arguments["RequestItems"]
        return {"UnprocessedItems": left, "UnprocessedKeys": left, "Responses": {}}

    pauses: list[float] = []
    items = DynamoItems(table, Troubled(dynamodb, method, lambda _: leave_all), pauses.append)

    with pytest.raises(StateError, match="throttled"):
        METHODS[method](items)
    assert 6 < sum(pauses) < 7


@pytest.mark.parametrize("answer", [{}, {"Responses": {}}, {"Responses": {}, "UnprocessedKeys": {}}])
def test_an_answer_without_the_table_does_not_pass_for_one_without_items(
    dynamodb: DynamoDBClient, table: str, answer: dict[str, Any]
) -> None:
    client = Troubled(dynamodb, "batch_get_item", lambda _: lambda real, arguments: answer)

    with pytest.raises(StateError, match="KeyError"):
        DynamoItems(table, client).get_all(["a"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ResourceNotFoundException", "does not exist"),
        ("AccessDeniedException", "task role's permissions"),
        ("UnrecognizedClientException", "AWS does not accept these credentials"),
        ("ExpiredTokenException", "cannot be used: the AWS credentials have expired"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_configuration_error_that_names_the_variable(
    dynamodb: DynamoDBClient, table: str, code: str, said: str
) -> None:
    items = DynamoItems(table, Troubled(dynamodb, "get_item", lambda _: refused(code)))

    with pytest.raises(ConfigurationError) as caught:
        items.get("a")

    (fault,) = caught.value.faults
    assert fault.startswith(f"STATE_TABLE {table} ")
    assert said in fault
    assert "arn:" not in fault


def test_a_missing_table_is_a_configuration_error(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(ConfigurationError, match="STATE_TABLE nowhere does not exist in this region"):
        DynamoItems("nowhere", dynamodb).get("a")


METHODS: dict[str, Callable[[DynamoItems], object]] = {
    "get_item": lambda items: items.get("a"),
    "batch_get_item": lambda items: items.get_all(["a"]),
    "put_item": lambda items: items.put({KEY: "a"}, ABSENT),
    "delete_item": lambda items: items.delete("a", PRESENT),
    "batch_write_item": lambda items: items.put_all([{KEY: "a"}]),
    "scan": lambda items: items.scan(["a#"]),
    "transact_write_items": lambda items: items.put_if({KEY: "a"}, ABSENT, "lock", PRESENT),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (refused("InternalServerError"), "InternalServerError"),
        (refused("a name with jane@acme.example"), "unknown error"),
        (EndpointConnectionError(endpoint_url="http://x"), "EndpointConnectionError"),
    ],
)
def test_a_table_that_fails_is_a_state_error_that_names_the_failure_alone(
    dynamodb: DynamoDBClient, table: str, method: str, fault: Exception, named: str
) -> None:
    items = DynamoItems(table, Troubled(dynamodb, method, lambda _: fault))

    with pytest.raises(SyncError) as caught:
        METHODS[method](items)

    assert isinstance(caught.value, StateError)
    assert caught.value.message == f"the state table {table} could not be used ({named})"


def test_a_number_is_a_plain_one_at_any_depth(dynamodb: DynamoDBClient, table: str) -> None:
    items = DynamoItems(table, dynamodb)
    items.put({KEY: "row", "deep": [{"numbers": [7]}]})

    row = items.get("row")

    assert row is not None
    assert type(row["deep"][0]["numbers"][0]) is int


def test_a_number_with_a_fraction_is_not_made_whole(dynamodb: DynamoDBClient, table: str) -> None:
    dynamodb.put_item(TableName=table, Item={KEY: {"S": "a"}, "updatedAt": {"N": "1767225600.5"}})
    items = DynamoItems(table, dynamodb)

    read = items.get("a")

    assert read is not None
    assert items.put({KEY: "a", "updatedAt": 1}, Condition(equals={"updatedAt": read["updatedAt"]}))
