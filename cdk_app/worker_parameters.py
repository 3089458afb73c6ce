"""The worker's settings in an environment's file: which key feeds which variable of the container.

The values are judged by the worker's own reader of its variables, so that a synthesis refuses exactly what the
container would refuse, in the same words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from cdk_app.parameter_reader import ParameterReader, all_match, is_url
from worker.config.settings import read_settings
from worker.errors import ConfigurationError

_URL = "an https URL without query (http only to this machine), as in "
_KEYS = {
    "BAMBOO_COMPANY_DOMAIN": "BambooCompanyDomain",
    "BAMBOO_BASE_URL": "BambooBaseUrl",
    "MOODLE_BASE_URL": "MoodleBaseUrl",
    "BATCH_SIZE": "BatchSize",
    "INITIAL_LOOKBACK_DAYS": "InitialLookbackDays",
    "FIELD_MAPPING": "FieldMapping",
    "USERNAME_TEMPLATE": "UsernameTemplate",
    "MOODLE_AUTH": "MoodleAuth",
    "MAX_SUSPENSIONS": "MaxSuspensions",
    "MAX_ATTEMPTS": "MaxAttempts",
    "REACTIVATE": "Reactivate",
    "PROTECTED_ACCOUNTS": "ProtectedAccounts",
    "HIRE_LOOKAHEAD_DAYS": "HireLookaheadDays",
    "DATES_AS_EVENTS": "DatesAsEvents",
    "MOODLE_BATCH_SIZE": "MoodleBatchSize",
    "MOODLE_CONCURRENCY": "MoodleConcurrency",
    "HTTP_TIMEOUT_SECONDS": "HttpTimeoutSeconds",
    "MAX_RUN_MINUTES": "MaxRunMinutes",
}
_WHOLE_NUMBERS = (
    "MAX_SUSPENSIONS",
    "MAX_ATTEMPTS",
    "HIRE_LOOKAHEAD_DAYS",
    "MOODLE_BATCH_SIZE",
    "MOODLE_CONCURRENCY",
    "HTTP_TIMEOUT_SECONDS",
    "MAX_RUN_MINUTES",
)
_ON_OR_OFF = {True: "on", False: "off", None: None}
# How the file calls what the worker names. A quoted word is a value and stays. TOML has no null.
_OURS = {**_KEYS, "null": "false"}
_THEIRS = re.compile(rf"(?<!['\"])\b(?:{'|'.join(_OURS)})\b")
# What the stack adds: the worker requires these; only the rest is checked here.
_ADDED_BY_THE_STACK = {"BAMBOO_SECRET_ID": "-", "MOODLE_SECRET_ID": "-", "STATE_TABLE": "-"}


def worker_environment(read: ParameterReader) -> Mapping[str, str]:
    """The container's variables. What the file does not set is left to the worker's own defaults."""
    protected = read.texts(
        _KEYS["PROTECTED_ACCOUNTS"],
        allowed="a list of Moodle user names and BambooHR employee ids",
        check=all_match(r"[^\s,]+", most=500),
    )
    values = {
        "BAMBOO_COMPANY_DOMAIN": read.text(
            _KEYS["BAMBOO_COMPANY_DOMAIN"],
            allowed='the first label of the company\'s BambooHR address: "acme" of https://acme.bamboohr.com',
            check=lambda text: text.strip() == text != "",
        ),
        "BAMBOO_BASE_URL": read.optional_text(
            _KEYS["BAMBOO_BASE_URL"], allowed=f'{_URL}"http://127.0.0.1:8080"; only for tests', check=is_url
        ),
        "MOODLE_BASE_URL": read.text(
            _KEYS["MOODLE_BASE_URL"], allowed=f'{_URL}"https://acme.mylxp.example"', check=is_url
        ),
        "BATCH_SIZE": read.integer(_KEYS["BATCH_SIZE"], low=0, high=1_000_000, default=0),
        "INITIAL_LOOKBACK_DAYS": read.integer(_KEYS["INITIAL_LOOKBACK_DAYS"], low=0, high=18_250, default=30),
        "MOODLE_AUTH": read.optional_text(_KEYS["MOODLE_AUTH"], allowed='a text, as in "oidc"'),
        "REACTIVATE": read.optional_text(_KEYS["REACTIVATE"], allowed='"ours" or "always"'),
        "USERNAME_TEMPLATE": read.optional_text(_KEYS["USERNAME_TEMPLATE"], allowed='a text, as in "{work_email}"'),
        **{name: read.optional_integer(_KEYS[name]) for name in _WHOLE_NUMBERS},
        "DATES_AS_EVENTS": _ON_OR_OFF[read.optional_boolean(_KEYS["DATES_AS_EVENTS"])],
        "PROTECTED_ACCOUNTS": ",".join(protected) or None,
        "FIELD_MAPPING": _mapping(read),
    }
    environment = {name: str(value) for name, value in values.items() if value is not None}
    _judge(read, environment)
    return environment


def _mapping(read: ParameterReader) -> str | None:
    mapping = read.table(_KEYS["FIELD_MAPPING"], allowed="a table of Moodle fields")
    if not mapping:
        return None
    # TOML has no null, the worker's way to leave a field alone.
    return json.dumps({field: None if source is False else source for field, source in mapping.items()}, default=str)


def _judge(read: ParameterReader, environment: Mapping[str, str]) -> None:
    try:
        read_settings({**environment, **_ADDED_BY_THE_STACK})
    except ConfigurationError as refusal:
        # A key that is faulted already has a placeholder here, of which nothing is to be reported.
        unread = {key for key in _KEYS.values() if read.faulted(key)}
        for fault in refusal.faults:
            key = _KEYS[fault.split()[0]]
            if key not in unread:
                read.refuse(key, _THEIRS.sub(lambda found: _OURS[found[0]], fault))
