"""GET /api/v1/employees/directory: the employees that a company shows to all employees."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ..wire import Response
from .answers import Call, json_body, xml_answer, xml_field
from .company import Company, Employee
from .fields import DIRECTORY, ORG_CHART
from .rows import twins
from .settings import Settings

Row = dict[str, object]


class Directory:
    """Answers the directory, encoded anew only when the employees, the day or a switch changed."""

    def __init__(self) -> None:
        self._basis: object = None
        self._kept: dict[tuple[bool, bool], Response] = {}

    def answer(self, call: Call) -> Response:
        """The employees that are Active, current and not hidden; never leavers."""
        settings = call.settings
        if settings.directory_sharing == "off":
            return call.refuse(403, f"The company directory is not shared with {settings.key_user}")
        basis = _basis(call)
        if basis != self._basis:
            self._basis, self._kept = basis, {}
        form = (call.wants_json, call.only_current)
        if form not in self._kept:
            self._kept[form] = _encode(call)
        return self._kept[form]


def _basis(call: Call) -> object:
    switches = [getattr(call.settings, name) for name in Settings.__slots__ if name.startswith("directory_")]
    settings = call.settings
    rows = copy.deepcopy((settings.restricted_for, settings.garbled, settings.contradicting, settings.garbage_rows))
    return call.company.version, call.company.today(), switches, rows


def _encode(call: Call) -> Response:
    shown = [employee for employee in call.company if _is_shown(call, employee)]
    if not shown:
        return call.refuse(404, "The directory is empty")
    settings = call.settings
    fieldset = ORG_CHART if settings.directory_sharing == "org_chart" else settings.directory_fields
    fields = [name for name in fieldset if name not in settings.directory_lacks]
    kept = [twin for employee in _thinned(shown, settings.directory_keeps) for twin in twins(settings, employee)]
    rows = [_row(call.company, settings, employee, fields) for employee in kept]
    if not call.wants_json:
        return xml_answer(_xml(fields, rows))
    declared = [{"id": id, "type": kind, "name": title} for id, kind, title in map(_declaration, fields)]
    return Response(200, json_body({"fields": declared, "employees": [*rows, *settings.garbage_rows]}))


def _is_shown(call: Call, employee: Employee) -> bool:
    if employee.hidden or employee.values.get("status") != "Active":
        return False
    return not (call.only_current and call.company.starts_later(employee))


def _thinned(employees: list[Employee], keeps: float) -> list[Employee]:
    """That share of the employees, spread evenly."""
    return [employee for at, employee in enumerate(employees) if int((at + 1) * keeps) > int(at * keeps)]


def _row(company: Company, settings: Settings, employee: Employee, fields: list[str]) -> Row:
    values = company.record(employee)
    unreadable = settings.directory_nulls | settings.restricted_for.get(employee.id, frozenset())
    row: Row = {"id": settings.garbled_value(employee.id, "id", employee.id)}
    for name in fields:
        value = None if name in unreadable else _value(values, name)
        row[name] = settings.garbled_value(employee.id, name, value)
    if settings.directory_unset == "absent":
        return {name: value for name, value in row.items() if value is not None}
    return row


def _value(values: dict[str, str | None], name: str) -> object:
    if name == "photoUploaded":
        return values.get("photoUrl") is not None
    if name == "canUploadPhoto":
        return 1
    return values.get(name)


def _declaration(name: str) -> tuple[str, str, str]:
    kind, title = DIRECTORY.get(name, ("text", name))
    return name, kind, title


def _xml(fields: list[str], rows: list[Row]) -> Iterator[str]:
    yield "<directory><fieldset>"
    for name, _, title in map(_declaration, fields):
        yield f"<field id={quoteattr(name)}>{escape(title)}</field>"
    yield "</fieldset><employees>"
    for row in rows:
        yield f"<employee id={quoteattr(str(row['id']))}>"
        for name in fields:
            if name in row:
                yield xml_field(name, bool(row[name]) if name == "canUploadPhoto" else row[name])
        yield "</employee>"
    yield "</employees></directory>"
