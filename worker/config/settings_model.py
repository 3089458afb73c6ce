"""The model of all settings of the worker: name, default, limits, one sentence of help and an example.

The field `moodle_base_url` is the environment variable `MOODLE_BASE_URL`. In :class:`SharedSettings` it is also the key
`MoodleBaseUrl` of a TOML file. `--variables`, docs/configuration.md and the JSON Schema are generated from here.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, SecretStr, WithJsonSchema

from worker.config.faults import EachEntry, refusal
from worker.config.tables import MappingTable, ScopeTable
from worker.config.texts import QUOTES
from worker.model.mapping import DERIVABLE, template_fault
from worker.model.moodle_fields import normalize
from worker.model.step import GuardClass

REMOVED = {"dates_as_events": "hires and leavers are always processed when their date arrives; remove this setting"}
"""Settings of earlier versions, and what to do about them: a fault in a file, a warning as a variable."""

Trigger = Literal["schedule", "manual"]

_UNUSABLE_AUTH = frozenset({"nologin", "webservice", "mnet"})
_NOT_IN_A_BASE_URL = re.compile(r"[\s@?#\\]")


def is_loopback(host: str) -> bool:
    """Return whether a host name is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base_url(text: str) -> str:
    """Accept an https address, or an http address of this machine, with nothing after its path."""
    parts = urlsplit(text)
    host, port = _ascii_host(text, parts.hostname or ""), parts.port
    host.encode("idna")
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not safe or not host or port == 0 or _NOT_IN_A_BASE_URL.search(text) or not text.isprintable():
        raise ValueError
    return text


def _ascii_host(text: str, host: str) -> str:
    """Return the name that `requests` looks up. Raise ValueError if it would refuse that when a run has begun."""
    if host.isascii():
        return host
    from urllib3.util import parse_url

    return parse_url(text).host or ""


def _account(name: str) -> str:
    if name[0] in QUOTES or name[-1] in QUOTES:
        raise refusal("entries that neither begin nor end with a quote, which would be a part of the name")
    return name


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


def _last_name(text: str) -> str:
    if not text.isprintable() or normalize("lastname", text) != text:
        raise refusal("a text of at most 100 characters that Moodle keeps as it is: no blanks at its ends, no tags")
    return text


def _guard_class(name: str) -> str:
    if name not in _GUARD_CLASSES:
        raise refusal(f"a class of changes: {', '.join(_GUARD_CLASSES)}", choices=_GUARD_CLASSES)
    return name


def _limit(value: object) -> int | str:
    is_number = type(value) is int and 0 <= value <= _MOST_ACCOUNTS
    if is_number or (isinstance(value, str) and _PERCENTAGE.fullmatch(value)):
        return value  # type: ignore[return-value]
    raise refusal(_LIMIT)


_GUARD_CLASSES = tuple(GuardClass)
_MOST_ACCOUNTS = 1_000_000
_PERCENTAGE = re.compile("(100|[1-9]?[0-9])%")
_LIMIT = f'a whole number from 0 to {_MOST_ACCOUNTS}, or a percentage of the company, as in "5%"'
_LIMIT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": _MOST_ACCOUNTS},
        {"type": "string", "pattern": f"^{_PERCENTAGE.pattern}$"},
    ]
}
LimitTable = Annotated[
    dict[
        Annotated[str, AfterValidator(_guard_class), Field(json_schema_extra={"enum": list(_GUARD_CLASSES)})],
        Annotated[int | str, PlainValidator(_limit), WithJsonSchema(_LIMIT_SCHEMA)],
    ],
    EachEntry(_LIMIT),
]

_URL = "https (http for loopback only), without user, query or fragment"
_BaseUrl = Annotated[str, AfterValidator(_base_url)]


class SharedSettings(BaseModel):
    """The settings that the environment variables and the TOML file share."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)

    bamboo_company_domain: str = Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        description="the company's subdomain of bamboohr.com",
        examples=["acme"],
    )
    bamboo_base_url: _BaseUrl = Field(
        "", description=f"another base URL of BambooHR, for tests: {_URL}", examples=["http://127.0.0.1:8080"]
    )
    moodle_base_url: _BaseUrl = Field(
        description=f"the base URL of the NovaLXP site: {_URL}", examples=["https://acme.mylxp.example"]
    )
    batch_size: int = Field(
        0,
        ge=-1_000_000,
        le=1_000_000,
        description="the number of changed employees in one run; 0 or less: all",
        examples=[200],
    )
    initial_lookback_days: int = Field(
        30, ge=0, le=18_250, description="the number of days that the first run looks back", examples=[14]
    )
    moodle_auth: Annotated[str, AfterValidator(_auth)] = Field(
        "oidc",
        pattern="^[a-z][a-z0-9_]{0,19}$",
        description="the short name of the authentication plugin for new accounts, with which employees log in",
        examples=["saml2"],
    )
    reactivate: Literal["ours", "always"] = Field(
        "ours",
        description="the accounts to reactivate: ours (suspended by this product) or always",
        examples=["always"],
    )
    username_template: Annotated[str, AfterValidator(_username_template)] = Field(
        "{work_email}",
        description="a template for the usernames of new accounts",
        examples=["{first_name}.{last_name}"],
    )
    extended_usernames: bool = Field(
        False,
        description="allow usernames with all characters of Moodle's extendedusernamechars, which must be on",
        examples=[True],
    )
    default_last_name: Annotated[str, AfterValidator(_last_name)] = Field(
        "",
        description="the last name of new accounts for employees with a single name; without it, they get no account",
        examples=["-"],
    )
    max_suspensions: int | None = Field(
        None,
        ge=0,
        le=200,
        description="the most suspensions in one run; if not set, 2 % of the company, at least 5, at most 200",
        examples=[20],
    )
    limits: LimitTable = Field(
        {},
        description="the most accounts per class of changes in one run: a number, or a percentage of the company",
        examples=[{"identity": 20, "create": "15%"}],
    )
    max_attempts: int = Field(
        0,
        ge=0,
        le=1_000,
        description="consecutive runs after which an employee whom Moodle refuses is parked; 0: never",
        examples=[5],
    )
    hire_lookahead_days: int = Field(
        0, ge=0, le=90, description="how many days before the hire date an account is created", examples=[7]
    )
    moodle_batch_size: int = Field(
        50,
        ge=1,
        le=100,
        description="the number of accounts in one Moodle request; fewer if they would exceed 900 form fields",
        examples=[40],
    )
    moodle_concurrency: int = Field(2, ge=1, le=8, description="the number of concurrent Moodle requests", examples=[4])
    http_timeout_seconds: int = Field(30, ge=1, le=60, description="the deadline for a whole request", examples=[20])
    max_run_minutes: int = Field(
        360,
        ge=1,
        le=1_440,
        description="the number of minutes after which a run stops, between two batches",
        examples=[120],
    )
    protected_accounts: list[Annotated[str, Field(pattern=r"^[^\s,]+$"), AfterValidator(_account)]] = Field(
        [],
        max_length=500,
        repr=False,
        description="usernames and employee ids that are never changed: a list of at most 500 (variable: with commas)",
        examples=[["svc-bamboohr-sync", "4711"]],
    )
    field_mapping: MappingTable = Field(
        {},
        description="a table of Moodle fields and their BambooHR fields, merged over the defaults (variable: JSON)",
        examples=[{"institution": "division"}],
    )
    scope: ScopeTable = Field(
        {},
        description="a table of BambooHR fields and the values that put employees in scope (variable: JSON)",
        examples=[{"department": ["Sales", "Support"], "employment_status": {"exclude": ["Contractor"]}}],
    )
    out_of_scope: Literal["keep", "suspend"] = Field(
        "keep",
        description="accounts of employees out of scope: keep (left alone), or suspend (reactivated on return)",
        examples=["suspend"],
    )


class StateVariables(BaseModel):
    """The location of the state; variables only."""

    model_config = ConfigDict(
        alias_generator=str.upper, strict=True, frozen=True, hide_input_in_errors=True, defer_build=True
    )

    state_table: str = Field("", description="DynamoDB table of the state", examples=["acme-lxp-sync-state"])
    state_file: str = Field(
        "",
        description="SQLite file, created if missing",
        examples=["state.sqlite"],
    )
    state_id: str = Field(
        "default",
        pattern="^[A-Za-z0-9_.-]{1,100}$",
        description="the name of the state in the table: at most 100 letters, digits, _ . -",
        examples=["default"],
    )


class WorkerVariables(StateVariables, SharedSettings):
    """Every environment variable of the worker."""

    bamboo_secret_id: str = Field(
        "",
        description='Secrets Manager secret with {"bamboohr_api_key": "..."}',
        examples=["acme-lxp-sync/bamboohr"],
    )
    bamboohr_api_key: SecretStr | None = Field(None, description="the API key itself")
    moodle_secret_id: str = Field(
        "",
        description='Secrets Manager secret with {"moodle_token": "..."}',
        examples=["acme-lxp-sync/moodle"],
    )
    moodle_token: SecretStr | None = Field(None, description="the token itself")
    trigger: Trigger = Field("manual", description="what started the run: schedule or manual", examples=["schedule"])
    scheduled_time: Annotated[str, AfterValidator(_moment)] = Field(
        "",
        description="the scheduled date and time of this run; a second run with the same time does nothing",
        examples=["2026-01-31T02:00:00Z"],
    )


EXACTLY_ONE = (
    ("BAMBOO_SECRET_ID", "BAMBOOHR_API_KEY"),
    ("MOODLE_SECRET_ID", "MOODLE_TOKEN"),
    ("STATE_TABLE", "STATE_FILE"),
)
"""Pairs of variables, exactly one of which must be set."""
