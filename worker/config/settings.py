"""The whole configuration of a run, from environment variables, validated at once.

:data:`VARIABLES` names them for `--help`. An empty variable counts as not set.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from worker import advice, logs
from worker.config.faults import Faults, Model, limits
from worker.config.settings_model import EXACTLY_ONE, REMOVED, StateVariables, WorkerVariables
from worker.config.tables import build_rules, build_scope, mapping_problems, scope_problems
from worker.config.texts import QUOTES, trimmed, visible, visible_table
from worker.errors import ConfigurationError
from worker.model.field_catalogue import needed
from worker.model.mapping import FieldMapping, folded
from worker.model.position import Binding
from worker.model.scope import Scope

_FORM_FIELDS_PER_REQUEST = 900
"""PHP silently drops form fields beyond max_input_vars, 1,000 by default (measured on Moodle 4.2.3)."""


def meaning(setting: FieldInfo) -> str:
    """Return a setting in one line: its help, its limits and its default."""
    low, high = limits(setting)
    details = ["required"] if setting.is_required() else []
    if low is not None:
        details.append(f"{low} to {high}")
    if isinstance(setting.default, (int, str)) and setting.default != "":
        details.append("default: " + json.dumps(setting.default).strip('"'))
    return f"{setting.description} ({', '.join(details)})" if details else f"{setting.description}"


VARIABLES: dict[str, str] = {name.upper(): meaning(setting) for name, setting in WorkerVariables.model_fields.items()}


@dataclass(frozen=True)
class Credential:
    """The location of one system's credential: exactly one of `secret_id` and `value` is set."""

    variable: str
    secret_id: str
    value: str = field(default="", repr=False)


class Settings(WorkerVariables):
    """All settings of a run."""

    @property
    def bamboo_api(self) -> str:
        """The address to which BambooHR's paths are added."""
        base = (self.bamboo_base_url or f"https://{self.bamboo_company_domain}.bamboohr.com").rstrip("/")
        # A base that names its version, as the older gateway does, is used as it is.
        return base if base.endswith("/v1") else f"{base}/api/v1"

    @property
    def moodle_endpoint(self) -> str:
        """The address of Moodle's web service."""
        return f"{self.moodle_base_url.rstrip('/')}/webservice/rest/server.php"

    @property
    def binding(self) -> Binding:
        """The company and the site that the state belongs to."""
        return Binding.of(self.bamboo_company_domain, self.moodle_base_url)

    @property
    def bamboohr_credential(self) -> Credential:
        """The location of the API key."""
        return Credential("BAMBOOHR_API_KEY", self.bamboo_secret_id, _secret(self.bamboohr_api_key))

    @property
    def moodle_credential(self) -> Credential:
        """The location of the token."""
        return Credential("MOODLE_TOKEN", self.moodle_secret_id, _secret(self.moodle_token))

    @cached_property
    def mapping(self) -> FieldMapping:
        """The mapping, with the settings for names and usernames."""
        return FieldMapping(
            build_rules(self.field_mapping), self.username_template, self.extended_usernames, self.default_last_name
        )

    @cached_property
    def employee_scope(self) -> Scope:
        """Which employees are managed."""
        return build_scope(self.scope)

    @property
    def employee_fields(self) -> tuple[str, ...]:
        """The fields of an employee that a run needs, by their canonical names."""
        return needed([*self.mapping.fields, *self.employee_scope.fields])

    @property
    def plan_digest(self) -> str:
        """A fingerprint of the settings that affect every account: a full pass is due when they change."""
        if not self.employee_scope:
            return self.mapping.digest
        text = f"{self.mapping.digest} {self.employee_scope.digest} {self.out_of_scope}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def protected(self) -> frozenset[str]:
        """The accounts that are never changed, as :func:`worker.model.mapping.folded`."""
        return frozenset(map(folded, self.protected_accounts))


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a run. Raises ConfigurationError with every fault, each beginning with its variable."""
    faults = _read(environment, Settings)
    variables = faults.validate(Settings)
    _check_pairs(faults, EXACTLY_ONE)
    faults.check(mapping_problems("FIELD_MAPPING", faults.values.get("FIELD_MAPPING")))
    faults.check(scope_problems("SCOPE", faults.values.get("SCOPE")))
    settings = _accepted(variables, faults)
    for name, instead in REMOVED.items():
        if environment.get(name.upper(), "").strip():
            logs.warning("settings.removed", variable=name.upper(), reason=f"{name.upper()} is ignored", advice=instead)
    most = max(1, _FORM_FIELDS_PER_REQUEST // settings.mapping.form_fields)
    return settings.model_copy(update={"moodle_batch_size": min(settings.moodle_batch_size, most)})


def read_state_location(environment: Mapping[str, str]) -> StateVariables:
    """Read the state's location, for a command that needs only the state. Raises as :func:`read_settings` does."""
    faults = _read(environment, StateVariables)
    variables = faults.validate(StateVariables)
    _check_pairs(faults, EXACTLY_ONE[-1:])
    return _accepted(variables, faults)


def _accepted(variables: Model | None, faults: Faults) -> Model:
    if variables is None or faults.lines:
        raise ConfigurationError(faults.lines, advice=f"`{advice.command('--help')}` lists the variables")
    return variables


def _read(environment: Mapping[str, str], model: type[StateVariables]) -> Faults:
    """Return the variables that are set, each in the type that a TOML file would give it."""
    values: dict[str, object] = {}
    faults = Faults(values)
    for name, setting in model.model_fields.items():
        variable = name.upper()
        is_kept = name == "state_file" or get_origin(setting.annotation) is dict
        # The name of a file is what the system says it is, and a table is cleaned once it is read.
        clean = trimmed if is_kept else visible
        text = clean(environment.get(variable, ""))
        if get_origin(setting.annotation) is not list and len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES:
            faults.add(variable, "begins and ends with a quote, which would be a part of the value; leave them out")
            text = clean(text[1:-1])
        if text:
            try:
                value = _typed(text, setting.annotation)
                values[variable] = visible_table(value) if isinstance(value, dict) else value
            except (ValueError, RecursionError) as fault:
                faults.refuse(variable, text, f"it is not JSON ({fault})")
    return faults


def _typed(text: str, annotation: object) -> object:
    if annotation in (int, int | None):
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else text
    if annotation is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if get_origin(annotation) is dict:
        return json.loads(text)
    if get_origin(annotation) is list:
        return list(dict.fromkeys(part for part in re.split(r"[,\s]+", text) if part))
    return text


def _check_pairs(faults: Faults, pairs: Iterable[tuple[str, str]]) -> None:
    for first, second in pairs:
        if first in faults.values and second in faults.values:
            faults.add(first, f"and {second} are both set: set exactly one")
        elif first not in faults.values and second not in faults.values:
            faults.add(first, f"or {second} must be set: {VARIABLES[first]}, or {VARIABLES[second]}")


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def describe() -> str:
    """Return the variables, for `--help`."""
    width = max(map(len, VARIABLES))
    return "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in VARIABLES.items())
