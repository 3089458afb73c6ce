"""GET /api/v1/employees (List Employees): many employees with chosen fields, a page at a time."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Final

from ..wire import Response
from .answers import Call, json_answer
from .company import Employee
from .fields import DATES, JOB, LISTED_ALWAYS, LISTED_ON_REQUEST

_DEFAULT_LIMIT: Final = 250
_MAX_LIMIT: Final = 2500


class _Refused(Exception):
    """The query cannot be answered; the code says why."""


@dataclass(frozen=True)
class _Page:
    """Some rows of all that match, and the cursor of the next page."""

    rows: list[Employee]
    total: int
    limit: int
    next_cursor: str | None


def employees(call: Call) -> Response:
    """The employees that match, Active and Inactive, as far as the key can see them."""
    settings = call.settings
    if settings.list_refused is not None:
        return call.refuse(settings.list_refused, f"{settings.key_user} may not list employees")
    try:
        page = _page(call)
    except _Refused as refused:
        error = {"code": str(refused), "message": f"The query cannot be answered ({settings.key_user})"}
        return Response.of({"error": error}, 400)
    asked = [name for name in call.last("fields").split(",") if name in LISTED_ON_REQUEST]
    names = {**LISTED_ALWAYS, **{name: LISTED_ON_REQUEST[name] for name in asked}}
    rows = [_row(call, twin, names) for employee in page.rows for twin in settings.rows_of(employee)]
    place = {"limit": page.limit, "nextCursor": page.next_cursor}
    return json_answer({"data": [*rows, *settings.garbage_rows], "meta": {"total": page.total, "page": place}})


def listed(call: Call) -> set[str]:
    """The ids of the rows on the page that the call asks for."""
    try:
        return {employee.id for employee in _page(call).rows}
    except _Refused:
        return set()


def _page(call: Call) -> _Page:
    found = [employee for employee in _found(call) if employee.id not in call.settings.invisible]
    limit, cursor = call.last("page[limit]") or str(_DEFAULT_LIMIT), call.last("page[after]")
    if not limit.isdecimal() or not 1 <= int(limit) <= _MAX_LIMIT:
        raise _Refused("BadRequest")
    start = _position(call, found, cursor) + 1 if cursor else 0
    end = start + int(limit)
    rows = found[start:end]
    return _Page(rows, len(found), int(limit), _cursor(call, rows[-1]) if end < len(found) else None)


def _found(call: Call) -> list[Employee]:
    filters = {name for name, _ in call.request.query if name.startswith("filter")}
    if not filters:
        return list(call.company)
    ids = call.last("filter[ids]").split(",")
    if filters != {"filter[ids]"} or not all(re.fullmatch(r"\d+", text, re.ASCII) for text in ids):
        raise _Refused("BadRequest")
    return [one for id in sorted(set(map(int, ids))) if (one := call.company.find(str(id)))]


def _cursor(call: Call, edge: Employee) -> str:
    return base64.urlsafe_b64encode(json.dumps([edge.id, _changed(call, edge.id)]).encode()).decode()


def _changed(call: Call, id: str) -> str:
    """When an employee changed last; "" where a test removed the change from the feed."""
    change = call.company.changes.get(id)
    return change.at.isoformat() if change else ""


def _position(call: Call, found: list[Employee], cursor: str) -> int:
    """Where a page ended. A cursor goes stale if the employee there left the result or changed."""
    try:
        id, changed = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, TypeError):
        raise _Refused("BadPage") from None
    at = next((at for at, employee in enumerate(found) if employee.id == id), None)
    if at is None or _changed(call, id) != changed:
        raise _Refused("BadPage")
    return at


def _row(call: Call, employee: Employee, names: dict[str, str]) -> dict[str, object]:
    settings, record = call.settings, call.company.record(employee)
    restricted = (settings.list_restricted | settings.restricted_for.get(employee.id, frozenset())) - {"id"}
    unset = JOB if call.company.starts_later(employee) else frozenset()
    row: dict[str, object] = {}
    for name, canonical in names.items():
        value = None if canonical in unset else record.get(canonical)
        if value is None and canonical in DATES:
            value = settings.list_unset_date
        row[name] = settings.garbled_value(employee.id, canonical, None if canonical in restricted else value)
    row["_restrictedFields"] = [name for name, canonical in names.items() if canonical in restricted]
    return row
