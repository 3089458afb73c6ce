from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from moto.moto_api import state_manager

from ops.deployment import Aws
from tests.ops.town_hall import ENVIRONMENT, Hall, client


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty emulated account, and no settings of this machine's."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    # Two thousand machine images, which nobody here wants to look at.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.setattr(Aws, "_client", lambda self, service: client(service, self.region))
    monkeypatch.setattr("ops.dead_letters._WAIT_SECONDS", 0)
    # A task of the emulator goes on with each look at it, unless it is told to take its time.
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield
    state_manager.unset_transition("ecs::task")


@pytest.fixture
def undeployed(
    account: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Hall:
    """An environment that has a file and nothing else."""
    file = tmp_path / "hall.toml"
    file.write_text(ENVIRONMENT)
    return Hall(file, capsys, monkeypatch)


@pytest.fixture
def hall(undeployed: Hall) -> Hall:
    """A deployed environment in which nothing has run yet."""
    undeployed.deploy()
    return undeployed
