"""A line of a task's log, as the worker writes them: one JSON object each; other lines are none of its."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def fields(message: str) -> Mapping[str, Any]:
    """What the line says; nothing if it is not the worker's."""
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def of_event(message: str, event: str) -> Mapping[str, Any] | None:
    """The line if it tells this event."""
    if event not in message:
        return None
    line = fields(message)
    return line if line.get("event") == event else None
