"""The writer that most tests begin with, and a run that writes with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.simulation import MemoryItems, Process
from tests.worker.builders import run_settings
from tests.worker.clients import bamboo_client, transport_to
from tests.worker.runs.writing import SandboxWriter
from worker.runs.locked_run import LockedRun
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.state.store import Store

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def writer() -> SandboxWriter:
    return SandboxWriter()


@pytest.fixture
def run(writer: SandboxWriter) -> LockedRun:
    services = Services(
        settings=run_settings(),
        store=Store(MemoryItems(Process(), {}), "a"),
        bamboohr=bamboo_client(transport_to()),
        moodle=writer.moodle,
        stop=writer.patient,
        clock=lambda: NOW,
        digest_key="a token",
    )
    lock = services.store.lock("r1")
    lock.acquire()
    return LockedRun(services, Summary("r1", "sync", NOW), lock, services.store.history())
