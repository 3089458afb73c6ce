"""POST /api/v1/reports/custom: chosen fields of all employees or of some, deprecated and full of traps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..wire import Response
from .answers import Call, json_body, moment
from .company import Employee
from .fields import CANONICAL, DATES, DIRECTORY
from .rows import twins

_MOST_FIELDS: Final = 400
_FORMATS: Final = ("application/json", "application/pdf", "application/vnd.ms-excel", "text/csv", "text/xml")


class _BadReportError(Exception):
    """The body asks for what cannot be done."""


@dataclass(frozen=True)
class _Wanted:
    """A body that makes sense."""

    title: str
    fields: tuple[str, ...]
    ids: frozenset[str] | None
    since: datetime | None
    with_unstamped: bool


def report(call: Call) -> Response:
    """The employees that match, Active and Inactive; fields that are unknown or forbidden are left out silently."""
    settings = call.settings
    if settings.report_refused is not None:
        return call.refuse(settings.report_refused, f"{settings.key_user} may not run reports")
    kind = "application/json" if call.last("format").lower() == "json" else call.request.headers.get("accept", "")
    if kind not in _FORMATS:
        return Response(404, b"<html><body><h1>Not found</h1></body></html>", "text/html; charset=utf-8")
    try:
        wanted = _wanted(call)
    except _BadReportError as bad:
        return call.refuse(400, str(bad))
    if kind != "application/json":
        return Response(200, b"", kind)
    columns = _columns(call, wanted.fields)
    rows = [_row(call, one, columns) for found in _found(call, wanted) for one in _rows_of(call, found)]
    declared = [{"id": shown, "type": _type(name), "name": shown} for name, shown in columns.items()]
    body = {"title": wanted.title, "fields": declared, "employees": [*rows, *settings.garbage_rows]}
    return Response(200, json_body(body))


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
        fields, filters = body["fields"], body.get("filters") or {}
        ids, changed = filters.get("employeeIds"), filters.get("lastChanged") or {}
        since = datetime.fromisoformat(changed["value"]) if changed else None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _BadReportError("The body is not what a report takes") from None
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise _BadReportError("fields is a list of names")
    if len(fields) > _MOST_FIELDS:
        raise _BadReportError(f"{_MOST_FIELDS} fields at most")
    if ids is not None and (not isinstance(ids, list) or len(ids) > call.settings.report_most_ids):
        raise _BadReportError(f"employeeIds is a list of {call.settings.report_most_ids} ids at most")
    return _Wanted(
        str(body.get("title", "")),
        tuple(dict.fromkeys(fields)),
        None if ids is None else frozenset(str(id) for id in ids),
        since,
        changed.get("includeNull", "yes") == "yes",
    )


def _found(call: Call, wanted: _Wanted) -> Iterator[Employee]:
    for employee in call.company:
        if wanted.ids is not None and employee.id not in wanted.ids:
            continue
        if employee.id in call.settings.invisible | call.settings.report_lacks:
            continue
        if call.only_current and call.company.starts_later(employee):
            continue
        change = call.company.changes.get(employee.id)
        if wanted.since is None or (wanted.with_unstamped if change is None else change.at >= wanted.since):
            yield employee


def _rows_of(call: Call, employee: Employee) -> Iterator[Employee]:
    yield from twins(call.settings, employee)
    if employee.id in call.settings.report_twice:
        values = {**employee.values, **call.settings.report_twice[employee.id]}
        yield Employee(employee.id, values, employee.hidden, employee.pending)


def _columns(call: Call, asked: tuple[str, ...]) -> dict[str, str]:
    """Canonical name -> the name under which the answer has it."""
    settings = call.settings
    known = (CANONICAL | call.company.known_fields) - settings.report_restricted - {"id"}
    names = [*(name for name in asked if name in known), *settings.report_extra]
    return {name: settings.report_renamed.get(name, name) for name in names}


def _row(call: Call, employee: Employee, columns: dict[str, str]) -> dict[str, Any]:
    settings = call.settings
    forbidden = settings.restricted_for.get(employee.id, frozenset())
    record: dict[str, Any] = {**call.company.record(employee)}
    change = call.company.changes.get(employee.id)
    record["lastChanged"] = moment(change.at, "offset") if change else None
    record["photoUploaded"] = "true" if record.get("photoUrl") else "false"
    row: dict[str, Any] = {"id": settings.garbled_value(employee.id, "id", employee.id)}
    for name, shown in columns.items():
        value = record.get(name)
        if name in DATES:
            value = value or settings.get_unset_date
        if name == "state":
            value = settings.get_states.get(value or "", value)
        row[shown] = settings.garbled_value(employee.id, name, None if name in forbidden else value)
    return row


def _type(name: str) -> str:
    return "date" if name in DATES else DIRECTORY.get(name, ("text", ""))[0]
