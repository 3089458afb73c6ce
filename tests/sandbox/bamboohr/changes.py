"""GET /api/v1/employees/changed: the employees that changed since a moment."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from ..wire import Response
from .answers import Call, json_answer, moment

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)", re.ASCII)


def changed(call: Call) -> Response:
    """Every employee that changed at `since` or after, in no meaningful order."""
    since = _since(call)
    if since is None:
        return call.refuse(400, "since is missing or is not an ISO 8601 date with a time zone")
    found = [(id, change) for id, change in call.company.changes.items() if change.at >= since]
    if not found:
        return json_answer({"employees": [], **_latest_of_none(call)})
    # Newest first, then by id as text, so that a client cannot rely on the order of the ids.
    found.sort(key=lambda pair: (-pair[1].at.timestamp(), pair[0]))
    entries = {id: {"id": id, "action": change.action, "lastChanged": moment(change.at)} for id, change in found}
    latest = call.settings.changed_latest or moment(found[0][1].at)
    return json_answer({"latest": latest, "employees": entries})


def _since(call: Call) -> datetime | None:
    text = call.last("since")
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _latest_of_none(call: Call) -> dict[str, Any]:
    shapes: dict[str, dict[str, Any]] = {"null": {"latest": None}, "blank": {"latest": ""}, "absent": {}}
    return shapes[call.settings.changed_empty_latest]
