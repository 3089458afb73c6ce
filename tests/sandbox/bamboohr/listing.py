"""GET /api/v1/employees (List Employees): many employees with chosen fields, a page at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from ..wire import Response
from .answers import Call, json_body
from .company import Employee
from .fields import DATES, JOB, LISTED_ALWAYS, LISTED_ON_REQUEST
from .pages import BadPageError, BadRequestError, page_of
from .rows import twins

_CONTAINS: Final = ("firstName", "lastName", "jobTitleName")
_SORTABLE: Final = ("employeeId", "firstName", "lastName", "preferredName", "jobTitleName", "status")
_IDS: Final = re.compile(r"filter\[ids\]\[\d*\]", re.ASCII)
_FILTER: Final = re.compile(r"filter\[(\w+)\].*", re.ASCII)


@dataclass(frozen=True)
class _Query:
    """A query that makes sense."""

    ids: frozenset[str] | None
    contains: dict[str, str]
    status: str | None
    sort: tuple[str, ...]

    def touched(self) -> set[str]:
        """The canonical fields that decide which rows are in the result and where."""
        names = [*self.contains, *(name.lstrip("-") for name in self.sort), *(["status"] if self.status else [])]
        return {LISTED_ALWAYS[name] for name in names} - {"id"}


def employees(call: Call) -> Response:
    """The employees that match, Active and Inactive, as far as the key can see them."""
    settings = call.settings
    if settings.list_refused is not None:
        return call.refuse(settings.list_refused, f"{settings.key_user} may not list employees")
    try:
        found = _found(call)
        page = page_of(call, found)
    except BadRequestError as bad:
        return _bad(call, "BadRequest", str(bad))
    except BadPageError:
        return _bad(call, "BadPage", "The page cursor does not fit any more")
    asked = [name for name in call.last("fields").split(",") if name in settings.list_knows]
    names = {**LISTED_ALWAYS, **{name: LISTED_ON_REQUEST[name] for name in asked if name in LISTED_ON_REQUEST}}
    links = {"self": {"href": _href(call, {})}}
    if page.next_cursor is not None:
        links["next"] = {"href": _href(call, {"page[after]": page.next_cursor})}
    if page.prev_cursor is not None:
        links["prev"] = {"href": _href(call, {"page[before]": page.prev_cursor})}
    place = {"limit": page.limit, "nextCursor": page.next_cursor, "prevCursor": page.prev_cursor}
    body = {
        "data": [
            *(_row(call, twin, names) for employee in page.rows for twin in twins(settings, employee)),
            *settings.garbage_rows,
        ],
        "meta": {"total": len(found), "page": place},
        "_links": links,
    }
    return Response(200, json_body(body))


def listed(call: Call) -> set[str]:
    """The ids of the rows on the page that the call asks for."""
    try:
        return {employee.id for employee in page_of(call, _found(call)).rows}
    except (BadRequestError, BadPageError):
        return set()


def _found(call: Call) -> list[Employee]:
    query = _query(call)
    return _sorted(call, query, [one for one in _candidates(call, query) if _matches(call, query, one)])


def _query(call: Call) -> _Query:
    filters = {match[1] for name, _ in call.request.query if (match := _FILTER.fullmatch(name))}
    if unknown := filters - {"ids", "status", *_CONTAINS}:
        raise BadRequestError(f"cannot filter by {sorted(unknown)}")
    status = call.last("filter[status]") or None
    if status not in (None, "active", "inactive"):
        raise BadRequestError("status is active or inactive")
    sort = tuple(name for name in call.last("sort").split(",") if name)
    if any(name.removeprefix("-") not in _SORTABLE for name in sort):
        raise BadRequestError(f"can sort by {_SORTABLE}")
    contains = {name: text for name in _CONTAINS if (text := call.last(f"filter[{name}]"))}
    return _Query(_ids(call) if "ids" in filters else None, contains, status, sort)


def _ids(call: Call) -> frozenset[str]:
    repeated = [value for name, value in call.request.query if _IDS.fullmatch(name)]
    texts = repeated or call.last("filter[ids]").split(",")
    if not all(re.fullmatch(r"\d+", text, re.ASCII) for text in texts):
        raise BadRequestError("ids are whole numbers")
    return frozenset(str(int(text)) for text in texts)


def _candidates(call: Call, query: _Query) -> list[Employee]:
    if query.ids is None:
        found = list(call.company)
    else:
        found = [one for id in sorted(query.ids, key=int) if (one := call.company.find(id))]
    return [one for one in found if one.id not in call.settings.invisible]


def _matches(call: Call, query: _Query, employee: Employee) -> bool:
    """Whether an employee is in the result; not if the key may not read what decides it."""
    if query.touched() & _restricted(call, employee):
        return False
    record = _record(call, employee)
    if query.status and (record.get("status") or "").lower() != query.status:
        return False
    return all(text.lower() in (record.get(LISTED_ALWAYS[name]) or "").lower() for name, text in query.contains.items())


def _sorted(call: Call, query: _Query, found: list[Employee]) -> list[Employee]:
    for name in reversed(query.sort):
        found = sorted(found, key=_sort_key(call, LISTED_ALWAYS[name.lstrip("-")]), reverse=name.startswith("-"))
    return found


def _sort_key(call: Call, name: str) -> Callable[[Employee], tuple[bool, int, str]]:
    def key(employee: Employee) -> tuple[bool, int, str]:
        if name == "id":
            return True, int(employee.id), ""
        value = _record(call, employee).get(name)
        return value is not None, 0, (value or "").casefold()

    return key


def _record(call: Call, employee: Employee) -> dict[str, str | None]:
    record = call.company.record(employee)
    if not call.settings.future_jobs_shown and call.company.starts_later(employee):
        return {name: value for name, value in record.items() if name not in JOB}
    return record


def _restricted(call: Call, employee: Employee) -> frozenset[str]:
    return (call.settings.list_restricted | call.settings.restricted_for.get(employee.id, frozenset())) - {"id"}


def _row(call: Call, employee: Employee, names: dict[str, str]) -> dict[str, object]:
    record, restricted = _record(call, employee), _restricted(call, employee)
    row: dict[str, object] = {}
    for name, canonical in names.items():
        value = record.get(canonical)
        if value is None and canonical in DATES:
            value = call.settings.list_unset_date
        row[name] = call.settings.garbled_value(employee.id, canonical, None if canonical in restricted else value)
    row["_restrictedFields"] = [name for name, canonical in names.items() if canonical in restricted]
    return row


def _bad(call: Call, code: str, message: str) -> Response:
    return Response.of({"error": {"code": code, "message": f"{message} ({call.settings.key_user})"}}, 400)


def _href(call: Call, page: dict[str, str]) -> str:
    kept = [
        (name, value) for name, value in call.request.query if not page or name not in ("page[after]", "page[before]")
    ]
    host = call.request.headers.get("host", "example.bamboohr.com")
    return f"http://{host}{call.request.path}?{urlencode([*kept, *page.items()])}"
