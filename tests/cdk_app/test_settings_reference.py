"""The files generated from the model of the settings."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cdk_app import parameters, settings_reference
from cdk_app.parameters import ENVIRONMENTS, Parameters
from worker.config.settings import VARIABLES

VALIDATOR = Draft202012Validator(json.loads(settings_reference.SCHEMA.read_text(encoding="utf-8")))
DEV = tomllib.loads((ENVIRONMENTS / "dev.toml").read_text(encoding="utf-8"))


def test_the_page_and_the_schema_are_up_to_date() -> None:
    """`make schema` writes both."""
    assert settings_reference.PAGE.read_text(encoding="utf-8") == settings_reference.page()
    assert settings_reference.SCHEMA.read_text(encoding="utf-8") == settings_reference.schema()


def test_the_page_names_every_key_and_every_variable() -> None:
    page = settings_reference.page()

    for field in Parameters.model_fields.values():
        assert f"| `{field.alias}` |" in page
        assert str(field.description) in page
    for name, meaning in VARIABLES.items():
        assert f"| `{name}` | {meaning} |" in page


def test_the_schema_is_valid_and_accepts_the_shipped_environments() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)
    for name in parameters.names():
        VALIDATOR.validate(tomllib.loads((ENVIRONMENTS / f"{name}.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", parameters.names())
def test_an_editor_finds_the_schema_of_a_file(name: str) -> None:
    first = (ENVIRONMENTS / f"{name}.toml").read_text(encoding="utf-8").splitlines()[0]

    assert (ENVIRONMENTS / first.removeprefix("#:schema ")).resolve() == settings_reference.SCHEMA


@pytest.mark.parametrize(
    "wrong",
    [
        {"SilenceHour": 30},
        {"SilenceHours": "30"},
        {"SilenceHours": 169},
        {"Region": "eu-wst-2"},
        {"CpuArchitecture": "arm64"},
        {"DatesAsEvents": True},
        {"FieldMapping": {"departement": "city"}},
        {"FieldMapping": {"city": "town"}},
        {"FieldMapping": {"city": {"from": "city", "wehn": "create"}}},
    ],
)
def test_the_schema_refuses_what_synthesis_refuses(wrong: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(DEV)
    assert not VALIDATOR.is_valid({**DEV, **wrong})


def test_the_schema_accepts_every_form_of_a_mapping() -> None:
    forms = {"city": "city", "firstname": ["preferred_name", "first_name"], "department": False}
    table = {"profile_field_a": {"from": ["location"], "when": "create", "default": "-"}}

    assert VALIDATOR.is_valid({**DEV, "FieldMapping": {**forms, **table}})
