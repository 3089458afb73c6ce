"""The whole configuration, from environment variables, validated at once.

:data:`VARIABLES` is the one list of them: `--help` prints it. An empty variable counts as not set.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from worker.errors import ConfigurationError
from worker.model.mapping import FieldMapping, parse_mapping

Trigger = Literal["schedule", "manual"]

VARIABLES: dict[str, str] = {
    "BAMBOO_COMPANY_DOMAIN": "the company's BambooHR sub-domain: acme for acme.bamboohr.com",
    "BAMBOO_BASE_URL": "another address of BambooHR, for tests (https, or http to loopback)",
    "MOODLE_BASE_URL": "the address of the NovaLXP site, https (or http to loopback)",
    "BAMBOO_SECRET_ID": 'Secrets Manager secret that holds {"bamboohr_api_key": "..."}',
    "BAMBOOHR_API_KEY": "the API key itself, instead of BAMBOO_SECRET_ID",
    "MOODLE_SECRET_ID": 'Secrets Manager secret that holds {"moodle_token": "..."}',
    "MOODLE_TOKEN": "the token itself, instead of MOODLE_SECRET_ID",
    "STATE_TABLE": "DynamoDB table of the state",
    "STATE_FILE": "SQLite file of the state, instead of STATE_TABLE; made if it does not exist",
    "STATE_ID": "which state of the table (default: default)",
    "BATCH_SIZE": "people of the changed feed in one run; 0 or less: all (default: 0)",
    "INITIAL_LOOKBACK_DAYS": "how far the first run looks back (default: 30)",
    "FIELD_MAPPING": "which BambooHR field feeds which Moodle field, JSON (default: names, e-mail, department)",
    "USERNAME_TEMPLATE": "what a new user name is made of (default: {work_email})",
    "MOODLE_AUTH": "authentication plugin of new accounts (default: oidc)",
    "MAX_SUSPENSIONS": "suspensions in one run, 0 to 200 (default: 2 % of the company, at least 5, at most 200)",
    "MAX_ATTEMPTS": "runs after which a person whom Moodle refuses is parked; 0: never (default: 0)",
    "REACTIVATE": "whom to reactivate: ours (suspended by this product) or always (default: ours)",
    "PROTECTED_ACCOUNTS": "user names and employee ids never to be touched, separated by commas",
    "HIRE_LOOKAHEAD_DAYS": "days before the hire date at which an account is made, 0 to 90 (default: 0)",
    "DATES_AS_EVENTS": "on or off: take up hires and leaves whose date arrives without an edit (default: on)",
    "MOODLE_BATCH_SIZE": "people in one Moodle request, 1 to 100 (default: 50)",
    "MOODLE_CONCURRENCY": "Moodle requests at a time, 1 to 8 (default: 2)",
    "HTTP_TIMEOUT_SECONDS": "total deadline of a request, 1 to 60 (default: 30)",
    "MAX_RUN_MINUTES": "a run ends between two batches after so long, 1 to 1440 (default: 360)",
    "TRIGGER": "what started the run: schedule or manual (default: manual)",
    "SCHEDULED_TIME": "the scheduled moment of this run; a second delivery of the same moment does nothing",
}


@dataclass(frozen=True)
class Credential:
    """Where one system's credential is: exactly one of the two is set."""

    variable: str
    secret_id: str
    value: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.variable})"


@dataclass(frozen=True)
class StateLocation:
    """Where the state is kept: in a table or in a file, and which state of it."""

    table: str
    file: str
    state_id: str


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know before its first call."""

    bamboo_api: str
    moodle_endpoint: str
    bamboo: Credential
    moodle: Credential
    state: StateLocation
    batch_size: int
    initial_lookback_days: int
    mapping: FieldMapping
    moodle_auth: str
    max_suspensions: int | None
    max_attempts: int
    reactivate_all: bool
    protected: frozenset[str]
    hire_lookahead_days: int
    dates_as_events: bool
    moodle_batch_size: int
    moodle_concurrency: int
    http_timeout: int
    max_run_minutes: int
    trigger: Trigger
    scheduled_time: str


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises :class:`ConfigurationError` with every fault, each beginning with the name of its variable."""
    reader = _Reader(environment)
    settings = _settings(reader)
    if reader.faults:
        raise ConfigurationError(reader.faults, advice="`python -m worker --help` lists the variables")
    return settings


def read_state_location(environment: Mapping[str, str]) -> StateLocation:
    """Where the state is, for what works on the state alone. Raises as :func:`read_settings` does."""
    reader = _Reader(environment)
    where = _state_location(reader)
    if reader.faults:
        raise ConfigurationError(reader.faults, advice="`python -m worker --help` lists the variables")
    return where


def _state_location(reader: _Reader) -> StateLocation:
    table, file = reader.one_of("STATE_TABLE", "STATE_FILE")
    state_id = reader.checked(
        "STATE_ID", "default", lambda text: _STATE_ID.fullmatch(text) is not None, "letters, digits, _ . - only"
    )
    return StateLocation(table, file, state_id)


class _Reader:
    """Takes variables one by one and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environment.get(name, "").strip() or default

    def checked(
        self, name: str, default: str, allowed: Callable[[str], bool], rule: str, *, required: bool = False
    ) -> str:
        value = self.text(name, default)
        if not value and required:
            self.faults.append(f"{name} is not set: {VARIABLES[name]}")
        elif value and not allowed(value):
            self.faults.append(f"{name} must be {rule}")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if re.fullmatch(r"[+-]?[0-9]{1,9}", value) and low <= int(value) <= high:
            return int(value)
        self.faults.append(f"{name} must be a whole number from {low} to {high}")
        return default

    def one_of(self, first: str, second: str) -> tuple[str, str]:
        values = self.text(first), self.text(second)
        if all(values):
            self.faults.append(f"{first} and {second} are both set: set exactly one")
        elif not any(values):
            self.faults.append(f"{first} or {second} must be set: {VARIABLES[first]}; or {VARIABLES[second]}")
        return values


_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_AUTH = re.compile(r"[a-z][a-z0-9_]{0,19}")
_STATE_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_UNUSABLE_AUTH = frozenset({"nologin", "webservice", "mnet"})
_MOST_PER_REQUEST = 100
_FIELDS_PER_REQUEST = 900
"""PHP drops form fields beyond max_input_vars, 1,000 by default, without a word (measured on Moodle 4.2.3)."""


def _settings(reader: _Reader) -> Settings:
    domain = reader.checked(
        "BAMBOO_COMPANY_DOMAIN",
        "",
        lambda text: _LABEL.fullmatch(text) is not None,
        "one label of letters, digits and hyphens, such as acme: neither a host name nor a URL",
        required=True,
    )
    bamboo = reader.checked("BAMBOO_BASE_URL", "", _is_base_url, _URL_RULE) or f"https://{domain}.bamboohr.com"
    moodle = reader.checked("MOODLE_BASE_URL", "", _is_base_url, _URL_RULE, required=True).rstrip("/")
    bamboo_secret, api_key = reader.one_of("BAMBOO_SECRET_ID", "BAMBOOHR_API_KEY")
    moodle_secret, token = reader.one_of("MOODLE_SECRET_ID", "MOODLE_TOKEN")
    state = _state_location(reader)
    mapping, wrong = parse_mapping(reader.text("FIELD_MAPPING"), reader.text("USERNAME_TEMPLATE", "{work_email}"))
    reader.faults.extend(wrong)
    settings = Settings(
        bamboo_api=_api(bamboo),
        moodle_endpoint=f"{moodle}/webservice/rest/server.php",
        bamboo=Credential("BAMBOOHR_API_KEY", bamboo_secret, api_key),
        moodle=Credential("MOODLE_TOKEN", moodle_secret, token),
        state=state,
        batch_size=reader.number("BATCH_SIZE", 0, -1_000_000, 1_000_000),
        initial_lookback_days=reader.number("INITIAL_LOOKBACK_DAYS", 30, 0, 18_250),
        mapping=mapping,
        moodle_auth=reader.checked(
            "MOODLE_AUTH", "oidc", _is_auth, "the short name of a plugin that people log in with, such as oidc"
        ),
        max_suspensions=reader.number("MAX_SUSPENSIONS", 0, 0, 200) if reader.text("MAX_SUSPENSIONS") else None,
        max_attempts=reader.number("MAX_ATTEMPTS", 0, 0, 1_000),
        reactivate_all=reader.checked("REACTIVATE", "ours", {"ours", "always"}.__contains__, "ours or always")
        == "always",
        protected=frozenset(part.casefold() for part in re.split(r"[,\s]+", reader.text("PROTECTED_ACCOUNTS")) if part),
        hire_lookahead_days=reader.number("HIRE_LOOKAHEAD_DAYS", 0, 0, 90),
        dates_as_events=reader.checked("DATES_AS_EVENTS", "on", {"on", "off"}.__contains__, "on or off") == "on",
        moodle_batch_size=reader.number("MOODLE_BATCH_SIZE", 50, 1, _MOST_PER_REQUEST),
        moodle_concurrency=reader.number("MOODLE_CONCURRENCY", 2, 1, 8),
        http_timeout=reader.number("HTTP_TIMEOUT_SECONDS", 30, 1, 60),
        max_run_minutes=reader.number("MAX_RUN_MINUTES", 360, 1, 1_440),
        trigger="schedule"
        if reader.checked("TRIGGER", "manual", {"schedule", "manual"}.__contains__, "schedule or manual") == "schedule"
        else "manual",
        scheduled_time=reader.checked(
            "SCHEDULED_TIME",
            "",
            _is_moment,
            "a moment such as 2026-01-31T02:00:00Z: any other text would make every night the same night",
        ),
    )
    most = _fields_per_person(mapping) * settings.moodle_batch_size
    if most > _FIELDS_PER_REQUEST:
        reader.faults.append(
            f"MOODLE_BATCH_SIZE and FIELD_MAPPING make {most} form fields a request; {_FIELDS_PER_REQUEST} are safe:"
            f" set MOODLE_BATCH_SIZE to {_FIELDS_PER_REQUEST // _fields_per_person(mapping)} or less"
        )
    return settings


def _fields_per_person(mapping: FieldMapping) -> int:
    """id or auth, idnumber, username and suspended, and the mapped fields; a custom one takes two."""
    return 4 + sum(2 if rule.is_custom else 1 for rule in mapping.rules)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


def _is_auth(text: str) -> bool:
    return _AUTH.fullmatch(text) is not None and text not in _UNUSABLE_AUTH


_URL_RULE = "an https address (http only to loopback) without user, query or fragment"
_NOT_IN_BASE_URL = re.compile(r"[\s@?#\\]")


def _is_base_url(text: str) -> bool:
    if _NOT_IN_BASE_URL.search(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _api(base: str) -> str:
    """The address that paths are added to. A base that names its version (the older gateway does) is taken as it is."""
    base = base.rstrip("/")
    return base if base.endswith("/v1") else f"{base}/api/v1"


def describe() -> str:
    """The variables, for `--help`."""
    width = max(map(len, VARIABLES))
    return "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in VARIABLES.items())
