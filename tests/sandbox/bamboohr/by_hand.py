"""Changes of a served company over HTTP: hire, move, rename, terminate, rehire and delete employees while it runs.

::

    curl localhost:PORT/_sandbox/employees
    curl -X POST localhost:PORT/_sandbox/employees -d '{"change": "move", "employee": "12", "department": "Legal"}'
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Final

from ..wire import Request, Response
from .company import Company, Employee, display_name

PATH: Final = "/_sandbox/employees"
CHANGES: Final = ("hire", "move", "rename", "terminate", "rehire", "delete")
_FIELDS: Final = ("firstName", "lastName", "workEmail", "department")
_KEYS: Final = {"change", "employee", "on", *_FIELDS}


class Impossible(ValueError):
    """A change that cannot be made; the text says why."""


def answer(company: Company, request: Request) -> Response:
    """List the employees (GET), or make one change and show the employee (POST)."""
    if request.method == "GET":
        with company.lock:
            return Response.of([_shown(employee) for employee in company])
    if request.method != "POST":
        return Response.of({"error": f"GET or POST {PATH}"}, 405)
    try:
        return Response.of(_change(company, _read(request.body)))
    except Impossible as fault:
        return Response.of({"error": str(fault)}, 400)


def _read(body: bytes) -> Mapping[str, str]:
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
        raise Impossible(
            'send a JSON object of texts, such as {"change": "move", "employee": "12", "department": "HR"}'
        )
    unknown = asked.keys() - _KEYS
    if unknown or asked.get("change") not in CHANGES:
        raise Impossible(f'"change" is one of {", ".join(CHANGES)}; the keys are {", ".join(sorted(_KEYS))}')
    return asked


def _change(company: Company, asked: Mapping[str, str]) -> Mapping[str, str | None]:
    values: dict[str, str | None] = {name: asked[name] for name in _FIELDS if name in asked}
    on = _date(asked.get("on", ""))
    with company.lock:
        if asked["change"] == "hire":
            return _shown(_existing(company, _hire(company, values, on)))
        employee = _existing(company, asked.get("employee", ""))
        if asked["change"] == "delete":
            company.delete(employee.id)
            return {**_shown(employee), "status": "deleted"}
        if asked["change"] == "terminate":
            company.terminate(employee.id, on)
        elif asked["change"] == "rehire":
            company.rehire(employee.id)
        elif not values:
            raise Impossible(f"say what changes: {', '.join(_FIELDS)}")
        else:
            company.edit(employee.id, stamp=True, **_renamed(values))
        return _shown(employee)


def _hire(company: Company, values: dict[str, str | None], on: date | None) -> str:
    if not values.get("firstName") or not values.get("lastName"):
        raise Impossible("a new employee needs firstName and lastName")
    address = f"{values['firstName']}.{values['lastName']}@example.com".lower().replace(" ", ".")
    record = {"workEmail": address, "department": "Engineering", **values}
    if on is not None and on > company.today():
        return company.hire_ahead(on, **record)
    return company.hire(None, hidden=False, **record)


def _renamed(values: dict[str, str | None]) -> dict[str, str | None]:
    """The values; with another name, the name on display follows."""
    if {"firstName", "lastName"} & values.keys():
        return {"displayName": None, "preferredName": None, **values}
    return values


def _existing(company: Company, number: str) -> Employee:
    employee = company.find(number)
    if employee is None:
        raise Impossible(f"there is no employee {number}")
    return employee


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Impossible(f"a date is written as 2026-12-31, not {text}") from None


def _shown(employee: Employee) -> dict[str, str | None]:
    values = employee.values
    shown = {name: values.get(name) for name in ("workEmail", "department", "status", "hireDate", "terminationDate")}
    return {"employee": employee.id, "name": display_name(values), **shown}
