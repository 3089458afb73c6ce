"""GET /api/v1/employees/changed: the employees that changed since a moment."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from ..wire import Response
from .answers import Call, json_body, moment, xml_answer
from .company import Change

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_TYPES: Final = {"inserted": "Inserted", "updated": "Updated", "deleted": "Deleted"}


def changed(call: Call) -> Response:
    """Every employee that changed at `since` or after, in no meaningful order."""
    since = _since(call)
    kind = call.last("type", "all")
    if since is None:
        return call.refuse(400, "since is missing or is not an ISO 8601 date with a time zone")
    if kind != "all" and kind not in _TYPES:
        return call.refuse(400, f"{kind} is not a type of change")
    entries = _entries(call, since, _TYPES.get(kind))
    latest = max((entry["lastChanged"] for entry in entries), default=None)
    if entries and call.settings.changed_latest is not None:
        latest = call.settings.changed_latest
    if not call.wants_json:
        return _xml(entries, latest)
    return Response(200, json_body(_body(call, entries, latest)))


def _since(call: Call) -> datetime | None:
    text = call.last("since")
    match = _MOMENT.fullmatch(text)
    if match is None or (match["fraction"] and not call.settings.changed_fractions):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _entries(call: Call, since: datetime, only: str | None) -> list[dict[str, str]]:
    settings = call.settings
    gone = frozenset[str]() if settings.changed_shows_invisible else settings.invisible
    found = [(id, change) for id, change in call.company.changes.items() if change.at >= since and id not in gone]
    # Newest first, then by id as text, so that a client cannot rely on the order of the ids.
    found.sort(key=lambda pair: (-pair[1].at.timestamp(), pair[0]))
    if settings.changed_zero_entry:
        found.append(("0", Change("Deleted", since, since)))
    rows = [
        {
            "id": id,
            "action": _action(change, since, settings.changed_inserted_wins),
            "lastChanged": moment(change.at, settings.changed_times),
        }
        for id, change in found
    ]
    return [row for row in rows if only is None or row["action"] == only]


def _action(change: Change, since: datetime, inserted_wins: bool) -> str:
    return "Inserted" if inserted_wins and change.action == "Updated" and change.created >= since else change.action


def _body(call: Call, entries: list[dict[str, str]], latest: str | None) -> dict[str, Any]:
    settings = call.settings
    if entries:
        changed_: object = entries if settings.changed_as_list else {entry["id"]: entry for entry in entries}
        return {"latest": latest, "employees": changed_}
    empty: dict[str, object] = {"list": [], "object": {}, "null": None}
    body: dict[str, Any] = {"employees": empty[settings.changed_empty]}
    if settings.changed_empty_latest != "absent":
        body["latest"] = None if settings.changed_empty_latest == "null" else ""
    return body


def _xml(entries: list[dict[str, str]], latest: str | None) -> Response:
    rows = [
        f"<employee id={quoteattr(row['id'])} action={quoteattr(row['action'])} "
        f"lastChanged={quoteattr(row['lastChanged'])}/>"
        for row in entries
    ]
    return xml_answer([f"<employees latest={quoteattr(latest or '')}>", *rows, "</employees>"])
