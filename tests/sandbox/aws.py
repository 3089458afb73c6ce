"""The emulated AWS: DynamoDB and Secrets Manager over real HTTP on loopback (moto's server)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import requests
from moto.server import ThreadedMotoServer

TABLE = "novalxp-sync-state"
BAMBOO_SECRET = "novalxp-sync/bamboohr"
MOODLE_SECRET = "novalxp-sync/moodle"
REGION = "eu-west-2"


@contextmanager
def emulated_aws(port: int = 0) -> Iterator[dict[str, str]]:
    """Run the emulator while the block runs; yield the environment variables with which boto3 reaches it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        host, taken = server.get_host_and_port()
        # moto keeps its data for the whole process: an emulator that starts is empty.
        requests.post(f"http://{host}:{taken}/moto-api/reset", timeout=10).raise_for_status()
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}:{taken}",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
        }
    finally:
        server.stop()


def prepare(aws: dict[str, str], api_key: str, token: str) -> dict[str, str]:
    """Create the table and the two secrets as the stack and the operator do; return the worker's variables."""
    session = boto3.Session(
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        region_name=aws["AWS_REGION"],
    )
    session.client("dynamodb", endpoint_url=aws["AWS_ENDPOINT_URL"]).create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "StateId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "StateId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    secrets = session.client("secretsmanager", endpoint_url=aws["AWS_ENDPOINT_URL"])
    secrets.create_secret(Name=BAMBOO_SECRET, SecretString=json.dumps({"bamboohr_api_key": api_key}))
    secrets.create_secret(Name=MOODLE_SECRET, SecretString=json.dumps({"moodle_token": token}))
    return {"STATE_TABLE": TABLE, "BAMBOO_SECRET_ID": BAMBOO_SECRET, "MOODLE_SECRET_ID": MOODLE_SECRET}
