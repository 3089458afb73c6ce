import json
import tomllib
from collections.abc import Mapping

import pytest

from cdk_app.parameter_reader import ParameterReader
from cdk_app.worker_parameters import worker_environment
from worker.config.settings import VARIABLES, read_settings

LEAST = 'BambooCompanyDomain = "acme"\nMoodleBaseUrl = "https://lxp.example"\n'


def read(toml: str) -> tuple[Mapping[str, str], list[str]]:
    reader = ParameterReader(file="test.toml", values=tomllib.loads(toml))
    return worker_environment(reader), reader.faults


def test_what_the_file_does_not_set_is_left_to_the_worker() -> None:
    environment, faults = read(LEAST)

    assert not faults
    assert environment == {
        "BAMBOO_COMPANY_DOMAIN": "acme",
        "MOODLE_BASE_URL": "https://lxp.example",
        "BATCH_SIZE": "0",
        "INITIAL_LOOKBACK_DAYS": "30",
    }


def test_every_setting_reaches_the_worker() -> None:
    environment, faults = read(
        LEAST
        + """
        BambooBaseUrl = "http://127.0.0.1:8080"
        BatchSize = 25
        InitialLookbackDays = 7
        MoodleAuth = "saml2"
        UsernameTemplate = "{employee_id}"
        MaxSuspensions = 0
        MaxAttempts = 3
        Reactivate = "always"
        ProtectedAccounts = ["svc", "12"]
        MoodleBatchSize = 10
        MoodleConcurrency = 1
        HttpTimeoutSeconds = 15
        MaxRunMinutes = 60
        HireLookaheadDays = 3
        DatesAsEvents = false
        [FieldMapping]
        institution = "division"
        firstname = ["preferred_name", "first_name"]
        country = { from = "country", when = "create" }
        department = false
        """
    )

    assert not faults
    given_by_stack_or_schedule = {
        "BAMBOO_SECRET_ID",
        "MOODLE_SECRET_ID",
        "STATE_TABLE",
        "STATE_ID",
        "TRIGGER",
        "SCHEDULED_TIME",
    }
    local_only = {"BAMBOOHR_API_KEY", "MOODLE_TOKEN", "STATE_FILE"}
    assert set(environment) == set(VARIABLES) - given_by_stack_or_schedule - local_only
    assert json.loads(environment["FIELD_MAPPING"]) == {
        "institution": "division",
        "firstname": ["preferred_name", "first_name"],
        "country": {"from": "country", "when": "create"},
        "department": None,
    }
    settings = read_settings({**environment, "BAMBOO_SECRET_ID": "a", "MOODLE_SECRET_ID": "b", "STATE_TABLE": "c"})
    assert settings.max_suspensions == 0
    assert settings.protected == {"svc", "12"}
    assert settings.mapping.rule("department") is None


@pytest.mark.parametrize(("told", "variable"), [("true", "on"), ("false", "off")])
def test_a_switch_is_on_or_off(told: str, variable: str) -> None:
    environment, faults = read(f"{LEAST}DatesAsEvents = {told}\n")

    assert not faults
    assert environment["DATES_AS_EVENTS"] == variable


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("BatchSize = -1", "BatchSize = -1 is not allowed; allowed is a whole number from 0 to 1000000"),
        ('BatchSize = "50"', 'BatchSize = "50" is not allowed'),
        ("InitialLookbackDays = -1", "InitialLookbackDays = -1 is not allowed"),
        (
            "MaxSuspensions = 201",
            "MaxSuspensions = 201 is not allowed; MaxSuspensions must be a whole number from 0 to 200",
        ),
        ("MaxSuspensions = 5.5", "MaxSuspensions = 5.5 is not allowed; allowed is a whole number"),
        ("HttpTimeoutSeconds = 61", "HttpTimeoutSeconds must be a whole number from 1 to 60"),
        ("MoodleConcurrency = 0", "MoodleConcurrency must be a whole number from 1 to 8"),
        ("MaxRunMinutes = 0", "MaxRunMinutes must be"),
        ("HireLookaheadDays = 91", "HireLookaheadDays must be"),
        ("MaxAttempts = -1", "MaxAttempts must be"),
        ('Reactivate = "never"', "Reactivate must be ours or always"),
        ('MoodleAuth = "nologin"', "MoodleAuth must be"),
        ('UsernameTemplate = "sync"', "UsernameTemplate must contain one of"),
        ("UsernameTemplate = 1", "UsernameTemplate = 1 is not allowed; allowed is a text"),
        ('ProtectedAccounts = "svc"', 'ProtectedAccounts = "svc" is not allowed'),
        ('ProtectedAccounts = ["a b"]', 'ProtectedAccounts = ["a b"] is not allowed'),
        (
            'BambooBaseUrl = "http://bamboo.example"',
            'BambooBaseUrl = "http://bamboo.example" is not allowed; allowed is an https URL',
        ),
        ('DatesAsEvents = "off"', 'DatesAsEvents = "off" is not allowed; allowed is true or false'),
        ("FieldMapping = 1", "FieldMapping = 1 is not allowed; allowed is a table"),
        ('[FieldMapping]\nshoe = "city"', "FieldMapping 'shoe' is no Moodle field"),
        ('[FieldMapping]\ncity = "shoe"', "FieldMapping 'city' knows no BambooHR field 'shoe'"),
        ("[FieldMapping]\ncity = 2026-01-01", "FieldMapping 'city' knows no BambooHR field"),
    ],
)
def test_a_value_that_the_worker_would_refuse(line: str, reason: str) -> None:
    (fault,) = read(f"{LEAST}{line}\n")[1]

    assert fault.startswith("test.toml: ")
    assert reason in fault


def test_all_faults_of_one_key_are_told_at_once() -> None:
    _, faults = read(f'{LEAST}[FieldMapping]\nshoe = "size"\ncity = "town"\nfirstname = false\n')

    assert len(faults) == 4
    for told in ("'shoe' is no Moodle field", "BambooHR field 'size'", "BambooHR field 'town'", "'firstname' must"):
        assert sum(told in fault for fault in faults) == 1


def test_a_key_that_could_not_be_read_is_told_once() -> None:
    _, faults = read('BambooCompanyDomain = 1\nMoodleBaseUrl = "https://lxp.example"\nFieldMapping = 1\n')

    assert len(faults) == 2


def test_a_fault_speaks_of_keys_and_leaves_values_alone() -> None:
    (size,) = read(f"{LEAST}MoodleBatchSize = 101\n")[1]
    (name,) = read(f'{LEAST}[FieldMapping]\nBATCH_SIZE = "city"\n')[1]

    assert "MoodleBatchSize must be a whole number from 1 to 100" in size
    assert "FieldMapping 'BATCH_SIZE' is no Moodle field" in name


def test_a_default_that_does_not_agree_with_what_the_file_sets() -> None:
    many = "".join(f'profile_field_f{number} = "city"\n' for number in range(10))

    (fault,) = read(f"{LEAST}[FieldMapping]\n{many}")[1]

    assert "MoodleBatchSize, which is left out, is not allowed; MoodleBatchSize and FieldMapping make" in fault


@pytest.mark.parametrize(
    "url",
    [
        "lxp.example",
        "http://lxp.example",
        "https://",
        "https://user:pass@lxp.example",
        "https://lxp.example?x=1",
        "https://lxp.example/#top",
        "https://lxp .example",
        "https://lxp.example:port",
        "ftp://lxp.example",
        "",
    ],
)
def test_a_url_that_is_none(url: str) -> None:
    (fault,) = read(f'BambooCompanyDomain = "acme"\nMoodleBaseUrl = "{url}"')[1]

    assert f'MoodleBaseUrl = "{url}" is not allowed; allowed is an https URL' in fault


@pytest.mark.parametrize(
    "url", ["https://lxp.example", "https://lxp.example:8443/moodle/", "http://127.0.0.1:8081", "http://[::1]:1"]
)
def test_a_url_that_is_one(url: str) -> None:
    assert read(f'BambooCompanyDomain = "acme"\nMoodleBaseUrl = "{url}"')[1] == []


@pytest.mark.parametrize(
    "domain", ["acme.bamboohr.com", "https://acme", "ac me", "-acme", "a_b", "a" * 64, "", " acme"]
)
def test_a_company_domain_that_is_none(domain: str) -> None:
    (fault,) = read(f'BambooCompanyDomain = "{domain}"\nMoodleBaseUrl = "https://lxp.example"')[1]

    assert f'BambooCompanyDomain = "{domain}" is not allowed' in fault
