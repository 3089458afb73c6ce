"""Two fixtures: `moodle`, any Moodle that keeps the contract, and `sandbox`, a sandbox server with its switches."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.moodle import KINDS, TOKEN, Database, MoodleApp, MoodleSite, ProfileField, Settings, Version
from tests.sandbox.moodle_contract.client import Moodle
from tests.sandbox.moodle_contract.sandbox import Sandbox
from tests.sandbox.wire import Switchboard, serve

_FIELDS = (
    ProfileField("cttext", maximum=12),
    ProfileField("cttextarea", datatype="textarea"),
    ProfileField("ctmenu", datatype="menu", default="Junior", options=("Junior", "Senior")),
    ProfileField("ctcheckbox", datatype="checkbox"),
    ProfileField("ctdatetime", datatype="datetime"),
)
_LEFT_OVER = pytest.StashKey[list[str]]()
_REAL = os.environ.get("MOODLE_CONTRACT_URL", "")
_KINDS = [pytest.param(None, id="real")] if _REAL else [pytest.param(kind, id="-".join(kind)) for kind in KINDS]


@pytest.fixture(scope="session")
def _served() -> Iterator[Sandbox]:
    site = MoodleSite()
    board = Switchboard(MoodleApp(site))
    with serve(board) as url, requests.Session() as session:
        yield Sandbox(site, board, Moodle(session, url, TOKEN))


@pytest.fixture
def sandbox(_served: Sandbox) -> Sandbox:
    site, board = MoodleSite(), _served.board
    board.app, board.faults, board.calls = MoodleApp(site), [], []
    return Sandbox(site, board, Moodle(_served.moodle.session, _served.moodle.base, TOKEN))


@pytest.fixture(scope="session", params=_KINDS)
def moodle(request: pytest.FixtureRequest) -> Iterator[Moodle]:
    with requests.Session() as session:
        if request.param is None:
            real = Moodle(
                session,
                _REAL,
                os.environ["MOODLE_CONTRACT_TOKEN"],
                auth=os.environ.get("MOODLE_CONTRACT_AUTH", "oidc"),
                release=os.environ.get("MOODLE_CONTRACT_RELEASE", ""),
            )
            yield real
            request.config.stash[_LEFT_OVER] = real.clean_up()
        else:
            with serve(Switchboard(MoodleApp(_site(*request.param)))) as url:
                yield Moodle(session, url, TOKEN)


def _site(version: Version, database: Database) -> MoodleSite:
    site = MoodleSite(Settings(version=version, database=database, profile_fields=_FIELDS))
    site.service_functions |= {"core_webservice_get_site_info", "core_user_delete_users"}
    site.capabilities.add("moodle/user:delete")
    return site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    names = config.stash.get(_LEFT_OVER, [])
    if names:
        terminalreporter.section("accounts left in Moodle")
        terminalreporter.line("The token may not delete users, so these were suspended instead; delete them by hand:")
        terminalreporter.line(" ".join(names))
