"""The two stores, each empty: a table of an emulated DynamoDB, and a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from types_boto3_dynamodb import DynamoDBClient

from tests.worker.state.store_tools import NOW, Clock
from worker.model.position import Position
from worker.state.dynamodb import DynamoItems
from worker.state.items import Items
from worker.state.sqlite import SqliteItems
from worker.state.store import Store

_tables = count()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    """One emulator and one client a module: making a client takes longer than a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with mock_aws():
            yield boto3.client("dynamodb")


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> str:
    """A new table, as the stack makes it."""
    name = f"state-{next(_tables)}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "StateId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "StateId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture(params=["dynamodb", "sqlite"])
def items(request: pytest.FixtureRequest, tmp_path: Path) -> Items:
    """An empty store of either kind."""
    if request.param == "sqlite":
        return SqliteItems(str(tmp_path / "state.sqlite"))
    return DynamoItems(request.getfixturevalue("table"), request.getfixturevalue("dynamodb"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(items: Items) -> Store:
    """The store of a state that this version began: nothing is searched for by a scan."""
    store = Store(items, "a", NOW.timestamp)
    store.history()
    store.create(Position(NOW), NOW)
    return store
