"""Pages of a listing, and the cursors that lead from one to the next."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final, Literal

from .answers import Call
from .company import Employee

_DEFAULT_LIMIT: Final = 250
_MAX_LIMIT: Final = 2500

Way = Literal["after", "before"]


class BadRequestError(Exception):
    """The query asks for what cannot be done."""


class BadPageError(Exception):
    """The cursor is malformed, leads the other way, or the employee at the edge of the page changed."""


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursors of the neighbouring pages."""

    rows: list[Employee]
    limit: int
    next_cursor: str | None
    prev_cursor: str | None


def page_of(call: Call, found: list[Employee]) -> Page:
    """The page of a result that the query asks for."""
    limit = _limit(call)
    after, before = call.last("page[after]"), call.last("page[before]")
    if after and before:
        raise BadPageError
    if before:
        end = _position(call, found, before, "before")
        start = max(0, end - limit)
    else:
        start = _position(call, found, after, "after") + 1 if after else 0
        end = start + limit
    rows = found[start:end]
    return Page(
        rows,
        limit,
        _cursor(call, rows[-1], "after") if rows and end < len(found) else None,
        _cursor(call, rows[0], "before") if rows and start > 0 else None,
    )


def _limit(call: Call) -> int:
    text = call.last("page[limit]")
    if not text:
        return _DEFAULT_LIMIT
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_LIMIT:
        raise BadRequestError(f"a page has 1 to {_MAX_LIMIT} rows")
    return int(text)


def _cursor(call: Call, edge: Employee, way: Way) -> str:
    mark = [way, edge.id, _changed(call, edge.id)]
    return base64.urlsafe_b64encode(json.dumps(mark).encode()).decode()


def _changed(call: Call, id: str) -> str:
    """When an employee changed last; "" where a test removed the change from the feed."""
    change = call.company.changes.get(id)
    return change.at.isoformat() if change else ""


def _position(call: Call, found: list[Employee], cursor: str, way: Way) -> int:
    try:
        marked_way, id, changed = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, TypeError):
        raise BadPageError from None
    at = next((at for at, employee in enumerate(found) if employee.id == id), None)
    if at is None or marked_way != way or _changed(call, id) != changed:
        raise BadPageError
    return at
