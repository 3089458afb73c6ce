from pathlib import Path

import pytest

import cdk_app  # noqa: F401 - silences the CDK's Node process if it is imported before the CDK
from tests.cdk_app.synthesis import Synthesis, synthesise


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise("dev", _assembly(tmp_path_factory))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise("prod", _assembly(tmp_path_factory))


@pytest.fixture(scope="session", params=["dev", "prod"])
def each(request: pytest.FixtureRequest) -> Synthesis:
    synthesis: Synthesis = request.getfixturevalue(request.param)
    return synthesis


def _assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assembly")
