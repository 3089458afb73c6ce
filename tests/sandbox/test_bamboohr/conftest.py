"""A company of three employees behind a real socket, and a client that asks as an integration does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.sandbox.bamboohr import BambooApp, Company, ManualClock, Settings
from tests.sandbox.wire import Switchboard, serve

KEY = "0123456789abcdef0123456789abcdef01234567"
DAY_BEFORE = "2026-11-19T09:00:00Z"
OPENING = "2026-11-20T09:00:00Z"
JSON = "application/json"


@dataclass
class Bamboo:
    """The sandbox server, and a session that talks to it."""

    company: Company
    clock: ManualClock
    app: BambooApp
    board: Switchboard
    url: str
    session: requests.Session

    @property
    def settings(self) -> Settings:
        return self.app.settings

    def get(self, path: str, *, key: str | None = KEY, accept: str | None = JSON, **query: Any) -> requests.Response:
        """GET a path below /api/v1/; a double underscore in a parameter's name opens its brackets."""
        return self.session.get(
            f"{self.url}/api/v1/{path}",
            params={_bracketed(name): value for name, value in query.items()},
            headers={"Accept": accept},
            auth=None if key is None else (key, "x"),
            timeout=30,
        )

    def post_report(
        self, body: object, query: str = "?format=JSON&onlyCurrent=false", *, kind: str = JSON, accept: str = "*/*"
    ) -> requests.Response:
        """POST /reports/custom."""
        return self.session.post(
            f"{self.url}/api/v1/reports/custom{query}",
            **({"data": body} if isinstance(body, str) else {"json": body}),
            headers={"Content-Type": kind, "Accept": accept},
            auth=(KEY, "x"),
            timeout=30,
        )

    def json(self, path: str, **query: Any) -> Any:
        """The body of an answer that is no refusal."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, (answer.headers, answer.text)
        return answer.json()

    def changed(self, since: str = DAY_BEFORE) -> Any:
        return self.json("employees/changed", since=since)

    def directory(self, **query: str) -> dict[str, Any]:
        """The rows of the directory by id."""
        return {row["id"]: row for row in self.json("employees/directory", **query)["employees"]}

    def rows(self, **query: Any) -> dict[str, Any]:
        """The rows of List Employees by id."""
        return {row["employeeId"]: row for row in self.json("employees", **query)["data"]}

    def employee(self, id: str, fields: str = "", **query: str) -> Any:
        return self.json(f"employees/{id}", fields=fields, **query)

    def report(self, *fields: str, query: str = "?format=JSON&onlyCurrent=false", **filters: Any) -> dict[str, Any]:
        """The rows of a report by id."""
        answer = self.post_report({"title": "x", "fields": fields, "filters": filters}, query)
        assert answer.status_code == 200, answer.headers
        return {row["id"]: row for row in answer.json()["employees"]}


def _bracketed(name: str) -> str:
    outer, separator, inner = name.partition("__")
    return f"{outer}[{inner}]" if separator else name


def _three() -> Company:
    company = Company(ManualClock(OPENING))
    company.hire(
        firstName="Ava",
        lastName="Nguyen",
        workEmail="ava@example.com",
        jobTitle="Director",
        department="R&D",
        location="Berlin",
        country="Germany",
        employeeNumber="E77",
    )
    company.hire(
        firstName="Sam",
        lastName="O'Park",
        preferredName="Sammy",
        workEmail="sam@example.com",
        jobTitle="Engineer",
        department="R&D",
        division="Product",
        supervisorEId="1",
        hireDate="2020-02-29",
    )
    company.hire(firstName="Zoë", lastName="李", workEmail=None, homeEmail="zoe@example.net", jobTitle="Engineer")
    return company


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[Switchboard, str]]:
    """One socket for all tests; each test serves an app of its own at it."""
    board = Switchboard(BambooApp(Company(), KEY))
    with serve(board) as url:
        yield board, url


@pytest.fixture
def bamboo(server: tuple[Switchboard, str]) -> Iterator[Bamboo]:
    """Ava (1) leads Sam (2); they and Zoë (3) were hired at the opening moment, 2026-11-20 09:00 UTC."""
    board, url = server
    company = _three()
    assert isinstance(company.clock, ManualClock)
    app = BambooApp(company, KEY)
    board.app, board.faults, board.calls = app, [], []
    with requests.Session() as session:
        yield Bamboo(company, company.clock, app, board, url, session)
