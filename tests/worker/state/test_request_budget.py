"""A run that writes nothing costs the same few requests, whatever the age of the state (DESIGN section 9)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from types_boto3_dynamodb import DynamoDBClient

from tests.sandbox.bamboohr import generate
from tests.simulation import Process, Simulation
from worker.model.history import EmployeeRecord, RunRecord
from worker.state.dynamodb import DynamoItems
from worker.state.store import Store

MOST = 12
EXPECTED = {
    "get_item": 2,  # the lock, and the history again before it is written
    "put_item": 2,  # the lock, taken and renewed
    "batch_get_item": 1,  # the row, the follow-ups and the history
    "batch_write_item": 1,  # the run and the history
    "transact_write_items": 1,  # the position
    "delete_item": 1,  # the lock
}


@dataclass
class Counting:
    """A client that counts its requests."""

    client: DynamoDBClient
    requests: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        self.requests[name] += 1
        return getattr(self.client, name)


@dataclass
class InTheCloud(Simulation):
    """A simulation whose state is in a table."""

    items: DynamoItems = field(kw_only=True)

    def _store(self, process: Process) -> Store:
        return Store(self.items, "default", lambda: self.clock().timestamp())


def leaver(number: int) -> EmployeeRecord:
    return EmployeeRecord(
        number, suspended_by_us=True, suspended_at=1_769_900_000, suspended_account_id=number + 100_000
    )


def test_a_run_costs_the_same_after_400_runs_with_20_000_employees(dynamodb: DynamoDBClient, table: str) -> None:
    counting = Counting(dynamodb)
    company = InTheCloud(items=DynamoItems(table, counting))
    company.company.add(generate(20, seed=5))
    assert company.sync() is not None

    def requests_of_a_run() -> dict[str, int]:
        company.clock.advance(hours=24)
        counting.requests.clear()
        summary = company.sync()
        assert summary is not None
        assert (summary.outcome, summary.counts["created"], summary.counts["updated"]) == ("ok", 0, 0)
        return dict(counting.requests)

    young = requests_of_a_run()
    store = company._store(Process())
    store.remember(map(leaver, range(1_000, 21_000)))
    for number in range(400):
        ended = company.clock() - timedelta(days=400 - number)
        run = RunRecord(
            f"20250101T020000Z-{number:08}",
            int(ended.timestamp() * 1000),
            "sync",
            "all",
            is_baseline=True,
            successful=True,
            row_count=20_000,
            coverage={f"field{name}": 9_999 for name in range(12)},
        )
        store.record(run, {"outcome": "ok"}, ended)
    old = requests_of_a_run()

    assert len(company.memory().records) == 20_000
    assert young == old == EXPECTED
    assert sum(old.values()) <= MOST
