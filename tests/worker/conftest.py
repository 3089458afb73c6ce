"""What the tests of the HTTP clients share: clients of made-up answers, and of a site that acts as a real one."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import responses

from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Switchboard
from tests.worker.clients import Patient, bamboo_client, moodle_client, transport_to
from worker.bamboohr.client import BambooHRClient
from worker.moodle.client import MoodleClient

_ROUTE = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _ROUTE:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """What the worker logs, line by line."""
    lines: list[dict[str, Any]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append({"level": record.levelname, **vars(record)["fields"]})

    kept = Kept()
    caplog.set_level(logging.INFO, "worker")
    logging.getLogger("worker").addHandler(kept)
    yield lines
    logging.getLogger("worker").removeHandler(kept)


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.mock as mock:
        yield mock


@pytest.fixture
def bamboo(patient: Patient) -> BambooHRClient:
    """A client of answers that are made up."""
    return bamboo_client(transport_to(system="bamboohr", stopping=patient))


@pytest.fixture
def moodle(patient: Patient) -> MoodleClient:
    """A client of answers that are made up."""
    return moodle_client(transport_to(stopping=patient))


@pytest.fixture
def site() -> MoodleSite:
    return MoodleSite()


@pytest.fixture
def board(site: MoodleSite) -> Switchboard:
    return Switchboard(MoodleApp(site))


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage is collected meanwhile: a finalizer that runs at the very bottom of a deep recursion fails by it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
