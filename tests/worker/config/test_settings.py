"""The configuration: every fault at once, each under the name of its variable."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.builders import LAPTOP
from tests.worker.builders import run_settings as settings
from tests.worker.config.bad_values import BAD, NUMBERS, is_message
from worker.config.settings import VARIABLES, describe, read_settings, read_state_location
from worker.config.settings_model import EXACTLY_ONE
from worker.errors import ConfigurationError, ExitCode


def faults(**changed: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        settings(**changed)
    return caught.value.faults


def variable(value: object) -> str:
    """A value of TOML as the text of a variable."""
    return value if isinstance(value, str) else json.dumps(value)


def test_a_laptop_needs_five_variables_and_the_rest_has_defaults() -> None:
    read = settings()

    assert read.bamboo_api == "https://acme.bamboohr.com/api/v1"
    assert read.moodle_endpoint == "https://learn.example.com/webservice/rest/server.php"
    assert (read.bamboohr_credential.value, read.moodle_credential.value) == ("a-key", "a-token")
    assert (read.state_table, read.state_file, read.state_id) == ("", "state.sqlite", "default")
    assert (read.batch_size, read.initial_lookback_days, read.max_attempts) == (0, 30, 0)
    assert (read.moodle_auth, read.max_suspensions, read.reactivate) == ("oidc", None, "ours")
    assert (read.protected, read.hire_lookahead_days) == (frozenset(), 0)
    assert (read.moodle_batch_size, read.moodle_concurrency) == (50, 2)
    assert (read.http_timeout_seconds, read.max_run_minutes) == (30, 360)
    assert (read.trigger, read.scheduled_time) == ("manual", "")
    assert read.mapping.username_template == "{work_email}"


def test_on_aws_the_secrets_and_the_table_take_the_place_of_the_local_ones() -> None:
    local = dict.fromkeys(("BAMBOOHR_API_KEY", "MOODLE_TOKEN", "STATE_FILE"), "")

    read = settings(**local, BAMBOO_SECRET_ID="sync/bamboohr", MOODLE_SECRET_ID="sync/moodle", STATE_TABLE="sync-state")

    assert (read.bamboohr_credential.secret_id, read.bamboohr_credential.value) == ("sync/bamboohr", "")
    assert (read.moodle_credential.secret_id, read.moodle_credential.value) == ("sync/moodle", "")
    assert (read.state_table, read.state_file, read.state_id) == ("sync-state", "", "default")


URLS = (
    *("https://learn.example.com", "https://learn.example.com/", "https://learn.example.com:8443/moodle"),
    *("http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"),
)
# A label that is ASCII may be one that no registry would give away: `requests` takes it.
INTERNATIONAL = (
    *("https://m\u00fcnchen.example", "https://m\u00fcnchen.example.", "https://a_b.m\u00fcnchen.example"),
    *("https://ab--cd.m\u00fcnchen.example", "https://lxp-.m\u00fcnchen.example", "https://fa\u00df.example"),
)
REST = "/webservice/rest/server.php"
GATEWAY = "https://api.bamboohr.com/api/gateway.php/acme/v1"
SWITCHES = {"true": True, "True": True, "FALSE": False, " false ": False}
MOMENT = "2026-01-31T02:00:00Z"


def custom_fields(number: int) -> str:
    return json.dumps({f"profile_field_f{field}": "location" for field in range(number)})


PERSIAN = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
"""A name with a zero-width non-joiner."""


@pytest.mark.parametrize(
    ("variables", "setting", "read"),
    [
        *(
            ({"MOODLE_BASE_URL": url}, "moodle_endpoint", f"{url.rstrip('/')}/webservice/rest/server.php")
            for url in URLS
        ),
        *(({"BAMBOO_BASE_URL": url}, "bamboo_api", f"{url.rstrip('/')}/api/v1") for url in URLS),
        ({"BAMBOO_BASE_URL": GATEWAY}, "bamboo_api", GATEWAY),
        *(
            ({"BAMBOO_COMPANY_DOMAIN": label}, "bamboo_api", f"https://{label}.bamboohr.com/api/v1")
            for label in ("acme", "ACME-2", "4711", "a", "a" * 63)
        ),
        *(({name.upper(): str(end)}, name, end) for name, ends in NUMBERS.items() for end in ends),
        *(({"EXTENDED_USERNAMES": text}, "extended_usernames", value) for text, value in SWITCHES.items()),
        ({"PROTECTED_ACCOUNTS": "Admin2, 4711,\n sync ,,4711"}, "protected", {"admin2", "4711", "sync"}),
        ({"REACTIVATE": "always"}, "reactivate", "always"),
        # What an editor or a web page adds, and no reader sees.
        ({"PROTECTED_ACCOUNTS": "\ufeffjane@acme.example\u200b, 3\u200b"}, "protected", {"jane@acme.example", "3"}),
        ({"USERNAME_TEMPLATE": "{work_email}\u200b"}, "username_template", "{work_email}"),
        ({"BAMBOO_COMPANY_DOMAIN": "\u200eacme\u00a0"}, "bamboo_api", "https://acme.bamboohr.com/api/v1"),
        ({"MOODLE_BASE_URL": "https://lxp\u00ad.example\u200b"}, "moodle_endpoint", f"https://lxp.example{REST}"),
        *(
            ({"MOODLE_BASE_URL": f"https://{host}"}, "moodle_endpoint", f"https://{host}{REST}")
            for host in INTERNATIONAL
        ),
        ({"BATCH_SIZE": "5\u200b"}, "batch_size", 5),
        ({"LIMITS": '\ufeff{"update\\u200b": "5%\\u200b"}'}, "limits", {"update": "5%"}),
        ({"DEFAULT_LAST_NAME": "Cafe\u0301"}, "default_last_name", "Caf\u00e9"),
        # A file has the name that the system gave it.
        ({"STATE_FILE": "e\u0301tat\u200c1.db\u200b"}, "state_file", "e\u0301tat\u200c1.db"),
        ({"TRIGGER": "schedule", "SCHEDULED_TIME": MOMENT}, "trigger", "schedule"),
        ({"TRIGGER": "schedule", "SCHEDULED_TIME": MOMENT}, "scheduled_time", MOMENT),
        # A batch has at most 900 form fields: id or auth, idnumber, username, suspended and four core fields make 8 of
        # an account, and a custom field takes two more.
        *(
            ({"FIELD_MAPPING": custom_fields(custom), "MOODLE_BATCH_SIZE": asked}, "moodle_batch_size", batch)
            for custom, asked, batch in ((0, "100", 100), (5, "50", 50), (5, "51", 50), (10, "50", 32), (500, "50", 1))
        ),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else None,
)
def test_a_good_value_is_read(variables: dict[str, str], setting: str, read: object) -> None:
    assert getattr(settings(**variables), setting) == read


@pytest.mark.parametrize(("setting", "value", "message"), BAD)
def test_a_bad_value_is_answered_with_its_variable_and_what_is_expected(
    setting: str, value: object, message: str
) -> None:
    (fault,) = faults(**{setting.upper(): variable(value)})

    assert is_message(fault, setting.upper(), message)
    assert "hush" not in fault


@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "\u201c{}\u201d"])
@pytest.mark.parametrize(
    ("name", "value"),
    [*LAPTOP.items(), ("USERNAME_TEMPLATE", "{work_email}"), ("LIMITS", "{}"), ("PROTECTED_ACCOUNTS", "jane,joe")],
)
def test_a_variable_in_quotes_which_docker_keeps_is_a_fault(name: str, value: str, quoted: str) -> None:
    (fault,) = faults(**{name: quoted.replace("{}", value)})

    assert fault.startswith(name)
    assert " quote, which would be a part of the " in fault
    assert value not in fault


def test_every_fault_is_reported_at_once_and_begins_with_the_name_of_its_variable() -> None:
    wrong = {setting.upper(): variable(value) for setting, value, _ in BAD}

    found = faults(**wrong, BAMBOOHR_API_KEY="", MOODLE_TOKEN="", STATE_TABLE="table", STATE_ID="a#b", TRIGGER="cron")

    named = {*wrong, "BAMBOO_SECRET_ID", "MOODLE_SECRET_ID", "STATE_TABLE", "STATE_ID", "TRIGGER"}
    assert {re.split(r"[ .]", fault)[0] for fault in found} == named


def test_every_fault_of_a_mapping_is_reported_at_once() -> None:
    table = {"idnumber": "town", "city": {"from": "city", "when": "x", "default": 7}, "email": "city", "lastname": None}

    found = faults(FIELD_MAPPING=json.dumps(table))

    assert len(found) == 6


@pytest.mark.parametrize("text", ["{", "[[[", "institution = division"])
def test_a_mapping_that_is_not_json_is_answered_with_the_position(text: str) -> None:
    (fault,) = faults(FIELD_MAPPING=text)

    assert re.match(r"FIELD_MAPPING = .* is not allowed; it is not JSON \(.*line 1 column", fault)


def test_a_faulty_configuration_ends_with_its_own_exit_code_and_points_to_the_help() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({})

    assert caught.value.exit_code is ExitCode.CONFIGURATION
    assert "--help" in caught.value.advice


@pytest.mark.parametrize("changed", [{"EXTENDED_USERNAMES": "true"}, {"DEFAULT_LAST_NAME": "-"}])
def test_a_setting_that_gives_employees_accounts_makes_a_full_pass_due(changed: dict[str, str]) -> None:
    assert settings(**changed).plan_digest != settings().plan_digest
    assert settings(EXTENDED_USERNAMES="false", DEFAULT_LAST_NAME="").plan_digest == settings().plan_digest


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_not_set(empty: str) -> None:
    assert settings(**dict.fromkeys(VARIABLES.keys() - LAPTOP.keys(), empty)) == settings()
    for name in ("BAMBOO_COMPANY_DOMAIN", "MOODLE_BASE_URL"):
        (fault,) = faults(**{name: empty})
        assert fault.startswith(f"{name} is missing; expected ")


@pytest.mark.parametrize(("first", "second"), EXACTLY_ONE)
def test_exactly_one_of_a_pair_is_set(first: str, second: str) -> None:
    assert faults(**{first: "one", second: "two"}) == [f"{first} and {second} are both set: set exactly one"]
    (neither,) = faults(**{first: "", second: ""})
    assert neither.startswith(f"{first} or {second} must be set: ")
    settings(**{first: "one", second: ""})


@given(st.text().filter(lambda text: text.strip() != "" and re.fullmatch("[+-]?[0-9]+", text.strip()) is None))
def test_a_number_that_is_none_is_a_fault_and_never_a_crash(text: str) -> None:
    (fault,) = faults(HTTP_TIMEOUT_SECONDS=text)

    assert fault.endswith("is not allowed; expected a whole number from 1 to 60")


@pytest.mark.parametrize("text", ["today", "2026-01-31"])
def test_a_scheduled_time_is_a_moment(text: str) -> None:
    (fault,) = faults(SCHEDULED_TIME=text)

    assert fault.startswith(
        f'SCHEDULED_TIME = "{text}" is not allowed; expected the scheduled date and time of this run'
    )


def test_protected_accounts_may_be_addresses_and_are_not_shown() -> None:
    (fault,) = faults(PROTECTED_ACCOUNTS=",".join(f"jane{number}@acme.example" for number in range(501)))

    assert fault.startswith("PROTECTED_ACCOUNTS = (not shown) is not allowed; expected usernames and employee ids ")


def test_a_full_pass_is_due_by_the_mapping_alone_until_a_scope_is_set() -> None:
    assert settings().plan_digest == settings(OUT_OF_SCOPE="suspend").plan_digest == settings().mapping.digest

    variants = [settings(SCOPE=f'{{"department": {lists}}}') for lists in ('["A"]', '["B"]', '{"exclude": ["A"]}')]
    suspending = settings(SCOPE='{"department": ["A"]}', OUT_OF_SCOPE="suspend")
    digests = {one.plan_digest for one in (settings(), *variants, suspending)}
    assert len(digests) == 5
    assert settings(SCOPE='{"department": [" a "]}').plan_digest == variants[0].plan_digest


def test_the_fields_of_the_scope_are_read() -> None:
    scope = '{"bamboohr:customSite": ["North"], "bamboohr:division": {"exclude": ["South"]}, "department": ["A"]}'

    read = settings(SCOPE=scope)

    assert read.employee_scope.fields == ("bamboohr:customSite", "division", "department")
    assert read.employee_fields[-3:] == ("department", "division", "bamboohr:customSite")


def test_neither_the_settings_nor_a_fault_show_a_credential() -> None:
    read = settings(BAMBOOHR_API_KEY="hush-key", MOODLE_TOKEN="hush-token")
    wrong = faults(BAMBOOHR_API_KEY="hush key", BAMBOO_SECRET_ID="id", MOODLE_TOKEN="hush token", TRIGGER="x")

    assert "hush" not in repr(read)
    assert "hush" not in " ".join(wrong)


def test_a_removed_variable_is_a_warning_and_ignored(logged: list[dict[str, Any]]) -> None:
    assert settings(DATES_AS_EVENTS="off") == settings()

    (line,) = logged
    assert (line["level"], line["event"], line["variable"]) == ("WARNING", "settings.removed", "DATES_AS_EVENTS")
    assert "remove this setting" in line["advice"]


def test_the_state_alone_needs_no_other_variable() -> None:
    read = read_state_location({"STATE_TABLE": "table", "STATE_ID": "b"})
    assert (read.state_table, read.state_file, read.state_id) == ("table", "", "b")
    with pytest.raises(ConfigurationError) as caught:
        read_state_location({"STATE_ID": "a#b"})
    assert [fault.split()[0] for fault in caught.value.faults] == ["STATE_ID", "STATE_TABLE"]


def test_the_description_names_every_variable() -> None:
    assert [line.split()[0] for line in describe().splitlines()] == list(VARIABLES)


def test_a_joiner_within_a_word_of_persian_or_of_an_indian_language_belongs_to_its_spelling() -> None:
    table = {"institution": {"from": "division", "default": f"\u200c{PERSIAN}\u200d"}}

    rule = settings(FIELD_MAPPING=json.dumps(table)).mapping.rule("institution")

    assert rule is not None
    assert rule.default == PERSIAN


def test_of_two_keys_that_look_the_same_none_replaces_the_other() -> None:
    with pytest.raises(ConfigurationError, match=r"FIELD_MAPPING\.city"):
        settings(FIELD_MAPPING='{"city\\u200b": "location", "city": "division"}')
