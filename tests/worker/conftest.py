"""What the tests of the HTTP clients share: clients of made-up answers, and of a site that acts as a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Switchboard
from tests.worker.clients import Patient, moodle_client, transport_to
from worker.moodle import Moodle


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.mock as mock:
        yield mock


@pytest.fixture
def moodle(patient: Patient) -> Moodle:
    """A client of answers that are made up."""
    return moodle_client(transport_to(stopping=patient))


@pytest.fixture
def site() -> MoodleSite:
    return MoodleSite()


@pytest.fixture
def board(site: MoodleSite) -> Switchboard:
    return Switchboard(MoodleApp(site))
