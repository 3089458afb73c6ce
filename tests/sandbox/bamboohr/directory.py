"""GET /api/v1/employees/directory: the employees that a company shows to all employees."""

from __future__ import annotations

import copy

from ..wire import Response
from .answers import Call, json_answer
from .company import Company, Employee
from .fields import DIRECTORY, ORG_CHART
from .settings import Settings


class Directory:
    """Answers the directory, encoded anew only when the employees, the day or a switch changed."""

    def __init__(self) -> None:
        self._basis: object = None
        self._kept: dict[bool, Response] = {}

    def answer(self, call: Call) -> Response:
        """The employees that are Active, current and not hidden; never leavers."""
        settings = call.settings
        if settings.directory_sharing == "off":
            return call.refuse(403, f"The company directory is not shared with {settings.key_user}")
        basis = (call.company.version, call.company.today(), settings)
        if basis != self._basis:
            self._basis, self._kept = (*basis[:2], copy.deepcopy(settings)), {}
        if call.only_current not in self._kept:
            self._kept[call.only_current] = _encode(call)
        return self._kept[call.only_current]


def _encode(call: Call) -> Response:
    shown = [employee for employee in call.company if _is_shown(call, employee)]
    if not shown:
        return call.refuse(404, "The directory is empty")
    settings = call.settings
    fieldset = ORG_CHART if settings.directory_sharing == "org_chart" else tuple(DIRECTORY)
    fields = [name for name in fieldset if name not in settings.directory_lacks]
    kept = [twin for employee in _thinned(shown, settings.directory_keeps) for twin in settings.rows_of(employee)]
    rows = [_row(call.company, settings, employee, fields) for employee in kept]
    declared = [{"id": name, "type": DIRECTORY[name][0], "name": DIRECTORY[name][1]} for name in fields]
    return json_answer({"fields": declared, "employees": [*rows, *settings.garbage_rows]})


def _is_shown(call: Call, employee: Employee) -> bool:
    if employee.hidden or employee.values.get("status") != "Active":
        return False
    return not (call.only_current and call.company.starts_later(employee))


def _thinned(employees: list[Employee], keeps: float) -> list[Employee]:
    """That share of the employees, spread evenly."""
    return [employee for at, employee in enumerate(employees) if int((at + 1) * keeps) > int(at * keeps)]


def _row(company: Company, settings: Settings, employee: Employee, fields: list[str]) -> dict[str, object]:
    values = company.record(employee)
    unreadable = settings.directory_nulls | settings.restricted_for.get(employee.id, frozenset())
    row: dict[str, object] = {"id": settings.garbled_value(employee.id, "id", employee.id)}
    for name in fields:
        value = None if name in unreadable else _value(values, name)
        row[name] = settings.garbled_value(employee.id, name, value)
    return row


def _value(values: dict[str, str | None], name: str) -> object:
    if name == "photoUploaded":
        return values.get("photoUrl") is not None
    if name == "canUploadPhoto":
        return 1
    return values.get(name)
