"""Turns the settings of the sync in an environment's TOML file into the worker's variables.

The stack passes them on to the task unchanged, so the file takes effect here exactly as it would once deployed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ConfigDict
from pydantic.alias_generators import to_pascal

from worker.config.faults import Faults, near_match
from worker.config.settings_model import REMOVED, SharedSettings
from worker.config.tables import mapping_problems, scope_problems
from worker.config.texts import read_toml, visible
from worker.errors import ConfigurationError, UsageError

_ALWAYS = ("batch_size", "initial_lookback_days")
_ADDRESSES = ("bamboo_company_domain", "bamboo_base_url", "moodle_base_url")


class _SettingsFile(SharedSettings):
    """The keys of the sync; synthesis checks those of the infrastructure."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="ignore")


def worker_environment(settings: SharedSettings) -> Mapping[str, str]:
    """Return the container's variables. The worker's defaults apply to settings that the file leaves out."""
    written = settings.model_dump(by_alias=True, exclude_unset=True)
    written.update({to_pascal(name): getattr(settings, name) for name in _ALWAYS})
    # In the order of the model, so that a template does not change with the order of the file.
    values = {name: written.get(to_pascal(name)) for name in SharedSettings.model_fields}
    return {name.upper(): _text(value) for name, value in values.items() if value not in (None, [], {})}


def with_settings_file(environment: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return these variables with every setting of the sync taken from the file.

    A setting that the file leaves out has its default, as after a deploy. Only the addresses of the two systems are
    taken from `environment` if the file has none, so that a file with a few settings can be tried. Raises UsageError
    if the file is not TOML, or ConfigurationError with every fault of it, in the words of the synthesis.
    """
    values = _read(path)
    for name in _ADDRESSES:
        if to_pascal(name) not in values and (address := visible(environment.get(name.upper(), ""))):
            values[to_pascal(name)] = address
    faults = Faults(values, where=f"{path}: ", advice={to_pascal(name): text for name, text in REMOVED.items()})
    _check_names(faults)
    settings = faults.validate(_SettingsFile)
    faults.check(mapping_problems("FieldMapping", values.get("FieldMapping")))
    faults.check(scope_problems("Scope", values.get("Scope")))
    if settings is None or faults.lines:
        raise ConfigurationError(faults.lines, advice="docs/configuration.md lists the keys of the file")
    others = {name: text for name, text in environment.items() if name.lower() not in SharedSettings.model_fields}
    return {**others, **worker_environment(settings)}


def _read(path: Path) -> dict[str, object]:
    try:
        return read_toml(path)
    except OSError as fault:
        raise UsageError(f"{path} cannot be read ({fault.strerror})", advice="name a file that exists") from None
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{path} is not TOML ({fault})", advice="name the TOML file of an environment") from None


def _check_names(faults: Faults) -> None:
    """Report keys that are probably misspelled keys of the sync: ignoring them would show another plan."""
    known = [to_pascal(name) for name in SharedSettings.model_fields]
    for key in faults.values.keys() - set(known):
        if key in faults.advice:
            faults.add(key, f"is no longer a setting; {faults.advice[key]}")
        elif meant := near_match(key, known):
            faults.add(key, f"is an unknown key{meant}")


def _text(value: object) -> str:
    if isinstance(value, dict):
        # A Moodle field that TOML switches off with false is null in the worker's JSON.
        return json.dumps({field: None if entry is False else entry for field, entry in value.items()})
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)
