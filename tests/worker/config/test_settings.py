"""The configuration: every fault at once, each under the name of its variable."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.config.settings import VARIABLES, Settings, describe, read_settings
from worker.errors import ConfigurationError, ExitCode

LAPTOP = {
    "BAMBOO_COMPANY_DOMAIN": "acme",
    "MOODLE_BASE_URL": "https://learn.example.com",
    "BAMBOOHR_API_KEY": "a-key",
    "MOODLE_TOKEN": "a-token",
    "STATE_FILE": "state.sqlite",
}


def settings(**changed: str) -> Settings:
    return read_settings({**LAPTOP, **changed})


def faults(**changed: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        settings(**changed)
    return caught.value.faults


def test_a_laptop_needs_five_variables_and_the_rest_has_defaults() -> None:
    told = settings()

    assert told.bamboo_api == "https://acme.bamboohr.com/api/v1"
    assert told.moodle_endpoint == "https://learn.example.com/webservice/rest/server.php"
    assert (told.bamboo.value, told.moodle.value) == ("a-key", "a-token")
    assert (told.state.file, told.state.table, told.state.state_id) == ("state.sqlite", "", "default")
    assert (told.batch_size, told.initial_lookback_days, told.max_attempts) == (0, 30, 0)
    assert (told.moodle_auth, told.max_suspensions, told.reactivate_all) == ("oidc", None, False)
    assert (told.protected, told.hire_lookahead_days) == (frozenset(), 0)
    assert (told.moodle_batch_size, told.moodle_concurrency) == (50, 2)
    assert (told.http_timeout, told.max_run_minutes) == (30, 360)
    assert (told.trigger, told.scheduled_time) == ("manual", "")
    assert told.mapping.username_template == "{work_email}"


def test_on_aws_the_secrets_and_the_table_take_the_place_of_the_local_ones() -> None:
    told = read_settings(
        {
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "MOODLE_BASE_URL": "https://learn.example.com",
            "BAMBOO_SECRET_ID": "sync/bamboohr",
            "MOODLE_SECRET_ID": "sync/moodle",
            "STATE_TABLE": "sync-state",
        }
    )

    assert (told.bamboo.secret_id, told.bamboo.value) == ("sync/bamboohr", "")
    assert (told.moodle.secret_id, told.moodle.value) == ("sync/moodle", "")
    assert (told.state.table, told.state.file) == ("sync-state", "")


def test_every_fault_is_told_at_once_and_begins_with_the_name_of_its_variable() -> None:
    wrong = {
        "BAMBOO_COMPANY_DOMAIN": "https://acme.bamboohr.com",
        "BAMBOO_BASE_URL": "http://bamboo.example.com",
        "MOODLE_BASE_URL": "learn.example.com",
        "STATE_TABLE": "table",
        "STATE_ID": "a#b",
        "BATCH_SIZE": "many",
        "INITIAL_LOOKBACK_DAYS": "-1",
        "FIELD_MAPPING": "{",
        "USERNAME_TEMPLATE": "fixed",
        "MOODLE_AUTH": "nologin",
        "MAX_SUSPENSIONS": "201",
        "MAX_ATTEMPTS": "-1",
        "REACTIVATE": "never",
        "HIRE_LOOKAHEAD_DAYS": "91",
        "MOODLE_BATCH_SIZE": "0",
        "MOODLE_CONCURRENCY": "9",
        "HTTP_TIMEOUT_SECONDS": "61",
        "MAX_RUN_MINUTES": "0",
        "TRIGGER": "cron",
    }

    told = faults(**wrong, BAMBOOHR_API_KEY="", MOODLE_TOKEN="")

    named = {*wrong, "BAMBOO_SECRET_ID", "MOODLE_SECRET_ID"}
    assert {fault.split()[0] for fault in told} == named
    assert len(told) == len(named)


def test_a_wrong_configuration_ends_with_its_own_exit_code_and_points_to_the_help() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({})

    assert caught.value.exit_code is ExitCode.CONFIGURATION
    assert "--help" in caught.value.advice


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_not_set(empty: str) -> None:
    optional = VARIABLES.keys() - LAPTOP.keys()

    assert settings(**dict.fromkeys(optional, empty)) == settings()


@pytest.mark.parametrize("name", ["BAMBOO_COMPANY_DOMAIN", "MOODLE_BASE_URL"])
def test_a_required_variable_that_is_empty_is_missing(name: str) -> None:
    (fault,) = faults(**{name: ""})

    assert fault.startswith(f"{name} is not set")


PAIRS = [
    ("BAMBOO_SECRET_ID", "BAMBOOHR_API_KEY"),
    ("MOODLE_SECRET_ID", "MOODLE_TOKEN"),
    ("STATE_TABLE", "STATE_FILE"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_exactly_one_of_a_pair_is_set(first: str, second: str) -> None:
    assert faults(**{first: "one", second: "two"}) == [f"{first} and {second} are both set: set exactly one"]
    (neither,) = faults(**{first: "", second: ""})
    assert neither.startswith(f"{first} or {second} must be set")
    settings(**{first: "one", second: ""})


@pytest.mark.parametrize(
    "url",
    [
        "https://learn.example.com",
        "https://learn.example.com/",
        "https://learn.example.com:8443/moodle",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://localhost",
    ],
)
def test_https_anywhere_and_http_to_loopback_are_taken(url: str) -> None:
    told = settings(MOODLE_BASE_URL=url, BAMBOO_BASE_URL=url)

    assert told.moodle_endpoint == url.rstrip("/") + "/webservice/rest/server.php"
    assert told.bamboo_api == url.rstrip("/") + "/api/v1"


@pytest.mark.parametrize(
    "url",
    [
        "http://learn.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "ftp://learn.example.com",
        "https://",
        "https://:443",
        "https://user:password@learn.example.com",
        "https://learn.example.com?a=b",
        "https://learn.example.com?",
        "https://learn.example.com#top",
        "https://learn.example.com:port",
        "https://learn example.com",
        "learn.example.com",
    ],
)
@pytest.mark.parametrize("name", ["MOODLE_BASE_URL", "BAMBOO_BASE_URL"])
def test_any_other_address_is_a_fault(name: str, url: str) -> None:
    (fault,) = faults(**{name: url})

    assert fault.startswith(f"{name} must be an https address")
    assert "password" not in fault


def test_a_bamboo_address_that_names_its_version_is_taken_as_it_is() -> None:
    gateway = "https://api.bamboohr.com/api/gateway.php/acme/v1"

    assert settings(BAMBOO_BASE_URL=gateway).bamboo_api == gateway


@pytest.mark.parametrize("label", ["acme", "ACME-2", "4711", "a", "a" * 63])
def test_the_company_domain_is_one_dns_label(label: str) -> None:
    assert settings(BAMBOO_COMPANY_DOMAIN=label).bamboo_api == f"https://{label}.bamboohr.com/api/v1"


@pytest.mark.parametrize(
    "text",
    [
        "acme.bamboohr.com",
        "https://acme.bamboohr.com",
        "acme/../other",
        "acme?x",
        "me@acme",
        "-acme",
        "acme-",
        "a_b",
        "ac me",
        "äcme",
        "a" * 64,
    ],
)
def test_anything_but_one_dns_label_is_one_fault_of_the_company_domain(text: str) -> None:
    (fault,) = faults(BAMBOO_COMPANY_DOMAIN=text)

    assert fault.startswith("BAMBOO_COMPANY_DOMAIN must be one label")


RANGES = {
    "BATCH_SIZE": (-1_000_000, 1_000_000),
    "INITIAL_LOOKBACK_DAYS": (0, 18_250),
    "MAX_SUSPENSIONS": (0, 200),
    "MAX_ATTEMPTS": (0, 1_000),
    "HIRE_LOOKAHEAD_DAYS": (0, 90),
    "MOODLE_BATCH_SIZE": (1, 100),
    "MOODLE_CONCURRENCY": (1, 8),
    "HTTP_TIMEOUT_SECONDS": (1, 60),
    "MAX_RUN_MINUTES": (1, 1_440),
}
FIELDS = {
    "HTTP_TIMEOUT_SECONDS": "http_timeout",
}


@pytest.mark.parametrize(("name", "low", "high"), [(name, *ends) for name, ends in RANGES.items()])
def test_a_number_is_taken_up_to_both_ends_of_its_range_and_no_further(name: str, low: int, high: int) -> None:
    attribute = FIELDS.get(name, name.lower())
    assert getattr(settings(**{name: str(low)}), attribute) == low
    assert getattr(settings(**{name: str(high)}), attribute) == high
    for beyond in (low - 1, high + 1):
        assert faults(**{name: str(beyond)}) == [f"{name} must be a whole number from {low} to {high}"]


@given(st.text().filter(lambda text: text.strip() != "" and re.fullmatch("[+-]?[0-9]+", text.strip()) is None))
def test_a_number_that_is_none_is_a_fault_and_never_a_crash(text: str) -> None:
    assert faults(HTTP_TIMEOUT_SECONDS=text) == ["HTTP_TIMEOUT_SECONDS must be a whole number from 1 to 60"]


@pytest.mark.parametrize("text", ["9" * 10, "9" * 5000, "6 0", "60.0", "6e1", "0x10", "\u0663"])
def test_a_number_that_looks_like_one_is_a_fault(text: str) -> None:
    assert faults(HTTP_TIMEOUT_SECONDS=text) == ["HTTP_TIMEOUT_SECONDS must be a whole number from 1 to 60"]


def test_no_suspension_limit_at_all_cannot_be_set() -> None:
    assert settings(MAX_SUSPENSIONS="0").max_suspensions == 0
    assert settings(MAX_SUSPENSIONS="").max_suspensions is None
    assert faults(MAX_SUSPENSIONS="-1") == ["MAX_SUSPENSIONS must be a whole number from 0 to 200"]


@pytest.mark.parametrize("auth", ["nologin", "webservice", "mnet", "OIDC", "2fa", "a b"])
def test_an_authentication_that_nobody_can_log_in_with_is_a_fault(auth: str) -> None:
    (fault,) = faults(MOODLE_AUTH=auth)

    assert fault.startswith("MOODLE_AUTH must be")


def test_protected_accounts_are_separated_by_commas_or_blanks_and_compared_in_any_case() -> None:
    told = settings(PROTECTED_ACCOUNTS="Admin2, 4711,\n sync-service ,,")

    assert told.protected == {"admin2", "4711", "sync-service"}


def test_reactivating_everybody_and_a_scheduled_run_are_asked_for_by_name() -> None:
    told = settings(REACTIVATE="always", TRIGGER="schedule", SCHEDULED_TIME="2026-01-31T02:00:00Z")

    assert told.reactivate_all
    assert (told.trigger, told.scheduled_time) == ("schedule", "2026-01-31T02:00:00Z")


def test_a_request_stays_under_900_form_fields() -> None:
    custom = json.dumps({f"profile_field_f{number}": "location" for number in range(5)})

    # id or auth, idnumber, username, suspended; four core fields; five custom ones of two form fields each: 18.
    assert settings(FIELD_MAPPING=custom, MOODLE_BATCH_SIZE="50").moodle_batch_size == 50
    (fault,) = faults(FIELD_MAPPING=custom, MOODLE_BATCH_SIZE="51")
    assert fault.startswith("MOODLE_BATCH_SIZE and FIELD_MAPPING make 918 form fields")
    assert fault.endswith("set MOODLE_BATCH_SIZE to 50 or less")


def test_a_fault_of_the_mapping_is_a_fault_of_the_settings() -> None:
    (fault,) = faults(FIELD_MAPPING='{"shoe_size": "department"}')

    assert fault.startswith("FIELD_MAPPING 'shoe_size'")


def test_neither_the_settings_nor_a_fault_show_a_credential() -> None:
    told = settings(BAMBOOHR_API_KEY="hush-key", MOODLE_TOKEN="hush-token")
    wrong = faults(BAMBOOHR_API_KEY="hush-key", BAMBOO_SECRET_ID="id", MOODLE_TOKEN="hush-token", TRIGGER="x")

    assert "hush" not in repr(told)
    assert "hush" not in " ".join(wrong)


def test_the_description_names_every_variable() -> None:
    assert [line.split()[0] for line in describe().splitlines()] == list(VARIABLES)
