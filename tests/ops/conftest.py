from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from tests.ops.town_hall import ENVIRONMENT, Hall


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty emulated account, and no settings of this machine's."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


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
