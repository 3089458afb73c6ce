"""GET /api/v1/employees/{id}: some fields of one employee."""

from __future__ import annotations

from typing import Final

from ..wire import Response
from .answers import Call, json_answer, moment
from .company import Employee, display_name
from .fields import CANONICAL, DATES, JOB, NO_DATE

_MOST_FIELDS: Final = 400


def employee(call: Call, id: str) -> Response:
    """The fields that were asked for and may be read; the rest is left out silently."""
    names = [name for name in call.last("fields").split(",") if name]
    if len(names) > _MOST_FIELDS:
        return call.refuse(400, f"{_MOST_FIELDS} fields at most")
    if id == "0":
        if call.settings.key_owner is None:
            return json_answer({"id": "0"})
        id = call.settings.key_owner
    found = call.company.find(id)
    if found is None:
        return call.refuse(404, f"There is no employee {id}")
    if id in call.settings.invisible:
        name = f"{display_name(found.values)} ({found.values.get('workEmail')})"
        return call.refuse(403, f"{call.settings.key_user} may not view {name}")
    return json_answer({"id": id, **_values(call, found, names)})


def _values(call: Call, employee: Employee, names: list[str]) -> dict[str, object]:
    settings = call.settings
    forbidden = settings.get_restricted | settings.restricted_for.get(employee.id, frozenset())
    record = full_record(call, employee)
    if call.only_current and call.company.starts_later(employee):
        record |= dict.fromkeys(JOB)
    known = (CANONICAL | call.company.known_fields) - forbidden
    return {name: settings.garbled_value(employee.id, name, record.get(name)) for name in names if name in known}


def full_record(call: Call, employee: Employee) -> dict[str, str | None]:
    """The values of an employee as Get Employee and reports write them."""
    record = call.company.record(employee)
    change = call.company.changes.get(employee.id)
    state = record.get("state")
    return {
        **record,
        **{name: record.get(name) or NO_DATE for name in DATES},
        "state": call.settings.get_states.get(state or "", state),
        "lastChanged": moment(change.at) if change else None,
        "photoUploaded": "true" if record.get("photoUrl") else "false",
    }
