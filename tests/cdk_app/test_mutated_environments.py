"""Every environment file gives parameters that can be synthesised, or faults with a message."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from aws_cdk.assertions import Template as Assertions

from cdk_app import application
from cdk_app.parameters import ParameterError, Parameters
from tests.cdk_app.mutations import mutated
from tests.cdk_app.synthesis import app

FILES = 1_600
SYNTHESISED = 40
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Parameters | ParameterError]:
    """The result of each file by its number; any other exception fails here."""
    directory = tmp_path_factory.mktemp("mutated")
    return {number: load(directory, number) for number in range(FILES)}


def load(directory: Path, number: int) -> Parameters | ParameterError:
    file = directory / "mutated.toml"
    file.write_bytes(mutated(number))
    try:
        return application.load("mutated", file, NOW)
    except ParameterError as refusal:
        return refusal
    except Exception as fault:
        raise AssertionError(f"file {number} raised an unexpected error:\n{mutated(number)!r}") from fault


def test_a_file_gives_parameters_or_faults_with_a_message(loaded: dict[int, Parameters | ParameterError]) -> None:
    refused = {number: one for number, one in loaded.items() if isinstance(one, ParameterError)}

    assert len(refused) > FILES / 2
    for number, refusal in refused.items():
        assert refusal.faults, number
        for fault in refusal.faults:
            assert fault.partition("mutated.toml: ")[2].strip(), (number, fault)


def test_parameters_can_be_synthesised(loaded: dict[int, Parameters | ParameterError]) -> None:
    accepted = {number: one for number, one in loaded.items() if isinstance(one, Parameters)}
    every = max(len(accepted) // SYNTHESISED, 1)
    chosen = dict(list(accepted.items())[::every][:SYNTHESISED])

    assert len(chosen) == SYNTHESISED
    for number, parameters in chosen.items():
        stacks = application.compose(app(), parameters)
        assert Assertions.from_stack(stacks.sync).to_json()["Resources"], number
        assert Assertions.from_stack(stacks.registry).to_json()["Resources"], number
