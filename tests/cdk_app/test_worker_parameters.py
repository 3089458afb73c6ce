"""The worker's settings in an environment's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cdk_app.parameters import Parameters
from tests.cdk_app.environment_files import Folder
from tests.worker.builders import LAPTOP
from tests.worker.config.bad_values import BAD, is_message
from worker.config.faults import near_match
from worker.config.settings import read_settings
from worker.config.settings_model import SharedSettings


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def key(setting: str) -> str:
    return setting.title().replace("_", "")


def toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(name)} = {toml(entry)}' for name, entry in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def environment(folder: Folder, **values: object) -> Mapping[str, str]:
    folder.write(**{key(setting): toml(value) for setting, value in values.items()})
    return folder.load().worker_environment


def test_what_the_file_does_not_set_is_left_to_the_worker(folder: Folder) -> None:
    assert environment(folder) == {
        "BAMBOO_COMPANY_DOMAIN": "acme",
        "MOODLE_BASE_URL": "https://lxp.example",
        "BATCH_SIZE": "0",
        "INITIAL_LOOKBACK_DAYS": "30",
    }


def test_every_setting_reaches_the_worker(folder: Folder) -> None:
    values = {name: field.examples[0] for name, field in SharedSettings.model_fields.items() if field.examples}
    mapping = {
        "institution": "division",
        "firstname": ["preferred_name", "first_name"],
        "country": {"from": "country", "when": "create"},
        "city": "bamboohr:customTown",
        "lang": {"from": "location", "map": {"St. Gallen": "de", "Cork": "ga"}, "otherwise": "en"},
        "department": False,
    }

    variables = environment(folder, **{**values, "field_mapping": mapping, "max_suspensions": 0})

    assert variables.keys() == {name.upper() for name in SharedSettings.model_fields}
    assert json.loads(variables["FIELD_MAPPING"]) == {**mapping, "department": None}
    settings = read_settings({**LAPTOP, **variables})
    assert settings.max_suspensions == 0
    assert settings.protected == {"svc-bamboohr-sync", "4711"}
    assert settings.mapping.rule("department") is None
    assert settings.mapping.username_template == "{first_name}.{last_name}"


@pytest.mark.parametrize(("setting", "value", "message"), BAD)
def test_a_bad_value_is_answered_with_its_key_and_what_is_expected(
    folder: Folder, setting: str, value: object, message: str
) -> None:
    (fault,) = folder.faults(**{key(setting): toml(value)})

    assert is_message(fault, f"{folder.path}/test.toml: {key(setting)}", message)
    assert "hush" not in fault


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("BatchSize = true", "expected a whole number from -1000000 to 1000000"),
        ("MaxSuspensions = 5.5", "expected a whole number from 0 to 200"),
        ("UsernameTemplate = 1", "expected a template"),
        ('ProtectedAccounts = "svc"', "expected usernames and employee ids that are never changed: a list"),
        ('BambooCompanyDomain = ""', "expected the company's subdomain of bamboohr.com"),
        ('BambooCompanyDomain = " acme"', "expected the company's subdomain of bamboohr.com"),
        ("FieldMapping = 2026-01-01", "expected a table of Moodle fields"),
    ],
)
def test_a_value_of_another_type_is_a_fault(folder: Folder, line: str, says: str) -> None:
    name, value = line.split(" = ")

    (fault,) = folder.faults(**{name: value})

    assert f": {name} = " in fault
    assert f" is not allowed; {says}" in fault


def test_an_item_of_a_list_is_shown_alone(folder: Folder) -> None:
    (fault,) = folder.faults(ProtectedAccounts='["svc", "a b"]')

    assert (
        'ProtectedAccounts = "a b" is not allowed; expected usernames and employee ids that are never changed: a list'
        in fault
    )


def test_all_faults_of_one_key_are_reported_at_once(folder: Folder) -> None:
    faults = folder.faults(FieldMapping='{ shoe = "size", city = "town", firstname = false }')

    assert len(faults) == 4


def test_a_removed_key_is_a_fault_that_says_what_to_do(folder: Folder) -> None:
    (fault,) = folder.faults(DatesAsEvents="false")

    assert "DatesAsEvents = false is no longer a setting; hires and leavers are always processed when" in fault
    assert fault.endswith("remove this setting")


def test_no_key_of_the_infrastructure_is_taken_for_a_misspelt_one_of_the_sync() -> None:
    keys = {field.alias or name for name, field in Parameters.model_fields.items()}
    shared = {"".join(part.title() for part in name.split("_")) for name in SharedSettings.model_fields}

    assert shared < keys
    assert [key for key in keys - shared if near_match(key, shared)] == []
