"""Two fixtures: `moodle`, any Moodle that keeps the contract, and `house`, the sandbox with its switches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.moodle_contract.client import Moodle
from tests.sandbox.moodle_contract.house import House
from tests.sandbox.wire import Switchboard, serve

_LEFT_OVER = pytest.StashKey[list[str]]()


@dataclass
class _Served:
    switchboard: Switchboard
    url: str
    session: requests.Session


@pytest.fixture(scope="session")
def _served() -> Iterator[_Served]:
    switchboard = Switchboard(MoodleApp(MoodleSite()))
    with serve(switchboard) as url, requests.Session() as session:
        yield _Served(switchboard, url, session)


@pytest.fixture
def house(_served: _Served) -> House:
    site = MoodleSite()
    _served.switchboard.app = MoodleApp(site)
    return House(site, Moodle(_served.session, _served.url, TOKEN))


@pytest.fixture(scope="session")
def moodle(request: pytest.FixtureRequest) -> Iterator[Moodle]:
    with requests.Session() as session:
        url = os.environ.get("MOODLE_CONTRACT_URL", "")
        if url:
            token = os.environ["MOODLE_CONTRACT_TOKEN"]
            real = Moodle(session, url, token, os.environ.get("MOODLE_CONTRACT_AUTH", "oidc"))
            yield real
            request.config.stash[_LEFT_OVER] = real.clean_up()
        else:
            with serve(Switchboard(MoodleApp(MoodleSite()))) as sandbox:
                yield Moodle(session, sandbox, TOKEN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    names = config.stash.get(_LEFT_OVER, [])
    if names:
        terminalreporter.section("accounts left in Moodle")
        terminalreporter.line("The token may not delete users, so these were suspended instead; delete them by hand:")
        terminalreporter.line(" ".join(names))
