from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from ops.deployment import Aws
from tests.ops.deployed_environment import (
    ENVIRONMENT,
    PROJECT,
    STATE_ID,
    Environment,
    client,
)
from tests.run_harness import API_KEY, RunHarness, start_harness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty emulated account, and no settings of this machine."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    # Two thousand machine images, which no test here reads.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.setattr(Aws, "_client", lambda self, service: client(service, self.region))
    monkeypatch.setattr("ops.dead_letters._WAIT_SECONDS", 0)
    # A task of the emulator changes its status each time it is described, unless it is told not to.
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield
    state_manager.unset_transition("ecs::task")


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Where another process reaches the emulated account: the same data, over real HTTP."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def undeployed(
    account: None, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Environment:
    """An environment that has a file and no stack."""
    file = tmp_path / "acme.toml"
    file.write_text(ENVIRONMENT)
    return Environment(file, capfd, monkeypatch)


@pytest.fixture
def deployed(undeployed: Environment) -> Environment:
    """A deployed environment in which nothing has run yet."""
    undeployed.deploy()
    return undeployed


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[RunHarness]:
    """A BambooHR with five employees, and a Moodle."""
    with start_harness(tmp_path) as both:
        both.company.add(generate(5))
        yield both


@pytest.fixture
def complete(deployed: Environment, endpoint: str, systems: RunHarness) -> Environment:
    """A deployed task with everything that a run needs."""
    for system, value in (("bamboohr", {"bamboohr_api_key": API_KEY}), ("moodle", {"moodle_token": TOKEN})):
        deployed.client("secretsmanager").put_secret_value(
            SecretId=f"{PROJECT}/{system}", SecretString=json.dumps(value)
        )
    settings = {
        name: value for name, value in systems.environment.items() if not name.endswith(("KEY", "TOKEN", "FILE"))
    }
    secrets = {"BAMBOO_SECRET_ID": f"{PROJECT}/bamboohr", "MOODLE_SECRET_ID": f"{PROJECT}/moodle"}
    deployed.deploy_task(
        {"AWS_ENDPOINT_URL": endpoint, "STATE_TABLE": "state", "STATE_ID": STATE_ID, **settings, **secrets}
    )
    return deployed
