"""The store on AWS: one DynamoDB table with the key `StateId` and no index."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from worker.aws import aws_client, aws_failure
from worker.errors import ConfigurationError, StateError
from worker.state.items import KEY, Condition, Item
from worker.transport.parallel import in_batches

_Request = dict[str, Any]
_WRITE_BATCH = 25
_READ_BATCH = 100
_TRANSACTION_TRIES = 5
_BATCH_TRIES = 8
_FIRST_PAUSE = 0.05
"""Seconds before items that a throttled table left over are sent again; doubled each time, 6 seconds in all."""
_UNUSABLE = {
    "ResourceNotFoundException": "does not exist in this region: deploy the stack, or correct STATE_TABLE",
    "AccessDeniedException": "may not be used by this role: check the task role's permissions",
    "UnrecognizedClientException": "cannot be used: AWS does not know these credentials",
    "ExpiredTokenException": "cannot be used: the AWS credentials have expired",
    "NoCredentialsError": "cannot be used: no AWS credentials were found",
}


class DynamoItems:
    """See :class:`worker.state.items.Items`. `client` is boto3's DynamoDB client."""

    def __init__(self, table: str, client: Any = None, pause: Callable[[float], None] = time.sleep) -> None:
        from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

        self._table = table
        self._client = client or aws_client("dynamodb")
        self._pause = pause
        self._pack = TypeSerializer().serialize
        self._unpack = TypeDeserializer().deserialize

    def get(self, key: str) -> Item | None:
        answer = self._call(self._client.get_item, TableName=self._table, Key=self._key(key), ConsistentRead=True)
        return self._plain(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Sequence[str]) -> dict[str, Item]:
        found: dict[str, Item] = {}

        def read(batch: Sequence[_Request]) -> Any:
            asked = {self._table: {"Keys": batch, "ConsistentRead": True}}
            answer = self._call(self._client.batch_get_item, RequestItems=asked)
            left = self._part(answer, "UnprocessedKeys").get(self._table, {}).get("Keys")
            read_now = self._part(answer, "Responses")
            # An answer without the table would look like one that found none of the items.
            items = read_now.get(self._table, []) if left else self._part(read_now, self._table)
            found.update((item[KEY], item) for item in map(self._plain, items))
            return left

        self._in_batches([self._key(key) for key in keys], _READ_BATCH, read)
        return found

    def put(self, item: Item, when: Condition | None = None) -> bool:
        return self._conditional(self._client.put_item, Item=self._packed(item), **self._condition(when))

    def delete(self, key: str, when: Condition | None = None) -> bool:
        return self._conditional(self._client.delete_item, Key=self._key(key), **self._condition(when))

    def put_all(self, items: Sequence[Item]) -> None:
        def write(batch: Sequence[_Request]) -> Any:
            answer = self._call(self._client.batch_write_item, RequestItems={self._table: batch})
            return (answer.get("UnprocessedItems") or {}).get(self._table)

        self._in_batches([{"PutRequest": {"Item": self._packed(item)}} for item in items], _WRITE_BATCH, write)

    def scan(self, prefixes: Iterable[str]) -> list[Item]:
        values = {f":p{number}": prefix for number, prefix in enumerate(prefixes)}
        query = {
            "TableName": self._table,
            "ConsistentRead": True,
            "FilterExpression": " OR ".join(f"begins_with(#k, {name})" for name in values),
            "ExpressionAttributeNames": {"#k": KEY},
            "ExpressionAttributeValues": self._packed(values),
        }
        found: list[Item] = []
        while True:
            answer = self._call(self._client.scan, **query)
            found.extend(self._plain(item) for item in self._part(answer, "Items"))
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_if(self, item: Item, when: Condition, other_key: str, other_when: Condition) -> bool:
        check = {"TableName": self._table, "Key": self._key(other_key), **self._condition(other_when)}
        put = {"TableName": self._table, "Item": self._packed(item), **self._condition(when)}
        for attempt in range(1, _TRANSACTION_TRIES + 1):
            try:
                self._client.transact_write_items(TransactItems=[{"ConditionCheck": check}, {"Put": put}])
            except Exception as fault:
                cancelled = aws_failure(fault) == "TransactionCanceledException"
                if cancelled and "ConditionalCheckFailed" in _cancellation_reasons(fault):
                    return False
                # The thread that renews the lock may write the checked item at this very moment.
                if not cancelled or attempt == _TRANSACTION_TRIES:
                    raise self._error(fault) from None
            else:
                return True
        raise AssertionError("unreachable")

    def _conditional(self, call: Callable[..., Any], **arguments: Any) -> bool:
        try:
            call(TableName=self._table, **arguments)
        except Exception as fault:
            if aws_failure(fault) == "ConditionalCheckFailedException":
                return False
            raise self._error(fault) from None
        return True

    def _call(self, call: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except Exception as fault:
            raise self._error(fault) from None

    def _error(self, fault: Exception) -> StateError | ConfigurationError:
        code = aws_failure(fault)
        if code in _UNUSABLE:
            return ConfigurationError([f"STATE_TABLE {self._table} {_UNUSABLE[code]}"])
        return StateError(
            f"the state table {self._table} could not be used ({code})",
            advice="the next run continues from the last state",
        )

    def _part(self, answer: dict[str, Any], name: str) -> Any:
        if name not in answer:
            raise self._error(KeyError(name))
        return answer[name]

    def _in_batches(self, requests: list[_Request], size: int, send: Callable[[Sequence[_Request]], Any]) -> None:
        """Send the requests in batches; `send` returns those that the table left over, which are sent again."""
        for batch in in_batches(requests, size):
            left = send(batch)
            for attempt in range(_BATCH_TRIES - 1):
                if not left:
                    break
                self._pause(_FIRST_PAUSE * 2**attempt)
                left = send(left)
            if left:
                raise StateError(f"the state table {self._table} is throttled", advice="the next run tries again")

    def _condition(self, when: Condition | None) -> dict[str, Any]:
        if when is None:
            return {}
        if when.absent or not when.equals:
            exists = "attribute_not_exists" if when.absent else "attribute_exists"
            return {"ConditionExpression": f"{exists}(#k)", "ExpressionAttributeNames": {"#k": KEY}}
        names = {f"#n{number}": name for number, name in enumerate(when.equals)}
        values = {f":v{number}": value for number, value in enumerate(when.equals.values())}
        return {
            "ConditionExpression": " AND ".join(f"#n{number} = :v{number}" for number in range(len(names))),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": self._packed(values),
        }

    def _key(self, key: str) -> dict[str, Any]:
        return self._packed({KEY: key})

    def _packed(self, item: Item) -> dict[str, Any]:
        return {name: self._pack(value) for name, value in item.items()}

    def _plain(self, item: dict[str, Any]) -> Item:
        return {name: _native(self._unpack(value)) for name, value in item.items()}


def _native(value: Any) -> Any:
    """Return plain Python values. A number that is not whole (written by hand) is kept, to be reported as a fault."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, dict):
        return {name: _native(inner) for name, inner in value.items()}
    return [_native(inner) for inner in value] if isinstance(value, list) else value


def _cancellation_reasons(fault: Exception) -> set[str]:
    """Return why a transaction was cancelled: a condition that does not hold, or a conflict that a retry resolves."""
    reasons = getattr(fault, "response", {}).get("CancellationReasons", [])
    return {str(reason.get("Code")) for reason in reasons}
