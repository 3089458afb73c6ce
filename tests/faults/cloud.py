"""The emulated AWS behind a server of the tests, so that its calls can fail too: real boto3, real HTTP."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import requests
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from tests.faults.injection import Injector
from tests.faults.wires import FaultyApp
from tests.run_harness import API_KEY
from tests.sandbox.aws import REGION, TABLE, prepare
from tests.sandbox.moodle import TOKEN
from tests.sandbox.wire import Request, Response, Switchboard, serve
from worker.state.dynamodb import DynamoItems
from worker.state.items import KEY, Item

_IN_THE_CLIENT = ("refused", "timeout_before", "timeout_after")
"""Faults that are raised in the client. (A real time-out of boto3 takes five seconds, four times.)"""
_DROPPED = ("content-length", "content-type", "connection", "date", "server")


class AwsApp:
    """moto's server as an app."""

    def __init__(self) -> None:
        self._client = Client(DomainDispatcherApplication(create_backend_app))

    def operation(self, request: Request) -> str:
        return request.headers.get("x-amz-target", "other").rpartition(".")[2]

    def answer(self, request: Request) -> Response:
        answer = self._client.open(
            request.path, method=request.method, headers=list(request.headers.items()), data=request.body
        )
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
        return Response(answer.status_code, answer.get_data(), answer.content_type or "", headers)


class Cloud:
    """Two secrets, and a table for each test that needs one."""

    def __init__(self, app: FaultyApp, environment: dict[str, str]) -> None:
        self.environment = environment
        self._app = app
        self._numbers = itertools.count(1)
        self._settings = prepare(environment, API_KEY, TOKEN)
        self._client = boto3.client("dynamodb")

    def table(self, rows: dict[str, Item]) -> dict[str, str]:
        """Create a table with these rows; return the worker's variables for it."""
        name = f"{TABLE}-{next(self._numbers)}"
        self._client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        if rows:
            DynamoItems(name, self._client).put_all([*rows.values()])
        return {**self._settings, "STATE_TABLE": name, "STATE_FILE": "", "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": ""}

    def rows(self, settings: dict[str, str]) -> dict[str, Item]:
        """Return what a table holds, and delete it."""
        name = settings["STATE_TABLE"]
        found = {item[KEY]: item for item in DynamoItems(name, self._client).scan(["default"])}
        self._client.delete_table(TableName=name)
        return found

    @contextmanager
    def failing(self, injector: Injector) -> Iterator[None]:
        """Count the calls to AWS inside the block and let them fail; no retry waits."""

        def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
            target = request.headers.get("X-Amz-Target", b"other")
            named = target.decode() if isinstance(target, bytes) else str(target)
            kind = injector.next("aws", named.rpartition(".")[2])
            if kind == "refused":
                raise EndpointConnectionError(endpoint_url=request.url)
            if kind == "timeout_before":
                raise ReadTimeoutError(endpoint_url=request.url)
            self._app.kind = "" if kind in _IN_THE_CLIENT else kind
            answer: AWSResponse = injector.through(kind, lambda: real(session, request))
            if kind == "timeout_after":
                raise ReadTimeoutError(endpoint_url=request.url)
            return answer

        real: Any = URLLib3Session.send
        without_sleep = SimpleNamespace(sleep=lambda _: None, time=time.time)
        with patch.object(URLLib3Session, "send", send), patch("botocore.endpoint.time", without_sleep):
            yield


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Serve an emulated AWS while the block runs."""
    with ExitStack() as stack:
        app = FaultyApp(AwsApp())
        url = stack.enter_context(serve(Switchboard(app)))
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
        }
        stack.enter_context(patch.dict(os.environ, environment))
        # moto keeps its data for the whole process, so it is reset.
        requests.post(f"{url}/moto-api/reset", timeout=10).raise_for_status()
        yield Cloud(app, environment)
