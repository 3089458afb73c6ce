"""A passing fault, or a credential that is replaced meanwhile, costs no run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.aws import BAMBOO_SECRET, MOODLE_SECRET, emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.sandbox.wire import Request, Response, Switchboard
from tests.worker.clients import moodle_error
from tests.worker.end_to_end.tools import at_a_terminal, in_sync

NEW_TOKEN, NEW_KEY = "e" * 32, "e" * 40


class BeforeCall:
    """An app that does something once, before the first call of an operation."""

    def __init__(self, board: Switchboard, operation: str, act: Callable[[], None]) -> None:
        self._app, self._operation, self._act = board.app, operation, act
        self._once = threading.Lock()
        board.app = self

    def operation(self, request: Request) -> str:
        return self._app.operation(request)

    def answer(self, request: Request) -> Response:
        if self.operation(request) == self._operation and self._once.acquire(blocking=False):
            self._act()
        return self._app.answer(request)


@pytest.mark.parametrize("status", [520, 525, 502, 408, 429])
@pytest.mark.parametrize("operation", ["changed", "directory", "core_user_get_users_by_field"])
def test_a_passing_fault_costs_nothing_and_is_logged(harness: RunHarness, operation: str, status: int) -> None:
    harness.company.add(generate(5, seed=1))
    fail = harness.fail_moodle if operation.startswith("core_") else harness.fail_bamboo
    fail("status", operation=operation, status=status, times=3)

    run = harness.run()

    assert (run.code, run["created"]) == (0, 5)
    waits = [line["reason"] for line in run.log if line["event"] == "http.retry"]
    assert len(waits) == 3
    assert all(f"HTTP {status}; trying again in" in reason for reason in waits)


@pytest.mark.parametrize("shows", ["", "stderr"])
def test_a_wait_for_a_site_in_maintenance_is_shown_at_once(harness: RunHarness, shows: Any) -> None:
    harness.company.add(generate(5, seed=1))
    harness.fail_moodle("status", operation="core_user_get_users_by_field", status=503, retry_after="0")

    run = at_a_terminal(harness, "sync", shows=shows)

    assert run.code == 0
    assert "moodle: HTTP 503, in maintenance or overloaded; trying again in 1 s" in run.stderr


@pytest.mark.parametrize("skip", [0, 2], ids=["the canary", "a leaver's look-up"])
@pytest.mark.parametrize("code", ["", "dmlreadexception", "dmlwriteexception", "dbconnectionfailed"])
def test_a_site_whose_database_restarts_is_waited_for(harness: RunHarness, code: str, skip: int) -> None:
    in_sync(harness, generate(5, seed=1))
    harness.company.terminate("2")
    body = json.dumps(moodle_error(code)) if code else "<html>One moment</html>"
    harness.fail_moodle("answer", skip=skip, times=6, status=200, body=body)

    run = harness.run()

    assert (run.code, run["suspended"]) == (0, 1)
    assert any(line["event"] == "http.retry" for line in run.log)


def test_a_site_that_answers_with_a_page_for_ever_ends_the_run_in_minutes(harness: RunHarness) -> None:
    harness.company.add(generate(5, seed=1))
    harness.fail_moodle("html", times=0, body="<html>Another site</html>")

    run = harness.run()

    # The length of each wait is random, so that one call more may fit into the time.
    assert (run.code, run["outcome"], run["http_calls"]["moodle"] in (12, 13)) == (1, "moodle_error", True)


@pytest.mark.parametrize("operation", ["core_user_get_users_by_field", "core_user_create_users"])
def test_a_token_that_is_rotated_meanwhile_is_read_once_more(
    harness: RunHarness, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    harness.company.add(generate(5, seed=1))
    with emulated_aws() as aws:
        settings = {**aws, **prepare(aws, API_KEY, TOKEN), "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": "", "STATE_FILE": ""}
        for name, value in aws.items():
            monkeypatch.setenv(name, value)

        def rotate() -> None:
            harness.site.tokens = {NEW_TOKEN: None}
            document = json.dumps({"moodle_token": NEW_TOKEN})
            boto3.client("secretsmanager").put_secret_value(SecretId=MOODLE_SECRET, SecretString=document)

        BeforeCall(harness.to_moodle, operation, rotate)
        run = harness.run(**settings)

    assert (run.code, run["created"]) == (0, 5)
    assert [line["secret"] for line in run.log if line["event"] == "credential.renewed"] == [MOODLE_SECRET]
    assert NEW_TOKEN not in run.stdout + run.stderr


def test_a_key_that_is_rotated_meanwhile_is_read_once_more(
    harness: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.company.add(generate(5, seed=1))
    with emulated_aws() as aws:
        settings = {**aws, **prepare(aws, API_KEY, TOKEN), "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": "", "STATE_FILE": ""}
        for name, value in aws.items():
            monkeypatch.setenv(name, value)

        def rotate() -> None:
            harness.bamboo.api_key = NEW_KEY
            document = json.dumps({"bamboohr_api_key": NEW_KEY})
            boto3.client("secretsmanager").put_secret_value(SecretId=BAMBOO_SECRET, SecretString=document)

        BeforeCall(harness.to_bamboo, "directory", rotate)
        run = harness.run(**settings)

    assert (run.code, run["created"]) == (0, 5)
    assert [line["secret"] for line in run.log if line["event"] == "credential.renewed"] == [BAMBOO_SECRET]
