"""Every setting of the worker, once: its name, default, limits, one sentence of help and an example.

The field `moodle_base_url` is the environment variable `MOODLE_BASE_URL`. In :class:`SharedSettings` it is also the key
`MoodleBaseUrl` of a TOML file. `--help`, docs/configuration.md and the JSON Schema are generated from here.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from worker.config.faults import Expected, refusal
from worker.config.mapping_table import EXPECTED as A_MAPPING
from worker.config.mapping_table import MappingTable
from worker.model.mapping import DERIVABLE, template_fault

REMOVED = {
    "dates_as_events": "hires and leaves are always handled on the day their date arrives; remove this setting",
}
"""Settings of earlier versions, and what to do. In a file each is a fault, as a variable a warning."""

Trigger = Literal["schedule", "manual"]

_UNUSABLE_AUTH = frozenset({"nologin", "webservice", "mnet"})
_NOT_IN_A_BASE_URL = re.compile(r"[\s@?#\\]")


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base_url(text: str) -> str:
    """Accept an https address, or http to this machine, with nothing after its path."""
    parts = urlsplit(text)
    host, port = parts.hostname or "", parts.port
    host.encode("idna")
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not safe or not host or port == 0 or _NOT_IN_A_BASE_URL.search(text):
        raise ValueError
    return text


def _auth(text: str) -> str:
    if text in _UNUSABLE_AUTH:
        raise ValueError
    return text


def _moment(text: str) -> str:
    if "T" not in text:
        raise ValueError
    datetime.fromisoformat(text)
    return text


def _username_template(text: str) -> str:
    if fault := template_fault(text):
        raise refusal(fault, choices=["{" + name + "}" for name in DERIVABLE])
    return text


_BaseUrl = Annotated[
    str,
    AfterValidator(_base_url),
    Expected("an https address (http only to loopback) without user, query or fragment"),
]


class SharedSettings(BaseModel):
    """The settings that the environment variables and the TOML file have in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)

    bamboo_company_domain: Annotated[
        str, Expected('the first label of the company\'s BambooHR address: "acme" of https://acme.bamboohr.com')
    ] = Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        description="the company's BambooHR subdomain: acme for acme.bamboohr.com",
        examples=["acme"],
    )
    bamboo_base_url: _BaseUrl = Field(
        "", description="another address of BambooHR, for tests", examples=["http://127.0.0.1:8080"]
    )
    moodle_base_url: _BaseUrl = Field(
        description="the address of the NovaLXP site, https (or http to loopback)",
        examples=["https://acme.mylxp.example"],
    )
    batch_size: int = Field(
        0,
        ge=-1_000_000,
        le=1_000_000,
        description="employees of the change feed in one run; 0 or less: all",
        examples=[200],
    )
    initial_lookback_days: int = Field(
        30, ge=0, le=18_250, description="days that the first run looks back", examples=[14]
    )
    moodle_auth: Annotated[
        str,
        AfterValidator(_auth),
        Expected("the short name of an authentication plugin that employees can log in with"),
    ] = Field(
        "oidc",
        pattern="^[a-z][a-z0-9_]{0,19}$",
        description="authentication plugin of new accounts",
        examples=["saml2"],
    )
    reactivate: Literal["ours", "always"] = Field(
        "ours",
        description="accounts to reactivate: ours (suspended by this product) or always",
        examples=["always"],
    )
    username_template: Annotated[str, AfterValidator(_username_template), Expected("a text")] = Field(
        "{work_email}",
        description="how the username of a new account is made",
        examples=["{first_name}.{last_name}"],
    )
    max_suspensions: int | None = Field(
        None,
        ge=0,
        le=200,
        description="suspensions in one run; if not set, 2 % of the company, at least 5, at most 200",
        examples=[20],
    )
    max_attempts: int = Field(
        0,
        ge=0,
        le=1_000,
        description="runs after which an employee whom Moodle refuses is parked; 0: never",
        examples=[5],
    )
    hire_lookahead_days: int = Field(
        0, ge=0, le=90, description="days before the hire date at which an account is created", examples=[7]
    )
    moodle_batch_size: int = Field(
        50,
        ge=1,
        le=100,
        description="accounts in one Moodle request; fewer where they would exceed 900 form fields",
        examples=[40],
    )
    moodle_concurrency: int = Field(2, ge=1, le=8, description="Moodle requests at a time", examples=[4])
    http_timeout_seconds: int = Field(30, ge=1, le=60, description="total deadline of a request", examples=[20])
    max_run_minutes: int = Field(
        360, ge=1, le=1_440, description="minutes after which a run ends between two batches", examples=[120]
    )
    protected_accounts: Annotated[
        list[Annotated[str, Field(pattern=r"^[^\s,]+$")]],
        Expected("a list of at most 500 Moodle usernames and BambooHR employee ids, each without blanks and commas"),
    ] = Field(
        [],
        max_length=500,
        repr=False,
        description="usernames and employee ids that are never changed, separated by commas as a variable",
        examples=[["svc-bamboohr-sync", "4711"]],
    )
    field_mapping: Annotated[MappingTable, A_MAPPING] = Field(
        {},
        description="Moodle fields and the BambooHR fields they get, as JSON if a variable, laid over the defaults",
        examples=[{"institution": "division"}],
    )


class StateVariables(BaseModel):
    """Where the state is; variables only."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)

    state_table: str = Field("", description="DynamoDB table of the state", examples=["acme-lxp-sync-state"])
    state_file: str = Field(
        "",
        description="SQLite file of the state, instead of STATE_TABLE; created if it does not exist",
        examples=["state.sqlite"],
    )
    state_id: Annotated[str, Expected("at most 100 letters, digits, _ . -")] = Field(
        "default", pattern="^[A-Za-z0-9_.-]{1,100}$", description="which state of the table", examples=["default"]
    )


class WorkerVariables(StateVariables, SharedSettings):
    """Every environment variable of the worker."""

    model_config = ConfigDict(alias_generator=str.upper)

    bamboo_secret_id: str = Field(
        "",
        description='Secrets Manager secret that holds {"bamboohr_api_key": "..."}',
        examples=["acme-lxp-sync/bamboohr"],
    )
    bamboohr_api_key: SecretStr | None = Field(None, description="the API key itself, instead of BAMBOO_SECRET_ID")
    moodle_secret_id: str = Field(
        "",
        description='Secrets Manager secret that holds {"moodle_token": "..."}',
        examples=["acme-lxp-sync/moodle"],
    )
    moodle_token: SecretStr | None = Field(None, description="the token itself, instead of MOODLE_SECRET_ID")
    trigger: Trigger = Field("manual", description="what started the run: schedule or manual", examples=["schedule"])
    scheduled_time: Annotated[
        str,
        AfterValidator(_moment),
        Expected("a moment with date and time"),
    ] = Field(
        "",
        description="the scheduled moment of this run; a second delivery of the same moment does nothing",
        examples=["2026-01-31T02:00:00Z"],
    )


class LocatedState(StateVariables):
    """The variables that a command on the state alone needs."""

    model_config = ConfigDict(alias_generator=str.upper, extra="ignore")


EXACTLY_ONE = (
    ("BAMBOO_SECRET_ID", "BAMBOOHR_API_KEY"),
    ("MOODLE_SECRET_ID", "MOODLE_TOKEN"),
    ("STATE_TABLE", "STATE_FILE"),
)
"""Pairs of variables of which one has to be set, and only one."""
