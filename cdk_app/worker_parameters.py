"""The worker's settings of an environment's file as the variables of the container."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic.alias_generators import to_pascal

from worker.config.settings_model import SharedSettings

_ALWAYS = ("batch_size", "initial_lookback_days")


def worker_environment(settings: SharedSettings) -> Mapping[str, str]:
    """The container's variables. The worker's defaults hold for what the file leaves out."""
    written = settings.model_dump(by_alias=True, exclude_unset=True)
    written.update({to_pascal(name): getattr(settings, name) for name in _ALWAYS})
    # In the order of the model, so that a template does not change with the order of the file.
    values = {name: written.get(to_pascal(name)) for name in SharedSettings.model_fields}
    return {name.upper(): _text(value) for name, value in values.items() if value not in (None, [], {})}


def _text(value: object) -> str:
    if isinstance(value, dict):
        # A Moodle field that TOML leaves alone with false is null in the worker's JSON.
        return json.dumps({field: None if entry is False else entry for field, entry in value.items()})
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)
