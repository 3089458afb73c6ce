"""POST /api/v1/reports/custom: chosen fields of all employees or of some, deprecated and full of traps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..wire import Response
from .answers import Call, json_answer
from .company import Employee
from .fields import CANONICAL, DATES, DIRECTORY
from .single import full_record

_MOST_FIELDS: Final = 400
_MOST_IDS: Final = 200
"""BambooHR documents no limit; this is the one that the product promises to keep."""


class _BadReportError(Exception):
    """The body asks for what cannot be done."""


@dataclass(frozen=True)
class _Wanted:
    """A body that makes sense."""

    title: str
    fields: tuple[str, ...]
    ids: frozenset[str] | None


def report(call: Call) -> Response:
    """The employees that match, Active and Inactive; fields that are unknown or forbidden are left out silently."""
    settings = call.settings
    if settings.report_refused is not None:
        return call.refuse(settings.report_refused, f"{settings.key_user} may not run reports")
    if call.last("format").lower() != "json" and call.request.headers.get("accept", "") != "application/json":
        return Response(404, b"<html><body><h1>Not found</h1></body></html>", "text/html; charset=utf-8")
    try:
        wanted = _wanted(call)
    except _BadReportError as bad:
        return call.refuse(400, str(bad))
    columns = _columns(call, wanted.fields)
    rows = [_row(call, one, columns) for found in _found(call, wanted) for one in settings.rows_of(found)]
    declared = [{"id": shown, "type": _type(name), "name": shown} for name, shown in columns.items()]
    return json_answer({"title": wanted.title, "fields": declared, "employees": [*rows, *settings.garbage_rows]})


def reported(call: Call) -> set[str]:
    """The ids of the employees that the report is about."""
    try:
        return {employee.id for employee in _found(call, _wanted(call))}
    except _BadReportError:
        return set()


def _wanted(call: Call) -> _Wanted:
    if call.request.headers.get("content-type") != "application/json":
        raise _BadReportError("The body is no XML")
    try:
        body = json.loads(call.request.body)
        fields, ids = body["fields"], (body.get("filters") or {}).get("employeeIds")
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _BadReportError("The body is not what a report takes") from None
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise _BadReportError("fields is a list of names")
    if len(fields) > _MOST_FIELDS:
        raise _BadReportError(f"{_MOST_FIELDS} fields at most")
    if ids is not None and (not isinstance(ids, list) or len(ids) > _MOST_IDS):
        raise _BadReportError(f"employeeIds is a list of {_MOST_IDS} ids at most")
    return _Wanted(
        str(body.get("title", "")), tuple(dict.fromkeys(fields)), None if ids is None else frozenset(map(str, ids))
    )


def _found(call: Call, wanted: _Wanted) -> Iterator[Employee]:
    hidden = call.settings.invisible | call.settings.report_lacks
    for employee in call.company:
        later = call.only_current and call.company.starts_later(employee)
        if employee.id not in hidden and not later and (wanted.ids is None or employee.id in wanted.ids):
            yield employee


def _columns(call: Call, asked: tuple[str, ...]) -> dict[str, str]:
    """Canonical name -> the name under which the answer has it."""
    settings = call.settings
    known = (CANONICAL | call.company.known_fields) - settings.report_restricted - {"id"}
    names = [*(name for name in asked if name in known), *settings.report_extra]
    return {name: settings.report_renamed.get(name, name) for name in names}


def _row(call: Call, employee: Employee, columns: dict[str, str]) -> dict[str, Any]:
    settings, record = call.settings, full_record(call, employee)
    forbidden = settings.restricted_for.get(employee.id, frozenset())
    row: dict[str, Any] = {"id": settings.garbled_value(employee.id, "id", employee.id)}
    for name, shown in columns.items():
        row[shown] = settings.garbled_value(employee.id, name, None if name in forbidden else record.get(name))
    return row


def _type(name: str) -> str:
    return "date" if name in DATES else DIRECTORY.get(name, ("text", ""))[0]
