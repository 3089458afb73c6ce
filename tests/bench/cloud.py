"""AWS for one run: both secrets, and a table that accepts every write and stores nothing.

So each run is a first run, and the worker is measured as it is deployed: with boto3 loaded, and a round trip for every
renewal of the lock.
"""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.wire import Request, Response

_TABLE, _BAMBOO, _MOODLE = "bench-state", "bench/bamboohr", "bench/moodle"
SETTINGS = {
    "STATE_TABLE": _TABLE,
    "BAMBOO_SECRET_ID": _BAMBOO,
    "MOODLE_SECRET_ID": _MOODLE,
    "AWS_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}
"""The worker's variables; AWS_ENDPOINT_URL is added when it is served."""


class Cloud:
    """The app; operations have AWS's names: GetSecretValue, PutItem, ..."""

    def __init__(self, api_key: str, token: str) -> None:
        self._secrets = {_BAMBOO: {"bamboohr_api_key": api_key}, _MOODLE: {"moodle_token": token}}

    def operation(self, request: Request) -> str:
        """Return the operation of a request."""
        return request.headers.get("x-amz-target", "").rpartition(".")[2]

    def answer(self, request: Request) -> Response:
        """Accept every write, and find nothing."""
        operation, response = self.operation(request), dict[str, Any]()
        if operation == "GetSecretValue":
            name = json.loads(request.body)["SecretId"]
            response = {"Name": name, "SecretString": json.dumps(self._secrets[name])}
        elif operation == "BatchGetItem":
            response = {"Responses": {_TABLE: []}, "UnprocessedKeys": {}}
        elif operation == "Scan":
            response = {"Items": [], "Count": 0, "ScannedCount": 0}
        return Response.of(response)
