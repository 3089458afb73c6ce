"""The three systems, served with their latencies, and the measured processes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import process
from tests.bench.bare import Record, bodies
from tests.bench.board import Board, Call, Model
from tests.bench.cloud import SETTINGS, Cloud
from tests.run_harness import API_KEY, some_hours_ago
from tests.sandbox.bamboohr import BambooApp, Company
from tests.sandbox.moodle import PATH, TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import App, Request, serve

CLIENTS = 2
"""Clients of the bare web service, equal to the worker's default concurrency."""


@dataclass(frozen=True)
class Latency:
    """The latency of each system; none is added to a real Moodle."""

    moodle: Model
    bamboohr: Model
    aws: Model


NONE = Latency(Model(), Model(), Model())


@dataclass(frozen=True, eq=False)
class WorkerRun:
    """A run of the worker: the cost of the process, the summary, and every call at the servers."""

    ended: process.ProcessResult
    summary: Mapping[str, Any]
    moodle: list[Call]
    bamboohr: list[Call]
    aws: list[Call]
    sandbox_cpu: float
    to_first_call: float | None
    to_bamboohr: float | None


@dataclass(frozen=True)
class ClientRun:
    """A run of a client that the worker is compared with."""

    seconds: float
    moodle: list[Call]
    answer: Any


@dataclass
class Stage:
    """The systems and the processes between them. `company` and `site` are replaced between runs."""

    directory: Path
    to_bamboo: Board
    to_moodle: Board
    to_aws: Board
    environment: dict[str, str]
    moodle_url: str
    token: str
    auth: str

    def serve_company(self, company: Company) -> None:
        """Serve this company; its directory is serialised beforehand, so that every run has the same."""
        app = BambooApp(company, api_key=API_KEY)
        app.answer(Request("GET", "/api/v1/employees/directory", headers=_headers()))
        self.to_bamboo.app = app

    def new_site(self) -> None:
        """Serve an empty Moodle."""
        self.to_moodle.app = MoodleApp(MoodleSite())

    def worker(self, settings: Mapping[str, str] | None = None) -> WorkerRun:
        """Run `python -m worker` as a first run."""
        boards = (self.to_moodle, self.to_bamboo, self.to_aws)
        clock, reached = process.Clock(), dict[Board, float | None]()
        for board in boards:
            board.take()
            board.on_first = partial(_record_cpu, reached, board, clock)
        environment = {**self.environment, **(settings or {})}
        before = time.process_time()
        ended = process.run("worker", self.directory, environment, clock=clock)
        sandbox_cpu = time.process_time() - before
        read = [cpu for cpu in reached.values() if cpu is not None]
        moodle, bamboohr, aws = (board.take() for board in boards)
        return WorkerRun(
            ended=ended,
            summary=json.loads(ended.stdout),
            moodle=moodle,
            bamboohr=bamboohr,
            aws=aws,
            sandbox_cpu=sandbox_cpu,
            to_first_call=min(read, default=None),
            to_bamboohr=reached.get(self.to_bamboo),
        )

    def loop(self, employees: list[Record], *, leaving: bool) -> ClientRun:
        """Run the client that processes one employee at a time."""
        task = {
            "url": self.endpoint,
            "token": self.token,
            "auth": self.auth,
            "employees": employees,
            "leaving": leaving,
        }
        return self._run_client("tests.bench.loop", task)

    def bare(self, function: str, records: list[Record]) -> ClientRun:
        """Run the bare web service."""
        prepared = bodies(self.token, function, records)
        return self._run_client("tests.bench.bare", {"url": self.endpoint, "bodies": prepared, "clients": CLIENTS})

    @property
    def endpoint(self) -> str:
        """The URL of Moodle's web service."""
        return self.moodle_url + PATH

    def _run_client(self, module: str, task: dict[str, Any]) -> ClientRun:
        self.to_moodle.take()
        ended = process.run(module, self.directory, given=task)
        return ClientRun(ended.seconds, self.to_moodle.take(), json.loads(ended.stdout))


@contextmanager
def stage(
    directory: Path, latency: Latency, moodle: App | None = None, *, token: str = TOKEN, auth: str = "oidc"
) -> Iterator[Stage]:
    """Serve all three systems while the block runs; `moodle` replaces the sandbox's."""
    company = Company(some_hours_ago())
    to_bamboo = Board(BambooApp(company, api_key=API_KEY), latency.bamboohr)
    to_moodle = Board(moodle or MoodleApp(MoodleSite()), latency.moodle)
    to_aws = Board(Cloud(API_KEY, token), latency.aws)
    with ExitStack() as served:
        bamboo_url, moodle_url, aws_url = (
            served.enter_context(serve(board)) for board in (to_bamboo, to_moodle, to_aws)
        )
        environment = {
            **SETTINGS,
            "AWS_ENDPOINT_URL": aws_url,
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "BAMBOO_BASE_URL": bamboo_url,
            "MOODLE_BASE_URL": moodle_url,
            "MOODLE_AUTH": auth,
            # A first run exempts everything but suspensions, of which it allows five by default.
            "LIMITS": json.dumps({"suspend": 200}),
        }
        yield Stage(directory, to_bamboo, to_moodle, to_aws, environment, moodle_url, token, auth)


def _record_cpu(reached: dict[Board, float | None], board: Board, clock: process.Clock) -> None:
    reached[board] = clock.read()


def _headers() -> dict[str, str]:
    key = base64.b64encode(f"{API_KEY}:x".encode()).decode()
    return {"authorization": f"Basic {key}", "accept": "application/json"}
